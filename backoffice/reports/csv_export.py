"""CSV that a spreadsheet opens and never runs (R35): UTF-8 with its mark, and no cell that begins a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

MARK = "\ufeff"
BLOCK = 16_384
"""Characters that go out together: a piece a row would cost more than the row."""
SUSPECT = frozenset(" =+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""With what a text begins that is looked at further; blanks may stand before what starts a formula."""
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> str:
    """A cell as text; what a spreadsheet would take for a formula gets an apostrophe before it. A number is none."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file some kilobytes at a time, in flat memory however many rows there are; the heads come first."""
    room = io.StringIO()
    writer = csv.writer(room, lineterminator="\r\n")
    writer.writerow([safe_cell(name) for name in head])
    yield MARK + _emptied(room)
    for row in rows:
        # most cells are texts that begin harmlessly
        writer.writerow([
            value if type(value) is str and value[:1] not in SUSPECT else safe_cell(value) for value in row
        ])  # fmt: skip
        if room.tell() >= BLOCK:
            yield _emptied(room)
    if room.tell():
        yield _emptied(room)


def _emptied(room: io.StringIO) -> str:
    text = room.getvalue()
    room.seek(0)
    room.truncate()
    return text
