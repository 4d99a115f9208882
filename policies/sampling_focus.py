"""When a leaf deserves a focused sample (R27): more than 5 % repeats in 30 days, or an unusual rise.

A rise is unusual when the last 30 days hold more than the mean of the three stretches of 30 days before and twice the
square root of that mean (what counts of this kind vary by), and ten complaints at least.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

DAYS = 30
WINDOWS_BEFORE = 3
REPEATS = Fraction(5, 100)
FEWEST, FEWEST_OF_A_RISE = 5, 10
"""Below so many complaints a share, or a rise, says nothing."""


@dataclass(frozen=True)
class LeafCount:
    """Complaints of a leaf in the last 30 days, the repeats among them, and those of the 90 days before."""

    recent: int
    repeats: int
    before: int

    @property
    def usual(self) -> Fraction:
        """What 30 days held on average before."""
        return Fraction(self.before, WINDOWS_BEFORE)


def is_repeating(count: LeafCount) -> bool:
    """More than 5 % of at least five complaints came again."""
    return count.recent >= FEWEST and Fraction(count.repeats, count.recent) > REPEATS


def is_rising(count: LeafCount) -> bool:
    """Unusually many, by the rule above; exact, without a root: more than m + 2√m is (n - m)² > 4m for n > m."""
    above = count.recent - count.usual
    return count.recent >= FEWEST_OF_A_RISE and above > 0 and above * above > 4 * count.usual
