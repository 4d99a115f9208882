"""R34: when a course comes round, when what was ordered is done, which reminder goes out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.training import (
    Attended,
    Outcome,
    Turn,
    due_kind_of,
    first_due,
    in_time,
    is_training,
    next_due,
    outcome,
    reminders_due,
    turns_to_plan,
)
from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_training import DueKind, DueState, Interval

M, Q, H, Y = Interval.MONTH, Interval.QUARTER, Interval.HALF_YEAR, Interval.YEAR


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("every", "since", "due"),
    [
        (M, "2026-11-02", "2026-12-31"),
        (M, "2027-01-31", "2027-02-28"),
        (M, "2028-01-31", "2028-02-29"),
        (Q, "2026-11-30", "2027-02-28"),
        (H, "2026-08-31", "2027-02-28"),
        (Y, "2026-11-22", "2027-11-30"),
        (Y, "2028-02-29", "2029-02-28"),
    ],
)
def test_R34_a_course_is_first_due_one_interval_after_it_began_to_concern_somebody(every, since, due):
    assert first_due(every, day(since)) == day(due)


@pytest.mark.parametrize(
    ("every", "due", "done", "following"),
    [
        (M, "2026-11-30", "2026-11-05", "2026-12-31"),
        (M, "2026-11-30", "2026-12-03", "2026-12-31"),  # late: December is not skipped
        (M, "2026-11-30", None, "2026-12-31"),
        (Y, "2027-06-30", "2027-01-10", "2028-01-31"),  # early: a year after it was done
        (Y, "2027-06-30", "2027-09-10", "2028-06-30"),
    ],
)
def test_R34_the_next_turn_counts_from_the_earlier_of_due_and_done(every, due, done, following):
    assert next_due(every, day(due), done and day(done)) == day(following)


@given(st.sampled_from(Interval), st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(-400, 400))
def test_R34_the_next_turn_is_always_later_and_at_the_end_of_a_month(every, due, shift):
    done = due + timedelta(days=shift)
    following = next_due(every, due, done)
    assert following > min(due, done)
    assert (following + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("last", "today", "planned"),
    [
        (None, "2026-11-22", "2026-11-30"),  # concerns somebody since 15 October
        (Turn(date(2026, 11, 30), None, DueState.OPEN), "2026-11-22", None),
        (Turn(date(2026, 11, 30), None, DueState.OPEN), "2026-11-30", None),
        (Turn(date(2026, 11, 30), None, DueState.OPEN), "2026-12-01", "2026-12-31"),
        (Turn(date(2026, 11, 30), date(2026, 11, 5), DueState.DONE), "2026-11-06", "2026-12-31"),
        (Turn(date(2026, 3, 31), None, DueState.OPEN), "2026-11-22", "2026-11-30"),
        (Turn(date(2026, 11, 30), None, DueState.CANCELLED), "2026-11-22", "2026-12-31"),
    ],
)
def test_R34_one_turn_to_come_is_planned_and_a_missed_one_stays(last, today, planned):
    assert turns_to_plan(M, day("2026-10-15"), last, day(today)) == (planned and day(planned))


def attended(on, hours, passed=None):
    return Attended(day(on), Decimal(hours), passed)


@pytest.mark.parametrize(
    ("kind", "hours", "exam", "rows", "expected"),
    [
        (DueKind.COACHING, 4, False, [], (0, None, None)),
        (DueKind.COACHING, 4, False, [("2026-11-02", 2)], (2, None, None)),
        (DueKind.COACHING, 4, False, [("2026-11-09", 2), ("2026-11-02", 2)], (4, "2026-11-09", True)),
        (DueKind.TRAINING, 8, False, [("2026-11-02", "7.5")], ("7.5", None, None)),
        (DueKind.TRAINING, 8, False, [("2026-11-02", 8), ("2026-11-03", 2)], (10, "2026-11-02", True)),
        (DueKind.COURSE, 4, True, [("2026-11-02", 4, False)], (4, None, False)),
        (DueKind.COURSE, 4, True, [("2026-11-02", 4, False), ("2026-11-06", 0, True)], (4, "2026-11-06", True)),
        (DueKind.COURSE, 4, True, [("2026-11-02", 4)], (4, None, None)),
        (DueKind.COURSE, 0, False, [("2026-11-02", "1.5")], ("1.5", "2026-11-02", True)),
        (DueKind.RETEST, 0, True, [("2026-11-02", 0, False)], (0, None, False)),
        (DueKind.RETEST, 0, True, [("2026-11-02", 0, False), ("2026-11-05", 0, True)], (0, "2026-11-05", True)),
    ],
)
def test_R34_what_is_due_is_done_when_its_hours_add_up_and_its_exam_is_passed(kind, hours, exam, rows, expected):
    found = outcome(kind, Decimal(hours), exam, [attended(*row) for row in rows])
    total, done_on, passed = expected
    assert found == Outcome(Decimal(total), done_on and day(done_on), passed)


@pytest.mark.parametrize(
    ("done_on", "passed", "counts"),
    [
        ("2026-11-30", True, True),
        ("2026-12-01", True, False),
        (None, None, False),
        (None, False, False),
        ("2026-11-02", None, True),
    ],
)
def test_R34_completed_is_by_its_day_and_passed(done_on, passed, counts):
    """``training_completion`` of office/appraisal.yaml: completed in time and passed."""
    assert in_time(day("2026-11-30"), done_on and day(done_on), passed) is counts


@pytest.mark.parametrize(
    ("today", "told", "expected"),
    [
        ("2026-11-22", [], None),
        ("2026-11-23", [], "before_7:2026-11-30"),
        ("2026-11-24", ["before_7:2026-11-30"], None),
        ("2026-11-29", ["before_7:2026-11-30"], "before_1:2026-11-30"),
        ("2026-12-01", ["before_1:2026-11-30"], "after_1:2026-11-30"),
        ("2026-12-20", [], "after_7:2026-11-30"),
        ("2026-12-21", ["after_7:2026-11-30"], None),
    ],
)
def test_R34_reminders_go_out_before_and_after_the_day_each_once(today, told, expected):
    assert reminders_due(day("2026-11-30"), day(today), told) == expected


def test_R34_coaching_training_and_exams_become_entries_and_money_does_not():
    """What the effects of office/appraisal.yaml ask of somebody's time."""
    assert {kind for kind in EffectKind if is_training(kind)} == {
        EffectKind.COACHING,
        EffectKind.TRAINING,
        EffectKind.RETEST,
        EffectKind.POST_CHANGE,
    }
    with pytest.raises(ValueError, match="bonus orders no training"):
        due_kind_of(EffectKind.BONUS)
