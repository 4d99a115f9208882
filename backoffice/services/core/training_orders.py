"""Coaching and training that something ordered become entries with a date (R34), followed like all that is due."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from backoffice.models.office import Staff
from backoffice.models.sampling import Coaching
from backoffice.models.training import TrainingOrder
from backoffice.queries.fitness import rules_of
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.training import entry_posts
from backoffice.services.core.work import Work
from policies.training import due_kind_of
from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_training import DueKind, DueSource, DueState


def order(
    work: Work,
    staff_id: int,
    kind: EffectKind,
    hours: Decimal | int | None,
    due: date,
    source: str,
    source_id: int | None,
    *,
    key: str | None = None,
    role: str | None = None,
) -> TrainingOrder:
    """What a sheet, an inspection or the like brings somebody in training: an open entry, due on a local day.

    ``source``: a code of ``ordered_by`` in the office's training. ``kind`` must be one that ``is_training`` of
    ``policies/training.py`` (``ValueError`` otherwise). With a ``key`` the same is never ordered twice: the row that
    is there comes back. While a retest is open, the person is fit for no post that needs the entry training; only the
    exam for the post ``role`` ends it or, where that has no exam, for the first of the person's posts that has one.
    """
    wanted = due_kind_of(kind)
    if key is not None:
        there = work.session.scalars(sa.select(TrainingOrder).where(TrainingOrder.key == key)).one_or_none()
        if there is not None:
            return there
    person = work.session.get_one(Staff, staff_id)
    row = TrainingOrder(
        staff_id=staff_id,
        department_id=person.department_id,
        kind=wanted,
        role_code=_post(work, staff_id, role) if wanted is DueKind.RETEST else None,
        hours=Decimal(0) if hours is None else Decimal(hours),
        due=due,
        source=DueSource(source),
        source_id=source_id,
        key=key,
        ordered_by_id=work.actor.staff_id,
        ordered_at=work.recorded_at,
    )
    work.session.add(row)
    work.session.flush()
    if wanted is DueKind.COACHING:
        _begin_coaching(work, row)
    return row


def call_off(work: Work, row: TrainingOrder) -> None:
    """It is asked for no more and counts nowhere; a coaching of it that is under way ends today."""
    row.state = DueState.CANCELLED
    today = work.at.astimezone(Rulebook(work.session).zone()).date()
    mine = sa.select(Coaching).where(
        Coaching.order_id == row.id, sa.or_(Coaching.until.is_(None), Coaching.until > today)
    )
    for coaching in work.session.scalars(mine):
        coaching.until = max(coaching.since, today)
    work.session.flush()


def _post(work: Work, staff_id: int, role: str | None) -> str | None:
    """The post whose exam is to be taken again; None for who has none that asks for an exam: any will do."""
    rules = rules_of(work.session)
    own = entry_posts(work.session, rules).get(staff_id, [])
    return role if role in rules.roles else next(iter(own), None)


def _begin_coaching(work: Work, row: TrainingOrder) -> None:
    """From today to its day, more of the person's records are drawn (R27); not twice at a time."""
    today = work.at.astimezone(Rulebook(work.session).zone()).date()
    until = max(row.due, today)
    taken = sa.select(Coaching.id).where(
        Coaching.staff_id == row.staff_id,
        Coaching.since <= until,
        sa.or_(Coaching.until.is_(None), Coaching.until >= today),
    )
    if work.session.scalar(taken.limit(1)) is None:
        made = Coaching(
            staff_id=row.staff_id,
            since=today,
            until=until,
            reason="",
            ordered_by_id=work.actor.staff_id,
            ordered_at=work.recorded_at,
            order_id=row.id,
        )
        work.session.add(made)
        work.session.flush()
