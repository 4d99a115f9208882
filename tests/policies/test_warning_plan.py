"""R26: each warning once, none that was missed is lost, and what was past from the start makes no storm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.warning_ladder import WarningMoment
from policies.warning_plan import after, due_now, next_moment

START = datetime(2026, 9, 21, 1, 0, tzinfo=UTC)


def at(hour):
    return START + timedelta(hours=hour)


def moments(**hours):
    return tuple(WarningMoment(code, at(hour), ("owner",), "warn_owner") for code, hour in hours.items())


LADDER = moments(before=8, due=10, manager=18, senior=34)


@pytest.mark.parametrize(
    ("now", "warned", "waiting", "expected"),
    [
        (0, (), None, 8),  # as it starts
        (9, (), None, 8),  # entered after the first: that one goes out
        (11, (), None, 10),  # entered after the deadline: only the last that is past
        (90, (), None, 34),  # an import of long ago: one message, not four
        (0, ("before", "due", "manager", "senior"), None, None),
        (9, ("before",), 10, 10),  # extended, as if by nothing
        (11, (), 8, 8),  # the worker was away since the first: what it missed stays due
        (11, ("before",), 10, 10),
        (9, (), 8, 8),
    ],
)
def test_R26_when_the_next_warning_goes_out(now, warned, waiting, expected):
    found = next_moment(LADDER, warned, at(now), None if waiting is None else at(waiting))
    assert found == (None if expected is None else at(expected))


def test_R26_what_was_missed_goes_out_whole_and_in_order():
    assert [one.code for one in due_now(LADDER, (), at(8), at(20))] == ["before", "due", "manager"]
    assert after(LADDER, ("before", "due", "manager"), at(20)) == at(34)


def test_R26_of_what_was_past_when_the_deadline_was_set_only_the_last_goes_out():
    since = next_moment(LADDER, (), at(20))
    assert [one.code for one in due_now(LADDER, (), since, at(40))] == ["manager", "senior"]


def test_R26_an_extended_clock_sets_the_unsent_anew_and_repeats_none():
    later = moments(before=80, due=100, manager=108, senior=124)
    assert next_moment(later, ("before",), at(9), at(10)) == at(100)
    assert due_now(later, ("before",), at(100), at(99)) == ()


ladders = st.lists(st.integers(0, 60), min_size=1, max_size=6, unique=True).map(
    lambda hours: tuple(WarningMoment(f"s{number}", at(hour), (), "m") for number, hour in enumerate(sorted(hours)))
)


@given(ladders, st.integers(0, 70), st.lists(st.integers(0, 90), min_size=1, max_size=20).map(sorted))
def test_R26_whenever_the_worker_comes_by_each_warning_goes_out_once(ladder, recorded, visits):
    since, warned = next_moment(ladder, (), at(recorded)), []
    for visit in (hour for hour in visits if hour >= recorded):
        if since is not None and since <= at(visit):
            warned += [one.code for one in due_now(ladder, warned, since, at(visit))]
            since = after(ladder, warned, at(visit))
    last = max((hour for hour in visits if hour >= recorded), default=None)
    past = [one for one in ladder if one.at <= at(recorded)]
    expected = past[-1:] + [one for one in ladder if one.at > at(recorded)]
    assert warned == ([] if last is None else [one.code for one in expected if one.at <= at(last)])
