"""What came by the pages for customers within the last hour, so that all processes count the same."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.models.base import Base, UtcDateTime, primary_key


class PublicTry(Base):
    """One post of a customer's page. ``subject`` is a keyed digest: of an address, of a number, or of all."""

    __tablename__ = "public_try"
    __table_args__ = (sa.Index(None, "subject", "at"), sa.Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
