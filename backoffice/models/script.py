"""Intake scripts as versions, and the way that was taken through one when a complaint was registered (R7)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from policies.vocabulary import VersionState
from policies.vocabulary_script import ScriptEnd


class IntakeScript(Base):
    """One version of a script, in the form of a row of ``scripts`` in ``office/scripts.yaml`` with closing and
    listening rules (``definition``). ``valid_from`` and ``revision`` of a draft as with a process.
    """

    __tablename__ = "intake_script"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    category: Mapped[str] = mapped_column(sa.String(64))
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    valid_from: Mapped[date]
    state: Mapped[VersionState] = mapped_column(
        closed_set(VersionState, name="script_state"), default=VersionState.EFFECTIVE
    )
    revision: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class ScriptWay(Base):
    """What was answered to a script when a complaint was registered; the complaint keeps the version that was asked.

    ``sealed``: [{"question", "answer", "note"}], codes of the version and the customer's own words. ``end`` is null
    when the script was not asked to its end.
    """

    __tablename__ = "script_way"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), unique=True)
    script_id: Mapped[int] = mapped_column(sa.ForeignKey("intake_script.id"), index=True)
    end: Mapped[ScriptEnd | None] = mapped_column(closed_set(ScriptEnd))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    script: Mapped[IntakeScript] = relationship()
