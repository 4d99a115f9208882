"""What all commands on the office's own data do alike: ask permission, check, change, log old and new, count changes.

``begin`` takes the row of the revision first, so that on PostgreSQL, too, one such command runs after another: two
moves of a department at once cannot make a circle that neither of them alone would make.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.base import Base
from backoffice.models.configuration import Setting
from backoffice.models.office import Office
from backoffice.queries.rulebook import REVISION, changed_here
from backoffice.services.core.reference import log_change
from policies.access import Actor, Permission, refuse_unless
from policies.message import Name, Refusal
from policies.reference import check_reason

Row = TypeVar("Row", bound=Base)


def begin(session: Session, actor: Actor, permission: Permission = Permission.CONFIGURATION_EDIT) -> None:
    """Refuse who may not; wait for whoever changes the office's data at the same time."""
    if refusal := refuse_unless(actor, permission):
        raise DomainError(refusal)
    _revision(session)


def wait_turn(session: Session) -> None:
    """Wait for whoever changes the office's data at the same time, where who may is asked of the row itself."""
    _revision(session)


def ensure(*problems: Iterable[Refusal]) -> None:
    """Raise what speaks against it, all at once, so that a form shows every fault beside its field."""
    if found := [refusal for group in problems for refusal in group]:
        raise DomainError(found)


def row_of(session: Session, model: type[Row], row_id: int) -> Row:
    """A row that is there; otherwise 404."""
    row = session.get(model, row_id)
    if row is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    return row


def codes_of(session: Session, model: Any) -> frozenset[str]:
    """The codes that are taken, those of retired rows among them."""
    return frozenset(session.scalars(sa.select(model.code)))


def name_of(row: Any) -> Name:
    """A row's name in both languages, for a message."""
    return Name(row.name_zh, row.name_en)


def add(
    session: Session,
    actor: Actor,
    at: datetime,
    subject: str,
    row: Base,
    facts: Mapping[str, Any] | None = None,
    *,
    against: Mapping[str, tuple[Any, Any]] | None = None,
    reason: str = "",
) -> None:
    """Keep a new row and log what it says.

    ``facts`` are logged in place of its columns; ``against`` are old and new where it says something otherwise than
    what it replaces.
    """
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise DomainError(Refusal("reference.refused.same_exists", field="code", status=409)) from error
    said = facts if facts is not None else columns_of(row)
    changes = {field: (None, plain(value)) for field, value in said.items() if value not in (None, "", [])}
    log_change(session, actor, at, subject, key_of(row), "create", {**changes, **(against or {})}, reason)
    count_change(session)


def change(session: Session, actor: Actor, at: datetime, subject: str, row: Base, values: Mapping[str, Any]) -> bool:
    """Set fields and log old and new of those that differ; no change, no line. Says whether there was one."""
    old = {field: getattr(row, field) for field in values}
    changed = {field: (plain(old[field]), plain(value)) for field, value in values.items() if old[field] != value}
    if not changed:
        return False
    for field in changed:
        setattr(row, field, values[field])
    session.flush()
    log_change(session, actor, at, subject, key_of(row), "change", changed)
    count_change(session)
    return True


def retire(session: Session, actor: Actor, at: datetime, subject: str, row: Any, reason: str) -> None:
    """Take out of use, with a reason; what it was used for keeps it."""
    already = [Refusal("reference.refused.already_retired")] if row.retired_at is not None else []
    ensure(already, check_reason(reason))
    row.retired_at = at
    log_change(session, actor, at, subject, key_of(row), "retire", {"retired_at": (None, plain(at))}, reason.strip())
    count_change(session)


def restore(session: Session, actor: Actor, at: datetime, subject: str, row: Any, reason: str) -> None:
    """Put back into use, with a reason."""
    in_use = [Refusal("reference.refused.not_retired")] if row.retired_at is None else []
    ensure(in_use, check_reason(reason))
    changes = {"retired_at": (plain(row.retired_at), None)}
    row.retired_at = None
    log_change(session, actor, at, subject, key_of(row), "restore", changes, reason.strip())
    count_change(session)


def count_change(session: Session) -> int:
    """Count a change of lists, settings or calendars, so that every process reads its rules anew. The new count."""
    row = _revision(session)
    row.value = int(row.value or 0) + 1
    session.flush()
    changed_here(session)
    return int(row.value)


def local_today(session: Session, at: datetime) -> date:
    """The date of a moment in the office's time zone."""
    from zoneinfo import ZoneInfo

    return at.astimezone(ZoneInfo(session.scalars(sa.select(Office.time_zone)).one())).date()


def columns_of(row: Base) -> dict[str, Any]:
    """A row as the log keeps it: every column but its key."""
    return {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).columns if not column.primary_key}


def key_of(row: Base) -> str:
    """By what the log names a row."""
    return "/".join(str(value) for value in sa.inspect(row).identity or ())


def plain(value: object) -> object:
    """A value as JSON can hold it, and as a reader can read it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date | Decimal):
        return str(value)
    return value


def _revision(session: Session) -> Setting:
    row = session.get(Setting, REVISION, with_for_update=True)
    if row is None:
        # of two first changes at once the second waits here, and then for the row that the first has made
        insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        session.execute(insert(Setting).values(key=REVISION, value=0).on_conflict_do_nothing())
        row = session.get_one(Setting, REVISION, with_for_update=True)
    return row
