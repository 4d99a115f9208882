"""What an action writes down beside moving the complaint: entries of steps, talks, calls, measures,
evidence, additions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backoffice.errors import DomainError
from backoffice.models.handling import Addition, Attachment, CallBack, Communication, Evidence, Measure, StepEntry
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from policies.message import Refusal
from policies.vocabulary import CommunicationKind, MeasureKind

# an action → what the talk with the customer was for
TALKS: Mapping[str, CommunicationKind] = {
    "acknowledge": CommunicationKind.ACKNOWLEDGEMENT,
    "respond_first": CommunicationKind.FIRST_RESPONSE,
    "tell_progress": CommunicationKind.PROGRESS,
    "tell_delay": CommunicationKind.DELAY,
    "reply_formally": CommunicationKind.INTERIM_REPLY,
    "communicate": CommunicationKind.OTHER,
    "apologise": CommunicationKind.APOLOGY,
    "explain": CommunicationKind.EXPLANATION,
    "tell_result": CommunicationKind.RESULT,
    "give_executive_feedback": CommunicationKind.RESULT,
    "solve_at_first_contact": CommunicationKind.RESULT,
    "close_unsatisfied": CommunicationKind.RESULT,
}
ONLY_BY_MESSAGE = frozenset({"close_unsatisfied"})
"""Acts that are a talk only when they name a way by which the customer is told."""


def plain(value: Any) -> Any:
    """A value in the form in which entries keep it: JSON that reads the same everywhere."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def enter(case: Case, holdings: Holdings, action: str, values: Mapping[str, Any]) -> StepEntry | None:
    """Keep the values of an action with the step at which it was taken; nothing entered, nothing kept."""
    kept = {name: plain(value) for name, value in values.items() if value not in (None, "", [], {}) and name != "file"}
    if not kept:
        return None
    order = holdings.order
    entry = StepEntry(
        complaint_id=case.complaint.id,
        step=case.complaint.step,
        action=action,
        round=case.complaint.round,
        by_id=case.work.actor.staff_id,
        at=case.work.at,
        order_id=order.id if order else None,
        sealed=case.seal.seal_json(kept, "entry"),
    )
    case.work.session.add(entry)
    case.work.session.flush()
    return entry


def talk(case: Case, kind: CommunicationKind, way: str, points: str, outbox_id: int | None = None) -> Communication:
    """A line of the communications log."""
    line = Communication(
        complaint_id=case.complaint.id,
        kind=kind.value,
        way=way,
        step=case.complaint.step,
        round=case.complaint.round,
        at=case.work.at,
        by_id=case.work.actor.staff_id,
        outbox_id=outbox_id,
        sealed=case.seal.seal_json({"points": points}, "talk"),
    )
    case.work.session.add(line)
    return line


def call_back(case: Case, values: Mapping[str, Any], *, reached: bool) -> CallBack:
    """One attempt to call back, reached or not."""
    solved = values.get("resolved_flag") if reached else None
    satisfaction = values.get("satisfaction") if reached else None
    texts = ("customer_opinion", "dissatisfaction_reason", "new_demand")
    line = CallBack(
        complaint_id=case.complaint.id,
        round=case.complaint.round,
        at=case.work.at,
        way=str(plain(values.get("callback_method") or "phone")),
        reached=reached,
        solved=None if solved is None else bool(solved),
        satisfaction=None if satisfaction is None else int(satisfaction),
        by_id=case.work.actor.staff_id,
        sealed=case.seal.seal_json({name: values.get(name) or "" for name in texts}, "call_back"),
    )
    case.work.session.add(line)
    if satisfaction is not None:
        case.complaint.satisfaction = int(satisfaction)
    return line


def measures(case: Case, holdings: Holdings, plan: StepEntry | None, rows: Any) -> None:
    """The measures of a new plan; those of the plan before that were never carried out are dropped."""
    for old in holdings.measures:
        if old.done_at is None:
            old.dropped = True
    for row in rows or ():
        add_measure(case, row if isinstance(row, Mapping) else {"text": str(row)}, plan)
    holdings.__dict__.pop("measures", None)


def add_measure(case: Case, row: Mapping[str, Any], plan: StepEntry | None) -> Measure:
    """One more measure to be ticked off."""
    amount = row.get("amount")
    kind = row.get("kind") or MeasureKind.OTHER
    line = Measure(
        complaint_id=case.complaint.id,
        plan_id=plan.id if plan else None,
        round=case.complaint.round,
        kind=str(plain(kind)),
        amount=None if amount in (None, "") else Decimal(str(amount)),
        owner_id=row.get("owner") or case.complaint.owner_id,
        expected_at=row.get("expected_at"),
        sealed=case.seal.seal_json({"text": str(row.get("text", "")), "result": ""}, "measure"),
    )
    case.work.session.add(line)
    return line


def tick(case: Case, holdings: Holdings, values: Mapping[str, Any]) -> Measure:
    """Tick a measure off with its result."""
    wanted = str(values.get("measure", ""))
    line = next((one for one in holdings.measures if str(one.id) == wanted), None)
    if line is None:
        raise DomainError(Refusal("complaint.refused.measure", field="measure", status=422))
    if line.done_at is not None:
        raise DomainError(Refusal("complaint.refused.measure_done", field="measure"))
    text = case.seal.open_json(line.sealed, "measure")["text"]
    line.sealed = case.seal.seal_json({"text": text, "result": values.get("result") or ""}, "measure")
    line.done_at, line.done_by_id = case.work.at, case.work.actor.staff_id
    return line


def evidence(case: Case, kind: str, text: str, attachment: Attachment | None = None) -> Evidence:
    """A piece of evidence of a type of the office's list."""
    line = Evidence(
        complaint_id=case.complaint.id,
        type=kind,
        step=case.complaint.step,
        round=case.complaint.round,
        at=case.work.at,
        by_id=case.work.actor.staff_id,
        attachment_id=attachment.id if attachment else None,
        sealed=case.seal.seal_json({"text": text}, "evidence"),
    )
    case.work.session.add(line)
    return line


def addition(case: Case, values: Mapping[str, Any], attachment: Attachment | None) -> Addition:
    """A paper that came after archiving; it stands beside the dossier with its own date."""
    content = {"title": values.get("title") or "", "text": values.get("text") or ""}
    line = Addition(
        complaint_id=case.complaint.id,
        at=case.work.at,
        by_id=case.work.actor.staff_id,
        attachment_id=attachment.id if attachment else None,
        sealed=case.seal.seal_json(content, "addition"),
    )
    case.work.session.add(line)
    return line
