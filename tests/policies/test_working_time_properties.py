"""What must hold for any calendar (R24): order, consistency, and agreement with a slow count of minute after minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policies.calendar import WorkingCalendar
from policies.calendar_form import calendar_of_json
from policies.deadline import Whole, reckon, share
from policies.message import Refusal
from tests.support.clocks import good

ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST = date(2026, 1, 1)
MINUTE = timedelta(minutes=1)
LONGEST = 20  # days that the slow count walks

# Whole hours that no zone above skips or repeats, so that the slow count needs no rule for such bounds.
HOURS = st.lists(st.sampled_from([0, *range(4, 25)]), max_size=6, unique=True).map(sorted)


def as_windows(hours):
    pairs = zip(hours[::2], hours[1::2], strict=False)
    return [[f"{start:02d}:00", f"{end:02d}:00"] for start, end in pairs]


windows = HOURS.map(as_windows)
dates = st.integers(0, 400).map(lambda n: (FIRST + timedelta(days=n)).isoformat())
forms = st.fixed_dictionaries({
    "timezone": st.sampled_from(ZONES),
    "hours": st.dictionaries(st.sampled_from(DAYS), windows),
    "holidays": st.lists(dates, max_size=20),
    "special": st.dictionaries(dates, windows, max_size=10),
})  # fmt: skip
moments = st.integers(0, 364 * 1440).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * MINUTE)
amounts = st.integers(0, 3000)
units = st.sampled_from(["working_minute", "working_hour", "working_day", "hour"])


def windows_of(form, day):
    """A date's windows, read from the form by the words of the issue and nothing else."""
    key = day.isoformat()
    if key in form["special"]:
        return form["special"][key]
    return [] if key in form["holidays"] else form["hours"].get(DAYS[day.weekday()], [])


def slowly(form, start, minutes):
    """Minute after minute until the clock on the wall was so often within a window; None if that takes too long."""
    zone, opening, shown = ZoneInfo(form["timezone"]), [], None
    at, left = start, minutes
    for _ in range(LONGEST * 1440):
        local = at.astimezone(zone)
        if local.date() != shown:
            shown = local.date()
            opening = [(int(start[:2]) * 60, int(end[:2]) * 60) for start, end in windows_of(form, shown)]
        wall = local.hour * 60 + local.minute
        if any(start <= wall < end for start, end in opening):
            if left == 0:
                return at
            left -= 1
            if left == 0:
                return at + MINUTE
        at += MINUTE
    return None


def nth_closing(form, start, days):
    """The closing time of the N-th open date after the date of the first open minute."""
    first = slowly(form, start, 0)
    if first is None:
        return None
    zone = ZoneInfo(form["timezone"])
    day = first.astimezone(zone).date()
    for _ in range(400):
        if days == 0:
            end = max(end for _, end in windows_of(form, day))
            after = (day + timedelta(days=1), time()) if end == "24:00" else (day, time.fromisoformat(end))
            return datetime.combine(*after, tzinfo=zone)
        day += timedelta(days=1)
        days -= bool(windows_of(form, day))
    return None


def calendar(form) -> WorkingCalendar:
    return good(calendar_of_json(form))


def due(form, start, amount, unit):
    """The deadline; a calendar that is never open again teaches nothing here."""
    deadline = reckon(calendar(form), start, amount, unit)
    if isinstance(deadline, Refusal):
        assume(deadline.key not in ("clock.fault.never_open", "clock.fault.too_far"))
    return deadline.due


@settings(max_examples=80, deadline=None)
@given(forms, moments, st.integers(0, 900))
def test_R24_working_minutes_end_where_a_count_of_every_minute_ends(form, start, minutes):
    expected = slowly(form, start, minutes)
    assume(expected is not None)
    assert due(form, start, minutes, "working_minute") == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"])
def test_R24_around_every_change_of_clocks_the_count_of_minutes_agrees(zone, change):
    form = {"timezone": zone, "hours": {day: [["00:00", "12:00"], ["13:00", "24:00"]] for day in DAYS},
            "holidays": [], "special": {}}  # fmt: skip
    start = datetime.fromisoformat(change).replace(tzinfo=UTC) - timedelta(hours=20)
    for minutes in (1, 700, 1500, 3000):
        assert due(form, start, minutes, "working_minute") == slowly(form, start, minutes)


@settings(max_examples=80, deadline=None)
@given(forms, moments, st.integers(0, 12))
def test_R24_working_days_end_at_the_closing_that_a_walk_over_the_dates_finds(form, start, days):
    expected = nth_closing(form, start, days)
    assume(expected is not None)
    assert due(form, start, days, "working_day") == expected


@settings(max_examples=80, deadline=None)
@given(forms, moments, moments, amounts, units)
def test_R24_a_later_start_is_never_due_earlier(form, one, other, amount, unit):
    early, late = sorted((one, other))
    assert due(form, early, amount, unit) <= due(form, late, amount, unit)


@settings(max_examples=80, deadline=None)
@given(forms, moments, amounts, amounts, units)
def test_R24_a_larger_amount_is_never_due_earlier(form, start, one, other, unit):
    less, more = sorted((one, other))
    assert due(form, start, less, unit) <= due(form, start, more, unit)


@settings(max_examples=80, deadline=None)
@given(forms, moments, st.integers(0, 10**9))
def test_R24_the_working_time_up_to_a_deadline_is_its_amount(form, start, milliseconds):
    minutes = Decimal(milliseconds) / 60_000
    until = due(form, start, minutes, "working_minute")
    passed = calendar(form).working_time_between(start, until)
    assert abs(passed - timedelta(milliseconds=milliseconds)) <= timedelta(microseconds=1)


@settings(max_examples=80, deadline=None)
@given(forms, moments, moments, moments)
def test_R24_working_time_adds_up_and_is_never_more_than_time(form, one, two, three):
    office = calendar(form)
    early, middle, late = sorted((one, two, three))
    first, second = office.working_time_between(early, middle), office.working_time_between(middle, late)
    assert first + second == office.working_time_between(early, late)
    assert timedelta() <= first <= middle - early
    assert office.working_time_between(late, early) == timedelta()


@settings(max_examples=80, deadline=None)
@given(forms, moments)
def test_R24_the_next_working_moment_is_open_and_nothing_is_open_before_it(form, start):
    office = calendar(form)
    opens = due(form, start, 0, "working_minute")
    assert office.is_working(opens)
    assert office.next_working_moment(opens) == opens
    assert office.working_time_between(start, opens) == timedelta()
    assert office.is_working(start) is (opens == start)


@settings(max_examples=50, deadline=None)
@given(forms, moments, st.integers(1, 20), st.integers(0, 100), st.integers(0, 100))
def test_R24_shares_keep_their_order_and_stay_within_the_resolve_clock(form, start, days, one, other):
    office = calendar(form)
    whole = Whole(start, due(form, start, days, "working_day"))
    less, more = (good(share(office, start, whole, percent)).due for percent in sorted((one, other)))
    assert start <= less <= more <= whole.due


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["mon", "09:00"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["mon", "hours", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(forms, st.sampled_from(["timezone", "hours", "holidays", "special"]), junk)
def test_R24_whatever_stands_in_a_calendar_is_read_or_refused(form, part, value):
    assert isinstance(calendar_of_json({**form, part: value}), WorkingCalendar | Refusal)
