"""Changes of reference data: who changed what from which value to which; no change, no line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.models.history import ReferenceChange
from policies.access import Actor


def log_change(
    session: Session,
    actor: Actor,
    at: datetime,
    subject: str,
    subject_id: object,
    action: str,
    changes: Mapping[str, tuple[object, object]],
    reason: str = "",
) -> ReferenceChange | None:
    """Keep old and new of every field that changed; ``changes`` maps field → (old, new). Never pass a secret."""
    kept = {field: [_plain(old), _plain(new)] for field, (old, new) in changes.items() if old != new}
    if not kept and action == "change":
        return None
    line = ReferenceChange(
        at=at,
        actor_id=actor.staff_id,
        subject=subject,
        subject_id=str(subject_id),
        action=action,
        changes=kept,
        reason=reason,
    )
    session.add(line)
    return line


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | bool | list | dict) else str(value)
