"""What an office may change without a developer: channels, categories, lists, processes, clocks, calendars, texts.

Versioned rows are never overwritten: a change is a new version with the date from which it holds; what runs keeps its
own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.office import Department
from policies.vocabulary import VersionState


class Channel(Base):
    """A way in (R1); retired ones keep their old complaints. ``live``: the customer is present, read-back counts.

    ``as_draft``: what comes in by itself waits for a clerk to complete it.
    """

    __tablename__ = "channel"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(32))
    live: Mapped[bool] = mapped_column(default=False)
    default_department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    entry_way: Mapped[str] = mapped_column(sa.String(32), default="console")
    as_draft: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    hours: Mapped[str] = mapped_column(sa.String(32), default="office")
    note_zh: Mapped[str] = mapped_column(sa.String(400), default="")
    note_en: Mapped[str] = mapped_column(sa.String(400), default="")
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    default_department: Mapped[Department | None] = relationship()


class Category(Base):
    """A node of the three-level tree (R3): trunk (level 1), branch (2), leaf (3); complaints stand under leaves.

    ``path`` is the ids from the trunk down, "/1/7/33/", so that a subtree is one range of an index.
    """

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"), index=True)
    level: Mapped[int]
    path: Mapped[str] = mapped_column(sa.String(120), default="", index=True)
    position: Mapped[int] = mapped_column(default=0)
    default_department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    default_severity: Mapped[str | None] = mapped_column(sa.String(32))
    default_urgency: Mapped[str | None] = mapped_column(sa.String(16))
    default_impact: Mapped[str | None] = mapped_column(sa.String(16))
    first_contact_possible: Mapped[bool] = mapped_column(default=False)
    route: Mapped[str | None] = mapped_column(sa.String(64))
    required_elements: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    symptoms: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    script: Mapped[str | None] = mapped_column(sa.String(64))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    parent: Mapped[Category | None] = relationship(remote_side=[id])
    default_department: Mapped[Department | None] = relationship()


class ListEntry(Base):
    """An entry of a list that the office may extend: causes, evidence types, dispatch elements, routes, fields …"""

    __tablename__ = "list_entry"
    __table_args__ = (sa.UniqueConstraint("list", "code"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    list: Mapped[str] = mapped_column(sa.String(64))
    code: Mapped[str] = mapped_column(sa.String(64))
    name_zh: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str] = mapped_column(sa.String(200))
    position: Mapped[int] = mapped_column(default=0)
    extra: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProcessVersion(Base):
    """One version of a severity's process (R14), in the form of ``office/processes.yaml``.

    ``valid_from`` of a draft is the date wished for; ``revision`` counts its changes, so that of two who change it at
    once the second is told.
    """

    __tablename__ = "process_version"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    severity: Mapped[str] = mapped_column(sa.String(32), index=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    valid_from: Mapped[date]
    state: Mapped[VersionState] = mapped_column(
        closed_set(VersionState, name="process_state"), default=VersionState.EFFECTIVE
    )
    revision: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class SlaPolicy(Base):
    """One version of the clocks (R23), in the form of ``office/sla.yaml``; holds for complaints received
    from its date. ``valid_from`` and ``revision`` of a draft as with a process.
    """

    __tablename__ = "sla_policy"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    valid_from: Mapped[date]
    state: Mapped[VersionState] = mapped_column(
        closed_set(VersionState, name="sla_state"), default=VersionState.EFFECTIVE
    )
    revision: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class Calendar(Base):
    """A week of working hours (R24). ``weekly_hours``: {"monday": [["08:30", "12:00"], …], …}, local times."""

    __tablename__ = "calendar"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    weekly_hours: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    make_up_day_hours: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    use_public_holidays: Mapped[bool] = mapped_column(default=True)
    for_deadlines: Mapped[bool] = mapped_column(default=False)


class CalendarDay(Base):
    """A day that is not as the week says: ``kind`` holiday, make_up or closure (then ``closed`` windows).

    Holidays and make-up days belong to no calendar (they are the country's); a closure names its calendar.
    """

    __tablename__ = "calendar_day"
    __table_args__ = (
        sa.UniqueConstraint("calendar_id", "day", "kind"),
        sa.Index(None, "day"),
        sa.Index(
            "uq_calendar_day_public",
            "day",
            unique=True,
            sqlite_where=sa.text("calendar_id IS NULL"),
            postgresql_where=sa.text("calendar_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    calendar_id: Mapped[int | None] = mapped_column(sa.ForeignKey("calendar.id"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(sa.String(16))
    name_zh: Mapped[str] = mapped_column(sa.String(120), default="")
    name_en: Mapped[str] = mapped_column(sa.String(120), default="")
    closed: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)

    calendar: Mapped[Calendar | None] = relationship()


class MessageTemplate(Base):
    """A text with named places that goes to customers or staff (R5, R13). ``occasion``: when it is sent, by the table
    of ``policies/message_template.py``; several texts may serve one.
    """

    __tablename__ = "message_template"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(32))
    occasion: Mapped[str] = mapped_column(sa.String(64), index=True)
    audience: Mapped[str] = mapped_column(sa.String(32))
    channel: Mapped[str] = mapped_column(sa.String(32))
    subject_zh: Mapped[str] = mapped_column(sa.String(200), default="")
    subject_en: Mapped[str] = mapped_column(sa.String(200), default="")
    body_zh: Mapped[str] = mapped_column(sa.Text)
    body_en: Mapped[str] = mapped_column(sa.Text)
    placeholders: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ConfigurationDocument(Base):
    """A versioned document of the default office that later subjects read: scripts, scorecards, sampling,
    appraisal …
    """

    __tablename__ = "configuration_document"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    valid_from: Mapped[date]
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class Setting(Base):
    """A single figure of the office: transfers before escalation, satisfied from score, completeness limits …"""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(sa.JSON)
