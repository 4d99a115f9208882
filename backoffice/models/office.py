"""The office and its people: departments as a tree, staff who sign in, roles that grant permissions (R39)."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, primary_key


class Office(Base):
    """The one office of this database: its name, time zone, language and number formats."""

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    time_zone: Mapped[str] = mapped_column(sa.String(64), default="Asia/Shanghai")
    language: Mapped[str] = mapped_column(sa.String(16), default="zh_Hans")
    currency: Mapped[str] = mapped_column(sa.String(3), default="CNY")
    service_phone: Mapped[str] = mapped_column(sa.String(40), default="")
    complaint_number_format: Mapped[str] = mapped_column(sa.String(64), default="TS{yyyymmdd}-{nnnn}")
    order_number_format: Mapped[str] = mapped_column(sa.String(64), default="GD{yyyymmdd}-{nnnn}")
    idle_minutes: Mapped[int] = mapped_column(default=30)
    set_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    demonstration: Mapped[bool] = mapped_column(default=False)


class Department(Base):
    """A department; retired, never deleted (trap: deleting nulls what points here)."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(32), default="service")
    duty_zh: Mapped[str] = mapped_column(sa.String(400), default="")
    duty_en: Mapped[str] = mapped_column(sa.String(400), default="")
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    head_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id", use_alter=True))
    receives_orders: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    parent: Mapped[Department | None] = relationship(remote_side=[id])
    head: Mapped[Staff | None] = relationship(foreign_keys=[head_id], post_update=True)


class Staff(Base):
    """A person of the office, who signs in with ``login``. ``session_epoch`` counts up to end all sessions."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    login: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"), index=True)
    joined: Mapped[date | None]
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    fit_for_post: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    language: Mapped[str | None] = mapped_column(sa.String(16))
    theme: Mapped[str | None] = mapped_column(sa.String(16))
    shortcuts: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    department: Mapped[Department | None] = relationship(foreign_keys=[department_id])
    roles: Mapped[list[Role]] = relationship(secondary="staff_role", order_by="Role.id")


class Role(Base):
    """A named bundle of grants, data of the office."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    duties_zh: Mapped[str] = mapped_column(sa.String(400), default="")
    duties_en: Mapped[str] = mapped_column(sa.String(400), default="")
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    grants: Mapped[list[RoleGrant]] = relationship(cascade="all, delete-orphan", order_by="RoleGrant.permission")


class RoleGrant(Base):
    """One permission of a role with the scope in which it holds (codes of ``policies/access.py``)."""

    __tablename__ = "role_grant"
    __table_args__ = (sa.UniqueConstraint("role_id", "permission"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    role_id: Mapped[int] = mapped_column(sa.ForeignKey("role.id"))
    permission: Mapped[str] = mapped_column(sa.String(64))
    scope: Mapped[str] = mapped_column(sa.String(16))


class StaffRole(Base):
    """Who holds which role; a person may hold several."""

    __tablename__ = "staff_role"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(sa.ForeignKey("role.id"), primary_key=True, index=True)


class SignInFailure(Base):
    """A failed sign-in, kept in the database so that all processes see it. ``subject`` is a keyed digest."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (sa.Index(None, "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class EndedSession(Base):
    """A session that its person ended, by the digest of its name, kept as long as a copy of its cookie could last."""

    __tablename__ = "ended_session"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
