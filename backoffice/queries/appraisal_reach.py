"""Whose appraisal sheets a person may read and take along (R33, R39): the own ones, the department's, or all."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalAppeal, AppraisalSheet
from backoffice.models.office import Department
from policies.access import Actor, Permission, Scope
from policies.appraisal_course import SHOWN_TO_SUBJECT

READERS = (
    Permission.SHEET_VIEW, Permission.SHEET_COMPUTE, Permission.SHEET_CHECK, Permission.SHEET_APPROVE,
)  # fmt: skip
"""Any of them opens the sheets of others, as far as it reaches."""
WORDED = (Permission.SHEET_CHECK, Permission.SHEET_APPROVE)
"""Whoever checks or approves reads what was written on the way; payroll reads figures and what they bring."""
SHOWN = sorted(SHOWN_TO_SUBJECT)
"""What nobody has published yet is not shown to the person whom it is about."""
Condition = sa.ColumnElement[bool]


def departments_read(actor: Actor) -> frozenset[int] | None:
    """The departments whose sheets this person may read; None: all of them."""
    return _widest(actor, READERS)


def departments_exported(actor: Actor) -> frozenset[int] | None:
    """The departments whose sheets this person may take along as a list: those read, within what may be exported."""
    read, taken = _widest(actor, READERS), _widest(actor, (Permission.DATA_EXPORT,))
    if read is None or taken is None:
        return taken if read is None else read
    return read & taken


def departments_worded(actor: Actor) -> frozenset[int] | None:
    """The departments in whose sheets this person reads what people wrote, None: all; names may stand in it (R39)."""
    return _widest(actor, WORDED)


def reads_words(actor: Actor, department_id: int | None, *people: int | None) -> bool:
    """Whether this person reads the texts of a sheet, line or appeal: whoever decides there, and these people."""
    reach = departments_worded(actor)
    return actor.staff_id in people or reach is None or department_id in reach


def _widest(actor: Actor, permissions: Sequence[Permission]) -> frozenset[int] | None:
    scopes = {actor.scope(one) for one in permissions}
    if Scope.ALL in scopes:
        return None
    return frozenset(actor.departments) if Scope.DEPARTMENT in scopes else frozenset()


def of_departments(actor: Actor, reach: frozenset[int] | None) -> Condition:
    """Reckoned sheets of these departments and of their people, None: of all; the reader's own ones once published."""
    mine = sa.and_(AppraisalSheet.staff_id == actor.staff_id, AppraisalSheet.status.not_in(SHOWN))
    reckoned = sa.and_(AppraisalSheet.body != "", sa.or_(AppraisalSheet.staff_id.is_(None), sa.not_(mine)))
    if reach is None:
        return reckoned
    return sa.and_(reckoned, AppraisalSheet.department_id.in_(sorted(reach)))


def seen(actor: Actor) -> Condition:
    """A condition on ``AppraisalSheet``: those that this person may open and print; the own ones once published, and
    none that is not reckoned yet. Every list and every page carries it.
    """
    own = sa.and_(is_own(actor), AppraisalSheet.status.in_(SHOWN))
    foreign = AppraisalSheet.staff_id.is_distinct_from(actor.staff_id)
    decides = sa.select(AppraisalAppeal.sheet_id).where(AppraisalAppeal.decider_id == actor.staff_id)
    others = sa.and_(foreign, of_departments(actor, departments_read(actor)))
    return sa.and_(AppraisalSheet.body != "", sa.or_(own, others, AppraisalSheet.id.in_(decides)))


def is_own(actor: Actor) -> Condition:
    """The person's own sheet, or that of a department which they head."""
    headed = sa.select(Department.id).where(Department.head_id == actor.staff_id)
    of_department = sa.and_(AppraisalSheet.staff_id.is_(None), AppraisalSheet.department_id.in_(headed))
    return sa.or_(AppraisalSheet.staff_id == actor.staff_id, of_department)
