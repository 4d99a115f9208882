"""Training of the demonstration (R34), through the real services: posts on file, sessions of the last weeks with exams
and an absence, a drill, a coaching under way, further training that is overdue, a session to come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.jobs.demonstration.inspections import MANAGER
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.office import Role, Staff
from backoffice.models.training import Attendance, Qualification, TrainingCourse
from backoffice.office import document
from backoffice.queries import fitness
from backoffice.services import training as service
from backoffice.services import training_plan
from backoffice.services import training_sessions as sessions
from backoffice.services.core import training, training_orders
from backoffice.services.training_sessions import SessionFacts
from policies.training_entry import CoachingSays, Presence
from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_training import CourseKind, DueSource

BY_ITSELF = "system"
QUALIFIED = timedelta(days=400)
"""So long ago the sample staff passed the exam: what they did since was within its 24 months."""
PLANNED = timedelta(days=80)
HELD: Sequence[tuple[str, str, int, tuple[int, ...]]] = (
    ("monthly_meeting", "intake_clerk", 48, ()),
    ("callback_skill", "callback_clerk", 34, (92, 71)),
    ("hotline_outage", "intake_clerk", 26, ()),
    ("plan_and_compensation", "handler", 19, (88, 95, 76, 81)),
    ("monthly_meeting", "intake_clerk", 12, ()),
)
"""Course, whose, how many days ago, scores of its exam one after the other."""


def play_training(player: Player, present: datetime) -> None:
    """What of training there is at ``present`` (aware UTC); nothing where some is on file already."""
    with player.database.reading() as session:
        if session.scalar(sa.select(Qualification.id).limit(1)) is not None:
            return
    _School(player, present).play()


class _School:
    def __init__(self, player: Player, present: datetime) -> None:
        self.player, self.present = player, present
        self.words = document("demonstration")["training"]

    def play(self) -> None:
        """Everything, in the order in which it happened."""
        self._does(BY_ITSELF, self.present - QUALIFIED, self._qualified)
        self._does(BY_ITSELF, self.present - PLANNED, training_plan.plan_turns)
        for place, (course, role, days, scores) in enumerate(HELD):
            self._held(course, role, self.present - timedelta(days=days), scores, self.words["trainers"][place % 2])
        self._does(MANAGER, self.present - timedelta(days=9), self._coached)
        self._does(MANAGER, self.present, self._to_come)
        self._does(BY_ITSELF, self.present, training_plan.plan_turns)

    def _does(self, code: str, at: datetime, command: Callable[..., Any], *said: Any) -> Any:
        """One command of somebody at a moment, in a transaction of its own."""
        with self.player.database.writing() as session:
            return command(self.player.work(session, code, at), *said)

    def _qualified(self, work: Any) -> None:
        rules, today = fitness.rules_of(work.session), training.today_of(work)
        for staff_id, roles in sorted(training.entry_posts(work.session, rules).items()):
            person = work.session.get_one(Staff, staff_id)
            for role in roles:
                training.qualify(work, person, role, today, rules)

    def _held(self, code: str, role: str, at: datetime, scores: tuple[int, ...], trainer: str) -> None:
        with self.player.database.reading() as session:
            course = session.scalars(sa.select(TrainingCourse).where(TrainingCourse.code == code)).one()
            people = _holders(session, role)
            hours = course.hours or Decimal("1.5")
            drill, day = course.kind is CourseKind.DRILL, _day(self.player, session, at)
            facts = SessionFacts(course.id, course.form, day, hours, people, None, trainer, self.words["place"])
        planned = self._does(MANAGER, at - timedelta(days=7), sessions.plan_session, facts)
        rows = [_was_there(one, place, hours, scores, drill=drill) for place, one in enumerate(people)]
        findings = self.words["findings"] if drill else ""
        self._does(MANAGER, at + timedelta(hours=3), sessions.write_up, planned.id, rows, findings, None)
        self._does(BY_ITSELF, at + timedelta(hours=4), _signed, planned.id)

    def _coached(self, work: Any) -> None:
        """A sheet of grade D brought a coaching, an older one further training that nobody has seen to."""
        people, today = _holders(work.session, "handler"), training.today_of(work)
        source = DueSource.APPRAISAL
        late = today + timedelta(days=3)
        training_orders.order(work, people[1 % len(people)], EffectKind.TRAINING, 8, late, source, None)
        coached = training_orders.order(
            work, people[0], EffectKind.COACHING, 4, today + timedelta(days=16), source, None
        )
        words = self.words
        says = CoachingSays(
            today, Decimal(2), words["problem"], words["aim"], words["agreed"], today + timedelta(days=21)
        )
        service.coach(work, coached.id, says)

    def _to_come(self, work: Any) -> None:
        course = work.session.scalars(sa.select(TrainingCourse).where(TrainingCourse.code == "privacy_refresh")).one()
        people = tuple(work.session.scalars(sa.select(Staff.id).where(Staff.retired_at.is_(None)).order_by(Staff.id)))
        day = training.today_of(work) + timedelta(days=5)
        trainer, place = self.words["trainers"][1], self.words["place"]
        sessions.plan_session(
            work, SessionFacts(course.id, course.form, day, course.hours, people, None, trainer, place)
        )


def _was_there(staff_id: int, place: int, hours: Decimal, scores: tuple[int, ...], *, drill: bool) -> Presence:
    """Everybody but the last of several; the scores one after the other, the first is excellent in a drill."""
    if place == 2:
        return Presence(staff_id, present=False)
    score = Decimal(scores[place % len(scores)]) if scores else None
    return Presence(staff_id, present=True, hours=hours, score=score, excellent=drill and place == 0)


def _signed(work: Any, session_id: int) -> None:
    """Most have confirmed their entry."""
    rows = work.session.scalars(
        sa.select(Attendance).where(Attendance.session_id == session_id, Attendance.present.is_(True))
    ).all()
    for row in rows[:-1]:
        row.signed_at = work.at


def _holders(session: Session, role: str) -> tuple[int, ...]:
    held = sa.select(Staff.id).join(Staff.roles).where(Role.code == role, Staff.retired_at.is_(None))
    return tuple(session.scalars(held.order_by(Staff.code)))


def _day(player: Player, session: Session, at: datetime) -> Any:
    return training.today_of(player.work(session, BY_ITSELF, at))
