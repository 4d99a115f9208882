"""Who is fit for which post, as SQL (R34): the same answer as ``policies/fitness.py``, for whole lists of people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Setting
from backoffice.models.office import Role, Staff
from backoffice.models.training import Qualification, TrainingOrder
from policies.fitness import EntryRules, Held, read_rules
from policies.training import SETTING
from policies.vocabulary_training import DueKind, DueState


def rules_of(session: Session) -> EntryRules:
    """The office's demands as they stand now."""
    return read_rules(session.scalar(sa.select(Setting.value).where(Setting.key == SETTING)))


def setting() -> sa.ScalarSelect[Any]:
    """The setting itself, to be read beside something else in one statement."""
    return sa.select(Setting.value).where(Setting.key == SETTING).scalar_subquery()


def is_fit(on: date) -> sa.ColumnElement[bool]:
    """Whether the person of ``Staff`` is fit for the post of ``Role`` on a day, by what is on file."""
    own = Qualification.staff_id == Staff.id
    on_file = sa.exists().where(own).correlate(Staff)
    valid = sa.exists().where(
        own,
        Qualification.role_code == Role.code,
        Qualification.from_day <= on,
        Qualification.until_day >= on,
        sa.or_(Qualification.ended_on.is_(None), Qualification.ended_on > on),
    )
    recognised = sa.and_(Staff.fit_for_post.is_(True), ~on_file)
    return sa.and_(~retest_open(), sa.or_(valid.correlate(Staff, Role), recognised))


def retest_open() -> sa.ColumnElement[bool]:
    """Whether the person of ``Staff`` has to take an exam again."""
    return (
        sa.exists()
        .where(
            TrainingOrder.staff_id == Staff.id,
            TrainingOrder.kind == DueKind.RETEST,
            TrainingOrder.state == DueState.OPEN,
        )
        .correlate(Staff)
    )


def held(session: Session, staff_ids: Iterable[int]) -> dict[int, list[Held]]:
    """The qualifications on file of these people."""
    rows = session.scalars(
        sa.select(Qualification)
        .where(Qualification.staff_id.in_(sorted(set(staff_ids))))
        .order_by(Qualification.from_day, Qualification.id)
    )
    found: dict[int, list[Held]] = {}
    for row in rows:
        found.setdefault(row.staff_id, []).append(Held(row.role_code, row.from_day, row.until_day, row.ended_on))
    return found
