"""Calibration sessions (R28): who may be called, who may do what in which state, and what must be said at the end.

Several inspectors score one record, each unseen by the others; when all have scored, or whoever leads the session ends
the scoring with a reason, the marks are laid open, talked about, and a standard is agreed. What is scored here never
touches an inspection's score.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from policies.access import Actor, Permission, Scope
from policies.completeness import holds_something
from policies.message import Name, Refusal
from policies.vocabulary_inspection import CalibrationState

FEWEST_MEMBERS, MOST_MEMBERS = 2, 12
FURTHEST_DUE = timedelta(days=366)
LONGEST_TEXT = 4000

S = CalibrationState


@unique
class CalibrationAct(StrEnum):
    """What can be done in a session once it was called."""

    SCORE = "score"
    END_SCORING = "end_scoring"
    CLOSE = "close"
    CANCEL = "cancel"


ALLOWED_IN: Mapping[CalibrationAct, frozenset[CalibrationState]] = {
    CalibrationAct.SCORE: frozenset({S.SCORING}),
    CalibrationAct.END_SCORING: frozenset({S.SCORING}),
    CalibrationAct.CLOSE: frozenset({S.DISCUSSING}),
    CalibrationAct.CANCEL: frozenset({S.SCORING, S.DISCUSSING}),
}


@dataclass(frozen=True)
class Member:
    """Somebody who is to score. ``worked``: has a function on the record, or is the one inspected there; ``scores``:
    has an inspection of that record that is not published yet.
    """

    staff_id: int
    name: Name
    is_inspector: bool = True
    worked: bool = False
    scores: bool = False


@dataclass(frozen=True)
class Session:
    """What the rules must know of a session: its state, who called it, and which members have scored."""

    state: CalibrationState
    called_by: int | None
    members: frozenset[int]
    scored: frozenset[int]

    @property
    def missing(self) -> frozenset[int]:
        """The members who have not scored yet."""
        return self.members - self.scored


def leads(session: Session, actor: Actor) -> bool:
    """Whether this person leads it: whoever called it, and the quality manager."""
    return (actor.staff_id is not None and actor.staff_id == session.called_by) or is_quality_manager(actor)


def is_quality_manager(actor: Actor) -> bool:
    """Whoever answers for what all inspectors do, by the duty to check everybody's figures (R33)."""
    return actor.scope(Permission.SHEET_CHECK) is Scope.ALL


def sees_all_marks(session: Session) -> bool:
    """Whether the members' marks lie open; before, each sees the own ones alone, and the leader only who has scored."""
    return session.state in (S.DISCUSSING, S.CLOSED)


def hides_record(session: Session, actor: Actor, *, blind: bool) -> bool:
    """Whether the record's number and whose work it is stay hidden: of a blind session from its members until the
    standard is agreed, and from everybody else but who leads it.
    """
    if not blind or session.state is S.CLOSED:
        return False
    return actor.staff_id in session.members or not leads(session, actor)


def refuse_call(members: Sequence[Member], now: datetime, due_at: datetime | None) -> tuple[Refusal, ...]:
    """What stands against calling a session with these members, due at this moment (R27, R28)."""
    return tuple(_refuse_call(members, now, due_at))


def _refuse_call(members: Sequence[Member], now: datetime, due_at: datetime | None) -> Iterator[Refusal]:
    if not FEWEST_MEMBERS <= len(members) <= MOST_MEMBERS:
        yield _wrong("members", "members", fewest=FEWEST_MEMBERS, most=MOST_MEMBERS)
    others = tuple(one.name for one in members if not one.is_inspector)
    if others:
        yield _wrong("no_inspector", "members", names=others)
    worked = tuple(one.name for one in members if one.worked)
    if worked:
        yield _wrong("worked_on_it", "members", names=worked)
    scores = tuple(one.name for one in members if one.scores)
    if scores:
        yield _wrong("scores_it", "members", names=scores)
    if due_at is None:
        yield _wrong("no_due", "due_at")
    elif due_at <= now:
        yield _wrong("due_past", "due_at")
    elif due_at > now + FURTHEST_DUE:
        yield _wrong("due_far", "due_at")


def refuse_act(act: CalibrationAct, session: Session, actor: Actor, worked: Collection[int] = ()) -> Refusal | None:
    """Why this person may not do this now; ``worked``: who has a function on the record by now (R27)."""
    if act is CalibrationAct.SCORE:
        if actor.staff_id not in session.members:
            return Refusal("calibration.refused.no_member", status=403)
        if actor.staff_id in worked:
            return Refusal("access.duty.no_own_inspection", status=403)
    elif not leads(session, actor):
        return Refusal("calibration.refused.leads_not", status=403)
    if session.state not in ALLOWED_IN[act]:
        return Refusal(f"calibration.refused.{act}_not_now", {"state": session.state})
    if act is CalibrationAct.SCORE and actor.staff_id in session.scored:
        return Refusal("calibration.refused.scored_already")
    if act is CalibrationAct.END_SCORING and len(session.scored) < FEWEST_MEMBERS:
        return Refusal("calibration.refused.too_few_scored", {"fewest": FEWEST_MEMBERS, "n": len(session.scored)})
    return None


def refuse_text(text: str, field: str) -> tuple[Refusal, ...]:
    """A reason, or what was discussed, must be said; ``field``: reason, or discussion."""
    if not holds_something(text):
        return (_wrong(f"{field}_missing", field),)
    return (_wrong("text_long", field, longest=LONGEST_TEXT),) if len(text) > LONGEST_TEXT else ()


def _wrong(reason: str, field: str, **params: object) -> Refusal:
    return Refusal(f"calibration.refused.{reason}", params, field, 422)
