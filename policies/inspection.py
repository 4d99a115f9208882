"""The life of one inspection (R27, R28): who may not inspect a record, which act an inspection allows in its state.

Scores are in ``policies/scorecard.py``, draws in ``policies/sampling.py``, appeals in ``policies/appeal.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from policies import duties
from policies.access import Actor, Permission, may, refuse_lacking
from policies.completeness import holds_something
from policies.deadline import is_met
from policies.message import Refusal
from policies.vocabulary import CaseFunction
from policies.vocabulary_inspection import InspectionStatus, PlanKind

WORKED = frozenset(CaseFunction)
"""R27: nobody inspects an own record. Cards mark the work of everybody with a function on the complaint: who took,
checked, dispatched, handled, approved, called back, archived it."""

S = InspectionStatus


@unique
class InspectionAct(StrEnum):
    """What can be done to an inspection before it is appealed against."""

    START = "start"
    DRAFT = "draft"
    SCORE = "score"
    REOPEN = "reopen"
    PUBLISH = "publish"
    HAND_ON = "hand_on"
    CANCEL = "cancel"
    FINALISE = "finalise"


ALLOWED_IN: Mapping[InspectionAct, frozenset[InspectionStatus]] = {
    InspectionAct.START: frozenset({S.DRAWN, S.IN_PROGRESS}),
    InspectionAct.DRAFT: frozenset({S.DRAWN, S.IN_PROGRESS}),
    InspectionAct.SCORE: frozenset({S.DRAWN, S.IN_PROGRESS}),
    InspectionAct.REOPEN: frozenset({S.SCORED}),
    InspectionAct.PUBLISH: frozenset({S.SCORED}),
    InspectionAct.HAND_ON: frozenset({S.DRAWN, S.IN_PROGRESS}),
    InspectionAct.CANCEL: frozenset({S.DRAWN, S.IN_PROGRESS, S.SCORED}),
    InspectionAct.FINALISE: frozenset({S.PUBLISHED}),
}
"""From which states each act may be done; what is published changes by an appeal alone (R29)."""


@unique
class UnitWhat(StrEnum):
    """Which talk of a complaint an inspection of a call or chat is about (R28)."""

    INTAKE = "intake"
    TALK = "talk"
    CALL_BACK = "call_back"


@dataclass(frozen=True)
class Unit:
    """A talk of a complaint: the call in which it was taken, a talk with the customer, or a call-back, by row id."""

    what: UnitWhat
    id: int | None = None

    def __str__(self) -> str:
        return self.what.value if self.id is None else f"{self.what}:{self.id}"


def parse_unit(text: str) -> Unit | None:
    """``intake``, ``talk:17``, ``call_back:4``; None for the whole complaint, and for what cannot be read."""
    what, _, number = text.partition(":")
    if what not in UnitWhat.__members__.values() or (number and not (number.isascii() and number.isdecimal())):
        return None
    return Unit(UnitWhat(what), int(number) if number else None)


def refuse_own(inspector: int | None, worked: Collection[int], subject: int | None) -> Refusal | None:
    """R27: whoever worked on the record, or is the one inspected, does not inspect it; asked anew at every act."""
    return duties.no_own_inspection(inspector, {*worked, *(() if subject is None else (subject,))})


def refuse_state(act: InspectionAct, status: InspectionStatus) -> Refusal | None:
    """R28: an act that has no place in this state."""
    return None if status in ALLOWED_IN[act] else Refusal(f"inspection.refused.{act}", {"status": status})


@unique
class CancelReason(StrEnum):
    """Why a drawn record is not inspected after all (R27); the draw itself stays as it was."""

    CONFLICT = "conflict"
    ERASED = "erased"
    NOT_FIT = "not_fit"
    OTHER = "other"


LONGEST_REASON = 1000
LONGEST_SUMMARY = 2000


@dataclass(frozen=True)
class Standing:
    """An inspection as the rules of who may see it; ``waits_on``: inspections of the same record that the reader has
    not finished yet.
    """

    status: InspectionStatus
    inspector_id: int | None
    plan_kind: PlanKind = PlanKind.REGULAR
    waits_on: bool = False

    def is_of(self, actor: Actor) -> bool:
        """Whether this person is its inspector."""
        return actor.staff_id is not None and actor.staff_id == self.inspector_id


def leads(actor: Actor) -> bool:
    """Who answers for the inspectors' work: gives it out, publishes, cancels (the quality manager of the office)."""
    return may(actor, Permission.INSPECTION_SCORE) and may(actor, Permission.SHEET_CHECK)


