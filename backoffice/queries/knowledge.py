"""Articles and cases (R38): those that fit a complaint, found by category and words; lists by use."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.knowledge import Knowledge, KnowledgeVersion, KnowledgeWord
from policies.knowledge import BESIDE, LEAST_SHARED, KnowledgeState, asked

PAGE = 50
CATEGORY = "category:"
WRITTEN, RELEASED, WITHDRAWN = "written", "released", "withdrawn"
"""Acts of which versions are kept."""
WEIGHT = 1000
"""One shared category counts more than all words together."""


def fitting(
    session: Session, category: str, typed: str, on: date, most: int = BESIDE, least: int = LEAST_SHARED
) -> list[Knowledge]:
    """What is offered on a day (local) and fits, the best first: by its category, or by ``least`` shared words."""
    wanted = ([f"{CATEGORY}{category}"] if category else []) + asked(typed)
    if not wanted:
        return []
    score = sa.func.sum(sa.case((KnowledgeWord.word.startswith(CATEGORY), WEIGHT), else_=1))
    found = (
        sa.select(KnowledgeWord.knowledge_id.label("id"), score.label("score"))
        .join(Knowledge, Knowledge.id == KnowledgeWord.knowledge_id)
        .where(KnowledgeWord.word.in_(wanted), holds_on(on))
        .group_by(KnowledgeWord.knowledge_id)
        .having(score >= least)
        .order_by(score.desc(), KnowledgeWord.knowledge_id.desc())
        .limit(most)
        .subquery()
    )
    statement = sa.select(Knowledge).join(found, found.c.id == Knowledge.id)
    return list(session.scalars(statement.order_by(found.c.score.desc(), Knowledge.id.desc())))


def holds_on(day: date) -> sa.ColumnElement[bool]:
    """Whether it is offered on a day (local)."""
    return sa.and_(
        Knowledge.offered.is_(True),
        sa.or_(Knowledge.valid_from.is_(None), Knowledge.valid_from <= day),
        sa.or_(Knowledge.valid_until.is_(None), Knowledge.valid_until >= day),
    )


def listed(session: Session, which: str, on: date, after: int = 0) -> list[Knowledge]:
    """A page of one list: ``released`` (most used first), ``never`` (offered, never opened), ``outside`` (released, of
    another time), ``draft``, ``withdrawn``; ``after``: how many were shown before.
    """
    statement = sa.select(Knowledge)
    if which in (KnowledgeState.DRAFT, KnowledgeState.WITHDRAWN):
        ordered = statement.where(Knowledge.state == KnowledgeState(which)).order_by(
            Knowledge.changed_at.desc(), Knowledge.id.desc()
        )
        return list(session.scalars(ordered.offset(after).limit(PAGE)))
    if which == "outside":
        statement = statement.where(Knowledge.offered.is_(True), sa.not_(holds_on(on)))
    else:
        statement = statement.where(holds_on(on))
    if which == "never":
        statement = statement.where(Knowledge.opened == 0)
    ordered = statement.order_by(Knowledge.opened.desc(), Knowledge.id.desc())
    return list(session.scalars(ordered.offset(after).limit(PAGE)))


def by_number(session: Session, number: str) -> Knowledge | None:
    """One by its number."""
    wanted = sa.select(Knowledge).where(Knowledge.number == number.strip().upper())
    return session.scalars(wanted.options(joinedload(Knowledge.writer), joinedload(Knowledge.released_by))).first()


def versions(session: Session, knowledge_id: int) -> list[KnowledgeVersion]:
    """What was done to it, the newest first; at most a page."""
    statement = sa.select(KnowledgeVersion).where(KnowledgeVersion.knowledge_id == knowledge_id)
    ordered = statement.order_by(KnowledgeVersion.version.desc()).limit(PAGE)
    return list(session.scalars(ordered.options(joinedload(KnowledgeVersion.by))))


def writers_since_release(session: Session, one: Knowledge) -> frozenset[int | None]:
    """Who wrote at it since it was last released."""
    acts = sa.select(KnowledgeVersion.act, KnowledgeVersion.by_id).where(KnowledgeVersion.knowledge_id == one.id)
    writers = set[int | None]()
    for act, by_id in session.execute(acts.order_by(KnowledgeVersion.version.desc())):
        if act == RELEASED:
            break
        if act == WRITTEN:
            writers.add(by_id)
    return frozenset(writers)


def of_complaint(session: Session, complaint_id: int) -> list[Knowledge]:
    """The cases that were made of a complaint."""
    wanted = sa.select(Knowledge).where(Knowledge.source_id == complaint_id).order_by(Knowledge.id).limit(PAGE)
    return list(session.scalars(wanted))
