"""R27: what a plan says, for which period it draws and on which day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from policies.sampling_period import PeriodRule, chosen, due_periods, falls_on, month_of, period_at, week_of
from policies.sampling_plan import Compulsory, PlanFormError, Source, parse_plan
from policies.vocabulary_inspection import PlanKind

OFFICE = yaml.safe_load((Path(__file__).parents[2] / "backoffice/office/sampling.yaml").read_text())
PLANS = {row["code"]: row for row in OFFICE["plans"]}
HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)}


def is_working(day):
    return day.weekday() < 5 and day not in HOLIDAYS


def test_R27_every_plan_of_the_office_can_be_read():
    read = {code: parse_plan(row) for code, row in PLANS.items()}
    assert {code: plan.source for code, plan in read.items()} == {
        "monthly_regular": Source.STANDING,
        "monthly_calls": Source.CALLS,
        "new_staff": Source.NEW_STAFF,
        "not_established_check": Source.NOT_ESTABLISHED,
        "spot_check": Source.CLOSED,
        "lots_by_department": Source.STANDING,
        "focus_category": Source.FOCUS,
        "double_scoring": Source.SCORED,
    }
    regular = read["monthly_regular"]
    assert (regular.kind, regular.period, regular.draw_on) == (
        PlanKind.REGULAR, PeriodRule.PREVIOUS_MONTH, "working_day_2",
    )  # fmt: skip
    assert (regular.size.share_percent, regular.size.minimum, regular.due_working_days) == (Fraction(5), 3, 10)
    assert regular.all_of == (Compulsory("severity", "major"), Compulsory("outcome", "closed_unsatisfied"))
    spot = read["spot_check"].size
    assert (spot.share_percent, spot.number, spot.minimum) == (None, 10, 2)


FAULTS = {
    "kind": "sometimes",
    "period": "next_month",
    "draw_on": "full_moon",
    "stratify_by": ["weather"],
    "share_percent": "101",
    "number": -1,
    "source": "elsewhere",
    "all_of": [{"field": "name", "value": "x"}],
}


@pytest.mark.parametrize(("part", "value"), FAULTS.items())
def test_R27_a_plan_that_cannot_be_read_says_which_part(part, value):
    with pytest.raises(PlanFormError, match=part):
        parse_plan({**PLANS["monthly_regular"], part: value})


PERIODS = [
    (PeriodRule.PREVIOUS_MONTH, date(2026, 1, 2), "2025-12", date(2025, 12, 1), date(2025, 12, 31)),
    (PeriodRule.PREVIOUS_MONTH, date(2026, 3, 31), "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
    (PeriodRule.PREVIOUS_WEEK, date(2026, 9, 21), "2026-W38", date(2026, 9, 14), date(2026, 9, 20)),
    (PeriodRule.PREVIOUS_WEEK, date(2027, 1, 4), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    (PeriodRule.THIS_MONTH, date(2026, 11, 30), "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
    (PeriodRule.LAST_30_DAYS, date(2026, 10, 1), "20260901-20260930", date(2026, 9, 1), date(2026, 9, 30)),
]


@pytest.mark.parametrize(("rule", "day", "label", "first", "last"), PERIODS)
def test_R27_the_period_of_a_draw(rule, day, label, first, last):
    found = period_at(rule, day)
    assert (found.label, found.first, found.last) == (label, first, last)


def test_R27_a_chosen_period_is_labelled_by_its_days():
    assert chosen(date(2026, 9, 1), date(2026, 9, 30)).label == "20260901-20260930"


DAYS = [
    ("working_day_2", date(2026, 9, 2), True),
    ("working_day_2", date(2026, 9, 1), False),
    ("working_day_2", date(2026, 10, 9), True),  # the National Day week is over on the 8th
    ("working_day_2", date(2026, 10, 2), False),
    ("working_day_2", date(2026, 8, 2), False),  # a Sunday
    ("monday", date(2026, 9, 21), True),
    ("monday", date(2026, 9, 22), False),
    ("month_end", date(2026, 10, 1), True),  # September is over
    ("month_end", date(2026, 9, 30), False),
    ("any_time", date(2026, 9, 21), False),
]


@pytest.mark.parametrize(("draw_on", "day", "drawn"), DAYS)
def test_R27_the_day_on_which_a_plan_draws(draw_on, day, drawn):
    assert falls_on(draw_on, day, is_working) is drawn


def due(draw_on, rule, today, since=date(2026, 1, 1), until=None):
    return [p.label for p in due_periods(rule, draw_on, today, is_working, since=since, drawn_until=until)]


def test_R27_a_missed_day_is_caught_up():
    rule = PeriodRule.PREVIOUS_MONTH
    august = month_of(date(2026, 8, 1)).last
    assert due("working_day_2", rule, date(2026, 9, 1), until=month_of(date(2026, 7, 1)).last) == []
    assert due("working_day_2", rule, date(2026, 9, 20), until=month_of(date(2026, 7, 1)).last) == ["2026-08"]
    assert due("working_day_2", rule, date(2026, 10, 20), until=month_of(date(2026, 7, 1)).last) == [
        "2026-08",
        "2026-09",
    ]
    assert due("working_day_2", rule, date(2026, 10, 8), until=august) == []


def test_R27_a_plan_that_never_drew_begins_with_the_newest_period_alone():
    assert due("monday", PeriodRule.PREVIOUS_WEEK, date(2026, 9, 23)) == ["2026-W38"]


def test_R27_a_plan_draws_nothing_from_before_it_held():
    assert due("monday", PeriodRule.PREVIOUS_WEEK, date(2026, 9, 23), since=date(2026, 9, 22)) == []
    assert due("monday", PeriodRule.PREVIOUS_WEEK, date(2026, 9, 23), until=week_of(date(2026, 9, 14)).last) == []


def test_R28_double_scoring_is_drawn_when_the_month_is_over():
    assert due("month_end", PeriodRule.THIS_MONTH, date(2026, 10, 1)) == ["2026-09"]
    assert due("month_end", PeriodRule.THIS_MONTH, date(2026, 9, 30), until=date(2026, 8, 31)) == []


def test_R27_what_a_person_draws_is_never_due():
    assert due("any_time", PeriodRule.CHOSEN, date(2026, 9, 30)) == []
