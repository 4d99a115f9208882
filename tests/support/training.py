"""Training in tests: who manages it, the office's courses, somebody who goes through the entry training."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.office import Role, Staff
from backoffice.models.training import TrainingCourse, TrainingSession
from backoffice.services import training_sessions
from backoffice.services.core.work import Work
from backoffice.services.training_sessions import SessionFacts
from policies.access import SYSTEM
from policies.training_entry import Presence
from policies.vocabulary_training import CourseKind, TrainingForm
from tests.support.inspections import KEYS
from tests.support.offices import actor_of, the

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
HR, HANDLER, HEAD = "S025", "S013", "S012"


def work_of(session: Session, code: str | None = HR, at: datetime = AT) -> Work:
    """A unit of work of a member of the sample staff, or of the system."""
    return Work(session, KEYS, SYSTEM if code is None else actor_of(session, code), at, at)


def person(session: Session, code: str = HANDLER) -> Staff:
    """One of the sample staff."""
    return the(session, Staff, code)


def newcomer(session: Session, *roles: str, code: str = "N001") -> Staff:
    """Somebody who joined on 2 November 2026 and was not trained yet."""
    held = list(session.scalars(sa.select(Role).where(Role.code.in_(roles))))
    like = person(session)
    row = Staff(
        code=code,
        login=code.lower(),
        name_zh="新同事",
        name_en="New Colleague",
        department_id=like.department_id,
        joined=date(2026, 11, 2),
        fit_for_post=False,
        must_change_password=False,
        roles=held,
    )
    session.add(row)
    session.flush()
    return row


def course(session: Session, code: str) -> TrainingCourse:
    """A course of the office."""
    return the(session, TrainingCourse, code)


def held(session: Session, code: str, on: date, *people: int, role: str | None = None) -> TrainingSession:
    """A session that was planned for these people."""
    of = course(session, code)
    facts = SessionFacts(of.id, TrainingForm.CLASSROOM, on, of.hours, people, role_code=role)
    return training_sessions.plan_session(work_of(session), facts)


def attended(
    session: Session,
    code: str,
    on: date,
    *people: int,
    score: int | None = None,
    role: str | None = None,
    hours: Decimal | None = None,
) -> TrainingSession:
    """A session at which these people were, all with the same hours and score."""
    row = held(session, code, on, *people, role=role)
    given = None if score is None else Decimal(score)
    rows = [Presence(one, present=True, hours=row.hours if hours is None else hours, score=given) for one in people]
    return training_sessions.write_up(work_of(session), row.id, rows, "", None)


def all_modules(session: Session, staff_id: int, until: date) -> None:
    """All modules of the entry training, the last on a day."""
    codes = session.scalars(
        sa.select(TrainingCourse.code).where(TrainingCourse.kind == CourseKind.MODULE).order_by(TrainingCourse.position)
    ).all()
    for back, code in enumerate(reversed(codes)):
        attended(session, code, until - timedelta(days=back), staff_id)
