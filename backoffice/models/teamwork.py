"""What important and major complaints bring with them (R16, R17): reviewers of a plan, statements, the follow-up after
closing, and corrective actions (R30), which other sources open too.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import Complaint
from backoffice.models.office import Staff
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus, PlanVote, StatementKind, StatementState


class PlanReviewer(Base):
    """Somebody who is asked for an opinion on one plan (R16): a member of staff, or without ``staff_id`` an expert from
    outside, whose opinion a manager enters. ``sealed``: {"name", "organisation", "opinion", "reason"}.
    """

    __tablename__ = "plan_reviewer"
    __table_args__ = (sa.Index(None, "complaint_id", "id"), sa.Index(None, "staff_id", "voted_at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("step_entry.id"))
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    named_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    named_at: Mapped[datetime] = mapped_column(UtcDateTime)
    vote: Mapped[PlanVote | None] = mapped_column(closed_set(PlanVote))
    voted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    staff: Mapped[Staff | None] = relationship(foreign_keys=[staff_id])


class Statement(Base):
    """What the office says to media or to a regulator (R17): drafted, approved by somebody else, published once.

    ``sealed``: {"text", "addressee", "opinion", "way"}. A published one is never changed; ``corrects_id`` names the one
    that a later one corrects.
    """

    __tablename__ = "statement"
    __table_args__ = (sa.Index(None, "complaint_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    kind: Mapped[StatementKind] = mapped_column(closed_set(StatementKind))
    state: Mapped[StatementState] = mapped_column(closed_set(StatementState))
    corrects_id: Mapped[int | None] = mapped_column(sa.ForeignKey("statement.id"))
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)


class FollowUp(Base):
    """The call some days after closing that asks once more how satisfied the customer is (R16).

    ``attempts``: moments (ISO 8601) at which nobody was reached. ``sealed``: {"opinion", "new_demand"}.
    """

    __tablename__ = "follow_up"
    __table_args__ = (sa.Index(None, "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), unique=True)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    reached: Mapped[bool | None]
    solved: Mapped[bool | None]
    satisfaction: Mapped[int | None]
    attempts: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    new_complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    by: Mapped[Staff | None] = relationship()
    new_complaint: Mapped[Complaint | None] = relationship(foreign_keys=[new_complaint_id])


HELPED = "CAST(helper_ids AS VARCHAR) <> '[]'"
"""Corrective actions with helpers, few among many."""


class CorrectiveAction(Base):
    """Something that is put right so that it does not happen again (R30): one owner, a date, a way to verify it.

    ``source``, ``type`` and ``verification`` are codes of the office's document of corrective actions. ``sealed``
    (under the complaint's own key where it belongs to one, else under the office's): {"title", "root_cause",
    "expected_effect", "finding", "result", "evidence"}. ``inspection_id`` and ``item``: the finding that it came from;
    ``extension_until``: to when more time is asked for, until that is answered; ``extended_at``: when it had its one
    extension; ``effect_due_at``: when it is looked at again whether the fault came back; ``told``: which of its
    reminders went out.
    """

    __tablename__ = "corrective_action"
    __table_args__ = (
        sa.Index(None, "complaint_id", "id"),
        sa.Index(None, "status", "due_at", "id"),
        sa.Index(None, "owner_id", "status", "due_at"),
        sa.Index(None, "effect_checked_at", "effect_due_at"),
        sa.Index(
            "ix_corrective_action_helped", "status", "due_at", "id",
            sqlite_where=sa.text(HELPED), postgresql_where=sa.text(HELPED),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    source: Mapped[str] = mapped_column(sa.String(64))
    source_key: Mapped[str | None] = mapped_column(sa.String(64))
    type: Mapped[str] = mapped_column(sa.String(64))
    level: Mapped[CorrectiveLevel] = mapped_column(closed_set(CorrectiveLevel))
    status: Mapped[CorrectiveStatus] = mapped_column(closed_set(CorrectiveStatus))
    verification: Mapped[str] = mapped_column(sa.String(64))
    indicator: Mapped[str | None] = mapped_column(sa.String(64))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    inspection_id: Mapped[int | None] = mapped_column(sa.ForeignKey("inspection.id"), index=True)
    item: Mapped[str | None] = mapped_column(sa.String(64))
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    helper_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    assigned_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_due_on: Mapped[date]
    extension_until: Mapped[date | None]
    extended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    effect_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    effect_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    effect_checked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    effective: Mapped[bool | None]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    revision: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    complaint: Mapped[Complaint | None] = relationship()
    owner: Mapped[Staff] = relationship(foreign_keys=[owner_id])
    assigned_by: Mapped[Staff | None] = relationship(foreign_keys=[assigned_by_id])

    @property
    def facts(self) -> dict[str, Any]:
        """What the history of a complaint shows of it in clear: codes, ids and days."""
        return {
            "number": self.number,
            "type": self.type,
            "level": self.level.value,
            "owner": self.owner_id,
            "due_on": self.due_on.isoformat(),
        }


class CorrectiveEvent(Base):
    """One act on a corrective action, append-only. ``facts``: codes, ids, days; ``sealed``: {"text"} where one was
    written; ``files``: ids of ``CorrectiveFile``.
    """

    __tablename__ = "corrective_event"
    __table_args__ = (sa.UniqueConstraint("action_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("corrective_action.id"))
    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(sa.String(32))
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    files: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    actor: Mapped[Staff | None] = relationship()


class CorrectiveFile(Base):
    """A file that shows that something was put right; kept by its SHA-256, sealed on disk like an attachment."""

    __tablename__ = "corrective_file"
    __table_args__ = (sa.UniqueConstraint("action_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("corrective_action.id"))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(80))
    sealed_name: Mapped[bytes] = mapped_column(sa.LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    by: Mapped[Staff | None] = relationship()
