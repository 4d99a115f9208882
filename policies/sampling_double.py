"""Which of the drawn records are scored a second time (R28): a share of the whole result, drawn by the draw's own seed.

The share is of everything that was drawn, compulsory records included and strata disregarded, rounded up: small strata
would each round up to one and double the work. The sort key of a number is the SHA-256 of seed, "/double/" and number;
the lowest keys are scored twice, so that nobody can foresee a second scoring and everybody can repeat it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from math import ceil


def double_key(seed: str, number: str) -> str:
    """Where a drawn number stands in the order of second scorings, 64 hexadecimal digits."""
    return hashlib.sha256(f"{seed}/double/{number}".encode()).hexdigest()


def double_count(drawn: int, share_percent: Fraction) -> int:
    """How many of so many drawn records are scored twice: the share of all of them, rounded up."""
    return ceil(drawn * share_percent / 100)


def doubled(seed: str, numbers: Iterable[str], share_percent: Fraction) -> list[str]:
    """The drawn numbers that are scored twice, by ascending key."""
    drawn = list(numbers)
    ordered = sorted(drawn, key=lambda number: double_key(seed, number))
    return ordered[: double_count(len(drawn), share_percent)]
