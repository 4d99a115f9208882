"""Training of the access matrix: a session, a coaching that is due and a qualification, all of a stranger, each with id 1."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.training import Attendance, Qualification, TrainingCourse, TrainingOrder, TrainingSession
from policies.vocabulary_training import DueKind, DueSource, TrainingForm
from tests.support.databases import OPENED
from tests.support.scenes import staff


def add_training(session: Session, stranger: str) -> None:
    """Everything that a page of training is about."""
    person = staff(session, stranger)
    course = session.scalars(sa.select(TrainingCourse).where(TrainingCourse.code == "privacy_refresh")).one()
    held = TrainingSession(
        id=1,
        course_id=course.id,
        form=TrainingForm.CLASSROOM,
        held_on=date(2026, 11, 2),
        hours=Decimal(2),
        entered_at=OPENED,
    )
    order = TrainingOrder(
        id=1,
        staff_id=person.id,
        department_id=person.department_id,
        kind=DueKind.COACHING,
        hours=Decimal(4),
        due=date(2026, 12, 31),
        source=DueSource.APPRAISAL,
        ordered_at=OPENED,
        review_on=date(2026, 12, 1),
    )
    session.add_all([held, order])
    session.flush()
    session.add(Attendance(id=1, session_id=1, staff_id=person.id, present=True, hours=Decimal(2), entered_at=OPENED))
    session.add(
        Qualification(
            id=1,
            staff_id=person.id,
            role_code="handler",
            from_day=date(2026, 1, 5),
            until_day=date(2028, 1, 4),
            entered_at=OPENED,
        )
    )
    session.flush()
