"""Notices of known faults (R8): those in force, those that fit a complaint, and the complaints that belong to one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.complaint import Complaint
from backoffice.models.fault_notice import FaultLink, FaultNotice, FaultNoticeVersion
from backoffice.queries.scope import visible_each
from policies.access import Actor
from policies.fault_notice import MOST_OPEN, Fit, Open, fitting, words_of
from policies.vocabulary_notice import LinkState, NoticeState

PAGE = 50
RECENT = 300


def in_force(session: Session) -> list[FaultNotice]:
    """What intake answers from now, the newest fault first; at most as many as anybody would read."""
    statement = (
        sa.select(FaultNotice)
        .where(FaultNotice.state == NoticeState.PUBLISHED)
        .order_by(FaultNotice.since.desc(), FaultNotice.id.desc())
        .limit(MOST_OPEN)
    )
    return list(session.scalars(statement))


def some(bound: int) -> sa.Select[tuple[int]]:
    """A one for each notice that is in force, so many at most: to be counted."""
    return sa.select(sa.literal(1)).where(FaultNotice.state == NoticeState.PUBLISHED).limit(bound)


def areas(session: Session) -> list[str]:
    """Where the latest notices were, each area once, the latest first: to choose from."""
    newest = sa.select(FaultNotice.area).order_by(FaultNotice.id.desc()).limit(RECENT)
    return list(dict.fromkeys(area for area in session.scalars(newest) if area))[:PAGE]


def fits(notices: Sequence[FaultNotice], category: str, typed: str) -> list[tuple[FaultNotice, Fit]]:
    """These notices with how well they fit a complaint of this leaf and these words, what fits best first."""
    by_id = {one.id: one for one in notices}
    asked = (
        Open(one.id, frozenset(one.categories), words_of(one.title_zh, one.title_en, one.area), one.since)
        for one in notices
    )
    return [(by_id[fit.id], fit) for fit in fitting(asked, category, typed)]


def lifted(session: Session, before: int | None = None) -> list[FaultNotice]:
    """The notices that were lifted, the latest first; ``before``: the id of the last one on the page before."""
    statement = sa.select(FaultNotice).where(FaultNotice.state == NoticeState.LIFTED)
    if before is not None and (last := session.get(FaultNotice, before)) is not None and last.ended_at is not None:
        statement = statement.where(sa.tuple_(FaultNotice.ended_at, FaultNotice.id) < (last.ended_at, last.id))
    ordered = statement.order_by(FaultNotice.ended_at.desc(), FaultNotice.id.desc())
    return list(session.scalars(ordered.limit(PAGE)))


def by_number(session: Session, number: str) -> FaultNotice | None:
    """A notice by its number."""
    wanted = sa.select(FaultNotice).where(FaultNotice.number == number.strip().upper())
    return session.scalars(
        wanted.options(joinedload(FaultNotice.published_by), joinedload(FaultNotice.ended_by))
    ).first()


def versions(session: Session, notice_id: int) -> list[FaultNoticeVersion]:
    """What it said before, the newest version first; at most so many as a page holds."""
    statement = sa.select(FaultNoticeVersion).where(FaultNoticeVersion.notice_id == notice_id)
    ordered = statement.order_by(FaultNoticeVersion.version.desc()).limit(PAGE)
    return list(session.scalars(ordered.options(joinedload(FaultNoticeVersion.by))))


def of_complaint(session: Session, complaint_id: int) -> list[FaultLink]:
    """The notices to which a complaint is linked."""
    statement = sa.select(FaultLink).where(FaultLink.complaint_id == complaint_id).order_by(FaultLink.linked_at)
    return list(session.scalars(statement.options(joinedload(FaultLink.notice)).limit(PAGE)))


def linked(
    session: Session, actor: Actor, notice_id: int, *states: LinkState, after: int = 0
) -> tuple[list[FaultLink], dict[int, Complaint]]:
    """The linked complaints that this person may see (R39), by their ids, with their links; a page of them."""
    statement = (
        sa.select(FaultLink, Complaint)
        .join(Complaint, Complaint.id == FaultLink.complaint_id)
        .where(FaultLink.notice_id == notice_id, FaultLink.complaint_id > after, visible_each(actor))
        .order_by(FaultLink.complaint_id)
        .limit(PAGE)
    )
    if states:
        statement = statement.where(FaultLink.state.in_(states))
    rows = session.execute(statement).all()
    return [row[0] for row in rows], {row[1].id: row[1] for row in rows}


def waiting_to_be_told(session: Session, notice_id: int, most: int) -> list[int]:
    """Ids of linked complaints whose customers know nothing yet."""
    statement = sa.select(FaultLink.complaint_id).where(
        FaultLink.notice_id == notice_id, FaultLink.state == LinkState.LINKED
    )
    return list(session.scalars(statement.order_by(FaultLink.complaint_id).limit(most)))
