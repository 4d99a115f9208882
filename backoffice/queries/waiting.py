"""How many complaints and drafts wait in a person's lists, all in one statement: for the menu of every page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.queries import arrivals
from backoffice.queries.worklist import GLANCED, LISTS, Asking, AtAnyTime
from policies.access import Actor

DRAFTS = "drafts"
"""What came in by itself and is no complaint yet; all other codes are those of the work lists."""
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
    for code in codes:
        some = _some(asking, code, bound + 1).subquery()
        counts.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(code))
    return sa.select(*counts)


def _some(asking: Any, code: str, bound: int) -> sa.Select[Any]:
    if code == DRAFTS:
        return arrivals.some(asking.actor, bound)
    return sa.select(sa.literal(1)).select_from(Complaint).where(*LISTS[code].seen(asking, bound)).limit(bound)
