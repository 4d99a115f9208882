"""What other systems come in by (R1): the tokens of the JSON API, and the answers that are kept for its writes.

A token itself is kept nowhere: ``digest`` is what it is recognised by, ``prefix`` its beginning, by which people tell
tokens apart. ``window_at`` and ``window_calls`` count the calls of the present minute, for all processes.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, primary_key
from backoffice.models.office import Staff


class ApiToken(Base):
    """A token: whose rights it has, narrowed to its ``scopes``, and from which ``addresses`` it may come."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    prefix: Mapped[str] = mapped_column(sa.String(16), unique=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    name: Mapped[str] = mapped_column(sa.String(120))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    scopes: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    addresses: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    per_minute: Mapped[int] = mapped_column(default=60)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    window_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    window_calls: Mapped[int] = mapped_column(default=0)

    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])


class ApiAnswer(Base):
    """What a write was answered, kept until ``until`` under the key that its caller gave it.

    ``digest`` is that of the call; ``sealed`` the body of the answer under the office's key.
    """

    __tablename__ = "api_answer"
    __table_args__ = (sa.UniqueConstraint("token_id", "key"), sa.Index(None, "until"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    token_id: Mapped[int] = mapped_column(sa.ForeignKey("api_token.id"))
    key: Mapped[str] = mapped_column(sa.String(120))
    digest: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
