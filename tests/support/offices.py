"""Who acts in tests of the office's own data, and what the log of changes says afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.history import ReferenceChange
from backoffice.models.office import Staff
from backoffice.queries.actor import load_actor
from policies.access import Actor

ADMINISTRATOR = "S030"
AUDITOR = "S029"


def actor_of(session: Session, code: str = ADMINISTRATOR) -> Actor:
    """A member of the sample staff with what they may."""
    actor = load_actor(session, session.scalars(sa.select(Staff.id).where(Staff.code == code)).one())
    assert actor is not None
    return actor


def changes_of(session: Session, subject: str) -> list[ReferenceChange]:
    """What the log says of a subject, the oldest first."""
    statement = sa.select(ReferenceChange).where(ReferenceChange.subject == subject)
    return list(session.scalars(statement.order_by(ReferenceChange.id)))


def the(session: Session, model: type, code: str):
    """The one row of a code."""
    return session.scalars(sa.select(model).where(model.code == code)).one()


def said(error) -> list[tuple[str | None, str]]:
    """The refusals of an error: field and last word of the key."""
    return [(refusal.field, refusal.key.rpartition(".")[2]) for refusal in error.value.refusals]
