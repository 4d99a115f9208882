"""CSV that a spreadsheet opens and never runs (R35): UTF-8 with its mark, and no cell that begins a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

MARK = "\ufeff"
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> str:
    """A cell as text; what a spreadsheet would take for a formula gets an apostrophe before it. A number is none."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file line by line, so that memory stays flat however many rows there are."""
    yield MARK + _line(head)
    for row in rows:
        yield _line([safe_cell(value) for value in row])


def _line(cells: Sequence[str]) -> str:
    room = io.StringIO()
    csv.writer(room, lineterminator="\r\n").writerow(cells)
    return room.getvalue()
