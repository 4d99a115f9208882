"""Drafts that arrived by themselves (R1): what may arrive, who sees and completes them, and when one is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any

from policies.access import Actor, Permission, Scope, Subject, may, refuse_unless
from policies.completeness import holds_something
from policies.message import Refusal

LONGEST_REASON = 400
DISCARDED_KEPT = timedelta(days=30)
"""How long what was said in a discarded draft stays, for whoever asks later; then it is erased (R39)."""

DOOR = Actor(staff_id=None, code="system", grants=MappingProxyType({Permission.COMPLAINT_REGISTER: Scope.ALL}))
"""A door where no member of staff stands, e-mail or the public form: it hands in what came, and may nothing else."""


@unique
class DraftState(StrEnum):
    """Where a draft stands."""

    WAITING = "waiting"
    COMPLETED = "completed"
    DISCARDED = "discarded"


def subject_of(department_id: int | None) -> Subject:
    """A draft as access asks of it: nobody's yet, of the department that its channel leads to."""
    departments = frozenset() if department_id is None else frozenset({department_id})
    return Subject(departments=departments, untaken=True)


def refuse_draft(actor: Actor, department_id: int | None) -> Refusal | None:
    """Why somebody does not get at a draft: it is for those who take over what came in by itself."""
    if not may(actor, Permission.COMPLAINT_TAKE):
        return refuse_unless(actor, Permission.COMPLAINT_TAKE)
    if may(actor, Permission.COMPLAINT_TAKE, subject_of(department_id)):
        return None
    return Refusal("arrivals.refused.unknown", status=404)


def refuse_arrival(what: str, received_at: datetime, now: datetime) -> list[Refusal]:
    """What cannot even be a draft: it says nothing, or it comes from the future. All else a clerk completes."""
    found = []
    if not holds_something(what):
        found.append(Refusal("intake_rules.what.missing", field="what", status=422))
    if received_at > now:
        found.append(Refusal("intake_rules.received.in_future", {"now": now}, "received_at", 422))
    return found


def refuse_done(state: DraftState, number: str | None) -> Refusal | None:
    """Why nothing is to be done with a draft any more."""
    if state is DraftState.COMPLETED:
        return Refusal("arrivals.refused.completed", {"number": number or ""})
    return Refusal("arrivals.refused.discarded") if state is DraftState.DISCARDED else None


def refuse_reading(state: DraftState, number: str | None, *, erased: bool) -> Refusal | None:
    """Why a draft is not read any more: it is a complaint, or was discarded and has had its time."""
    if state is DraftState.DISCARDED:
        return Refusal("arrivals.refused.discarded") if erased else None
    return refuse_done(state, number)


def refuse_taking_back(state: DraftState, number: str | None, *, erased: bool) -> Refusal | None:
    """Why a draft is not made to wait again."""
    if state is DraftState.WAITING:
        return Refusal("arrivals.refused.waits")
    return refuse_reading(state, number, erased=erased)


def refuse_reason(reason: str) -> Refusal | None:
    """Why a draft is not discarded for this reason."""
    if not holds_something(reason) or len(reason) > LONGEST_REASON:
        return Refusal("arrivals.refused.reason", {"longest": LONGEST_REASON}, "reason", 422)
    return None


def said_otherwise(arrived: Mapping[str, Any], registered: Mapping[str, str]) -> dict[str, str]:
    """The texts that a clerk put otherwise than they came in: the complaint keeps both (R40)."""
    texts = {code: str(arrived.get(code) or "").strip() for code in registered}
    return {code: text for code, text in texts.items() if text and text.split() != registered[code].split()}


def moment_of(value: Any) -> datetime | None:
    """A moment as a door says it, ISO 8601 with its zone; None for what is none."""
    try:
        found = datetime.fromisoformat(str(value or ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def to_the_second(typed: datetime | None, arrived: datetime | None) -> datetime | None:
    """A moment that came to the second keeps its second where the form, which shows minutes, was left as it was."""
    if typed is None or arrived is None:
        return typed
    return arrived if typed == arrived.replace(second=0, microsecond=0) else typed
