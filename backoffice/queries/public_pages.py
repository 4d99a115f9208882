"""What the office set of the pages for customers, and what these offer: a channel, the categories (R1)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category, Channel
from backoffice.queries.rulebook import Rulebook
from policies.message import Name
from policies.public_pages import PublicPages, read
from policies.vocabulary import EntryWay

SETTING = "public_pages"
LEAF = 3


def settings(session: Session) -> PublicPages:
    """What holds now."""
    return read(Rulebook(session).setting(SETTING))


def channel_of(session: Session) -> Channel | None:
    """The first channel in use that comes in by the public form."""
    statement = sa.select(Channel).where(Channel.entry_way == EntryWay.WEB_FORM.value, Channel.retired_at.is_(None))
    return session.scalars(statement.order_by(Channel.position, Channel.id).limit(1)).one_or_none()


def leaves(session: Session) -> list[tuple[Name, list[tuple[str, Name]]]]:
    """The categories in use that a complaint may stand under, by the branch that holds them."""
    statement = sa.select(Category).where(Category.retired_at.is_(None)).order_by(Category.position, Category.id)
    under: dict[int | None, list[Category]] = {}
    for row in session.scalars(statement):
        under.setdefault(row.parent_id, []).append(row)
    found = []
    for trunk in under.get(None, []):
        for branch in under.get(trunk.id, []):
            of_branch = [(leaf.code, _name(leaf)) for leaf in under.get(branch.id, [])]
            if of_branch:
                found.append((_name(branch), of_branch))
    return found


def is_leaf(session: Session, code: str) -> bool:
    """Whether a complaint may stand under this category."""
    wanted = (Category.code == code, Category.level == LEAF, Category.retired_at.is_(None))
    return session.scalar(sa.select(Category.id).where(*wanted)) is not None


def _name(row: Category) -> Name:
    return Name(row.name_zh, row.name_en)
