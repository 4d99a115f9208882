"""What the pages of knowledge share: their blueprint, who reads and writes, and how one of them is shown."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.knowledge import Knowledge
from backoffice.queries import knowledge as queries
from backoffice.services.knowledge import written
from policies.access import Permission, may
from policies.knowledge import KnowledgeFacts, refused
from policies.message import Name
from views import context

blueprint = Blueprint("knowledge", __name__)
READERS = (Permission.COMPLAINT_REGISTER, Permission.COMPLAINT_VIEW, Permission.KNOWLEDGE_EDIT)
"""What is released names no customer: everybody who works with complaints reads it."""


@dataclass(frozen=True)
class Shown:
    """One with what it says."""

    row: Knowledge
    facts: KnowledgeFacts

    @property
    def title(self) -> Name:
        return Name(self.facts.title_zh, self.facts.title_en)

    @property
    def body(self) -> Name:
        return Name(self.facts.body_zh, self.facts.body_en)


def edits() -> bool:
    """Whether the reader writes and releases."""
    return may(context.actor(), Permission.KNOWLEDGE_EDIT)


def found(session: Session, number: str) -> Knowledge:
    """One by its number; who does not write finds what is offered alone."""
    row = queries.by_number(session, number)
    if row is None or not (row.offered or edits()):
        raise DomainError(refused("unknown", status=404))
    return row


def shown(row: Knowledge, *, in_force: bool = True) -> Shown:
    """With what it says: as released, else as last written."""
    return Shown(row, written(context.desk().keys, row, in_force=in_force))
