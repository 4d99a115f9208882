"""Disputes over an order (R11): raised with a deadline, decided once and for good, or fallen away with the order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.handling import StepEntry
from backoffice.models.office import Department, Staff
from backoffice.models.regrade import Dispute
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from policies.disputes import DisputeMoments, OpenDispute, dispute_moments
from policies.masked_text import mask_text
from policies.message import Refusal
from policies.vocabulary import DisputeState

if TYPE_CHECKING:
    from backoffice.services.core.notifications import Happened
    from backoffice.services.core.places import Style

ADJUDICATOR, ABOVE = "complaints_manager", "senior_manager"
HOURS = "dispute_decision_working_hours"
USUAL_HOURS = 4


def raised(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """Write down the request; the order stays with its department until it is decided."""
    order, moments = holdings.order, _moments(case)
    if order is None:
        return
    dispute = Dispute(
        complaint_id=case.complaint.id,
        order_id=order.id,
        department_id=order.department_id,
        ground_id=values.get("claimed_department"),
        state=DisputeState.OPEN,
        raised_at=case.work.at,
        raised_by_id=case.work.actor.staff_id,
        due_at=moments.due_at,
        escalates_at=moments.escalates_at,
        sealed=case.seal.seal_json({"reason": str(values.get("handover_reason") or "")}, "dispute"),
    )
    _keep(case, holdings, dispute)


def decided(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """Write down the decision: upheld when the order leaves the department that raised the dispute."""
    dispute = holdings.dispute
    if dispute is None:
        return
    dispute.named_id = int(values["department"])
    dispute.state = DisputeState.DISMISSED if dispute.named_id == dispute.department_id else DisputeState.UPHELD
    dispute.decided_at, dispute.decided_by_id = case.work.at, case.work.actor.staff_id
    reason = {"reason": str(values.get("decision_reason") or "")}
    dispute.sealed_decision = case.seal.seal_json(reason, "dispute_decision")


def let_fall(case: Case, holdings: Holdings, action: str) -> None:
    """What else ends the disputed order, or sends it on its way, leaves nothing to decide."""
    dispute = holdings.dispute
    if dispute is not None and action not in ("raise_dispute", "decide_dispute"):
        dispute.state, dispute.decided_at = DisputeState.FALLEN_AWAY, case.work.at
        dispute.decided_by_id = case.work.actor.staff_id


def waiting(holdings: Holdings) -> OpenDispute | None:
    """The dispute that waits, as the rules see it."""
    row = holdings.dispute
    return None if row is None else OpenDispute(row.raised_by_id, row.department_id, row.ground_id)


def decided_grounds(holdings: Holdings) -> frozenset[int | None]:
    """Departments between which a dispute was decided: on these grounds none is heard again."""
    return frozenset(
        ground for row in holdings.disputes if row.state.is_decided for ground in (row.department_id, row.ground_id)
    )


def _keep(case: Case, holdings: Holdings, dispute: Dispute) -> None:
    case.work.session.add(dispute)
    case.work.session.flush()
    holdings.__dict__.pop("disputes", None)


def _moments(case: Case) -> DisputeMoments:
    rules = Rulebook(case.work.session)
    hours = Decimal(str(rules.setting("process").get(HOURS, USUAL_HOURS)))
    found = dispute_moments(rules.calendar(), case.work.at, hours)
    if isinstance(found, Refusal):
        raise DomainError(found)
    return found


# Who is told


def adjudicators(happened: Happened) -> tuple[int, ...]:
    """The complaints managers who may decide it; where there is none, senior management."""
    session, dispute = happened.case.work.session, happened.holdings.dispute
    if dispute is None:
        return ()
    for role in (ADJUDICATOR, ABOVE):
        found = may_decide(session, recipients.of_roles(session, [role]), dispute)
        if found:
            return found
    return ()


def may_decide(session: Any, staff_ids: Iterable[int], dispute: Dispute) -> tuple[int, ...]:
    """Those of these people who neither raised the dispute nor belong to one of its departments."""
    parties = [one for one in (dispute.department_id, dispute.ground_id) if one is not None]
    statement = sa.select(Staff.id).where(
        Staff.id.in_(list(staff_ids)),
        Staff.id != (dispute.raised_by_id or 0),
        sa.or_(Staff.department_id.is_(None), Staff.department_id.not_in(parties)),
    )
    return tuple(session.scalars(statement.order_by(Staff.id)))


def notice(happened: Happened, style: Style) -> Mapping[str, str]:
    """What the office's text names: who disputes which order, why, and until when it is to be decided."""
    return places_of(happened.case, happened.holdings, style)


def places_of(case: Case, holdings: Holdings, style: Style) -> dict[str, str]:
    """The same for whoever tells it later. The reason is masked: who reads it need not know the customer (R39)."""
    dispute = holdings.dispute
    if dispute is None:
        return {}
    department = case.work.session.get(Department, dispute.department_id)
    words = str((case.seal.open_json(dispute.sealed, "dispute") or {}).get("reason") or "") if dispute.sealed else ""
    return {
        "complaint_number": case.complaint.number,
        "department_name": style.name(department) if department else "",
        "order_number": dispute.order.number,
        "reason": mask_text(words, [str(case.record.get("customer_name") or "")]),
        "due_time": style.moment(dispute.due_at),
    }
