"""R39: how long the next try has to wait after so many failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies.throttle import ACCOUNT, ADDRESS, MEMORY, tries_left, wait_until

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def failures(number, last=AT):
    return [last - timedelta(seconds=second) for second in range(number)]


@pytest.mark.parametrize(
    ("number", "minutes"),
    [(0, None), (1, None), (4, None), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 30), (60, 30)],
)
def test_R39_the_wait_of_an_account_begins_with_the_fifth_failure_and_doubles_up_to_half_an_hour(number, minutes):
    assert wait_until(ACCOUNT, failures(number), AT) == (minutes and AT + timedelta(minutes=minutes))


@pytest.mark.parametrize(("number", "minutes"), [(29, None), (30, 1), (31, 2), (40, 30)])
def test_R39_an_address_from_which_an_office_comes_has_thirty_tries(number, minutes):
    assert wait_until(ADDRESS, failures(number), AT) == (minutes and AT + timedelta(minutes=minutes))


def test_R39_the_wait_counts_from_the_last_failure_and_ends():
    last = AT - timedelta(seconds=59)
    assert wait_until(ACCOUNT, failures(5, last), AT) == AT + timedelta(seconds=1)
    assert wait_until(ACCOUNT, failures(5, last), AT + timedelta(seconds=1)) is None


def test_R39_what_lies_a_day_back_is_forgotten():
    assert wait_until(ACCOUNT, failures(50, AT - MEMORY), AT) is None
    assert tries_left(ACCOUNT, failures(50, AT - MEMORY), AT) == 5


@pytest.mark.parametrize(("number", "left"), [(0, 5), (3, 2), (5, 0), (9, 0)])
def test_R39_the_tries_that_are_left_are_said(number, left):
    assert tries_left(ACCOUNT, failures(number), AT) == left
