"""A complaint as a line of a list: what is told of it at a glance, customer data masked or hidden as its
reader may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries.actor import subjects_of
from backoffice.queries.disputes import due_of
from backoffice.queries.inspections import blind_among
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import CaseSeal
from policies.access import Actor, CustomerView, customer_view
from policies.masked_text import mask_text
from policies.masking import mask_name, mask_phone
from policies.message import Name
from policies.vocabulary import ComplaintStatus, Outcome, Priority, Severity

DISPUTE = "dispute"


class Line(NamedTuple):
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
    confidential = [row.id for row in rows if row.confidential]
    subjects = subjects_of(session, confidential) if confidential else {}
    hidden = {key for key, subject in subjects.items() if customer_view(actor, subject) is CustomerView.HIDDEN}
    step = _steps(Rulebook(session))
    blind = blind_among(session, actor, [row.id for row in rows])
    disputes = due_of(session, [row.id for row in rows if row.step == DISPUTE])
    return [
        _line(
            row, _customer(row, keys, hidden=row.id in hidden), step(row.process_id, row.step),
            blind=row.id in blind, decision_due_at=disputes.get(row.id),
        )
        for row in rows
    ]  # fmt: skip


def _steps(rules: Rulebook) -> Callable[[int, str], Name]:
    """How the steps of these processes are called, each looked up once."""
    known: dict[tuple[int, str], Name] = {}

    def name(process_id: int, code: str) -> Name:
        found = known.get((process_id, code))
        if found is None:
            step = rules.process(process_id).find(code)
            found = known[process_id, code] = (
                Name(step.name.get("zh", ""), step.name.get("en", "")) if step else Name("", "")
            )
        return found

    return name


def _customer(row: Any, keys: Keys, *, hidden: bool) -> tuple[str, str, str]:
    """Summary, name and phone as they may be shown."""
    if hidden:
        return "", "", ""
    brief: Mapping[str, Any] = CaseSeal(keys, row.sealed_key, row.number).open_json(row.sealed_brief, "brief") or {}
    name: str = brief.get("name", "")
    return mask_text(brief.get("summary", ""), [name]), mask_name(name), mask_phone(brief.get("phone", ""))


def _line(
    row: Any, customer: tuple[str, str, str], step: Name, *, blind: bool, decision_due_at: datetime | None
) -> Line:
    category, channel, department, owner = _names_of(row) if isinstance(row, Complaint) else _names_beside(row)
    if blind:  # whoever inspects it must not learn whose work it is (R28)
        department = owner = None
    return Line(
        number=row.number,
        summary=customer[0],
        customer=customer[1],
        phone=customer[2],
        category=category or Name("", ""),
        channel=channel or Name("", ""),
        department=department,
        owner=owner,
        severity=row.severity,
        priority=row.priority,
        status=row.status,
        step=step,
        outcome=row.outcome,
        round=row.round,
        nth=row.nth_complaint,
        confidential=row.confidential,
        received_at=row.received_at,
        due_at=row.next_due_at,
        due_clock=row.next_due_clock,
        decision_due_at=decision_due_at,
    )


def _names_beside(row: Any) -> tuple[Name | None, ...]:
    """Of category, channel, department and owner, from the columns that ``queries.paging`` reads beside a complaint."""
    return (
        None if row.category_zh is None else Name(row.category_zh, row.category_en),
        None if row.channel_zh is None else Name(row.channel_zh, row.channel_en),
        None if row.department_zh is None else Name(row.department_zh, row.department_en),
        None if row.owner_zh is None else Name(row.owner_zh, row.owner_en),
    )


def _names_of(row: Complaint) -> tuple[Name | None, ...]:
    """The same of the rows that a complaint refers to."""
    found = (row.category, row.channel, row.department, row.owner)
    return tuple(Name(one.name_zh, one.name_en) if one else None for one in found)
