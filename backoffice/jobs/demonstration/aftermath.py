"""What follows from the inspections of the demonstration (R28, R30, R34), through the real services: somebody is
coached, records that two inspectors saw differently are talked about, and what was found is put right and verified.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.errors import DomainError
from backoffice.jobs.demonstration.inspections import MANAGER, Season
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Coaching
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.agreement import PUBLISHED
from backoffice.queries.eligible import inspectors
from backoffice.services import calibration, coaching, corrective
from backoffice.services.coaching import CoachingFacts
from backoffice.services.core.calibrations import look_at_sitting
from policies.card import Card, Mark, marks_of
from policies.corrective_course import CorrectiveAct as Act
from policies.vocabulary_teamwork import CorrectiveStatus

LATELY, BEFORE = timedelta(days=14), (timedelta(days=70), timedelta(days=40))
"""Since when somebody is coached, and when the coaching of another began and ended, before the present."""
SESSION_DAYS = timedelta(days=5)
STEPS = (
    (Act.ACCEPT, Act.START, Act.REPORT, Act.FINISH, Act.VERIFY),
    (Act.ACCEPT, Act.FINISH),
    (Act.ACCEPT, Act.START, Act.REPORT),
    (Act.ACCEPT,),
)
"""How far each of the oldest corrective actions has come; the others are assigned and no more."""


def play_aftermath(player: Player, present: datetime) -> None:
    """What followed up to ``present`` (aware UTC); nothing where somebody began a coaching by hand already."""
    with player.database.reading() as session:
        if session.scalar(sa.select(Coaching.id).where(Coaching.order_id.is_(None)).limit(1)) is not None:
            return
    after = _Aftermath(Season(player, present))
    for follows in (after.coached, after.talked_about, after.put_right):
        follows()


class _Aftermath:
    def __init__(self, season: Season) -> None:
        self.season, self.player, self.words = season, season.player, season.words
        self.present, self.calendar = season.present, season.calendar

    def does(self, code: str, at: datetime, command: Callable[..., Any], *said: Any, **more: Any) -> Any:
        """One command of somebody at a moment, in a transaction of its own."""
        with self.player.database.writing() as session:
            return command(self.player.work(session, code, at), *said, **more)

    # coached

    def coached(self) -> None:
        """Who scored lowest is coached; the coaching of the one before last is over."""
        mean = sa.func.avg(Inspection.score)
        lowest = (
            sa.select(Inspection.subject_id)
            .where(Inspection.status.in_(PUBLISHED), Inspection.subject_id.is_not(None))
            .group_by(Inspection.subject_id)
            .order_by(mean, Inspection.subject_id)
            .limit(2)
        )
        with self.player.database.reading() as session:
            people = list(session.scalars(lowest))
        spans = ((LATELY, None, self.words["coached"]), (*BEFORE, self.words["coached_before"]))
        for person, (since, until, reason) in zip(people, spans, strict=False):
            at = self.calendar.next_working_moment(self.present - since)
            days = [
                None if ago is None else (self.present - ago).astimezone(self.season.zone).date()
                for ago in (since, until)
            ]
            with suppress(DomainError), self.player.database.writing() as session:
                actor = self.player.work(session, MANAGER, at).actor
                coaching.begin(session, actor, at, CoachingFacts(person, days[0], days[1], reason))

    # talked about

    def talked_about(self) -> None:
        """Of the records that two scored most differently, one is talked about to its end, one is still scored."""
        with self.player.database.reading() as session:
            apart = _apart(session)
            able = tuple(sorted(session.scalars(inspectors(session))))
        for place, number in enumerate(apart):
            at = self.calendar.next_working_moment(self.present - SESSION_DAYS + timedelta(days=place))
            self._session(number, able, min(at, self.present - timedelta(hours=1)), closed=place == 0)

    def _session(self, source: str, able: tuple[int, ...], at: datetime, *, closed: bool) -> None:
        for members in (some for size in (3, 2) for some in combinations(able, size)):
            facts = calibration.Call("", None, members, at + SESSION_DAYS + timedelta(days=3), source=source)
            with suppress(DomainError):  # one of them worked on the record
                number = str(self.does(MANAGER, at, calibration.call, facts).number)
                break
        else:
            return
        scorers = members if closed else members[:1]
        marks: dict[str, Mark] = {}
        for place, member in enumerate(scorers):
            marks = self._marks(number, at)
            self.does(self.season.codes[member], at + timedelta(minutes=10 * place), calibration.score, number, marks)
        if closed:
            said = self.words["calibration_discussion"]
            self.does(MANAGER, at + timedelta(minutes=50), calibration.close, number, said, marks)

    def _marks(self, number: str, at: datetime) -> dict[str, Mark]:
        with self.player.database.reading() as session:
            card: Card = look_at_sitting(self.player.work(session, MANAGER, at), number).card
        weighed = {item.code: self.season.remarked(item, None, poor=False) for item in card.items if not item.fatal}
        return {**marks_of(card, {}, []), **weighed}

    # put right

    def put_right(self) -> None:
        """The oldest findings are accepted, carried out and verified, each as far as ``STEPS`` says."""
        statement = (
            sa.select(CorrectiveAction.number, CorrectiveAction.owner_id, CorrectiveAction.assigned_at)
            .where(CorrectiveAction.source == "inspection", CorrectiveAction.status == CorrectiveStatus.ASSIGNED)
            .order_by(CorrectiveAction.assigned_at, CorrectiveAction.id)
        )
        with self.player.database.reading() as session:
            rows = session.execute(statement).all()
        for row, steps in zip(rows, STEPS, strict=False):
            with suppress(DomainError):  # what a rule forbids stays as it is
                self._carried_out(row.number, self.season.codes[row.owner_id], row.assigned_at, steps)

    def _carried_out(self, number: str, owner: str, assigned_at: datetime, steps: tuple[Act, ...]) -> None:
        room = (self.present - assigned_at) / (len(steps) + 1)
        for place, act in enumerate(steps, 1):
            at = min(
                self.calendar.next_working_moment(assigned_at + min(room, timedelta(days=3)) * place), self.present
            )
            who = MANAGER if act is Act.VERIFY else owner
            self.does(who, at, corrective.act, number, act, self._said(act))

    def _said(self, act: Act) -> dict[str, str]:
        said = {
            Act.ACCEPT: {"root_cause": "put_right_cause", "expected_effect": "put_right_effect"},
            Act.REPORT: {"text": "put_right_progress"},
            Act.FINISH: {"result": "put_right_result", "evidence": "put_right_evidence"},
            Act.VERIFY: {"text": "put_right_verified"},
        }.get(act, {})
        return {name: self.words[word] for name, word in said.items()}


def _apart(session: Session) -> list[str]:
    """The two second scorings that are farthest from their first one, published both; the farthest first."""
    first = aliased(Inspection)
    apart = sa.func.abs(Inspection.score - first.score)
    return list(
        session.scalars(
            sa.select(Inspection.number)
            .join(first, first.id == Inspection.pair_of_id)
            .where(Inspection.status.in_(PUBLISHED), first.status.in_(PUBLISHED), apart > 0)
            .order_by(apart.desc(), Inspection.id)
            .limit(2)
        )
    )
