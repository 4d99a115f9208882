"""Deadlines (R24): the worked examples, the 143 told clocks, extensions, downgrades, shares, and how they explain it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from policies import deadline_steps as explain
from policies.deadline import (
    MOST,
    Deadline,
    Whole,
    after_downgrade,
    at_percent,
    extend,
    is_met,
    late_from,
    percent_elapsed,
    reckon,
    share,
    step_deadlines,
)
from policies.message import Message, Name, Refusal
from policies.vocabulary import ClockCode, Severity
from tests.support.clocks import ALL_DAY, calendar_of, good, office, office_calendar, there, told_clocks
from tests.support.told_cases import local
from views.language import say

EXAMPLES = office("calendar")["worked_examples"]
TOLD = told_clocks()
EXTENDED = [row for row in TOLD if row["extended_due"]]
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def resolve_of(row):
    """The resolve clock of the same case, as told."""
    told = next(other for other in TOLD if other["case"] == row["case"] and other["clock"] == "resolve")
    return Whole(local(told["start"]), local(told["due"]))


def told_deadline(row):
    if row["unit"] == "percent_of_resolve":
        return good(share(office_calendar(), local(row["start"]), resolve_of(row), int(row["amount"])))
    return good(reckon(office_calendar(), local(row["start"]), int(row["amount"]), row["unit"]))


def due(calendar, start, amount, unit):
    return good(reckon(calendar, start, amount, unit)).due


# What was worked out and told


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["code"] for example in EXAMPLES])
def test_R24_a_worked_example_of_the_office_comes_out(example):
    calendar, start = office_calendar(), local(example["start"])
    if example["unit"] == "percent_of_resolve":
        deadline = good(share(calendar, start, Whole(start, local(example["resolve_due"])), example["amount"]))
    else:
        deadline = good(reckon(calendar, start, example["amount"], example["unit"]))
    assert deadline.due == local(example["due"])
    assert deadline.due.tzinfo is UTC
    assert not deadline.provisional


def test_all_told_clocks_are_there():
    assert len(TOLD) == 143
    told = [(case["code"], row["clock"], row["start"], row["due"]) for case in office("inspection_cases")["cases"]
            for row in case["clocks"]]  # fmt: skip
    assert [(row["case"], row["clock"], local(row["start"]), local(row["due"])) for row in TOLD] == [
        (case, clock, local(start), local(until)) for case, clock, start, until in told
    ]


@pytest.mark.parametrize("row", TOLD, ids=[row["id"] for row in TOLD])
def test_R24_a_told_clock_is_due_and_met_as_told(row):
    deadline = told_deadline(row)
    assert deadline.due == local(row["due"])
    judged_by = local(row["extended_due"] or row["due"])
    assert is_met(judged_by, local(row["stopped_at"])) is (row["met"] == "true")


@pytest.mark.parametrize("row", EXTENDED, ids=[row["id"] for row in EXTENDED])
def test_R25_an_extension_counts_from_the_old_date_to_a_closing_time(row):
    moved = good(extend(office_calendar(), told_deadline(row), int(row["extended_by_working_days"])))
    assert moved.due == local(row["extended_due"])
    assert moved.steps[-1].message.key == "clock.step.extended"
    assert moved.steps[-1].at == moved.due


@pytest.mark.parametrize(("told", "met"), [("2026-10-08T15:00", True), ("2026-10-08T15:00:59.999999", True),
                                           ("2026-10-08T15:01", False), ("2026-10-08T14:59", True)])  # fmt: skip
def test_R24_the_minute_of_the_deadline_is_in_time(told, met):
    assert is_met(local("2026-10-08T15:00"), local(told)) is met
    assert is_met(local("2026-10-08T15:00:30"), local(told)) is met  # a deadline within that minute means all of it
    assert (local(told) >= late_from(local("2026-10-08T15:00"))) is not met


# Counting


@pytest.mark.parametrize("amount", [0, 1, 3])
def test_R24_working_days_count_from_the_day_of_receipt_and_none_is_its_own_closing(amount):
    closings = ["2026-10-08T18:00", "2026-10-09T18:00", "2026-10-10T18:00", "2026-10-12T18:00"]
    assert due(office_calendar(), local("2026-10-02T09:20"), amount, "working_day") == local(closings[amount])


@pytest.mark.parametrize(("start", "until"), [("2026-10-12T09:00", "2026-10-12T09:00"),
                                              ("2026-10-12T12:15", "2026-10-12T13:30"),
                                              ("2026-10-12T18:00", "2026-10-13T08:30")])  # fmt: skip
def test_R24_no_working_time_at_all_is_due_where_counting_begins(start, until):
    for unit in ("working_minute", "working_hour"):
        assert due(office_calendar(), local(start), 0, unit) == local(until)
    assert due(office_calendar(), local(start), 0, "hour") == local(start)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "until"),
    [
        ("2026-10-12T08:30", 210, "working_minute", "2026-10-12T12:00"),  # stays where lunch begins
        ("2026-10-12T08:30", 211, "working_minute", "2026-10-12T13:31"),
        ("2026-10-12T08:30", 8, "working_hour", "2026-10-12T18:00"),  # stays at closing
        ("2026-10-12T08:30:30", Decimal("0.5"), "working_minute", "2026-10-12T08:31"),
        ("2026-10-12T08:30", Decimal("1.25"), "working_hour", "2026-10-12T09:45"),
        ("2026-10-12T08:30", Decimal("0.000000025"), "working_minute", "2026-10-12T08:30:00.000002"),  # 1.5 µs
        ("2026-10-12T08:30", Decimal("0.1"), "hour", "2026-10-12T08:36"),
        ("2026-10-12T08:30", Decimal("5.0"), "working_day", "2026-10-19T18:00"),
        ("2026-10-09T17:30", 60, "working_minute", "2026-10-10T09:00"),  # the 10th is a make-up Saturday
    ],
)
def test_R24_sums_of_working_time_stay_at_a_closing_and_take_fractions(start, amount, unit, until):
    assert due(office_calendar(), local(start), amount, unit) == local(until)


@pytest.mark.parametrize(
    ("amount", "unit", "key"),
    [
        (-1, "working_day", "clock.fault.amount_negative"),
        (Decimal("-0.1"), "hour", "clock.fault.amount_negative"),
        (Decimal("1.5"), "working_day", "clock.fault.days_not_whole"),
        (Decimal("NaN"), "hour", "clock.fault.amount_unreadable"),
        (Decimal("sNaN"), "hour", "clock.fault.amount_unreadable"),
        (Decimal("Infinity"), "hour", "clock.fault.amount_unreadable"),
        (Decimal("1E+400"), "working_day", "clock.fault.too_far"),
        (10**30, "working_minute", "clock.fault.too_far"),
        (MOST, "hour", "clock.fault.too_far"),
        (MOST, "working_day", "clock.fault.too_far"),
        (MOST, "working_hour", "clock.fault.too_far"),
        (MOST, "working_minute", "clock.fault.too_far"),
        (1, "week", "clock.fault.unit_unknown"),
        (1, "percent_of_resolve", "clock.fault.unit_unknown"),
    ],
)
def test_R24_amounts_that_cannot_be_counted_are_refused(amount, unit, key):
    refusal = reckon(office_calendar(), local("2026-10-12T08:30"), amount, unit)
    assert isinstance(refusal, Refusal)
    assert refusal.key == key
    assert say(refusal, "en")
    assert say(refusal, "zh_Hans")


def test_R24_far_deadlines_come_out_all_the_same():
    weekly = calendar_of(hours={"mon": [["00:00", "24:00"]]})
    start = there("UTC", "2026-01-05T00:00")  # a Monday
    assert due(weekly, start, 5200, "working_day") == start + timedelta(weeks=5200, days=1)
    assert due(weekly, start, 24 * 5200, "working_hour") == start + timedelta(weeks=5199, days=1)


def test_R24_a_calendar_without_hours_has_no_deadlines_but_round_the_clock():
    never = calendar_of(hours={})
    for unit in ("working_minute", "working_hour", "working_day"):
        refusal = reckon(never, local("2026-10-12T08:30"), 1, unit)
        assert isinstance(refusal, Refusal)
        assert refusal.key == "clock.fault.never_open"
    assert due(never, local("2026-10-12T08:30"), 1, "hour") == local("2026-10-12T09:30")
    assert isinstance(share(never, local("2026-10-12T08:30"), Whole(*[local("2026-10-12T08:30")] * 2), 60), Refusal)
    assert isinstance(extend(never, Deadline(local("2026-10-12T08:30")), 1), Refusal)


# Summer time


@pytest.mark.parametrize(
    ("zone", "start", "amount", "unit", "until"),
    [
        (BERLIN, "2026-03-28T12:00", 24, "hour", "2026-03-29T13:00"),  # one hour is skipped
        (BERLIN, "2026-10-24T12:00", 24, "hour", "2026-10-25T11:00"),  # one comes twice
        (NEW_YORK, "2026-03-07T20:00", 12, "hour", "2026-03-08T09:00"),
        (BERLIN, "2026-03-27T17:00", 2, "working_hour", "2026-03-30T10:00"),  # office hours stay local
        (BERLIN, "2026-10-23T17:00", 2, "working_hour", "2026-10-26T10:00"),
        (BERLIN, "2026-03-27T17:00", 1, "working_day", "2026-03-30T18:00"),
        (NEW_YORK, "2026-10-30T17:00", 5, "working_day", "2026-11-06T18:00"),
    ],
)
def test_R24_across_the_change_of_clocks(zone, start, amount, unit, until):
    assert due(calendar_of(zone), there(zone, start), amount, unit) == there(zone, until)


@pytest.mark.parametrize(
    ("start", "hours", "until"),
    [
        ("2026-03-28T23:00", 4, "2026-03-29T04:00"),
        ("2026-03-29T00:00", 23, "2026-03-30T00:00"),
        ("2026-10-25T00:00", 25, "2026-10-26T00:00"),
        ("2026-10-25T00:00", 24, "2026-10-25T23:00"),
    ],
)
def test_R24_open_round_the_clock_counts_the_hours_that_pass(start, hours, until):
    always = calendar_of(BERLIN, dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ALL_DAY))
    assert due(always, there(BERLIN, start), hours, "working_hour") == there(BERLIN, until)
    assert due(always, there(BERLIN, start), hours, "hour") == there(BERLIN, until)


def test_R24_local_times_that_come_twice_are_compared_as_the_moments_that_they_are():
    always = calendar_of(BERLIN, dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ALL_DAY))
    first, second = there(BERLIN, "2026-10-25T02:30"), there(BERLIN, "2026-10-25T02:30", fold=1)
    assert always.working_time_between(first, second) == timedelta(hours=1)
    deadline = good(reckon(always, second, 1, "working_hour"))
    assert deadline.steps[0].message.key == "clock.step.start_inside"
    assert percent_elapsed(always, first, second, second, round_the_clock=True) == 100
    assert percent_elapsed(always, first, second, first, round_the_clock=True) == 0
    assert is_met(first, first)
    assert not is_met(first, second)


# Shares of the resolve clock


def test_R24_a_share_of_a_clock_in_hours_is_taken_of_the_hours():
    start = local("2026-10-01T10:00")  # a holiday, which does not matter
    whole = Whole(start, start + timedelta(hours=48), 48)
    assert good(share(office_calendar(), start, whole, 60)).due == start + timedelta(hours=28, minutes=48)
    assert good(share(office_calendar(), start, whole, 100)).due == whole.due


@pytest.mark.parametrize(
    ("percent", "minutes"), [(10, 48), (Decimal("0.1"), 0), (Decimal("0.11"), 1), (Decimal("0.3125"), 2), (100, 480)]
)
def test_R24_shares_are_rounded_half_up_to_a_minute(percent, minutes):
    start = local("2026-10-12T08:30")
    whole = Whole(start, local("2026-10-12T18:00"))  # 480 working minutes; 0.3125 % of them are 1.5
    begun = good(reckon(office_calendar(), start, minutes, "working_minute")).due
    assert good(share(office_calendar(), start, whole, percent)).due == begun


def test_R24_the_whole_share_is_the_resolve_clock_even_where_rounding_would_pass_it():
    start = local("2026-10-12T10:12:30")
    whole = Whole(start, local("2026-10-19T18:00"))
    assert good(share(office_calendar(), start, whole, 100)).due == whole.due


def test_R24_steps_of_a_process_use_cumulated_shares_and_those_without_a_share_have_no_time():
    start, whole = local("2026-09-18T16:40"), Whole(local("2026-09-18T16:40"), local("2026-09-24T18:00"))
    steps = good(step_deadlines(office_calendar(), whole, [40, 0, 20, 40]))
    assert steps[1] is None
    assert steps[2].due == local("2026-09-22T17:28")  # 60 % as in the worked example
    assert steps[3].due == whole.due
    assert steps[0] == good(share(office_calendar(), start, whole, 40))


# Extension and regrading


def test_R25_an_old_deadline_at_closing_time_gains_no_extra_day():
    for old in ("2026-08-20T18:00", "2026-08-20T09:30", "2026-08-20T23:00"):
        assert good(extend(office_calendar(), Deadline(local(old)), 1)).due == local("2026-08-21T18:00")
    always = calendar_of(hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ALL_DAY))
    midnight = Deadline(there("UTC", "2026-03-31T00:00"))  # closes Monday the 30th
    assert good(extend(always, midnight, 1)).due == there("UTC", "2026-04-01T00:00")  # closes Tuesday


def test_R25_an_old_deadline_on_a_day_off_counts_from_the_next_working_day():
    saturday = Deadline(local("2026-08-22T14:00"))
    assert good(extend(office_calendar(), saturday, 1)).due == local("2026-08-24T18:00")


@pytest.mark.parametrize("days", [0, -1])
def test_R25_an_extension_by_nothing_is_refused(days):
    assert isinstance(extend(office_calendar(), Deadline(local("2026-08-20T18:00")), days), Refusal)


@pytest.mark.parametrize(
    ("anew", "kept"),
    [
        ("2026-10-12T18:00", "2026-10-14T18:00"),  # past
        ("2026-10-14T12:00", "2026-10-14T18:00"),  # less than a working day away
        ("2026-10-14T18:00", "2026-10-14T18:00"),
        ("2026-10-15T18:00", "2026-10-15T18:00"),  # far enough
    ],
)
def test_R3_after_downgrading_at_least_one_working_day_remains(anew, kept):
    floor = good(after_downgrade(office_calendar(), Deadline(local(anew)), local("2026-10-13T10:00")))
    assert floor.due == local(kept)


# How much has run


@pytest.mark.parametrize(
    ("start", "until", "percent", "round_the_clock", "at"),
    [
        ("2026-10-08T09:30", "2026-10-08T15:00", 80, False, "2026-10-08T14:12"),  # told: case 3
        ("2026-09-07T10:00", "2026-09-14T18:00", 80, False, "2026-09-11T16:42"),  # told: case 10
        ("2026-10-01T10:00", "2026-10-02T10:00", 50, True, "2026-10-01T22:00"),
        ("2026-10-08T09:30", "2026-10-08T15:00", 100, False, "2026-10-08T15:00"),
    ],
)
def test_R26_a_percentage_of_a_clock_is_measured_in_its_own_unit(start, until, percent, round_the_clock, at):
    begun, end = local(start), local(until)
    reached = good(at_percent(office_calendar(), begun, end, percent, round_the_clock=round_the_clock))
    assert reached == local(at)
    for moment, shown in ((reached, percent), (end, 100), (begun, 0), (begun - timedelta(days=9), 0)):
        assert percent_elapsed(office_calendar(), begun, end, moment, round_the_clock=round_the_clock) == shown


def test_R26_a_clock_that_is_due_at_once_has_run_out():
    now = local("2026-10-08T09:30")
    assert percent_elapsed(office_calendar(), now, now, now, round_the_clock=False) == 100
    assert percent_elapsed(office_calendar(), now, local("2026-10-08T09:30:01"), now, round_the_clock=True) == 0


# Provisional


@pytest.mark.parametrize(
    ("start", "amount", "unit", "provisional"),
    [
        ("2026-12-30T10:00", 1, "working_day", False),
        ("2026-12-30T10:00", 2, "working_day", True),  # 1 January 2027, as far as is known
        ("2026-12-31T19:00", 1, "working_hour", True),
        ("2026-12-31T19:00", 1, "hour", False),  # round the clock, whatever the calendar
        ("2017-12-29T10:00", 5, "working_day", True),  # begins before what is known
    ],
)
def test_R24_a_year_without_published_holidays_makes_a_deadline_provisional(start, amount, unit, provisional):
    deadline = good(reckon(office_calendar(), local(start), amount, unit))
    assert deadline.provisional is provisional
    assert (deadline.steps[-1].message.key == "clock.step.provisional") is provisional


def test_R24_a_share_and_an_extension_of_a_provisional_deadline_are_provisional_and_say_so_once():
    start = local("2026-12-30T10:00")
    resolve = good(reckon(office_calendar(), start, 5, "working_day"))
    part = good(share(office_calendar(), start, Whole(start, resolve.due), 10))
    moved = good(extend(office_calendar(), resolve, 2))
    for deadline in (part, moved):
        assert deadline.provisional
        assert [step.message.key for step in deadline.steps].count("clock.step.provisional") == 1
    assert good(extend(office_calendar(), Deadline(local("2026-12-30T18:00")), 5)).provisional


# Explanations


def told_in(language, deadline):
    return [say(step.message, language) for step in deadline.steps]


def test_R24_the_explanation_of_the_issue_in_both_languages():
    deadline = good(reckon(office_calendar(), local("2026-09-18T18:20"), 5, "working_day"))
    assert deadline.due == local("2026-09-28T18:00")
    assert told_in("en", deadline) == [
        "Received Fri 18 Sep 2026 18:20, after hours",
        "Not counted: Sat 19 Sep (weekend)",
        "Counts from Sun 20 Sep 08:30, a make-up working day; that day is the day of receipt",
        "5 working days: 21–24 Sep, Mon 28 Sep",
        "Not counted: 25–27 Sep (public holiday: Mid-Autumn Festival)",
        "Closing time of working day 5 → Mon 28 Sep 18:00",
    ]
    assert told_in("zh_Hans", deadline) == [
        "收到：2026年9月18日 周五 18:20，已过下班时间",
        "9月19日 周六不计：周末",
        "顺延到 9月20日 周日 08:30（调休上班日）起计，当日为收到日",
        "5 个工作日：9月21–24日、9月28日 周一",
        "9月25–27日不计：法定节假日：中秋节",
        "第 5 个工作日的下班时刻 → 9月28日 周一 18:00",
    ]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("2026-10-12T09:00", "within office hours"),
        ("2026-10-12T08:00", "before opening at 08:30"),
        ("2026-10-12T12:00", "in the break"),
        ("2026-10-12T18:00", "exactly at closing"),
        ("2026-10-12T18:01", "after hours"),
        ("2026-10-11T10:00", "weekend"),
        ("2026-10-01T10:00", "public holiday: National Day"),
        ("2026-08-14T15:00", "Flood drill"),
        ("2026-10-23T10:00", "Office moves house"),
        ("2026-10-23T20:00", "Office moves house"),
    ],
)
def test_R24_the_first_step_says_why_a_start_does_or_does_not_count(start, said):
    steps = told_in("en", good(reckon(office_calendar(), local(start), 1, "working_hour")))
    assert said in steps[0]


@pytest.mark.parametrize(
    ("start", "amount", "unit", "said"),
    [
        ("2026-08-13T16:00", 1, "working_day",
         "Fri 14 Aug: Flood drill, closed in the afternoon; open 08:30–12:00 only, and still a working day"),
        ("2026-10-08T10:00", 2, "working_day",
         "Counted though not a usual working day: Sat 10 Oct (make-up working day)"),
        ("2026-10-22T10:00", 1, "working_day", "Not counted: Fri 23 Oct (Office moves house, closed all day)"),
        ("2026-08-13T16:00", 4, "working_hour", "Day by day: Thu 13 Aug 2 h, Fri 14 Aug 2 h"),
        ("2026-09-14T10:00", 0, "working_day", "0 working days: the day of receipt itself"),
        ("2026-01-05T10:00", 200, "working_day", "200 working days after Mon 5 Jan"),
        ("2026-09-30T19:30", 1, "hour", "1 hour round the clock, whatever the calendar → Wed 30 Sep 20:30"),
        ("2026-01-05T10:00", 60, "working_day", "Not counted: 19 days (weekend)"),
    ],
)  # fmt: skip
def test_R24_what_lies_on_the_way_is_told(start, amount, unit, said):
    deadline = good(reckon(office_calendar(), local(start), amount, unit))
    assert said in told_in("en", deadline)


def test_R24_special_days_and_the_change_of_clocks_are_told():
    calendar = calendar_of(BERLIN, special={"2026-03-30": [["10:00", "11:00"]], "2026-03-31": []})
    steps = told_in("en", good(reckon(calendar, there(BERLIN, "2026-03-27T17:00"), 2, "working_day")))
    assert "Mon 30 Mar has its own hours: 10:00–11:00" in steps
    assert "Not counted: Tue 31 Mar (closed that day by special arrangement)" in steps
    over = told_in("en", good(reckon(calendar, there(BERLIN, "2026-03-28T12:00"), 24, "hour")))
    assert any("clocks change" in step for step in over)


def test_R24_a_share_tells_what_it_is_taken_of():
    start = local("2026-09-18T16:40")
    steps = told_in("en", good(share(office_calendar(), start, Whole(start, local("2026-09-24T18:00")), 60)))
    assert steps[:2] == [
        "Resolve clock from Fri 18 Sep 2026 16:40 to Thu 24 Sep 18:00: 2,480 working minutes",
        "60% of them, rounded to a minute: 1,488 working minutes",
    ]
    assert steps[-1] == "1,488 working minutes → Tue 22 Sep 17:28"
    in_hours = told_in("en", good(share(office_calendar(), start, Whole(start, start, 48), 60)))
    assert in_hours[0] == "60% of 48 hours: 28.8 hours"


def test_R25_an_extension_is_told_after_the_steps_before_it():
    deadline = good(reckon(office_calendar(), local("2026-08-13T16:00"), 5, "working_day"))
    reason = Message("clock.why.holiday")
    moved = good(extend(office_calendar(), deadline, 3, reason=reason))
    assert told_in("en", moved)[: len(deadline.steps)] == told_in("en", deadline)
    assert told_in("en", moved)[-1] == (
        "Extended by 3 working days after Thu 20 Aug 2026 (public holiday), to closing time → Tue 25 Aug 18:00"
    )
    again = good(extend(office_calendar(), moved, 1))
    assert told_in("en", again)[-1] == (
        "Extended by 1 working day after Tue 25 Aug 2026, to closing time → Wed 26 Aug 18:00"
    )


def test_R3_a_downgrade_that_leaves_one_day_says_so():
    floor = good(after_downgrade(office_calendar(), Deadline(local("2026-10-12T18:00")), local("2026-10-13T10:00")))
    steps = told_in("en", floor)
    assert (
        steps[0]
        == "By the new severity it would be Mon 12 Oct 2026 18:00; after lowering the severity at least one working day remains"
    )
    assert steps[1].startswith("Regraded Tue 13 Oct 2026 10:00")


def test_R23_the_target_and_the_special_row_can_be_told_before_the_arithmetic():
    target = explain.target(ClockCode.RESOLVE, Severity.GENERAL, 5, "working_day")
    row = explain.special_row(Name("计费争议从快", "Billing disputes faster"), Name("", "Facts are easily checked"), 3,
                              "working_day")  # fmt: skip
    assert say(target.message, "en").endswith("5 working days")
    assert say(row.message, "en") == "Special rule “Billing disputes faster” (Facts are easily checked): 3 working days"
    assert say(row.message, "zh_Hans").startswith("特别规定“计费争议从快”")
    assert say(explain.special_row(Name("a", "b"), Name("", ""), 60, "percent_of_resolve").message, "en")


@pytest.mark.parametrize("row", TOLD, ids=[row["id"] for row in TOLD])
def test_R24_every_told_clock_explains_itself_and_leads_to_its_deadline(row):
    deadline = told_deadline(row)
    steps = deadline.steps
    assert [step.at for step in steps if step.at is not None][-1] == deadline.due
    texts = {language: [say(step.message, language) for step in steps] for language in ("zh_Hans", "en")}
    assert all(texts["zh_Hans"])
    assert len(texts["en"]) == len(texts["zh_Hans"]) >= 2
    hour = datetime.fromisoformat(row["due"]).strftime("%H:%M")
    assert hour in texts["en"][-1]
    assert hour in texts["zh_Hans"][-1]
