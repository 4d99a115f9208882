"""Training that a corrective action brings (R30, R34): entries that follow its people, its date and its end.

Called whenever one is opened or acted on; doing it again changes nothing. What was attended stays attended.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.inspection import Inspection
from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.models.training import TrainingOrder
from backoffice.services.core import training_orders
from backoffice.services.core.work import Work
from policies.corrective_course import NOT_DONE
from policies.training_corrective import Asked, Brought, brought_by
from policies.vocabulary_teamwork import CorrectiveStatus
from policies.vocabulary_training import DueState

FOLLOWED = NOT_DONE | {CorrectiveStatus.CANCELLED}


def follow(work: Work, one: CorrectiveAction) -> None:
    """Bring the entries in step: new people get theirs, who is out of it is let go, the date is the action's.

    A reopened one asks for the training anew. What is done or verified is left alone.
    """
    if one.status not in FOLLOWED:
        return
    brought = brought_by(_asked(work, one))
    people = set() if brought is None else _in_service(work, brought)
    waiting = set()
    for row in entries_of(work.session, one):
        if row.state is not DueState.OPEN:
            continue
        if row.staff_id in people:
            row.due = one.due_on
            waiting.add(row.staff_id)
        else:
            training_orders.call_off(work, row)
    if brought is not None:
        for staff_id in sorted(people - waiting):
            _order(work, one, brought, staff_id)
    work.session.flush()


def _order(work: Work, one: CorrectiveAction, brought: Brought, staff_id: int) -> None:
    source_id = one.id if one.inspection_id is None else one.inspection_id
    key = f"{_key(one)}{one.reopened}:{staff_id}"
    training_orders.order(work, staff_id, brought.kind, None, one.due_on, brought.source.value, source_id, key=key)


def entries_of(session: Session, one: CorrectiveAction) -> list[TrainingOrder]:
    """The entries that it brought, the oldest first."""
    mine = sa.select(TrainingOrder).where(TrainingOrder.key.startswith(_key(one), autoescape=True))
    options = (joinedload(TrainingOrder.staff), joinedload(TrainingOrder.course))
    return list(session.scalars(mine.options(*options).order_by(TrainingOrder.id)))


def _key(one: CorrectiveAction) -> str:
    return f"corrective:{one.id}:"


def _asked(work: Work, one: CorrectiveAction) -> Asked:
    inspected = None
    if one.inspection_id is not None:
        inspected = work.session.scalar(sa.select(Inspection.subject_id).where(Inspection.id == one.inspection_id))
    return Asked(one.type, one.source, one.status, one.owner_id, tuple(one.helper_ids), inspected)


def _in_service(work: Work, brought: Brought) -> set[int]:
    there = sa.select(Staff.id).where(Staff.id.in_(brought.people), Staff.retired_at.is_(None))
    return set(work.session.scalars(there))
