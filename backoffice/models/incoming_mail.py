"""E-mail that came in (R1): that it came and what became of it, never what it says."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from policies.incoming_mail import MailState, MailWay

ASIDE = sa.text("state = 'put_aside'")
FRESH = sa.text("sender_token IS NOT NULL")


class IncomingMail(Base):
    """One message. ``key`` recognises it whenever it comes again; ``message_token`` is the digest of its id, by which
    answers to it are recognised, ``sender_token`` that of its sender, kept for a short while.

    ``uid`` and ``validity``: where it lies in the mailbox.
    """

    __tablename__ = "incoming_mail"
    __table_args__ = (
        sa.Index(None, "message_token"),
        sa.Index(None, "arrived_at", "id"),
        sa.Index("ix_incoming_mail_fresh", "arrived_at", "sender_token", sqlite_where=FRESH, postgresql_where=FRESH),
        sa.Index("ix_incoming_mail_aside", "id", sqlite_where=ASIDE, postgresql_where=ASIDE),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    key: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    message_token: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sender_token: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    way: Mapped[MailWay] = mapped_column(closed_set(MailWay))
    state: Mapped[MailState] = mapped_column(closed_set(MailState))
    reason: Mapped[str] = mapped_column(sa.String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    uid: Mapped[int | None] = mapped_column(sa.BigInteger)
    validity: Mapped[int | None] = mapped_column(sa.BigInteger)
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    draft_id: Mapped[int | None] = mapped_column(sa.ForeignKey("arrived_draft.id"))
