"""An XLSX workbook as a table (R1), read as a stream: one row is in hand, and the texts that it shares lie packed.

Looked into before anything is unpacked (``packed``): what would grow beyond all measure, holds macros or is locked is
refused. Dates come as they are meant, whole numbers without a decimal point, formulas by the value that was saved.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO

from backoffice.integrations.packed import fits, part_is_harmless
from backoffice.integrations.table_rows import (
    LEADING,
    Row,
    Source,
    TableError,
    TornRow,
    check_header,
    checked_row,
    place_of_headings,
    text_of,
)
from backoffice.integrations.workbook_cells import SharedTexts, Sheet, SheetRows, read_formats, read_sheets
from policies.message import Message, Refusal

Read = tuple[int, tuple[str, ...], Message | None]
MOST_UNPACKED = 1024 * 1024 * 1024
BOOK, SHARED, STYLES = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"


def is_packed(start: bytes) -> bool:
    """Whether a file begins as a packed one does."""
    return start.startswith(b"PK\x03\x04")


@contextmanager
def open_workbook(source: Source, required: Collection[str] = ()) -> Iterator[WorkbookTable]:
    """Open one sheet as a table: the one that was chosen, else the first that can be seen. Raises ``TableError``."""
    with source.open() as file:
        with _spoken(source):
            packed = zipfile.ZipFile(file)
        with packed:
            with _spoken(source):
                table = _open(packed, source, required)
            yield table


@contextmanager
def _spoken(source: Source) -> Iterator[None]:
    """What a workbook can be broken by, as a refusal."""
    try:
        yield
    except (zipfile.BadZipFile, RuntimeError, KeyError) as error:
        raise _refused(source, "is_zip") from error
    except (ValueError, zlib.error, EOFError, ArithmeticError) as error:
        raise _refused(source, "workbook_damaged") from error


class WorkbookTable:
    """One sheet of an open workbook."""

    kind = "workbook"
    encoding = delimiter = ""

    def __init__(
        self,
        source: Source,
        rows: Iterator[Read],
        header: tuple[str, ...],
        line: int,
        sheets: tuple[str, ...],
        sheet: str,
    ) -> None:
        self._source, self._rows = source, rows
        self.header, self.header_line, self.sheets, self.sheet = header, line, sheets, sheet

    def __iter__(self) -> Iterator[Row | TornRow]:
        width = len(self.header)
        with _spoken(self._source):
            for line, cells, reason in self._rows:
                if reason is not None or any(cell.strip() for cell in cells):
                    yield checked_row(line, (*cells, *[""] * (width - len(cells))), self.header, reason)


def _open(packed: zipfile.ZipFile, source: Source, required: Collection[str]) -> WorkbookTable:
    if BOOK not in packed.namelist():
        raise _refused(source, "is_zip")
    if not fits(packed.infolist(), source.size, MOST_UNPACKED) or not all(
        part_is_harmless(packed, one) for one in packed.infolist()
    ):
        raise _refused(source, "packed")
    book = read_sheets(_part(packed, BOOK), _part(packed, RELATIONS))
    names = tuple(sheet.name for sheet in book.sheets)
    chosen = [sheet for sheet in book.sheets if (sheet.name == source.sheet if source.sheet else not sheet.hidden)]
    if not chosen:
        raise _refused(source, "no_sheet", sheets=names)
    has = packed.namelist()
    texts = SharedTexts(_part(packed, SHARED) if SHARED in has else None)
    formats = read_formats(_part(packed, STYLES)) if STYLES in has else ()
    try:
        for sheet in chosen[:1] if source.sheet else _tables_first(packed, chosen, texts, formats):
            rows = iter(SheetRows(_part(packed, sheet.part), texts, formats, book.from_1904))
            if ahead := _ahead(rows):
                return _table(source, required, chain(ahead, rows), ahead, names, sheet.name)
        raise _refused(source, "empty")
    except TableError as error:
        error.sheets = names
        raise


def _ahead(rows: Iterator[Read]) -> list[Read]:
    """The first rows that hold something."""
    return list(islice((row for row in rows if row[2] is not None or _trimmed(row[1])), LEADING))


def _tables_first(
    packed: zipfile.ZipFile, sheets: list[Sheet], texts: SharedTexts, formats: tuple[str, ...]
) -> list[Sheet]:
    """The sheets that can be seen, from the first one that holds a table: what stands before it is a cover."""
    for at, sheet in enumerate(sheets):
        rows = _ahead(iter(SheetRows(_part(packed, sheet.part), texts, formats, from_1904=False)))
        if any(reason is not None or sum(map(bool, _trimmed(cells))) > 1 for _line, cells, reason in rows):
            return sheets[at:]
    return sheets


def _table(
    source: Source,
    required: Collection[str],
    rows: Iterator[Read],
    ahead: list[Read],
    names: tuple[str, ...],
    sheet: str,
) -> WorkbookTable:
    place = place_of_headings([cells for _line, cells, _reason in ahead], required)
    line, cells, reason = next(islice(rows, place, None))
    if reason is not None:
        raise _refused(source, "header_unreadable")
    header = _trimmed(cells)
    check_header(header, required, source.name)
    return WorkbookTable(source, rows, header, line, names, sheet)


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    names = list(map(text_of, cells))
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _part(packed: zipfile.ZipFile, name: str) -> IO[bytes]:
    return packed.open(name)


def _refused(source: Source, reason: str, **params: object) -> TableError:
    return TableError(Refusal(f"import.file.{reason}", {"file": source.name, **params}, status=422))
