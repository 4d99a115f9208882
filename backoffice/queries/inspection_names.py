"""Names beside the figures of inspections: departments, staff, cards with their items, plans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category
from backoffice.models.inspection import Scorecard
from backoffice.models.office import Department, Staff
from backoffice.models.sampling import SamplingPlan
from policies.card import parse_card
from policies.message import Name
from policies.vocabulary import VersionState

FORCED = (VersionState.EFFECTIVE, VersionState.RETIRED)
"""Versions that were in force at some time: inspections may rest on them."""


@dataclass(frozen=True)
class CardItem:
    """An item of a scorecard as figures name it; ``group`` is the section it stands in."""

    code: str
    name: Name
    group: Name
    fatal: bool


def department_names(session: Session, ids: Iterable[int | None]) -> dict[int, Name]:
    """Id → name, in the office's order."""
    return _names(session, Department, ids)


def staff_names(session: Session, ids: Iterable[int | None]) -> dict[int, Name]:
    """Id → name."""
    return _names(session, Staff, ids)


def category_names(session: Session, ids: Iterable[int | None]) -> dict[int, Name]:
    """Id → name."""
    return _names(session, Category, ids)


def _names(session: Session, model: Any, ids: Iterable[int | None]) -> dict[int, Name]:
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    columns = sa.select(model.id, model.name_zh, model.name_en).where(model.id.in_(wanted)).order_by(model.id)
    return {row.id: Name(row.name_zh, row.name_en) for row in session.execute(columns)}


def card_names(session: Session) -> dict[str, Name]:
    """Code of a scorecard → its name in the newest version that was ever in force."""
    return _newest(session, Scorecard)


def plan_names(session: Session) -> dict[str, Name]:
    """Code of a sampling plan → its name in the newest version that was ever in force."""
    return _newest(session, SamplingPlan)


def _newest(session: Session, model: Any) -> dict[str, Name]:
    columns = sa.select(model.code, model.name_zh, model.name_en)
    rows = session.execute(columns.where(model.state.in_(FORCED)).order_by(model.version, model.id))
    return {row.code: Name(row.name_zh, row.name_en) for row in rows}


def card_items(session: Session, code: str) -> list[CardItem]:
    """The items of a scorecard, those of its newest version first and in its order, then those of older ones alone."""
    rows = session.scalars(
        sa.select(Scorecard.definition)
        .where(Scorecard.code == code, Scorecard.state.in_(FORCED))
        .order_by(Scorecard.version.desc())
    )
    found: dict[str, CardItem] = {}
    for definition in rows:
        card = parse_card(definition)
        for item in card.items:
            found.setdefault(item.code, CardItem(item.code, item.name, card.group(item.group).name, item.fatal))
    return list(found.values())
