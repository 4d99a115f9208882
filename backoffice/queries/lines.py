"""A complaint as a line of a list: what is told of it at a glance, customer data masked or hidden as its
reader may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries.actor import subjects_of
from backoffice.queries.disputes import due_of
from backoffice.queries.inspections import blind_among
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import CaseSeal
from policies.access import Actor, CustomerView, Subject, customer_view
from policies.masked_text import mask_text
from policies.masking import mask_name, mask_phone
from policies.message import Name
from policies.vocabulary import ComplaintStatus, Outcome, Priority, Severity

DISPUTE = "dispute"


@dataclass(frozen=True)
class Line:
    """What a list shows of a complaint; ``customer`` and ``phone`` are masked, empty when hidden or erased.

    ``decision_due_at``: until when a dispute over its order must be decided (R11).
    """

    number: str
    summary: str
    customer: str
    phone: str
    category: Name
    channel: Name
    department: Name | None
    owner: Name | None
    severity: Severity
    priority: Priority
    status: ComplaintStatus
    step: Name
    outcome: Outcome | None
    round: int
    nth: int
    confidential: bool
    received_at: datetime
    due_at: datetime | None
    due_clock: str | None
    decision_due_at: datetime | None = None


def lines(session: Session, keys: Keys, actor: Actor, rows: Iterable[Any]) -> list[Line]:
    """The lines of these complaints, in six queries however many there are.

    ``rows``: complaints, or what ``queries.paging`` reads of them.
    """
    rows = list(rows)
    subjects = subjects_of(session, [row.id for row in rows]) if any(row.confidential for row in rows) else {}
    rules = Rulebook(session)
    blind = blind_among(session, actor, [row.id for row in rows])
    disputes = due_of(session, [row.id for row in rows if row.step == DISPUTE])
    found = [_line(row, keys, actor, subjects.get(row.id), rules, disputes.get(row.id)) for row in rows]
    # Whoever inspects one of them blind must not learn whose work it is (R28).
    return [
        replace(line, department=None, owner=None) if row.id in blind else line
        for row, line in zip(rows, found, strict=True)
    ]


def _line(
    row: Any, keys: Keys, actor: Actor, subject: Subject | None, rules: Rulebook, decision_due_at: datetime | None
) -> Line:
    brief: Mapping[str, Any] = CaseSeal(keys, row.sealed_key, row.number).open_json(row.sealed_brief, "brief") or {}
    hidden = subject is not None and customer_view(actor, subject) is CustomerView.HIDDEN
    step = rules.process(row.process_id).find(row.step)
    return Line(
        number=row.number,
        summary="" if hidden else mask_text(brief.get("summary", ""), [brief.get("name", "")]),
        customer="" if hidden else mask_name(brief.get("name", "")),
        phone="" if hidden else mask_phone(brief.get("phone", "")),
        category=_name(row, "category") or Name("", ""),
        channel=_name(row, "channel") or Name("", ""),
        department=_name(row, "department"),
        owner=_name(row, "owner"),
        severity=row.severity,
        priority=row.priority,
        status=row.status,
        step=Name(step.name.get("zh", ""), step.name.get("en", "")) if step else Name("", ""),
        outcome=row.outcome,
        round=row.round,
        nth=row.nth_complaint,
        confidential=row.confidential,
        received_at=row.received_at,
        due_at=row.next_due_at,
        due_clock=row.next_due_clock,
        decision_due_at=decision_due_at,
    )


def _name(row: Any, of: str) -> Name | None:
    """A name from the columns beside a complaint, or from the row that it refers to."""
    if not isinstance(row, Complaint):
        zh, en = getattr(row, f"{of}_zh"), getattr(row, f"{of}_en")
        return None if zh is None else Name(zh, en)
    found = getattr(row, of)
    return Name(found.name_zh, found.name_en) if found else None
