"""Knowledge (R38): articles and cases with their versions, the words by which they are found, and who opened them.

The texts lie under the office's own key: a draft of a case may still hold what its writer has yet to take out, and a
released one stays when the complaint behind it is erased. Words in clear are of released ones alone.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.office import Staff
from policies.knowledge import KnowledgeKind, KnowledgeState


class Knowledge(Base):
    """An article or a case. ``sealed``: texts, categories and validity as last written, as JSON; ``in_force``: the same
    as last released, which holds while a change of it waits. ``offered``: released and not withdrawn, within
    ``valid_from`` and ``valid_until`` (local days). ``opened`` counts its uses; ``source_id`` is the complaint behind a
    case.
    """

    __tablename__ = "knowledge"
    __table_args__ = (
        sa.Index(None, "state", "changed_at", "id"),
        sa.Index(None, "offered", "opened", "id"),
        sa.Index(None, "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(32), unique=True)
    kind: Mapped[KnowledgeKind] = mapped_column(closed_set(KnowledgeKind))
    state: Mapped[KnowledgeState] = mapped_column(closed_set(KnowledgeState), default=KnowledgeState.DRAFT)
    version: Mapped[int] = mapped_column(default=0)
    offered: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    in_force: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    writer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    opened: Mapped[int] = mapped_column(default=0)
    submission: Mapped[str | None] = mapped_column(sa.String(64), unique=True)

    writer: Mapped[Staff | None] = relationship(foreign_keys=[writer_id])
    released_by: Mapped[Staff | None] = relationship(foreign_keys=[released_by_id])


class KnowledgeVersion(Base):
    """What was written, released or withdrawn when and by whom; the access chain holds its digest (R40)."""

    __tablename__ = "knowledge_version"
    __table_args__ = (sa.UniqueConstraint("knowledge_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    knowledge_id: Mapped[int] = mapped_column(sa.ForeignKey("knowledge.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    act: Mapped[str] = mapped_column(sa.String(16))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    access_sequence: Mapped[int] = mapped_column(sa.BigInteger)

    by: Mapped[Staff | None] = relationship()


class KnowledgeWord(Base):
    """A word, or ``category:<code>``, by which something released is found."""

    __tablename__ = "knowledge_word"
    __table_args__ = (sa.Index(None, "knowledge_id"),)

    word: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    knowledge_id: Mapped[int] = mapped_column(sa.ForeignKey("knowledge.id"), primary_key=True)


class KnowledgeUse(Base):
    """Opened from a complaint, or from the form of one that is being typed: once per complaint and person."""

    __tablename__ = "knowledge_use"

    knowledge_id: Mapped[int] = mapped_column(sa.ForeignKey("knowledge.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    place: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
