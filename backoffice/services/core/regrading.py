"""Under another severity (R3, R17): what a regrading writes down, and proposals that wait for their approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import Category
from backoffice.models.handling import StepEntry
from backoffice.models.regrade import RegradeProposal
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.repeats import link_again
from policies.grading import PriorityMatrix
from policies.message import Refusal
from policies.regrading import DOWNGRADERS, Proposal
from policies.vocabulary import Level, ProposalState, Severity

if TYPE_CHECKING:
    from backoffice.services.core.notifications import Happened

SEALED, SEALED_DECISION = "proposal", "proposal_decision"


def regraded(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """File and grade the complaint anew; a proposal that waited is accepted by it, or has nothing left to propose."""
    complaint = case.complaint
    if values.get("category") not in (None, "", complaint.category.code):
        complaint.category = leaf(case, str(values["category"]))
        link_again(case)
    complaint.urgency = Level(str(values.get("urgency") or complaint.urgency))
    complaint.impact = Level(str(values.get("impact") or complaint.impact))
    matrix = PriorityMatrix.from_data(Rulebook(case.work.session).setting("priority_matrix"))
    severity = Severity(str(values["severity"]))
    complaint.priority = matrix.priority(severity, complaint.urgency, complaint.impact)
    if holdings.proposal is not None and severity is not complaint.severity:
        same = holdings.proposal.severity is severity
        _end(case, holdings, ProposalState.ACCEPTED if same else ProposalState.FALLEN_AWAY, values.get("text"))


def grade(case: Case) -> dict[str, str]:
    """How a complaint is filed and graded, for the history of a regrading (R3)."""
    complaint = case.complaint
    graded = (complaint.severity, complaint.urgency, complaint.impact, complaint.priority)
    names = ("severity", "urgency", "impact", "priority")
    return {"category": complaint.category.code} | {
        name: value.value for name, value in zip(names, graded, strict=True)
    }


def leaf(case: Case, code: str) -> Category:
    """The leaf under which a regraded complaint is filed anew; special rows of its clocks go by it (R3, R23)."""
    found = case.work.session.scalars(sa.select(Category).where(Category.code == code)).one_or_none()
    if found is None or found.level != 3 or found.retired_at is not None:
        raise DomainError(Refusal("complaint.refused.category", field="category", status=422))
    return found


def proposed(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """Write down a proposal; nothing changes until it is approved."""
    category, urgency, impact = (values.get(name) or None for name in ("category", "urgency", "impact"))
    row = RegradeProposal(
        complaint_id=case.complaint.id,
        state=ProposalState.OPEN,
        severity=Severity(str(values["severity"])),
        category=leaf(case, str(category)).code if category else None,
        urgency=Level(str(urgency)) if urgency else None,
        impact=Level(str(impact)) if impact else None,
        proposed_at=case.work.at,
        proposed_by_id=case.work.actor.staff_id,
        sealed=case.seal.seal_json({"reason": str(values.get("regrade_reason") or "")}, SEALED),
    )
    case.work.session.add(row)
    case.work.session.flush()
    holdings.__dict__.pop("proposals", None)


def declined(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """The severity stays; who declined it said why."""
    _end(case, holdings, ProposalState.DECLINED, values.get("reason"))


def let_fall(case: Case, holdings: Holdings) -> None:
    """A complaint that is closed leaves nothing to propose."""
    if holdings.proposal is not None:
        _end(case, holdings, ProposalState.FALLEN_AWAY, None)


def waiting(case: Case, holdings: Holdings) -> Proposal | None:
    """The proposal that waits, as the rules see it."""
    row = holdings.proposal
    if row is None:
        return None
    values = {
        "category": row.category,
        "urgency": row.urgency,
        "impact": row.impact,
        "regrade_reason": reason(case, row),
    }
    return Proposal(row.proposed_by_id, row.severity, {name: str(value) for name, value in values.items() if value})


def reason(case: Case, row: RegradeProposal) -> str:
    """Why it was proposed; nothing once erased."""
    return str((case.seal.open_json(row.sealed, SEALED) or {}).get("reason") or "")


def _end(case: Case, holdings: Holdings, state: ProposalState, words: object) -> None:
    row = holdings.proposal
    if row is None:
        return
    row.state, row.decided_at, row.decided_by_id = state, case.work.at, case.work.actor.staff_id
    if words:
        row.sealed_decision = case.seal.seal_json({"reason": str(words)}, SEALED_DECISION)


def approvers(happened: Happened) -> tuple[int, ...]:
    """Who may approve the proposal that was just made: the lowest of the roles that somebody else holds."""
    complaint = happened.case.complaint
    for role in sorted(DOWNGRADERS.get(complaint.severity, frozenset())):
        found = recipients.of_roles(happened.case.work.session, [role])
        others = tuple(one for one in found if one != happened.case.work.actor.staff_id)
        if others:
            return others
    return ()
