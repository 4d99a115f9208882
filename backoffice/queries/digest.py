"""What a member of staff has before them today (R26): due, overdue, waiting, counted and the first lines, in three
statements a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.queries import corrective
from backoffice.queries.scope import visible
from backoffice.queries.worklist import LISTS, OWN, Asking
from policies.access import Actor, Permission, may_any

LINES = 20
COUNTED = 999
WATCHED = frozenset({"watch", "department", "helping"})  # looked after, but waiting for somebody else


@dataclass(frozen=True)
class DigestLine:
    """One complaint: nothing of the customer, so that it may leave the console by e-mail (R39)."""

    number: str
    name_zh: str
    name_en: str
    due_at: datetime | None
    clock: str | None
    sla_id: int


@dataclass(frozen=True)
class Digest:
    """Three figures, each counted up to a bound, and the most urgent complaints behind them.

    ``put_right``: corrective actions that wait, by the list that holds them (R30).
    """

    due: int
    overdue: int
    waiting: int
    lines: tuple[DigestLine, ...]
    put_right: Mapping[corrective.Which, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.put_right)


def own_lists(actor: Actor) -> list[str]:
    """Codes of the lists in which things wait for this person; none for those who only look on."""
    return [code for code in OWN if code not in WATCHED and may_any(actor, LISTS[code].permissions)]


def digest_of(session: Session, asking: Asking) -> Digest:
    """What this person has to see to today."""
    return replace(_complaints(session, asking), put_right=corrective.waiting(session, asking.actor, asking.at))


def _complaints(session: Session, asking: Asking) -> Digest:
    """Nothing for somebody in whose lists nothing ever waits."""
    codes = own_lists(asking.actor)
    if not codes:
        return Digest(0, 0, 0, ())
    waits = sa.or_(*(LISTS[code].condition(asking) for code in codes))
    late = LISTS["due"].condition(asking)
    wanted = (late, LISTS["overdue"].condition(asking), waits)
    seen = visible(asking.actor, Permission.COMPLAINT_VIEW)
    counts = [_count(sa.and_(seen, condition)).label(f"n{number}") for number, condition in enumerate(wanted)]
    due, overdue, waiting = session.execute(sa.select(*counts)).one()
    if not (due or waiting):
        return Digest(0, 0, 0, ())
    rows = session.execute(
        sa.select(
            Complaint.number, Category.name_zh, Category.name_en,
            Complaint.next_due_at, Complaint.next_due_clock, Complaint.sla_id,
        )
        .join(Category, Category.id == Complaint.category_id)
        .where(seen, sa.or_(late, waits))
        .order_by(Complaint.next_due_at.is_(None), Complaint.next_due_at, Complaint.id)
        .limit(LINES)
    )  # fmt: skip
    return Digest(due, overdue, waiting, tuple(DigestLine(*row) for row in rows))


def _count(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    some = sa.select(sa.literal(1)).select_from(Complaint).where(condition).limit(COUNTED).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
