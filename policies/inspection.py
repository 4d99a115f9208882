"""The life of one inspection (R27, R28): who may not inspect a record, which act an inspection allows in its state.

Scores are in ``policies/scorecard.py``, draws in ``policies/sampling.py``, appeals in ``policies/appeal.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from policies import duties
from policies.message import Refusal
from policies.vocabulary import CaseFunction
from policies.vocabulary_inspection import InspectionStatus

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
