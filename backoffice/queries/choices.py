"""What lists and forms let one choose from: channels, the category tree, departments; kept while they hold."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category, Channel
from backoffice.models.office import Department
from backoffice.queries.rulebook import Rulebook
from policies.message import Name


@dataclass(frozen=True)
class Choice:
    """A value with its name; ``level`` is the depth in a tree, from 1."""

    value: str
    name: Name
    level: int = 1


def of_lists(session: Session) -> dict[str, list[Choice]]:
    """What every list of complaints may be narrowed to, kept until the office changes one of its lists."""
    return Rulebook(session).keep(
        "choices",
        lambda: {
            "category": categories(session),
            "channel": channels(session),
            "department": departments(session),
        },
    )


def channels(session: Session) -> list[Choice]:
    """The channels in use, in the office's order."""
    rows = session.execute(
        sa.select(Channel.id, Channel.name_zh, Channel.name_en)
        .where(Channel.retired_at.is_(None))
        .order_by(Channel.position, Channel.id)
    )
    return [Choice(str(row.id), Name(row.name_zh, row.name_en)) for row in rows]


def departments(session: Session) -> list[Choice]:
    """The departments in use."""
    rows = session.execute(
        sa.select(Department.id, Department.name_zh, Department.name_en)
        .where(Department.retired_at.is_(None))
        .order_by(Department.id)
    )
    return [Choice(str(row.id), Name(row.name_zh, row.name_en)) for row in rows]


def categories(session: Session, deepest: int = 2) -> list[Choice]:
    """The tree in its order down to a level; a value is the path, which stands for everything under it."""
    rows = session.execute(
        sa.select(Category.path, Category.level, Category.name_zh, Category.name_en)
        .where(Category.retired_at.is_(None), Category.level <= deepest)
        .order_by(Category.path)
    ).all()
    ordered = sorted(rows, key=lambda row: [int(part) for part in row.path.strip("/").split("/")])
    return [Choice(row.path, Name(row.name_zh, row.name_en), row.level) for row in ordered]
