"""The saved filters that somebody finds, the columns that they chose and what they begin with (R13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.models.office import Staff
from backoffice.models.saved_list import ListSetting, SavedList
from policies.access import Actor
from policies.saved_lists import SHOWN, Reach, columns_of, may_drop


@dataclass(frozen=True)
class Saved:
    """A saved filter as its reader finds it; ``mine``: they saved it; ``droppable``: they may throw it away."""

    id: int
    name: str
    code: str
    args: Mapping[str, str]
    sort: str
    columns: tuple[str, ...]
    reach: Reach
    mine: bool
    droppable: bool


@dataclass(frozen=True)
class Own:
    """What somebody keeps of lists. ``chosen``: their columns, empty where they chose none."""

    saved: tuple[Saved, ...]
    chosen: tuple[str, ...]
    default: Saved | None

    def find(self, saved_id: int | None) -> Saved | None:
        """One of those that they find."""
        return next((one for one in self.saved if one.id == saved_id), None)

    def columns(self, saved: Saved | None) -> tuple[str, ...]:
        """The columns of a list: those of the saved filter, else their own choice, else those of always."""
        return columns_of((saved.columns if saved else ()) or self.chosen)


def own(session: Session, actor: Actor, codes: frozenset[str]) -> Own:
    """What this person finds; ``codes``: the lists that they have at all."""
    department = actor.departments | ({actor.department_id} if actor.department_id is not None else set())
    shared = sa.or_(
        SavedList.reach == Reach.EVERYBODY,
        sa.and_(SavedList.reach == Reach.DEPARTMENT, SavedList.department_id.in_(sorted(department))),
    )
    maker = aliased(Staff)
    is_active = sa.exists().where(maker.id == SavedList.staff_id, maker.retired_at.is_(None))
    found = sa.or_(SavedList.staff_id == actor.staff_id, sa.and_(shared, is_active))
    statement = (
        sa.select(ListSetting.columns.label("chosen"), ListSetting.default_id, *SavedList.__table__.columns)
        .select_from(Staff)
        .outerjoin(ListSetting, ListSetting.staff_id == Staff.id)
        .outerjoin(SavedList, sa.and_(found, SavedList.code.in_(sorted(codes))))
        .where(Staff.id == actor.staff_id)
        .order_by(sa.case((SavedList.staff_id == actor.staff_id, 0), else_=1), SavedList.name, SavedList.id)
        .limit(SHOWN)
    )
    rows = session.execute(statement).all()
    saved = tuple(
        Saved(row.id, row.name, row.code, row.args, row.sort, tuple(row.columns), Reach(row.reach),
              row.staff_id == actor.staff_id, may_drop(actor, row.staff_id, Reach(row.reach)))
        for row in rows
        if row.id is not None
    )  # fmt: skip
    chosen = tuple(rows[0].chosen or ()) if rows else ()
    default = next((one for one in saved if rows and one.id == rows[0].default_id), None)
    return Own(saved, chosen, default)
