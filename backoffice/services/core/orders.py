"""Work orders (R10–R12): sent, passed on, decided, appointed; each change of department is a new order,
never a return.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.history import Event
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import disputes, elements, numbering
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from policies.dispatch import Leg
from policies.indicator import whole_seconds
from policies.numbering import NumberPattern
from policies.vocabulary import OrderStatus
from policies.workflow import Decision, OrderEffect

LEGS: Mapping[str, Leg] = {"transfer": Leg.TRANSFER, "decide_dispute": Leg.DECISION}


def carry_out(case: Case, holdings: Holdings, decision: Decision, values: Mapping[str, Any]) -> None:
    """What a decision does to work orders: the present one's status, a new order, the people who have it."""
    effect, order = decision.order, holdings.order
    if effect is None:
        return
    if effect.status is not None and order is not None:
        disputes.let_fall(case, holdings, decision.action)
        order.status = effect.status
        if not effect.status.is_current:
            order.ended_at = case.work.at
    if effect.department_id is not None:
        _send(case, holdings, decision.action, effect.department_id, values)
    elif order is not None:
        _appoint(case, order, decision, effect)


def _send(case: Case, holdings: Holdings, action: str, department_id: int, values: Mapping[str, Any]) -> None:
    """A new order: the desk's first one, one passed on, or the one that a decision sends and that binds."""
    if action == "transfer":
        case.complaint.transfers += 1
    content: dict[str, Any] = {
        name: values.get(name) or "" for name in ("requirements", "handover_reason", "decision_reason")
    }
    content = {**_carried(case, holdings), **{name: text for name, text in content.items() if text}}
    if not holdings.orders:
        known = elements.values(case, Rulebook(case.work.session), values.get("elements"))
        content["elements"] = {code: value.as_data() for code, value in known.items()}
        case.record["elements"] = {**(case.record.get("elements") or {}), **content["elements"]}
        case.complaint.sealed_record = case.seal.seal_json(case.record, "record")
    _new_order(case, holdings, department_id, LEGS.get(action, Leg.DISPATCH), content, values)


def _appoint(case: Case, order: WorkOrder, decision: Decision, effect: OrderEffect) -> None:
    """The department's owner and co-handlers; an owner who is replaced keeps the function in the history."""
    if effect.owner_id is not None:
        order.owner_id = case.complaint.owner_id = effect.owner_id
        order.co_handler_ids = [one for one in order.co_handler_ids if one != effect.owner_id]
    if effect.co_handler_ids:
        order.co_handler_ids = sorted({*order.co_handler_ids, *effect.co_handler_ids} - {order.owner_id})
    if decision.action == "appoint" and order.appointed_at is None:
        order.appointed_at = case.work.at


def _carried(case: Case, holdings: Holdings) -> dict[str, Any]:
    """What a new order takes over from the one before it."""
    last = holdings.orders[-1] if holdings.orders else None
    before = case.seal.open_json(last.sealed, "order") if last is not None and last.sealed else None
    return {key: before[key] for key in ("requirements", "elements") if before and key in before}


def _new_order(
    case: Case, holdings: Holdings, department_id: int, how: Leg, content: dict[str, Any], values: Mapping[str, Any]
) -> WorkOrder:
    work, complaint = case.work, case.complaint
    last = holdings.orders[-1] if holdings.orders else None
    order = WorkOrder(
        number=_number(case),
        complaint_id=complaint.id,
        department_id=department_id,
        status=OrderStatus.SENT,
        round=complaint.round,
        route=complaint.category.route,
        sent_by_id=work.actor.staff_id,
        sent_at=work.at,
        how=how.value,
        deadline=_moment(values.get("deadline")) or (last.deadline if last else None),
        promised_at=_moment(values.get("promised_time")) or (last.promised_at if last else None),
        predecessor_id=last.id if last else None,
        dispatch_seconds=waited(work.session, complaint, work.at, case.rules) if last is None else None,
        co_handler_ids=[],
        sealed=case.seal.seal_json(content, "order"),
    )
    work.session.add(order)
    work.session.flush()
    complaint.department_id, complaint.owner_id = department_id, None
    case.involve_department(department_id)
    holdings.__dict__.pop("orders", None)  # the list is read anew with the order that was just sent
    return order


def waited(session: Session, complaint: Complaint, sent_at: datetime, rules: Rulebook) -> int:
    """The working seconds from the acceptance of a complaint (its registration, where nobody accepted) to an order."""
    accepted = sa.select(sa.func.max(Event.at)).where(
        Event.complaint_id == complaint.id, Event.action == "accept", Event.at <= sent_at
    )
    since = session.scalar(accepted) or complaint.registered_at
    return whole_seconds(rules.calendar().working_time_between(since, sent_at))


def _moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _number(case: Case) -> str:
    rules = Rulebook(case.work.session)
    pattern, day = (
        NumberPattern(rules.office().order_number_format),
        case.work.recorded_at.astimezone(rules.zone()).date(),
    )
    return pattern.format(day, numbering.next_value(case.work.session, "order", pattern.slot(day)))
