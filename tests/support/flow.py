"""Actors and facts for tests of the flow, built from the office's own organisation and processes (no database)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from policies.access import Actor, Permission, Scope, Subject, melt
from policies.casefacts import CaseFacts, OrderFacts, parse_settings
from policies.disputes import OpenDispute
from policies.process import parse_process
from policies.vocabulary import OrderStatus, Severity
from tests.support.told_cases import office, process

NOW = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
PROCESSES = {severity: parse_process(process(severity)) for severity in Severity}
SETTINGS = parse_settings(office("processes")["settings"], office("processes")["faults"])
DEPARTMENTS = {row["code"]: number for number, row in enumerate(office("organisation")["departments"], 1)}
RECEIVERS = frozenset(
    DEPARTMENTS[row["code"]] for row in office("organisation")["departments"] if row["receives_orders"]
)
DESK = DEPARTMENTS["dispatch_desk"]
GRANTS = {
    role["code"]: {Permission(grant["permission"]): Scope(grant["scope"]) for grant in role["grants"]}
    for role in office("organisation")["roles"]
}
STAFF = {row["code"]: row for row in office("organisation")["staff"]}


def staff_id(code: str) -> int:
    return int(code.removeprefix("S"))


def actor(code: str) -> Actor:
    """A member of the sample staff, as the office's roles make them."""
    row = STAFF[code]
    department = DEPARTMENTS[row["department"]]
    return Actor(
        staff_id(code), code, department, frozenset({department}), frozenset(row["roles"]),
        melt(GRANTS[role] for role in row["roles"]),
    )  # fmt: skip


INTAKE, SHIFT_LEAD, DISPATCHER = actor("S005"), actor("S004"), actor("S008")
HEAD, HANDLER, COLLEAGUE = actor("S012"), actor("S013"), actor("S014")
OTHER_HEAD, OTHER_HANDLER = actor("S015"), actor("S016")
CALLER, MANAGER, SENIOR, ARCHIVIST = actor("S011"), actor("S003"), actor("S001"), actor("S028")
NETWORK, FIELD, IT = (DEPARTMENTS[code] for code in ("network", "technical_support", "it_support"))
FRONT = DEPARTMENTS["front_desk"]
EVERYBODY = [actor(code) for code in STAFF]

DISPATCHED_STEPS = frozenset({
    "appoint", "dispute", "investigate", "plan", "review_plan", "coordinate", "approve", "contain", "carry_out",
    "feed_back", "executive_feedback", "call_back", "rework", "post_review", "archive",
})  # fmt: skip
STANDING = {"appoint": OrderStatus.SENT, "dispute": OrderStatus.DISPUTED, "investigate": OrderStatus.APPOINTED,
            "plan": OrderStatus.APPOINTED, "rework": OrderStatus.APPOINTED}  # fmt: skip


def at_step(step: str, severity: Severity = Severity.GENERAL, **changes: object) -> CaseFacts:
    """A complaint of S005 that stands at a step, sent to Network and owned by S013 where the step lies after that."""
    sent = step in DISPATCHED_STEPS
    people = {INTAKE.staff_id, DISPATCHER.staff_id, HANDLER.staff_id, CALLER.staff_id} if sent else {INTAKE.staff_id}
    status = STANDING.get(step, OrderStatus.COMPLETED if step in ("call_back", "archive") else OrderStatus.ANSWERED)
    owned = sent and step not in ("appoint", "dispute")
    facts = CaseFacts(
        process=PROCESSES[severity],
        step=step,
        severity=severity,
        subject=Subject(frozenset(people), frozenset({FRONT, NETWORK} if sent else {FRONT})),
        processes=PROCESSES,
        registered_by_id=INTAKE.staff_id,
        received_at=NOW.replace(day=14),
        step_since=NOW.replace(day=20),
        order_sent=sent,
        order=OrderFacts(status, NETWORK, HANDLER.staff_id if owned else None) if sent else None,
        departments_had=(NETWORK,) if sent else (),
        dispute=OpenDispute(HEAD.staff_id, NETWORK) if step == "dispute" else None,
        receivers=RECEIVERS,
        desks=frozenset({DESK}),
        handlers_ever=frozenset({HANDLER.staff_id}) if owned else frozenset(),
        plan_author_id=HANDLER.staff_id if owned else None,
        plan_author_roles=HANDLER.roles if owned else frozenset(),
        plan_compensation=Decimal(0) if owned else None,
        approved_compensation=Decimal(0) if owned else None,
        measures=1 if owned else 0,
        fields=frozenset({"category", "severity", "urgency", "impact"}),
    )
    return replace(facts, **changes)


def filled(facts: CaseFacts) -> CaseFacts:
    """The same with every field and every evidence that its step requires."""
    step = facts.at
    if step is None:
        return facts
    return replace(
        facts, fields=facts.fields | set(step.required_fields), evidence=facts.evidence | set(step.required_evidence)
    )
