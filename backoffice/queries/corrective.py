"""Corrective actions (R30) as one person may see them: lists page by page with what they hold, and single ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection
from backoffice.models.teamwork import HELPED, CorrectiveAction, CorrectiveEvent, CorrectiveFile
from backoffice.queries.inspections import blind_complaints, to_score_complaints
from backoffice.queries.scope import visible_each
from policies.access import Actor, Permission, Scope, may
from policies.corrective_course import NOT_DONE, WORKING
from policies.vocabulary_teamwork import CorrectiveStatus

PAGE = 25
BOUND = 999
OPEN = tuple(status for status in CorrectiveStatus if status.is_open)
KEEPERS = (Permission.CORRECTIVE_ASSIGN, Permission.CORRECTIVE_VERIFY)


@unique
class Which(StrEnum):
    """What the list is narrowed to."""

    OPEN = "open"
    LATE = "late"
    MINE = "mine"
    TO_VERIFY = "to_verify"
    EFFECT_DUE = "effect_due"
    ALL = "all"


@dataclass(frozen=True)
class Page:
    """One page: the rows, whether there are older ones, and the ids of complaints that this reader may open."""

    rows: list[CorrectiveAction]
    older: int | None
    may_open: frozenset[int]


def listed(
    session: Session,
    actor: Actor,
    at: datetime,
    which: Which,
    before: int | None = None,
    text: str = "",
    size: int = PAGE,
) -> Page:
    """The newest rows of which this person may know, before an id where one is given; in two queries.

    ``text``: the beginning of a number, of the action itself or of its complaint; what people wrote is sealed.
    """
    where = [seen(actor), *_narrowed(actor, at, which)]
    if before is not None:
        where.append(CorrectiveAction.id < before)
    if text:
        where.append(_numbered(text))
    rows = list(session.scalars(_loaded(where).order_by(CorrectiveAction.id.desc()).limit(size + 1)))
    shown = rows[:size]
    return Page(shown, shown[-1].id if len(rows) > size else None, _openable(session, actor, shown))


def urgent(session: Session, actor: Actor, size: int) -> list[CorrectiveAction]:
    """What this person owns or helps with and has not done yet, the nearest date first."""
    where = [_worked_on(actor, sorted(NOT_DONE), size)]
    return list(session.scalars(_loaded(where).order_by(CorrectiveAction.due_at, CorrectiveAction.id).limit(size)))


def counts(session: Session, actor: Actor, at: datetime, lists: Iterable[Which] = tuple(Which)) -> dict[Which, int]:
    """How many each of these lists holds, up to a bound, in one statement."""
    wanted = {
        which: sa.select(sa.func.count()).select_from(
            sa.select(CorrectiveAction.id).where(seen(actor), *_narrowed(actor, at, which)).limit(BOUND + 1).subquery()
        )
        for which in lists
    }
    if not wanted:
        return {}
    row = session.execute(sa.select(*(one.scalar_subquery().label(which) for which, one in wanted.items()))).one()
    return dict(zip(wanted, row, strict=True))


def every(session: Session, actor: Actor, at: datetime, which: Which) -> Iterator[CorrectiveAction]:
    """All rows of a list, oldest first, page by page, so that memory stays flat."""
    after = 0
    while True:
        where = [seen(actor), *_narrowed(actor, at, which), CorrectiveAction.id > after]
        rows = list(session.scalars(_loaded(where).order_by(CorrectiveAction.id).limit(200)))
        yield from rows
        if not rows:
            return
        after = rows[-1].id


def find(session: Session, actor: Actor, number: str) -> CorrectiveAction | None:
    """One by its number, where this person may know of it."""
    where = [CorrectiveAction.number == number.strip().upper(), seen(actor)]
    return session.scalars(_loaded(where)).one_or_none()


def events_of(session: Session, action_id: int) -> list[CorrectiveEvent]:
    """What was done to it, oldest first."""
    mine = sa.select(CorrectiveEvent).where(CorrectiveEvent.action_id == action_id)
    return list(session.scalars(mine.options(joinedload(CorrectiveEvent.actor)).order_by(CorrectiveEvent.sequence)))


def workers_of(session: Session, action_id: int) -> frozenset[int]:
    """Whoever accepted, began, reported on or finished it at any time, also if it is somebody else's by now."""
    done = (
        CorrectiveEvent.action_id == action_id,
        CorrectiveEvent.kind.in_(WORKING),
        CorrectiveEvent.actor_id.is_not(None),
    )
    return frozenset(session.scalars(sa.select(CorrectiveEvent.actor_id).where(*done).distinct()))  # type: ignore[arg-type]


