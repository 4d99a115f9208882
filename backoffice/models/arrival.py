"""What came in by itself and waits for a clerk (R1): drafts of complaints from API, e-mail, public form.

A draft has no number and runs no clock until a clerk completes it; it keeps when it was received. What was said lies
under the office's key, and only as long as the draft waits: a complaint keeps its own record.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Channel
from policies.arrival import DraftState
from policies.vocabulary import EntryWay

WAITS = sa.text("state = 'waiting'")
DONE = sa.text("state <> 'waiting'")
TO_ERASE = sa.text("state = 'discarded' AND sealed IS NOT NULL")


class ArrivedDraft(Base):
    """One draft: by which door and channel it came, what became of it, when and by whom.

    ``key``: the digest of what its sender knows it by, so that the same message comes in once. ``sealed``: the fields
    of a registration as JSON; empty once the draft is a complaint, or was discarded and has had its time.
    """

    __tablename__ = "arrived_draft"
    __table_args__ = (
        sa.UniqueConstraint("way", "key"),
        sa.Index("ix_arrived_draft_waiting", "received_at", "id", sqlite_where=WAITS, postgresql_where=WAITS),
        sa.Index("ix_arrived_draft_done", "done_at", "id", sqlite_where=DONE, postgresql_where=DONE),
        sa.Index("ix_arrived_draft_to_erase", "done_at", sqlite_where=TO_ERASE, postgresql_where=TO_ERASE),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    way: Mapped[EntryWay] = mapped_column(closed_set(EntryWay))
    key: Mapped[str | None] = mapped_column(sa.String(64))
    channel_id: Mapped[int] = mapped_column(sa.ForeignKey("channel.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    state: Mapped[DraftState] = mapped_column(closed_set(DraftState), default=DraftState.WAITING)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sealed_reason: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    channel: Mapped[Channel] = relationship()
    complaint: Mapped[Complaint | None] = relationship()


class ArrivedFile(Base):
    """A file that came with a draft, checked like every upload. ``sealed``: its content; gone when its draft's is."""

    __tablename__ = "arrived_file"
    __table_args__ = (sa.Index(None, "draft_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    draft_id: Mapped[int] = mapped_column(sa.ForeignKey("arrived_draft.id"))
    media_type: Mapped[str] = mapped_column(sa.String(120))
    size: Mapped[int]
    sealed_name: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
