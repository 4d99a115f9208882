"""R31, R34: completed in time and passed, of what was due in the month, person by course (office/appraisal.yaml)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from backoffice.models.training import TrainingOrder
from backoffice.queries.indicators import figures
from backoffice.queries.indicators.window import month_of
from policies.vocabulary_appraisal import SubjectKind
from policies.vocabulary_training import DueKind, DueSource, DueState
from tests.support.training import AT, person

SHANGHAI = ZoneInfo("Asia/Shanghai")
CODE = "training_completion"


def due(session, day, done=None, passed=None, state=None):
    staff = person(session)
    session.add(
        TrainingOrder(
            staff_id=staff.id,
            department_id=staff.department_id,
            kind=DueKind.TRAINING,
            hours=8,
            due=date.fromisoformat(day),
            source=DueSource.NEW_RULE,
            ordered_at=AT,
            done_on=done and date.fromisoformat(done),
            passed=passed,
            state=state or (DueState.DONE if done else DueState.OPEN),
        )
    )
    session.flush()
    return staff


@pytest.mark.parametrize("level", list(SubjectKind))
def test_R31_completed_in_time_and_passed_of_what_was_due_in_the_month(office_database, level):
    with office_database.writing() as session:
        due(session, "2026-10-31", "2026-10-01", passed=True)  # the month before
        due(session, "2026-11-01", "2026-11-01", passed=True)
        due(session, "2026-11-10", "2026-11-11", passed=True)  # a day late
        due(session, "2026-11-15")  # not done
        due(session, "2026-11-20", "2026-11-20")  # no exam
        due(session, "2026-11-25", state=DueState.CANCELLED)
        staff = due(session, "2026-12-01", "2026-11-20", passed=True)  # the month after
        due(session, "2026-11-30", "2026-11-30", passed=True)
        window = month_of("2026-11", SHANGHAI, datetime(2026, 12, 2, tzinfo=UTC))
        subject = staff.id if level is SubjectKind.PERSON else staff.department_id
        found = figures(session, CODE, window, level)[subject]
        assert (found.numerator, found.denominator, found.sample) == (Fraction(3), Fraction(5), 5)


def test_R31_what_is_open_and_not_yet_due_counts_when_its_day_has_come(office_database):
    with office_database.writing() as session:
        staff = due(session, "2026-11-30")
        for computed, denominator in ((datetime(2026, 11, 20, tzinfo=UTC), 0), (datetime(2026, 12, 2, tzinfo=UTC), 1)):
            window = month_of("2026-11", SHANGHAI, computed)
            found = figures(session, CODE, window, SubjectKind.PERSON).get(staff.id)
            assert (0 if found is None else found.denominator) == denominator
