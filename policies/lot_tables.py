"""The tables of lot sampling by attributes (R27): code letters and single sampling plans.

They are those of MIL-STD-105E (10 May 1989, public domain): Table I for general inspection level II, Tables II-A
(normal), II-B (tightened) and II-C (reduced). ISO 2859-1 (GB/T 2828.1) has the same code letters and the same plans for
normal and tightened inspection; for reduced inspection it does without the gap between acceptance and rejection number.
Why this desk follows the public table there: ``docs/decisions/0014-lots-by-the-public-tables.md``.

In each table the same numbers stand on diagonals: one code letter further, one quality limit further to the left. So a
table is kept as one row of numbers, read at the place of its letter plus the place of its limit. Where a table has an
arrow instead, the plan above or below it holds, with its own sample size.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policies.vocabulary_inspection import LotSeverity

LETTERS = "ABCDEFGHJKLMNPQRS"
"""Of the sample sizes; no lot has the letter S, only an arrow of tightened inspection leads to it."""

QUALITY_LIMITS = (
    "0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0",
    "6.5", "10", "15", "25", "40", "65", "100", "150", "250", "400", "650", "1000",
)  # fmt: skip
"""Acceptance quality limits: percent nonconforming up to 10, above it nonconformities per 100 items."""

PERCENT_LIMITS = QUALITY_LIMITS[: QUALITY_LIMITS.index("10") + 1]
"""The limits that mean a share of records; those above count several faults of one record."""

# Table I, general level II: the largest lot of each letter from A on; above the last one it is Q.
_LARGEST = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000)
_LETTERS_II = "ABCDEFGHJKLMNPQ"

_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1_250, 2_000, 3_150)
_REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)

_UP, _DOWN = "up", "down"
Cell = tuple[int, int] | str


@dataclass(frozen=True)
class LotPlan:
    """A single sampling plan as the tables give it: the letter under which it stands, its size and its numbers.

    A lot is accepted with at most ``accept`` nonconforming records and not accepted with ``reject`` or more. Between
    the two (reduced inspection only) it is accepted, but the next lot is inspected normally.
    """

    letter: str
    size: int
    accept: int
    reject: int


@dataclass(frozen=True)
class _Table:
    """One of the tables: sizes by letter; on the diagonals from ``first`` on no number, an arrow, or the numbers."""

    sizes: tuple[int, ...]
    first: int
    diagonals: tuple[Cell, ...]
    last_ordinary: int  # the last diagonal on which every letter has its numbers
    low_letters: int  # how many letters have numbers beyond that
    exceptions: Mapping[tuple[int, int], Cell]


def _pairs(*accept: int) -> tuple[tuple[int, int], ...]:
    return tuple((number, number + 1) for number in accept)


def _row_of(letter: int, start: int, *cells: Cell) -> dict[tuple[int, int], Cell]:
    return {(letter, start + n): cell for n, cell in enumerate(cells)}


_TABLES: Mapping[LotSeverity, _Table] = MappingProxyType(
    {
        LotSeverity.NORMAL: _Table(
            _SIZES[:16], 14, ((0, 1), _UP, _DOWN, *_pairs(1, 2, 3, 5, 7, 10, 14, 21, 30, 44)), 24, 5,
            MappingProxyType({(0, 15): _DOWN, (15, 1): _UP}),
        ),
        LotSeverity.TIGHTENED: _Table(
            _SIZES, 15, ((0, 1), _DOWN, _DOWN, *_pairs(1, 2, 3, 5, 8, 12, 18, 27, 41)), 24, 5,
            MappingProxyType({(0, 15): _DOWN, (15, 1): _UP}),
        ),
        LotSeverity.REDUCED: _Table(
            _REDUCED_SIZES, 14,
            ((0, 1), _UP, _DOWN, (0, 2), (1, 3), (1, 4), (2, 5), (3, 6), (5, 8), (7, 10), (10, 13), (14, 17), (21, 24)),
            24, 5,
            # the letters A and B have the sizes of C: their numbers are closer together
            MappingProxyType(
                {(15, 1): _UP}
                | _row_of(0, 15, _DOWN, _DOWN, *_pairs(1, 2, 3, 5, 7, 10, 14, 21, 30))
                | _row_of(1, 18, (2, 4), (3, 5), *_pairs(5, 7, 10, 14, 21, 30))
            ),
        ),
    }
)  # fmt: skip


def code_letter(lot_size: int) -> str:
    """The letter of a lot at general inspection level II. Raises ``ValueError`` for a lot of fewer than one."""
    if lot_size < 1:
        raise ValueError(f"a lot of {lot_size} records is none")
    return _LETTERS_II[bisect_left(_LARGEST, lot_size)]


def plan_for(letter: str, quality_limit: str, severity: LotSeverity) -> LotPlan:
    """The plan that the table of a severity gives for a letter and a limit, arrows followed.

    Raises ``ValueError`` for a letter or limit that the tables do not have, and for a discontinued inspection.
    """
    if severity not in _TABLES:
        raise ValueError(f"there is no table for {severity} inspection")
    table = _TABLES[severity]
    row, column = LETTERS.index(letter, 0, 16), QUALITY_LIMITS.index(quality_limit)
    while isinstance(cell := _cell(table, row, column), str):
        row += -1 if cell == _UP else 1
    return LotPlan(LETTERS[row], table.sizes[row], *cell)


def lot_plan(lot_size: int, quality_limit: str, severity: LotSeverity) -> LotPlan:
    """The plan for a lot; where its sample would be the whole lot or more, every record is inspected."""
    found = plan_for(code_letter(lot_size), quality_limit, severity)
    return found if found.size < lot_size else LotPlan(found.letter, lot_size, found.accept, found.reject)


def would_pass_tighter(plan: LotPlan, quality_limit: str, nonconforming: int) -> bool:
    """Whether a lot of normal inspection had also been accepted had its quality limit been one step tighter.

    At the tightest limit of the table nothing tighter can be asked: then only a lot without any fault would.
    """
    column = QUALITY_LIMITS.index(quality_limit)
    if column == 0:
        return nonconforming == 0
    return nonconforming <= plan_for(plan.letter, QUALITY_LIMITS[column - 1], LotSeverity.NORMAL).accept


def _cell(table: _Table, row: int, column: int) -> Cell:
    if (row, column) in table.exceptions:
        return table.exceptions[row, column]
    diagonal = row + column
    if diagonal < table.first:
        return _DOWN
    beyond = diagonal - table.first >= len(table.diagonals)
    if beyond or (diagonal > table.last_ordinary and row >= table.low_letters):
        return _UP
    return table.diagonals[diagonal - table.first]
