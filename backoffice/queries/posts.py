"""Who had which post in a month (R33): the rows of posts, and for who has none the present department and roles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import StaffPost
from backoffice.models.office import Role, Staff, StaffRole
from backoffice.queries.rulebook import Rulebook
from policies.appraisal_posts import Post


def posts_between(
    session: Session, first: date, last: date, staff_ids: Collection[int] | None = None
) -> dict[int, list[Post]]:
    """Staff id → posts that touch these days, in order; in three queries. ``staff_ids``: these people alone."""
    found: dict[int, list[Post]] = defaultdict(list)
    known: set[int] = set()
    rows = sa.select(StaffPost).order_by(StaffPost.staff_id, StaffPost.from_day, StaffPost.id)
    for row in session.scalars(_narrowed(rows, StaffPost.staff_id, staff_ids)):
        known.add(row.staff_id)
        if row.from_day <= last and (row.until_day is None or row.until_day >= first):
            post = Post(row.staff_id, row.department_id, tuple(row.roles), row.from_day, row.until_day)
            found[row.staff_id].append(post)
    for staff_id, post in _present(session, staff_ids).items():
        if staff_id not in known and post.from_day <= last and (post.until_day is None or post.until_day >= first):
            found[staff_id].append(post)
    return dict(found)


def _present(session: Session, staff_ids: Collection[int] | None) -> dict[int, Post]:
    """Everybody's present department and roles, as if they had held since the first day."""
    zone = Rulebook(session).zone()
    roles: dict[int, list[str]] = defaultdict(list)
    held = sa.select(StaffRole.staff_id, Role.code).join(Role, Role.id == StaffRole.role_id).order_by(Role.id)
    for staff_id, code in session.execute(_narrowed(held, StaffRole.staff_id, staff_ids)):
        roles[staff_id].append(code)
    people = sa.select(Staff.id, Staff.department_id, Staff.joined, Staff.retired_at)
    return {
        row.id: Post(
            row.id,
            row.department_id,
            tuple(roles[row.id]),
            row.joined or date.min,
            None if row.retired_at is None else row.retired_at.astimezone(zone).date(),
        )
        for row in session.execute(_narrowed(people, Staff.id, staff_ids))
    }


def _narrowed(statement: sa.Select, column: sa.ColumnElement[int], ids: Collection[int] | None) -> sa.Select:  # type: ignore[type-arg]
    return statement if ids is None else statement.where(column.in_(sorted(ids)))
