"""What all tables that are read row by row have in common (R1): where they come from, header, rows, bounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from backoffice.errors import DomainError
from policies.message import Message, Refusal

MOST_COLUMNS = 500
LONGEST_ROW = 1024 * 1024  # characters
SHOWN_OF_A_CELL = 80
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
KEPT_FROM_A_FORMULA = (*FORMULA_SIGNS, "\t", "\r", "\n")


def text_of(cell: str) -> str:
    """What a cell, a heading or a value says: without blanks around it, without the apostrophe that keeps a spreadsheet
    from taking it for a formula, its lines ended as everywhere. Whoever compares such texts compares these.
    """
    text = cell.strip()
    if text.startswith("'") and text[1:].lstrip(" ").startswith(KEPT_FROM_A_FORMULA):
        text = text[1:].strip()
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


LEADING = 12
"""So many lines are looked at for the headings: titles may stand above them."""


class TableError(DomainError):
    """The file as a whole cannot be read as a table. ``sheets``: those of a workbook, of which another may be one."""

    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where a table is read from, as often as needed: its name, its size in bytes, and how it is opened (seekable).

    ``encoding``, ``delimiter`` and ``sheet`` are what a person chose; empty where the file itself shall say.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


Given = Path | Source


def source_of(given: Given) -> Source:
    """A file on the disk as a source; raises ``TableError`` when there is none."""
    if isinstance(given, Source):
        return given
    if not given.is_file():
        raise TableError(Refusal("import.file.missing", {"file": given.name}, status=422))
    return Source(given.name, given.stat().st_size, lambda: given.open("rb"))


@dataclass(frozen=True)
class Row:
    """A row by its first line in the file (from 1), with a cell for every name of the header."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class TornRow:
    """A row that cannot be trusted: why, and what was there."""

    line: int
    cells: tuple[str, ...]
    reason: Message


def place_of_headings(rows: Sequence[tuple[str, ...]], required: Collection[str]) -> int:
    """Which of the first rows holds the headings: what has one cell above a row of several is a title of the table."""
    for place, cells in enumerate(rows):
        filled = [cell for cell in map(text_of, cells) if cell]
        if len(filled) > 1 or (required and filled and set(filled) >= set(required)):
            return place
    return 0


def named_by_place(header: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the columns; one without a name has its place, from 1."""
    return tuple(name or f"#{place}" + "+" * (f"#{place}" in header) for place, name in enumerate(header, start=1))


class AnyTable(Protocol):
    """An open table, of whatever kind; gone through once. ``sheets``: those of a workbook."""

    kind: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_line: int
    sheets: tuple[str, ...]

    def __iter__(self) -> Iterator[Row | TornRow]: ...


def checked_row(
    line: int, cells: tuple[str, ...], header: tuple[str, ...], reason: Message | None = None
) -> Row | TornRow:
    """A row of no more than its bound, with a cell for every column and no NUL; else why it cannot be trusted."""
    if sum(map(len, cells)) > LONGEST_ROW:
        beginnings = tuple(cell[:SHOWN_OF_A_CELL] for cell in cells[:MOST_COLUMNS])
        return TornRow(line, beginnings, Message("import.row.line_too_long", {"longest": LONGEST_ROW}))
    if reason is None and len(cells) != len(header):
        kind = "too_many_cells" if len(cells) > len(header) else "too_few_cells"
        reason = Message(f"import.row.{kind}", {"found": len(cells), "expected": len(header)})
    if reason is None and any("\x00" in cell for cell in cells):
        reason = Message("import.row.nul")
    return Row(line, cells) if reason is None else TornRow(line, cells, reason)


def check_header(header: tuple[str, ...], required: Collection[str], name: str) -> None:
    """Raises ``TableError`` when a table is too wide, names a column twice, or lacks one."""
    if len(header) > MOST_COLUMNS:
        params = {"file": name, "found": len(header), "most": MOST_COLUMNS}
        raise TableError(Refusal("import.file.too_many_columns", params, status=422))
    refusals = []
    twice = tuple(dict.fromkeys(column for column in header if column and header.count(column) > 1))
    if twice:
        refusals.append(Refusal("import.file.column_twice", {"file": name, "columns": twice}, status=422))
    missing = tuple(column for column in required if column not in header)
    if missing:
        refusals.append(Refusal("import.file.column_missing", {"file": name, "columns": missing}, status=422))
    if refusals:
        raise TableError(refusals)