def files_of(session: Session, action_id: int) -> list[CorrectiveFile]:
    """Its files, oldest first."""
    mine = sa.select(CorrectiveFile).where(CorrectiveFile.action_id == action_id)
    return list(session.scalars(mine.options(joinedload(CorrectiveFile.by)).order_by(CorrectiveFile.id)))


def inspection_of(session: Session, one: CorrectiveAction) -> Inspection | None:
    """The inspection whose finding it puts right."""
    return None if one.inspection_id is None else session.get(Inspection, one.inspection_id)


def waiting(session: Session, actor: Actor, at: datetime) -> dict[Which, int]:
    """What waits for this person today, in one statement: dates missed by oneself, and by the department for who leads
    one; for who verifies, what others have done, and effects to look at. Nothing that waits is left out.
    """
    late = [*_narrowed(actor, at, Which.LATE), _answered_for(actor)]
    wanted = {Which.LATE: late}
    if may(actor, Permission.CORRECTIVE_VERIFY):
        others = [seen(actor), sa.not_(_works_on(actor))]
        wanted |= {one: [*others, *_narrowed(actor, at, one)] for one in (Which.TO_VERIFY, Which.EFFECT_DUE)}
    sums = [
        sa.select(sa.func.count())
        .select_from(sa.select(CorrectiveAction.id).where(*where).limit(BOUND).subquery())
        .scalar_subquery()
        for where in wanted.values()
    ]
    found = zip(wanted, session.execute(sa.select(*sums)).one(), strict=True)
    return {which: count for which, count in found if count}


