"""What happened and who looked: chains that cannot be changed unnoticed (R40).

``Event`` is the history of one complaint, ``AccessEvent`` the chain of reveals, prints, exports and sign-ins of the
whole
office. ``body`` is the very text that was hashed; the head of each chain is kept apart from its events.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, primary_key
from backoffice.models.office import Staff


class Event(Base):
    """One link of a complaint's chain. ``at`` is when it happened, ``recorded_at`` when it was written down.

    ``body`` is canonical JSON of everything that counts, free text in it sealed; the other columns repeat what lists
    need
    and are checked against the body when a chain is verified.
    """

    __tablename__ = "event"
    __table_args__ = (sa.UniqueConstraint("complaint_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    action: Mapped[str] = mapped_column(sa.String(64))
    from_step: Mapped[str | None] = mapped_column(sa.String(64))
    to_step: Mapped[str | None] = mapped_column(sa.String(64))
    round: Mapped[int]
    body: Mapped[str] = mapped_column(sa.Text)
    mac: Mapped[bytes] = mapped_column(sa.LargeBinary(32))

    actor: Mapped[Staff | None] = relationship()


class ChainHead(Base):
    """The last link of a complaint's chain, apart from the links, so that a cut-off end is found; locked first by every
    command.
    """

    __tablename__ = "chain_head"

    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), primary_key=True)
    sequence: Mapped[int]
    mac: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


class AccessEvent(Base):
    """One link of the office's access chain: reveal, print, export, sign-in. ``sequence`` counts over the
    whole office.
    """

    __tablename__ = "access_event"
    __table_args__ = (sa.Index(None, "complaint_id", "id"), sa.Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(sa.String(32))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    address: Mapped[str] = mapped_column(sa.String(64), default="")
    body: Mapped[str] = mapped_column(sa.Text)
    mac: Mapped[bytes] = mapped_column(sa.LargeBinary(32))

    actor: Mapped[Staff | None] = relationship()


class AccessHead(Base):
    """The head of the access chain; one row."""

    __tablename__ = "access_head"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    mac: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


class DailySeal(Base):
    """A seal over all heads of a day; a copy is kept outside the database and shows a complaint that was
    deleted whole. It covers the events up to ``last_event_id``; ``ids`` are those of the complaints ("1-17,19").
    """

    __tablename__ = "daily_seal"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    complaints: Mapped[int] = mapped_column(sa.BigInteger)
    last_complaint_id: Mapped[int] = mapped_column(sa.BigInteger)
    last_event_id: Mapped[int] = mapped_column(sa.BigInteger)
    ids: Mapped[str] = mapped_column(sa.Text)
    mac: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


class ReferenceChange(Base):
    """Who changed which piece of reference data (departments, staff, channels, policies …) when, from what to what."""

    __tablename__ = "reference_change"
    __table_args__ = (sa.Index(None, "subject", "subject_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    subject: Mapped[str] = mapped_column(sa.String(64))
    subject_id: Mapped[str] = mapped_column(sa.String(64))
    action: Mapped[str] = mapped_column(sa.String(32))
    changes: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    reason: Mapped[str] = mapped_column(sa.String(400), default="")

    actor: Mapped[Staff | None] = relationship()
