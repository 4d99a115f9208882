"""What the pages of notices share: their blueprint, who opens them, and the leaves that a notice may name."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category
from backoffice.models.fault_notice import FaultNotice
from backoffice.queries import fault_notices as queries
from policies.access import Permission
from policies.fault_notice import refused
from views.filters import named

blueprint = Blueprint("fault_notices", __name__)
READERS = (Permission.COMPLAINT_REGISTER, Permission.COMPLAINT_VIEW, Permission.NOTICE_PUBLISH)
"""Notices name no customer: everybody who works with complaints reads them."""


def found(session: Session, number: str) -> FaultNotice:
    """A notice by its number; 404 where there is none."""
    notice = queries.by_number(session, number)
    if notice is None:
        raise DomainError(refused("unknown", status=404))
    return notice


def leaves(session: Session) -> dict[str, list[tuple[str, str]]]:
    """The leaves under the names of their branches."""
    wanted = sa.select(Category).where(Category.retired_at.is_(None)).order_by(Category.position, Category.id)
    rows = list(session.scalars(wanted))
    names = {row.id: named(row) for row in rows}
    grouped: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row.level == 3 and row.parent_id in names:
            grouped.setdefault(names[row.parent_id], []).append((row.code, named(row)))
    return grouped
