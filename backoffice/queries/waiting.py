"""How many complaints wait in a person's lists, all in one statement: for the menu that stands on every page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.base import UtcDateTime
from backoffice.models.complaint import Complaint
from backoffice.queries.scope import visible
from backoffice.queries.worklist import LISTS, Asking
from policies.access import Actor, Permission

KEPT = 256  # statements, one a person with what they may


def waiting(session: Session, asking: Asking, codes: Iterable[str], bound: int = 999) -> dict[str, int]:
    """How many rows each of these lists holds for who asks; ``bound + 1`` stands for "more than bound"."""
    wanted = tuple(codes)
    if not wanted:
        return {}
    statement = _statement(_Who(asking.actor), wanted, bound)
    moments = {"at": asking.at, "end_of_today": asking.end_of_today}
    return dict(session.execute(statement, moments).mappings().one())


class _Who:
    """A person with all that they may, so that two requests of the same person with the same rights are equal."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._key = (actor.staff_id, actor.departments, actor.roles, frozenset(actor.grants.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Who) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


class _AtAnyTime:
    """Who asks, with places for the moments instead of moments: making this statement costs more than running it."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.at: Any = sa.bindparam("at", type_=UtcDateTime)
        self.end_of_today: Any = sa.bindparam("end_of_today", type_=UtcDateTime)


@lru_cache(maxsize=KEPT)
def _statement(who: _Who, codes: tuple[str, ...], bound: int) -> sa.Select[Any]:
    asking: Any = _AtAnyTime(who.actor)
    counts = []
    for one in (LISTS[code] for code in codes):
        seen = visible(asking.actor, Permission.COMPLAINT_VIEW, current=one.current)
        rows = sa.select(sa.literal(1)).select_from(Complaint).where(seen, one.condition(asking))
        some = rows.limit(bound + 1).subquery()
        counts.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(one.code))
    return sa.select(*counts)
