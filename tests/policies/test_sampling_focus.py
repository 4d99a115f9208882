"""R27: leaves with more than 5 % repeats in 30 days or an unusual rise are suggested for a focused sample."""

from __future__ import annotations

import pytest

from policies.sampling_focus import LeafCount, is_repeating, is_rising

# complaints of 30 days, repeats among them → suggested
REPEATS = [(100, 5, False), (100, 6, True), (20, 1, False), (19, 1, True), (4, 4, False), (5, 1, True), (0, 0, False)]

# complaints of 30 days, of the 90 days before → an unusual rise
RISES = [
    (12, 12, True),  # 4 a month before; 4 + 2·2 = 8
    (10, 0, True),
    (9, 0, False),  # fewer than ten
    (16, 27, True),  # 9 a month; 9 + 2·3 = 15
    (15, 27, False),
    (100, 300, False),
    (121, 300, True),
    (120, 300, False),
]


@pytest.mark.parametrize(("recent", "repeats", "suggested"), REPEATS)
def test_R27_more_than_five_percent_repeats_are_suggested(recent, repeats, suggested):
    assert is_repeating(LeafCount(recent, repeats, 0)) is suggested


@pytest.mark.parametrize(("recent", "before", "suggested"), RISES)
def test_R27_a_rise_is_unusual_beyond_twice_the_root_of_the_usual_count(recent, before, suggested):
    assert is_rising(LeafCount(recent, 0, before)) is suggested
