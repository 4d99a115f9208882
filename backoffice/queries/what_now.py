"""What of appraisal and training waits for one person (R33, R34): the conditions of the lists, and how many there are.

The home page counts by the same conditions by which the lists behind its counts are narrowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalAppeal, AppraisalPeriod, AppraisalSheet
from backoffice.models.office import Department, Role, Staff, StaffRole
from backoffice.models.training import TrainingOrder
from backoffice.queries.appraisal_reach import is_own, seen
from backoffice.queries.eligible import sheet_checkers
from policies.access import Actor, Permission, Scope, may
from policies.appraisal_course import SheetAct
from policies.training import month_end
from policies.training_reach import departments_read
from policies.vocabulary_appraisal import PeriodState, SheetStatus
from policies.vocabulary_training import DueState

Condition = sa.ColumnElement[bool]
P = Permission
HEAD = "department_head"


# Sheets


def _reached(actor: Actor, permission: Permission) -> Condition:
    """Sheets of the departments that a permission reaches."""
    scope = actor.scope(permission)
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.DEPARTMENT:
        return AppraisalSheet.department_id.in_(sorted(actor.departments))
    return sa.false()


def _is_senior(actor: Actor) -> bool:
    return actor.scope(P.SHEET_APPROVE) is Scope.ALL


def _not_own(actor: Actor) -> Condition:
    """Neither the person's own sheet nor that of a department which they head."""
    headed = sa.select(Department.id).where(Department.head_id == actor.staff_id)
    of_others = sa.or_(AppraisalSheet.staff_id.is_not(None), AppraisalSheet.department_id.not_in(headed))
    return sa.and_(AppraisalSheet.staff_id.is_distinct_from(actor.staff_id), of_others)


def _of_checker() -> Condition:
    """Sheets of people who check sheets, and of the departments that they head."""
    checkers = sheet_checkers()
    headed = sa.select(Department.id).where(Department.head_id.in_(checkers))
    of_department = sa.and_(AppraisalSheet.staff_id.is_(None), AppraisalSheet.department_id.in_(headed))
    return sa.or_(AppraisalSheet.staff_id.in_(checkers), of_department)


def _of_head() -> Condition:
    """Departments' sheets, and those of heads."""
    role = (
        sa.select(StaffRole.staff_id)
        .join(Role, Role.id == StaffRole.role_id)
        .where(Role.code == HEAD, Role.retired_at.is_(None))
    )
    heads = sa.select(Department.head_id).where(Department.head_id.is_not(None))
    of_person = sa.or_(AppraisalSheet.staff_id.in_(role), AppraisalSheet.staff_id.in_(heads))
    return sa.or_(AppraisalSheet.staff_id.is_(None), of_person)


def _checked_by(actor: Actor) -> Condition:
    reached = _reached(actor, P.SHEET_CHECK)
    return sa.or_(reached, _of_checker()) if _is_senior(actor) else reached


def _to_check(actor: Actor) -> Condition:
    return sa.and_(AppraisalSheet.status == SheetStatus.COMPUTED, _checked_by(actor), _not_own(actor))


def _to_publish(actor: Actor) -> Condition:
    return sa.and_(AppraisalSheet.status == SheetStatus.CHECKED, _checked_by(actor))


def _to_approve(actor: Actor) -> Condition:
    checked_by_other = AppraisalSheet.checked_by_id.is_distinct_from(actor.staff_id)
    mine = sa.and_(
        AppraisalSheet.status == SheetStatus.ACKNOWLEDGED, _reached(actor, P.SHEET_APPROVE), _not_own(actor),
        checked_by_other,
    )  # fmt: skip
    return mine if _is_senior(actor) else sa.and_(mine, sa.not_(_of_head()))


WAITS: Mapping[SheetAct, Callable[[Actor], Condition]] = {
    SheetAct.CHECK: _to_check,
    SheetAct.PUBLISH: _to_publish,
    SheetAct.APPROVE: _to_approve,
}
"""The acts that a list of a month can be narrowed to."""


def waits_for(actor: Actor, act: SheetAct) -> Condition:
    """Sheets that wait for this person to do something to them, among those that they may open."""
    return sa.and_(seen(actor), WAITS[act](actor))


