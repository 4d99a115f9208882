"""R34: coaching and training that something ordered become entries with a date; the default courses come once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import sqlalchemy as sa

from backoffice.models.configuration import Setting
from backoffice.models.office import Staff
from backoffice.models.training import TrainingCourse, TrainingOrder
from backoffice.services.core import training_orders
from backoffice.services.core.training_defaults import load_training
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_training import CourseKind, DueKind, DueSource, DueState
from tests.support.inspections import KEYS

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def work_of(session):
    return Work(session, KEYS, SYSTEM, AT, AT)


def test_R34_the_courses_of_the_office_are_rows_once(office_database):
    with office_database.writing() as session:
        load_training(session)
        count = sa.func.count()
        kinds = dict(session.execute(sa.select(TrainingCourse.kind, count).group_by(TrainingCourse.kind)).all())
        assert kinds == {CourseKind.MODULE: 9, CourseKind.EXAM: 1, CourseKind.COURSE: 9, CourseKind.DRILL: 3}
        hours = sa.select(TrainingCourse.hours).where(TrainingCourse.kind == CourseKind.MODULE)
        assert sum(session.scalars(hours)) == Decimal(40)
        rules = session.get_one(Setting, "training").value
        assert (rules["required"], rules["exam_pass"], rules["validity_months"]) == (True, 80, 24)


def test_R34_a_sheet_of_grade_D_brings_four_hours_of_coaching_within_the_month(office_database):
    with office_database.writing() as session:
        person = session.scalars(sa.select(Staff).where(Staff.code == "S016")).one()
        row = training_orders.order(
            work_of(session), person.id, EffectKind.COACHING, 4, date(2026, 11, 30), "appraisal", 12
        )
        assert (row.kind, row.hours, row.due) == (DueKind.COACHING, Decimal(4), date(2026, 11, 30))
        assert (row.source, row.source_id, row.state) == (DueSource.APPRAISAL, 12, DueState.OPEN)
        assert row.department_id == person.department_id


def test_R34_what_has_a_key_is_ordered_once(office_database):
    with office_database.writing() as session:
        person = session.scalars(sa.select(Staff.id).where(Staff.code == "S016")).one()
        given = (work_of(session), person, EffectKind.TRAINING, 8, date(2026, 11, 30), "appraisal", 12)
        first = training_orders.order(*given, key="sheet:12:training_8h:grade")
        again = training_orders.order(*given, key="sheet:12:training_8h:grade")
        other = training_orders.order(*given, key="sheet:12:training_8h:two_e")
        assert first is again
        assert other.id != first.id
        assert session.scalar(sa.select(sa.func.count()).select_from(TrainingOrder)) == 2
