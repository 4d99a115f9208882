"""Workbooks that a spreadsheet opens and never runs (R31, R35): typed cells, streamed, in flat memory.

A text stays a text whatever it begins with; numbers, shares, days and moments are what they are, so that they can be
reckoned with. Moments are handed over in the office's own time: a workbook knows no time zones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

from backoffice.reports.glyphs import printable

MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
LONGEST_TITLE = 31
FIRST_YEAR = 1900
"""A workbook counts its days from here."""
FORBIDDEN_IN_TITLES = "[]:*?/\\"


class Kind(StrEnum):
    """What a column holds, and how it is written."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    EXACT = "exact"
    PERCENT = "percent"
    DAY = "day"
    MOMENT = "moment"


FORMATS = {
    Kind.TEXT: "@",
    Kind.WHOLE: "0",
    Kind.NUMBER: "0.00",
    Kind.EXACT: "0.0000",
    Kind.PERCENT: "0.0%",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
}


@dataclass(frozen=True)
class SheetColumn:
    """Head, kind and width (in characters) of a column; a percent column takes shares from 0 to 1.

    ``code``: the name by which another program knows the column; where there are any they are a second line of heads.
    """

    heading: str
    kind: Kind = Kind.TEXT
    width: int = 14
    code: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its rows are gone through once, in their order."""

    title: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[object]]

    @property
    def heads(self) -> int:
        """How many lines its heads have."""
        return 2 if any(column.code for column in self.columns) else 1


def write_workbook(stream: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write the sheets one after the other; memory stays flat however many rows there are.

    Rows beyond what one sheet can hold go on in a further sheet of the same title with a number. Cells of another kind
    than their column are written as text. Raises ValueError for a row with too few or too many cells.
    """
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        looks = {kind: book.add_format({"num_format": pattern}) for kind, pattern in FORMATS.items()}
        head = book.add_format({"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "text_wrap": True, "valign": "top"})
        for sheet in sheets:
            _write(book, sheet, looks, head)


def _write(book: Any, sheet: Sheet, looks: dict[Kind, Any], head: Any) -> None:
    taken = {page.get_name().casefold() for page in book.worksheets()}
    page, at = _page(book, sheet, looks, head, _title(sheet.title, taken)), sheet.heads - 1
    for cells in sheet.rows:
        if len(cells) != len(sheet.columns):
            raise ValueError("every row of a sheet has a cell for each column")
        at += 1
        if at == MOST_ROWS:
            _filter(page, sheet, at - 1)
            taken = {one.get_name().casefold() for one in book.worksheets()}
            page, at = _page(book, sheet, looks, head, _title(sheet.title, taken)), sheet.heads
        for place, (value, column) in enumerate(zip(cells, sheet.columns, strict=True)):
            _cell(page, at, place, value, column.kind, looks)
    _filter(page, sheet, at)


def _page(book: Any, sheet: Sheet, looks: dict[Kind, Any], head: Any, title: str) -> Any:
    page = book.add_worksheet(title)
    page.freeze_panes(sheet.heads, 0)
    page.repeat_rows(0, sheet.heads - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width, looks[column.kind])
        page.write_string(0, place, _text(column.heading), head)
    if sheet.heads > 1:
        for place, column in enumerate(sheet.columns):
            page.write_string(1, place, _text(column.code), head)
    return page


def _filter(page: Any, sheet: Sheet, last: int) -> None:
    first = sheet.heads - 1
    if last > first and sheet.columns:
        page.autofilter(first, 0, last, len(sheet.columns) - 1)


def _cell(page: Any, row: int, place: int, value: object, kind: Kind, looks: dict[Kind, Any]) -> None:
    look = looks[kind]
    if value is None or value == "":
        page.write_blank(row, place, None, look)
    elif kind in (Kind.WHOLE, Kind.NUMBER, Kind.EXACT, Kind.PERCENT) and _is_number(value):
        page.write_number(row, place, float(value), look)  # type: ignore[arg-type]
    elif kind in (Kind.DAY, Kind.MOMENT) and isinstance(value, date) and value.year >= FIRST_YEAR:
        page.write_datetime(row, place, _as_it_reads(value), look)
    else:
        page.write_string(row, place, _text(str(value)), looks[Kind.TEXT])


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and Decimal(value).is_finite()


def _as_it_reads(value: date) -> date:
    """The day and the hour that the reader sees: a workbook knows no time zones."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _text(value: str) -> str:
    """Without characters that no workbook may hold, and no longer than a cell can be."""
    return printable(value)[:LONGEST_TEXT]


def _title(wanted: str, taken: set[str]) -> str:
    """A title that a workbook takes: without forbidden characters, short enough, not there yet."""
    bare = "".join(" " if sign in FORBIDDEN_IN_TITLES else sign for sign in printable(wanted)).strip(" '") or "1"
    for title in _numbered(bare):
        if title.casefold() not in taken:
            return title
    raise AssertionError("there is always a next number")


def _numbered(bare: str) -> Iterator[str]:
    yield bare[:LONGEST_TITLE]
    number = 2
    while True:
        ending = f" ({number})"
        yield bare[: LONGEST_TITLE - len(ending)] + ending
        number += 1