def _answered_for(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.scope(Permission.CORRECTIVE_ASSIGN) is not Scope.DEPARTMENT:
        return _works_on(actor)
    return sa.or_(_works_on(actor), CorrectiveAction.department_id.in_(sorted(actor.departments)))


def lists_for(actor: Actor) -> tuple[Which, ...]:
    """The lists that a person watches over on the home page, besides the own: who assigns or verifies."""
    found = (Which.OPEN, Which.LATE) if any(may(actor, permission) for permission in KEEPERS) else ()
    return (*found, Which.TO_VERIFY, Which.EFFECT_DUE) if may(actor, Permission.CORRECTIVE_VERIFY) else found


def seen(actor: Actor) -> sa.ColumnElement[bool]:
    """Everybody sees the own ones; who assigns or verifies sees those of the department, or all.

    Not those of a complaint that this person inspects blind: owner and department would say whom it is about (R27); nor
    those from another inspection of a record that this person still has to score: they tell what was found there (R28).
    They are there again once the result is published.
    """
    scope = max((actor.scope(permission) for permission in KEEPERS), key=lambda one: one.width)
    if actor.is_system:
        return sa.true()
    own = sa.or_(_works_on(actor), CorrectiveAction.assigned_by_id == actor.staff_id)
    if scope is Scope.DEPARTMENT:
        return sa.or_(own, sa.and_(CorrectiveAction.department_id.in_(sorted(actor.departments)), _unveiled(actor)))
    return sa.or_(own, _unveiled(actor)) if scope is Scope.ALL else own


def _unveiled(actor: Actor) -> sa.ColumnElement[bool]:
    if not may(actor, Permission.INSPECTION_SCORE):
        return sa.true()
    complaint = CorrectiveAction.complaint_id
    found_elsewhere = sa.and_(CorrectiveAction.inspection_id.is_not(None), complaint.in_(to_score_complaints(actor)))
    return sa.or_(complaint.is_(None), sa.and_(complaint.not_in(blind_complaints(actor)), sa.not_(found_elsewhere)))


def seen_among(session: Session, actor: Actor, ids: list[int]) -> frozenset[int]:
    """Those of these ids of which this person may know."""
    if not ids:
        return frozenset()
    return frozenset(session.scalars(sa.select(CorrectiveAction.id).where(CorrectiveAction.id.in_(ids), seen(actor))))


def _works_on(actor: Actor) -> sa.ColumnElement[bool]:
    """Owner or helper."""
    return sa.or_(CorrectiveAction.owner_id == actor.staff_id, _helps(actor))


def _helps(actor: Actor) -> sa.ColumnElement[bool]:
    """The helpers stand as text such as ``[12, 15]``, the same in both databases."""
    helpers = sa.cast(CorrectiveAction.helper_ids, sa.String)
    me = str(actor.staff_id)
    return sa.or_(*(helpers.like(shape) for shape in (f"[{me}]", f"[{me}, %", f"%, {me}, %", f"%, {me}]")))


def _worked_on(actor: Actor, statuses: Sequence[CorrectiveStatus], first: int | None = None) -> sa.ColumnElement[bool]:
    """The same among those at these statuses, along two indexes: what a person owns, and what anybody helps with.

    ``first``: no more of each than this, the nearest date first.
    """
    ways = (
        (CorrectiveAction.owner_id == actor.staff_id,),
        (sa.text(HELPED), _helps(actor)),
    )
    found = []
    for way in ways:
        rows = sa.select(CorrectiveAction.id).where(*way, CorrectiveAction.status.in_(statuses)).correlate(None)
        if first is not None:
            rows = rows.order_by(CorrectiveAction.due_at, CorrectiveAction.id).limit(first)
        found.append(sa.select(rows.subquery().c.id))
    return CorrectiveAction.id.in_(sa.union_all(*found))


def _loaded(where: list[sa.ColumnElement[bool]]) -> sa.Select[tuple[CorrectiveAction]]:
    return (
        sa.select(CorrectiveAction)
        .where(*where)
        .options(joinedload(CorrectiveAction.owner), joinedload(CorrectiveAction.complaint))
    )


def _numbered(text: str) -> sa.ColumnElement[bool]:
    begin = text.strip().upper()
    complaints = sa.select(Complaint.id).where(Complaint.number.startswith(begin, autoescape=True))
    return sa.or_(
        CorrectiveAction.number.startswith(begin, autoescape=True), CorrectiveAction.complaint_id.in_(complaints)
    )


def _openable(session: Session, actor: Actor, rows: list[CorrectiveAction]) -> frozenset[int]:
    ids = {row.complaint_id for row in rows if row.complaint_id is not None}
    if not ids:
        return frozenset()
    open_to = sa.select(Complaint.id).where(Complaint.id.in_(ids), visible_each(actor))
    return frozenset(session.scalars(open_to))


def _narrowed(actor: Actor, at: datetime, which: Which) -> list[sa.ColumnElement[bool]]:
    not_done = CorrectiveAction.status.in_(sorted(NOT_DONE))
    verified = CorrectiveAction.status == CorrectiveStatus.VERIFIED
    return {
        Which.OPEN: [CorrectiveAction.status.in_(OPEN)],
        Which.LATE: [not_done, CorrectiveAction.due_at < at],
        Which.MINE: [_worked_on(actor, OPEN)],
        Which.TO_VERIFY: [CorrectiveAction.status == CorrectiveStatus.DONE],
        Which.EFFECT_DUE: [
            verified, CorrectiveAction.effect_checked_at.is_(None), CorrectiveAction.effect_due_at <= at,
        ],
        Which.ALL: [],
    }[which]  # fmt: skip
