"""What is put to a manager: a dispute (R11), a proposal to regrade a complaint (R3) or a cluster (R17)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.configuration import Category
from backoffice.models.office import Department, Staff
from policies.vocabulary import DisputeState, Level, ProposalState, Severity


class Dispute(Base):
    """A department's request to adjudicate whose order it is (R11); the order stays where it is until it is decided.

    ``ground_id`` is the department to which it is said to belong, ``named_id`` the one that the decision names.
    ``sealed``: {"reason"}, ``sealed_decision``: {"reason"}.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        sa.Index(None, "complaint_id", "id"),
        sa.Index(None, "state", "due_at"),
        sa.Index(None, "raised_at", "department_id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("work_order.id"))
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("department.id"))
    ground_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    state: Mapped[DisputeState] = mapped_column(closed_set(DisputeState), default=DisputeState.OPEN)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    escalates_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    named_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sealed_decision: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    order: Mapped[WorkOrder] = relationship()
    department: Mapped[Department] = relationship(foreign_keys=[department_id])
    ground: Mapped[Department | None] = relationship(foreign_keys=[ground_id])
    named: Mapped[Department | None] = relationship(foreign_keys=[named_id])
    raised_by: Mapped[Staff | None] = relationship(foreign_keys=[raised_by_id])
    decided_by: Mapped[Staff | None] = relationship(foreign_keys=[decided_by_id])


class RegradeProposal(Base):
    """A lower severity for a complaint that somebody proposes and another must approve (R3); one at a time is open.

    ``category`` (its code), ``urgency`` and ``impact`` are None where they stay. ``sealed``: {"reason"},
    ``sealed_decision``: {"reason"}.
    """

    __tablename__ = "regrade_proposal"
    __table_args__ = (sa.Index(None, "complaint_id", "id"), sa.Index(None, "state", "complaint_id"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    state: Mapped[ProposalState] = mapped_column(closed_set(ProposalState), default=ProposalState.OPEN)
    severity: Mapped[Severity] = mapped_column(closed_set(Severity))
    category: Mapped[str | None] = mapped_column(sa.String(64))
    urgency: Mapped[Level | None] = mapped_column(closed_set(Level, name="proposed_urgency"))
    impact: Mapped[Level | None] = mapped_column(closed_set(Level, name="proposed_impact"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sealed_decision: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    proposed_by: Mapped[Staff | None] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[Staff | None] = relationship(foreign_keys=[decided_by_id])


class SeverityProposal(Base):
    """A cluster of complaints of one leaf for which a higher severity is proposed (R17); it grows while it is open.

    ``sealed_reason``: why it was dismissed, under the office's key.
    """

    __tablename__ = "severity_proposal"
    __table_args__ = (sa.Index(None, "state", "id"), sa.Index(None, "category_id", "state"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("category.id"))
    severity: Mapped[Severity] = mapped_column(closed_set(Severity))
    state: Mapped[ProposalState] = mapped_column(closed_set(ProposalState), default=ProposalState.OPEN)
    customers: Mapped[int]
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    sealed_reason: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    category: Mapped[Category] = relationship()
    decided_by: Mapped[Staff | None] = relationship()
    members: Mapped[list[SeverityProposalMember]] = relationship(order_by="SeverityProposalMember.complaint_id")


class SeverityProposalMember(Base):
    """A complaint of a cluster; it is in one cluster alone. ``said``: why it was not raised."""

    __tablename__ = "severity_proposal_member"
    __table_args__ = (sa.Index(None, "proposal_id", "complaint_id"),)

    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("severity_proposal.id"))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    raised: Mapped[bool | None]
    said: Mapped[str] = mapped_column(sa.String(500), default="")

    complaint: Mapped[Complaint] = relationship()
