"""The nightly backup as the office sets it (R39): what is kept of the plan, and what came of the last ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations import passphrase_file
from backoffice.models.configuration import Setting
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor
from policies.backup import Plan, check_plan, is_overdue, plan_of
from policies.message import Refusal

PLAN, LAST, FAILED = "backup_plan", "last_backup", "last_backup_fault"
"""Settings: the plan; the last good backup's moment, name, bytes and kind; the last failure's moment and reason."""
SUBJECT = "backup"


@dataclass(frozen=True)
class Standing:
    """How it stands: the plan, the last good backup, the failure after it, and what has to be seen to."""

    plan: Plan
    last_at: datetime | None
    last: Mapping[str, Any]
    failed_at: datetime | None
    fault: Refusal | None
    overdue: bool
    passphrase: Refusal | None
    passphrase_place: Path


def plan(session: Session) -> Plan:
    """The plan as it is set."""
    return plan_of(_value(session, PLAN))


def standing(session: Session, data: Path, now: datetime) -> Standing:
    """For the page: everything that an administrator should know of the backups."""
    kept = _value(session, PLAN)
    made, failed = _value(session, LAST), _value(session, FAILED)
    last_at, failed_at, since = _moment(made), _moment(failed), _moment(kept, "since")
    newer = failed_at is not None and (last_at is None or failed_at > last_at)
    wanted = plan_of(kept)
    try:
        passphrase_file.read(data)
        refusal = None
    except DomainError as error:
        refusal = error.refusals[0]
    return Standing(
        wanted,
        last_at,
        made,
        failed_at if newer else None,
        Refusal(str(failed.get("key", "backup.failed.unknown")), dict(failed.get("params", {}))) if newer else None,
        is_overdue(wanted, last_at, since, now),
        refusal,
        passphrase_file.place(data),
    )


def last_good(session: Session) -> str:
    """The name of the last backup that lacked nothing; empty where there is none."""
    return str(_value(session, LAST).get("name", ""))


def save(session: Session, actor: Actor, at: datetime, new: Plan, data: Path) -> bool:
    """Set the plan; whether it changed. Raises ``DomainError`` with everything that has to be put right."""
    upkeep.begin(session, actor)
    upkeep.ensure(check_plan(new, absolute=Path(new.folder).is_absolute()), _check_folder(new, data))
    kept = _value(session, PLAN)
    old = plan_of(kept)
    before, after = asdict(old), asdict(new)
    changes = {f"backup_{name}": (before[name], after[name]) for name in after if before[name] != after[name]}
    if not changes:
        return False
    since = at.isoformat() if new.on and not old.on else kept.get("since")
    _keep(session, PLAN, {**after, "since": since})
    log_change(session, actor, at, SUBJECT, SUBJECT, "change", changes)
    upkeep.count_change(session)
    return True


def note_good(session: Session, at: datetime, name: str, size: int, kind: str) -> None:
    """A backup was made and read back whole."""
    _keep(session, LAST, {"at": at.isoformat(), "name": name, "size": size, "kind": kind})


def note_failed(session: Session, at: datetime, fault: Refusal) -> None:
    """The nightly backup could not be made."""
    said = {name: value if isinstance(value, int) else str(value) for name, value in fault.params.items()}
    _keep(session, FAILED, {"at": at.isoformat(), "key": fault.key, "params": said})


def _check_folder(new: Plan, data: Path) -> tuple[Refusal, ...]:
    """The folder has to be there, writable, and outside the data directory: a disk that goes takes what lies on it."""
    folder = Path(new.folder)
    if not new.folder or not folder.is_absolute():
        return ()
    try:
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            return (Refusal("backup.refused.folder", {"path": new.folder}, "folder", 422),)
        inside = folder.resolve().is_relative_to(data.resolve())
    except (OSError, ValueError):
        return (Refusal("backup.refused.folder", {"path": new.folder}, "folder", 422),)
    return (Refusal("backup.refused.inside", {"path": new.folder}, "folder", 422),) if inside else ()


def _value(session: Session, key: str) -> dict[str, Any]:
    found = session.scalar(sa.select(Setting.value).where(Setting.key == key))
    return dict(found) if isinstance(found, dict) else {}


def _keep(session: Session, key: str, value: dict[str, Any]) -> None:
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = insert(Setting).values(key=key, value=value)
    session.execute(made.on_conflict_do_update(index_elements=[Setting.key], set_={"value": made.excluded.value}))


def _moment(value: Mapping[str, Any], name: str = "at") -> datetime | None:
    try:
        return datetime.fromisoformat(value[name])
    except (KeyError, TypeError, ValueError):
        return None
