"""R28: which of the drawn records are scored twice follows from the seed, and is the stated share rounded up."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.sampling_double import double_count, doubled

SEED = "monthly_regular/2026-09/1/7f3a91c2"
DRAWN = ["TS20260916-0008", "TS20260914-0006", "TS20260921-0002"]


@pytest.mark.parametrize(
    ("drawn", "share", "count"),
    [(20, 10, 2), (21, 10, 3), (1, 1, 1), (200, "0.5", 1), (201, "0.5", 2), (20, 0, 0), (0, 10, 0), (7, 100, 7)],
)
def test_R28_the_share_is_of_all_that_is_drawn_rounded_up(drawn, share, count):
    assert double_count(drawn, Fraction(share)) == count


def test_R28_the_lowest_keys_of_seed_double_number_are_scored_twice():
    """Reckoned with ``printf '%s' SEED/double/NUMBER | sha256sum``, as the page of a draw says."""
    by_hand = sorted(DRAWN, key=lambda one: hashlib.sha256(f"{SEED}/double/{one}".encode()).hexdigest())
    assert doubled(SEED, DRAWN, Fraction(34)) == by_hand[:2]
    assert doubled(SEED, reversed(DRAWN), Fraction(34)) == by_hand[:2]


@given(st.sets(st.text(min_size=1), max_size=60), st.fractions(0, 100), st.fractions(0, 100))
def test_R28_a_larger_share_only_adds(numbers, one, other):
    fewer, more = (doubled("s/1", numbers, share) for share in sorted((one, other)))
    assert more[: len(fewer)] == fewer
    assert len(more) <= len(numbers)


def test_R28_every_record_has_the_same_chance():
    """Over 4,000 seeds each of ten records is scored twice about 800 times; chi-square with 9 degrees of freedom."""
    numbers = [f"TS{n}" for n in range(10)]
    found = dict.fromkeys(numbers, 0)
    for n in range(4_000):
        for number in doubled(f"plan/2026-09/1/{n}", numbers, Fraction(20)):
            found[number] += 1
    assert sum(found.values()) == 8_000
    assert sum((count - 800) ** 2 / 800 for count in found.values()) < 27.88  # 99.9 %
