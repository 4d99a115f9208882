"""Work that waits: jobs and messages with leases, counters for numbers, and the runs of imports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from policies.vocabulary import MessageState


class Counter(Base):
    """The last number given in a series, for example ("complaint", "20261122") → 7; the row is locked
    while counting.
    """

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    slot: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    value: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class Job(Base):
    """A piece of timed or queued work, the truth behind the queue's bell; (kind, slot) happens once."""

    __tablename__ = "job"
    __table_args__ = (sa.UniqueConstraint("kind", "slot"), sa.Index(None, "done_at", "due_at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    slot: Mapped[str] = mapped_column(sa.String(120))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(sa.String(400), default="")


UNREAD = sa.text("read_at IS NULL AND way = 'in_app'")


class Outbox(Base):
    """A message that is to be sent: to a customer (sealed recipient) or a member of staff. ``sealed``: {"to",
    "subject", "text"}, under the complaint's key where it is about one, else under the office's.

    ``key`` says what a message is for, so that nothing is queued twice; ``read_at``: when staff saw it in the console.
    ``attempts`` counts who took it to send it, ``tries`` how often that failed since it was queued or sent on.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(None, "state", "way", "due_at"),
        sa.Index(None, "complaint_id", "id"),
        sa.Index(None, "staff_id", "way", "id"),
        sa.Index("ix_outbox_unread", "staff_id", sqlite_where=UNREAD, postgresql_where=UNREAD),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    template: Mapped[str] = mapped_column(sa.String(64))
    way: Mapped[str] = mapped_column(sa.String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(sa.String(400), default="")
    state: Mapped[MessageState] = mapped_column(closed_set(MessageState), default=MessageState.WAITING)
    key: Mapped[str | None] = mapped_column(sa.String(160), unique=True)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)


class ImportRun(Base):
    """One run of an import: which file (by its SHA-256: its name may be a customer's), which mapping, what came."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    came_in: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
