"""Rules over what is entered when an order is sent, passed on, disputed and decided (R10–R12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from policies import dispatch
from policies.casefacts import CaseFacts
from policies.entry import Entry
from policies.guards import course, refused
from policies.message import Refusal


def decided_for_a_department(entry: Entry) -> Iterator[Refusal]:
    """R11: a decision names a department that takes orders, be it one that had the order, and never the desk."""
    if not entry.has("department"):
        return
    target = _department(entry.facts, entry.values["department"])
    reason = str(entry.values.get("decision_reason") or "")
    desk = target.id if target.id in entry.facts.desks else None
    refusal = dispatch.refuse_decision(course(entry.facts), target, desk=desk, reason=reason)
    if refusal is not None and refusal.field != "decision_reason":  # a missing reason is told already
        yield refusal


def elements_complete(entry: Entry) -> Iterator[Refusal]:
    missing = entry.facts.missing_elements
    if missing:
        yield refused("elements_missing", status=422, field="elements", missing=missing)


def _department(facts: CaseFacts, department: object) -> dispatch.Department:
    receives = department not in facts.desks and (facts.receivers is None or department in facts.receivers)
    return dispatch.Department(int(str(department)), receives_orders=receives)


def to_a_department_that_takes_orders(entry: Entry) -> Iterator[Refusal]:
    if entry.has("department"):
        refusal = dispatch.refuse_department(_department(entry.facts, entry.values["department"]))
        if refusal is not None:
            yield refusal


def deadline_ahead(entry: Entry) -> Iterator[Refusal]:
    deadline = entry.values.get("deadline")
    refusal = dispatch.refuse_deadline(deadline, entry.at) if isinstance(deadline, datetime) else None
    if refusal is not None:
        yield refusal


def never_backwards(entry: Entry) -> Iterator[Refusal]:
    """R11: never to the desk and never to a department that had the order."""
    if not entry.has("department"):
        return
    target = _department(entry.facts, entry.values["department"])
    refusal = dispatch.refuse_transfer(
        course(entry.facts),
        target,
        desk=target.id if target.id in entry.facts.desks else None,
        cap=entry.settings.transfers_before_escalation,
        reason=str(entry.values.get("handover_reason") or ""),
    )
    if refusal is not None and refusal.field != "handover_reason":  # a missing reason is told already
        yield refusal


def on_a_new_ground(entry: Entry) -> Iterator[Refusal]:
    """R11: no second request on a ground that was decided; a department that is named takes orders and is no desk."""
    named = entry.values.get("claimed_department") if entry.has("claimed_department") else None
    target = None if named is None else _department(entry.facts, named)
    ground = None if target is None else target.id
    refusal = dispatch.refuse_dispute(course(entry.facts), ground=ground, reason="named apart")
    if refusal is None and target is not None:
        refusal = dispatch.refuse_department(target)
    if refusal is not None:
        yield replace(refusal, field="claimed_department")