def refuse_inspector(actor: Actor, standing: Standing) -> Refusal | None:
    """R28: a record is scored by the inspector it was given to, by nobody else, not even by a manager."""
    if not may(actor, Permission.INSPECTION_SCORE):
        return _lacks_permission(actor)
    return None if standing.is_of(actor) else Refusal("inspection.refused.not_yours", status=403)


def refuse_publisher(actor: Actor, standing: Standing, *, leader_free: bool) -> Refusal | None:
    """R28: regular ones are published by their inspector, those of an ad-hoc draw by who leads the inspectors.

    ``leader_free``: somebody who leads and did not work on the record is in service; else the inspector publishes.
    """
    if not may(actor, Permission.INSPECTION_SCORE):
        return _lacks_permission(actor)
    if leads(actor):
        return None
    if not standing.is_of(actor):
        return Refusal("inspection.refused.not_yours", status=403)
    if standing.plan_kind is PlanKind.AD_HOC and leader_free:
        return Refusal("inspection.refused.leader_publishes", status=403)
    return None


def refuse_keeper(actor: Actor, standing: Standing) -> Refusal | None:
    """R28: handed on or cancelled by its inspector, or by who leads the inspectors."""
    if not may(actor, Permission.INSPECTION_SCORE):
        return _lacks_permission(actor)
    return None if standing.is_of(actor) or leads(actor) else Refusal("inspection.refused.not_yours", status=403)


def refuse_canceller(actor: Actor, standing: Standing, *, was_scored: bool) -> Refusal | None:
    """R27: what was scored is cancelled by who leads the inspectors alone, so that nobody drops a result unseen.

    ``was_scored``: it is scored, or was before its marks were taken back.
    """
    found = refuse_keeper(actor, standing)
    if found is None and was_scored and not leads(actor):
        return Refusal("inspection.refused.leader_cancels", status=403)
    return found


def refuse_look(actor: Actor, standing: Standing) -> Refusal | None:
    """R28: an inspector sees the own ones and what is published, but nobody else's marks on a record that he or she
    still has to score; who leads sees all of the others.
    """
    if not may(actor, Permission.INSPECTION_SCORE):
        return _lacks_permission(actor)
    if standing.is_of(actor):
        return None
    if standing.waits_on:
        return Refusal("inspection.refused.score_first", status=403)
    if leads(actor) or standing.status.is_published:
        return None
    return Refusal("inspection.refused.not_yours", status=403)


def is_blind_for(actor: Actor, standing: Standing, *, blind: bool) -> bool:
    """R28: a blind inspection hides from its inspector who was inspected until its result is published."""
    return blind and standing.is_of(actor) and not standing.status.is_published


def refuse_reason(text: str, field: str) -> Refusal | None:
    """A reason is written down, and not at more length than one reads."""
    if not holds_something(text):
        return Refusal("inspection.refused.reason_missing", field=field, status=422)
    if len(text) > LONGEST_REASON:
        return Refusal("inspection.refused.too_long", {"longest": LONGEST_REASON}, field, 422)
    return None


def refuse_summary(text: str) -> Refusal | None:
    """The summary may be left out; it is not longer than a page."""
    if len(text) <= LONGEST_SUMMARY:
        return None
    return Refusal("inspection.refused.too_long", {"longest": LONGEST_SUMMARY}, "summary", 422)


def is_final(status: InspectionStatus, appeal_until: datetime | None, at: datetime) -> bool:
    """R29: published, and the last moment to appeal has passed."""
    return status is S.PUBLISHED and appeal_until is not None and not is_met(appeal_until, at)


def _lacks_permission(actor: Actor) -> Refusal:
    return refuse_lacking(actor, (Permission.INSPECTION_SCORE,))
