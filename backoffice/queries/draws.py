"""Draws as their pages show them (R27): the list, one of them, its result page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.configuration import Category, Channel
from backoffice.models.inspection import Inspection, InspectionEvent
from backoffice.models.office import Department, Staff
from backoffice.models.sampling import Draw
from policies.access import Actor, Permission, may
from policies.inspection import leads
from policies.message import Name, Refusal
from policies.sampling_stop import refuse_cancelling
from policies.vocabulary_inspection import DrawState, InspectionStatus

PAGE = 30
RESULT_PAGE = 50
UNPUBLISHED = tuple(one for one in InspectionStatus if one.is_to_score or one is InspectionStatus.SCORED)


def listed(session: Session, page: int) -> tuple[list[Draw], bool]:
    """A page of draws, the newest first, and whether there are older ones."""
    rows = session.scalars(
        sa.select(Draw)
        .options(joinedload(Draw.plan), joinedload(Draw.by))
        .order_by(Draw.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    return list(rows[:PAGE]), len(rows) > PAGE


def one(session: Session, draw_id: int) -> Draw | None:
    """A draw with its plan and who drew it."""
    return session.scalars(
        sa.select(Draw)
        .where(Draw.id == draw_id)
        .options(joinedload(Draw.plan), joinedload(Draw.by), joinedload(Draw.cancelled_by))
    ).one_or_none()


def is_blind_for(session: Session, actor: Actor, draw: Draw) -> bool:
    """Whether this reader must not learn whom a blind draw is about: as long as one of its inspections is theirs and
    not yet published, and before it is known who gets what. What nobody has yet may still come to any inspector but
    who leads them and gives it out.
    """
    if not draw.blind or not may(actor, Permission.INSPECTION_SCORE):
        return False
    if draw.state is DrawState.FROZEN:
        return True
    theirs = Inspection.inspector_id == actor.staff_id
    mine = sa.select(Inspection.id).where(
        Inspection.draw_id == draw.id,
        theirs if leads(actor) else sa.or_(theirs, Inspection.inspector_id.is_(None)),
        Inspection.status.in_(UNPUBLISHED),
    )
    return session.scalar(mine.limit(1)) is not None


def refuse_cancel(session: Session, draw: Draw) -> Refusal | None:
    """Why a draw cannot be cancelled now, or None."""
    stands = session.execute(
        sa.select(Inspection.status, sa.func.count()).where(Inspection.draw_id == draw.id).group_by(Inspection.status)
    )
    return refuse_cancelling(draw.state, [(status, count) for status, count in stands])


def second_count(session: Session, draw: Draw) -> int:
    """How many of a draw's records are scored a second time by its plan."""
    mine = sa.select(sa.func.count()).where(Inspection.draw_id == draw.id, Inspection.position == 0)
    return session.scalar(mine) or 0


def result(session: Session, draw: Draw, page: int) -> tuple[list[Inspection], bool]:
    """A page of what was drawn, in the order of the result, and whether there is more."""
    rows = session.scalars(
        sa.select(Inspection)
        .where(Inspection.draw_id == draw.id)
        .options(joinedload(Inspection.inspector), joinedload(Inspection.complaint))
        .order_by(Inspection.position == 0, Inspection.position, Inspection.sort_key, Inspection.id)
        .offset((page - 1) * RESULT_PAGE)
        .limit(RESULT_PAGE + 1)
    ).all()
    return list(rows[:RESULT_PAGE]), len(rows) > RESULT_PAGE


def hindrances(session: Session, rows: Iterable[Inspection]) -> dict[int, dict[str, int]]:
    """Of inspections that nobody has: how many inspectors were held off by what, when it was drawn."""
    wanted = [row.id for row in rows if row.inspector_id is None]
    if not wanted:
        return {}
    events = session.execute(
        sa.select(InspectionEvent.inspection_id, InspectionEvent.facts).where(
            InspectionEvent.inspection_id.in_(wanted), InspectionEvent.sequence == 1
        )
    )
    return {row: dict(facts.get("hindered") or {}) for row, facts in events}


_MODELS: dict[str, Any] = {
    "handler": Staff, "intake_clerk": Staff, "speaker": Staff, "person": Staff, "inspector": Staff,
    "department": Department, "category": Category, "channel": Channel,
    "handlers": Staff, "departments": Department, "categories": Category, "channels": Channel,
}  # fmt: skip


def names(session: Session, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Name]:
    """The names of codes, each with what it is a code of (a dimension of strata, or a filter); one question a table.

    Closed sets, and what is not there any more, have none here.
    """
    found: dict[tuple[str, str], Name] = {}
    for model in {_MODELS[kind] for kind, _code in wanted if kind in _MODELS}:
        codes = sorted({code for kind, code in wanted if _MODELS.get(kind) is model})
        rows = session.execute(sa.select(model.code, model.name_zh, model.name_en).where(model.code.in_(codes)))
        named = {row.code: Name(row.name_zh, row.name_en) for row in rows}
        found |= {(kind, code): named[code] for kind, code in wanted if _MODELS.get(kind) is model and code in named}
    return found


def choices(session: Session) -> dict[str, list[tuple[str, Name]]]:
    """What a person may narrow a population down to, by codes: departments, channels, handlers; categories apart."""

    def of(model: Any, order: Any) -> list[tuple[str, Name]]:
        rows = session.execute(
            sa.select(model.code, model.name_zh, model.name_en).where(model.retired_at.is_(None)).order_by(order)
        )
        return [(row.code, Name(row.name_zh, row.name_en)) for row in rows]

    return {
        "departments": of(Department, Department.id),
        "channels": of(Channel, Channel.position),
        "handlers": of(Staff, Staff.code),
    }


def categories(session: Session) -> list[tuple[str, Name, int]]:
    """The tree in its order: code, name, level."""
    rows = session.execute(
        sa.select(Category.code, Category.path, Category.level, Category.name_zh, Category.name_en).where(
            Category.retired_at.is_(None)
        )
    ).all()
    ordered = sorted(rows, key=lambda row: [int(part) for part in row.path.strip("/").split("/")])
    return [(row.code, Name(row.name_zh, row.name_en), row.level) for row in ordered]
