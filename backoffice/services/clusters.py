"""Clusters of complaints (R17): found, told once, accepted complaint by complaint, or dismissed with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, Setting
from backoffice.models.regrade import SeverityProposal, SeverityProposalMember
from backoffice.queries import clusters as queries
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.access import Permission, Scope
from policies.clusters import (
    ClusterRule,
    customers,
    is_cluster,
    parse_rule,
    proposed_severity,
    to_be_raised,
)
from policies.completeness import holds_something
from policies.message import Refusal
from policies.vocabulary import ProposalState, Severity

SETTING, SEALED = "cluster", "cluster_reason"
MANAGER, ABOVE = "complaints_manager", "senior_manager"
LONGEST = 500


def cluster_rule(session: Session) -> ClusterRule:
    """The office's figures, as they stand now."""
    row = session.get(Setting, SETTING)
    return parse_rule(row.value if row is not None else None)


def look(work: Work) -> list[SeverityProposal]:
    """Propose a severity for every leaf to which enough customers complained lately; gives the proposals touched."""
    rule = cluster_rule(work.session)
    since, until = work.at - rule.window, work.at
    leaves = queries.crowded_leaves(work.session, since, until, 1 if _any_open(work.session) else rule.complaints)
    found = (_look_at(work, rule, leaf, since, until) for leaf in leaves)
    return [one for one in found if one is not None]


def _any_open(session: Session) -> bool:
    waiting = sa.select(SeverityProposal.id).where(SeverityProposal.state == ProposalState.OPEN).limit(1)
    return session.scalar(waiting) is not None


def _look_at(
    work: Work, rule: ClusterRule, category_id: int, since: datetime, until: datetime
) -> SeverityProposal | None:
    session, proposal = work.session, queries.open_cluster(work.session, category_id)
    fresh = queries.fresh_complaints(session, category_id, since, until)
    if not fresh or (proposal is None and not is_cluster(fresh, rule)):
        return None
    category = session.get_one(Category, category_id)
    target = proposed_severity(Severity(category.default_severity) if category.default_severity else None)
    added = to_be_raised(fresh, proposal.severity if proposal is not None else target)
    if not added:
        return None
    if proposal is None:
        proposal = SeverityProposal(
            category_id=category_id, severity=target, state=ProposalState.OPEN, customers=0, proposed_at=work.at
        )
        session.add(proposal)
        session.flush()
    session.add_all(SeverityProposalMember(complaint_id=one, proposal_id=proposal.id) for one in added)
    session.flush()
    ids = session.scalars(
        sa.select(SeverityProposalMember.complaint_id).where(SeverityProposalMember.proposal_id == proposal.id)
    ).all()
    proposal.customers = max(customers(queries.customers_of(session, ids)), proposal.customers)
    _tell(work, proposal, category)
    return proposal


def _tell(work: Work, proposal: SeverityProposal, category: Category) -> None:
    """The managers hear of a cluster once, however it grows; of one that may be major senior management does too."""
    rules = Rulebook(work.session)

    def fill(language: str) -> Mapping[str, str]:
        style = Style(rules, language)
        return {
            "category_name": style.name(category),
            "amount": str(proposal.customers),
            "severity_name": style.entry("severities", proposal.severity.value),
        }

    roles = [MANAGER, ABOVE] if proposal.severity is Severity.MAJOR else [MANAGER]
    people = recipients.of_roles(work.session, roles)
    tell_staff(work, "cluster_notice", people, fill, key=f"cluster:{proposal.id}")


# What a manager answers


def waiting(work: Work, proposal_id: int, *, resumes: bool = False) -> SeverityProposal:
    """The cluster, locked, if it still waits and this person may raise every complaint of it; else a refusal.

    ``resumes``: one that was accepted waits as long as complaints of it are left.
    """
    if work.actor.scope(Permission.COMPLAINT_REGRADE) is not Scope.ALL:
        raise DomainError(Refusal("clusters.refused.not_yours", status=403))
    statement = sa.select(SeverityProposal).where(SeverityProposal.id == proposal_id).with_for_update()
    found = work.session.scalars(statement).one_or_none()
    if found is None or not (found.state is ProposalState.OPEN or (resumes and left_of(found))):
        raise DomainError(Refusal("clusters.refused.answered", status=409))
    return found


def left_of(proposal: SeverityProposal) -> tuple[int, ...]:
    """Complaints of an accepted cluster that nobody has come to yet: the raising was broken off."""
    if proposal.state is not ProposalState.ACCEPTED:
        return ()
    return tuple(member.complaint_id for member in proposal.members if member.done_at is None)


def dismiss(work: Work, proposal_id: int, reason: str) -> SeverityProposal:
    """It is no cluster: the severities stay, and these complaints are not proposed again."""
    proposal = waiting(work, proposal_id)
    if not holds_something(reason):
        raise DomainError(Refusal("clusters.refused.reason", field="reason", status=422))
    proposal.sealed_reason = seal_for_office(work.keys, reason.strip()[:4000], SEALED)
    _answer(work, proposal, ProposalState.DECLINED)
    return proposal


def accept(work: Work, proposal_id: int) -> tuple[Severity, tuple[int, ...]]:
    """It is one: the severity, and the ids of the complaints to be raised now, one by one."""
    proposal = waiting(work, proposal_id, resumes=True)
    if proposal.state is ProposalState.OPEN:
        _answer(work, proposal, ProposalState.ACCEPTED)
    return proposal.severity, left_of(proposal)


def note(session: Session, complaint_id: int, at: datetime, said: str = "") -> None:
    """What came of a complaint of an accepted cluster: raised, or why it was not."""
    member = session.get(SeverityProposalMember, complaint_id)
    if member is not None and member.done_at is None:
        member.done_at, member.raised, member.said = at, not said, said[:LONGEST]


def reason_of(work: Work, proposal: SeverityProposal) -> str:
    """Why a cluster was dismissed."""
    return open_for_office(work.keys, proposal.sealed_reason, SEALED).decode() if proposal.sealed_reason else ""


def raising(act: Callable[[str], object], severity: Severity) -> None:
    """Raise one complaint by the act that has its place there: the process's own way, where it has one."""
    if severity is Severity.MAJOR:
        act("raise_to_major")
        return
    try:
        act("raise_to_important")
    except DomainError as error:
        if [refusal.key for refusal in error.refusals] != ["regrading.refused.regrade_instead"]:
            raise
        act("regrade")


def _answer(work: Work, proposal: SeverityProposal, state: ProposalState) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by_id = state, work.at, work.actor.staff_id