def sheets_waiting(session: Session, actor: Actor) -> dict[SheetAct, list[tuple[str, int]]]:
    """Act → months, the newest first, with how many sheets wait; in one statement, in none for who may do nothing."""
    if not any(actor.scope(one).width >= Scope.DEPARTMENT.width for one in (P.SHEET_CHECK, P.SHEET_APPROVE)):
        return {}
    counts = [sa.func.count(sa.case((WAITS[act](actor), 1))).label(act.value) for act in WAITS]
    rows = session.execute(
        sa.select(AppraisalPeriod.month, *counts)
        .join(AppraisalSheet, AppraisalSheet.period_id == AppraisalPeriod.id)
        .where(AppraisalPeriod.state != PeriodState.LOCKED, seen(actor))
        .group_by(AppraisalPeriod.month)
        .order_by(AppraisalPeriod.month.desc())
    ).all()
    return {act: [(row.month, n) for row in rows if (n := getattr(row, act.value))] for act in WAITS}


def to_acknowledge(session: Session, actor: Actor) -> int:
    """Published sheets that this person answers for and has not said anything to."""
    mine = (is_own(actor), AppraisalSheet.status == SheetStatus.PUBLISHED, AppraisalSheet.body != "")
    return session.scalar(sa.select(sa.func.count()).select_from(AppraisalSheet).where(*mine)) or 0


def to_compute(session: Session, actor: Actor, last_month: str) -> str | None:
    """The month that is over and that this person may have computed, while nobody has."""
    if not may(actor, P.SHEET_COMPUTE):
        return None
    there = sa.select(AppraisalPeriod.computed_at).where(AppraisalPeriod.month == last_month)
    return last_month if session.scalar(there) is None else None


# Appeals


def appeals_for(actor: Actor) -> Condition:
    """Objections (joined with their sheets) that this person decides, or for which a senior manager names who does."""
    appeal = AppraisalAppeal
    waits = sa.and_(appeal.decided_at.is_(None), AppraisalSheet.status == SheetStatus.APPEALED)
    unnamed = appeal.decider_id.is_(None)
    found: list[Condition] = []
    if may(actor, P.APPEAL_DECIDE):
        foreign = sa.and_(appeal.by_id != actor.staff_id, _not_own(actor))
        usual = sa.and_(unnamed, appeal.against_check.is_(False), _reached(actor, P.SHEET_CHECK))
        found.append(sa.and_(foreign, sa.or_(appeal.decider_id == actor.staff_id, usual)))
    if _is_senior(actor):
        found.append(sa.and_(unnamed, sa.or_(appeal.against_check.is_(True), _of_checker())))
    return sa.and_(waits, sa.or_(sa.false(), *found))


def to_decide(session: Session, actor: Actor) -> int:
    """How many objections wait for this person."""
    if not may(actor, P.APPEAL_DECIDE) and not _is_senior(actor):
        return 0
    statement = (
        sa.select(sa.func.count())
        .select_from(AppraisalAppeal)
        .join(AppraisalSheet, AppraisalSheet.id == AppraisalAppeal.sheet_id)
        .where(appeals_for(actor), seen(actor))
    )
    return session.scalar(statement) or 0


# Training


@dataclass(frozen=True)
class Due:
    """Open entries of training: one's own up to a day, of them past their day; all that are past it within reach."""

    own: int
    own_late: int
    late: int


def training_due(session: Session, actor: Actor, today: date) -> Due:
    """What is due by the end of the month, in one statement; ``today``: the local day."""
    order, reach = TrainingOrder, departments_read(actor)
    own = sa.and_(order.staff_id == actor.staff_id, order.due <= month_end(today))
    late = order.due < today
    reached = sa.true() if reach is None else Staff.department_id.in_(sorted(reach))
    row = session.execute(
        sa.select(
            sa.func.count(sa.case((own, 1))),
            sa.func.count(sa.case((sa.and_(own, late), 1))),
            sa.func.count(sa.case((sa.and_(reached, late), 1))),
        )
        .select_from(order)
        .join(Staff, Staff.id == order.staff_id)
        .where(order.state == DueState.OPEN, sa.or_(own, late))
    ).one()
    return Due(*row)
