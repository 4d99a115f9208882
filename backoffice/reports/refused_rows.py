"""The shape of a file of refused rows (R1): line and reasons first, the columns of its table, what was too much last.

The console and the command write the same one, so that either can be sent again in either way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

OWN = ("line", "reason", "surplus")
AGAIN = "+"
BETWEEN = "|"


def head_of(header: Sequence[str], named: Callable[[str], str]) -> list[str]:
    """The headings; ``named`` gives our own in a language, and a table that has them already gets others."""
    line, reason, surplus = (_free(named(f"import.column.{one}"), header) for one in OWN)
    return [line, reason, *header, surplus]


def row_of(line: int, reasons: str, cells: Sequence[str], width: int) -> list[object]:
    """One row, with a cell for each of the headings."""
    return [str(line), reasons, *cells[:width], *[""] * (width - len(cells)), BETWEEN.join(cells[width:])]


def _free(own: str, header: Sequence[str]) -> str:
    while own in header:
        own += AGAIN
    return own
