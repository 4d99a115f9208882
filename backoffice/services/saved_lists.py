"""Save, share and drop filters, choose columns and what to begin with (R13). It concerns how lists are shown and no
complaint: nothing is told to a chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.saved_list import ListSetting, SavedList
from policies import saved_lists as rules
from policies.access import Actor
from policies.message import Refusal
from policies.saved_lists import Reach


@dataclass(frozen=True)
class Wish:
    """What is to be saved: a list by its code, its filters without words looked for, its order and columns."""

    name: str
    code: str
    args: Mapping[str, str]
    sort: str
    columns: tuple[str, ...]
    reach: Reach | None


def save(session: Session, actor: Actor, at: datetime, wish: Wish) -> SavedList:
    """Keep a filter; one of the same name is replaced. Raises ``DomainError`` with what is wrong."""
    name = " ".join(wish.name.split())
    mine = sa.select(SavedList).where(SavedList.staff_id == actor.staff_id)
    known = session.scalars(mine.where(SavedList.name == name)).one_or_none()
    kept = sa.select(sa.func.count()).select_from(SavedList).where(SavedList.staff_id == actor.staff_id)
    others = (session.scalar(kept) or 0) - (known is not None)
    refusals = rules.refuse(actor, name, wish.reach, others)
    if refusals:
        raise DomainError(refusals)
    values = {
        "code": wish.code, "args": dict(wish.args), "sort": wish.sort, "saved_at": at, "columns": list(wish.columns),
        "reach": str(wish.reach), "department_id": actor.department_id if wish.reach is Reach.DEPARTMENT else None,
    }  # fmt: skip
    if known is None:
        row = SavedList(staff_id=actor.staff_id, name=name, **values)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # the same came at the same moment
            known = session.scalars(mine.where(SavedList.name == name)).one()
        else:
            return row
    for field, value in values.items():
        setattr(known, field, value)
    session.flush()
    return known


def drop(session: Session, actor: Actor, saved_id: int) -> None:
    """Throw away what one saved oneself, or what is shared and one looks after; raises ``DomainError`` (404) for what
    is another's or not there.
    """
    row = session.get(SavedList, saved_id)
    if row is None or not rules.may_drop(actor, row.staff_id, Reach(row.reach)):
        raise DomainError(Refusal("saved_lists.refused.gone", status=404))
    session.execute(sa.update(ListSetting).where(ListSetting.default_id == saved_id).values(default_id=None))
    session.delete(row)


def begin_with(session: Session, actor: Actor, saved_id: int | None) -> None:
    """Begin with a saved filter that one finds, which the caller has looked at; None for none."""
    _setting(session, actor).default_id = saved_id


def choose_columns(session: Session, actor: Actor, wanted: Iterable[str]) -> tuple[str, ...]:
    """Have these columns shown; none of them gives those of always again."""
    row, chosen = _setting(session, actor), rules.columns_of(wanted)
    row.columns = [] if chosen == rules.ALWAYS else list(chosen)
    return chosen


def _setting(session: Session, actor: Actor) -> ListSetting:
    row = session.get(ListSetting, actor.staff_id)
    if row is not None:
        return row
    row = ListSetting(staff_id=actor.staff_id, columns=[])
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # the same came at the same moment
        return session.get_one(ListSetting, actor.staff_id)
    return row
