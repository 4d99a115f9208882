"""How many complaints wait in a person's lists, all in one statement: for the menu that stands on every page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.queries.worklist import GLANCED, LISTS, Asking, AtAnyTime
from policies.access import Actor

KEPT = 256  # statements, one a person with what they may


def waiting(
    reading: Connection | Session, asking: Asking, codes: Iterable[str], bound: int = GLANCED
) -> dict[str, int]:
    """How many rows each of these lists holds for who asks; ``bound + 1`` stands for "more than bound"."""
    wanted = tuple(dict.fromkeys(codes))
    if not wanted:
        return {}
    moments = {"at": asking.at, "end_of_today": asking.end_of_today}
    row = reading.execute(_statement(asking.actor, wanted, bound), moments).one()
    return dict(zip(wanted, row, strict=True))


@lru_cache(maxsize=KEPT)
def _statement(actor: Actor, codes: tuple[str, ...], bound: int) -> sa.Select[Any]:
    asking: Any = AtAnyTime(actor)
    counts = []
    for one in (LISTS[code] for code in codes):
        rows = sa.select(sa.literal(1)).select_from(Complaint).where(*one.seen(asking, bound + 1))
        some = rows.limit(bound + 1).subquery()
        counts.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(one.code))
    return sa.select(*counts)
