"""What all contributions have in common: their columns, whose they are, what leaves them out, how a clock ended (R31).

A contribution is one row of an indicator: what one complaint, clock, order, call or inspection adds to the numerator
and the denominator of somebody. Figures are whole hundredths, as they are stored, so that SQL adds them up exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement

from backoffice.models.base import UtcDateTime
from backoffice.models.complaint import ClockRow, Complaint, ComplaintPerson
from backoffice.models.configuration import Channel
from backoffice.models.office import Staff
from backoffice.queries.indicators.window import Window
from policies.vocabulary import CaseFunction, ClockCode, Fault, Outcome
from policies.vocabulary_appraisal import LeftOut, SubjectKind

ONE = 100  # one, in hundredths
INTERNAL = "internal"  # the kind of channel by which the office itself finds something
ESTABLISHED = (
    Outcome.RESOLVED,
    Outcome.FIRST_CONTACT_RESOLVED,
    Outcome.CLOSED_UNSATISFIED,
    Outcome.CLOSED_UNREACHABLE,
)
"""``established_rule`` of ``office/appraisal.yaml``."""

Condition = sa.ColumnElement[bool]
Value = Any
Exclusion = tuple[LeftOut, Condition]


def contribution(
    level: SubjectKind,
    *,
    staff: Value,
    department: Value,
    unit: tuple[str, Value],
    complaint: Value,
    at: Value,
    numerator: Value,
    denominator: Value = ONE,
    sample: Value = 1,
    left_out: Sequence[Exclusion] = (),
) -> list[sa.Label[Any]]:
    """The columns of a contribution. ``numerator`` and ``denominator`` in hundredths (of seconds, for hours);
    ``sample``: how many it counts for the minimum; ``left_out``: why it may not count, the first that holds is said.
    """
    subject = staff if level is SubjectKind.PERSON else department
    kind, key = unit
    return [
        _typed(subject, sa.BigInteger()).label("subject_id"),
        _typed(department, sa.BigInteger()).label("department_id"),
        (_text(f"{kind}:") + sa.cast(key, sa.String())).label("unit"),
        _typed(complaint, sa.BigInteger()).label("complaint_id"),
        sa.type_coerce(at, UtcDateTime()).label("at"),
        _typed(numerator, sa.BigInteger()).label("numerator"),
        _typed(denominator, sa.BigInteger()).label("denominator"),
        _typed(sample, sa.BigInteger()).label("sample"),
        _first_of(left_out).label("left_out"),
    ]


def _typed(value: Value, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """A column as it is, a plain value as a literal of this type (PostgreSQL must know that of a NULL)."""
    if value is None:
        return sa.cast(sa.null(), kind)
    if isinstance(value, int):
        return sa.literal_column(str(value), kind)
    return sa.type_coerce(value, kind)


def _first_of(reasons: Sequence[Exclusion]) -> sa.ColumnElement[str | None]:
    if not reasons:
        return sa.cast(sa.null(), sa.String())
    return sa.case(*((condition, _text(reason.value)) for reason, condition in reasons), else_=sa.null())


def _text(word: str) -> sa.ColumnElement[str]:
    """A word of ours in the statement itself."""
    return sa.literal_column(f"'{word}'", sa.String())


def within(column: Any, window: Window) -> Condition:
    """Whether a moment lies in the window; the first moment does, the last does not."""
    return sa.and_(column >= window.since, column < window.until)


def raw(column: Any) -> sa.ColumnElement[int]:
    """The whole hundredths in which an amount is stored."""
    return sa.type_coerce(column, sa.BigInteger)


def counted(condition: Condition) -> sa.ColumnElement[int]:
    """One where a condition holds, nothing where it does not or is unknown; in hundredths."""
    return sa.case((condition, sa.literal_column(str(ONE), sa.BigInteger)), else_=sa.literal_column("0", sa.BigInteger))


# What leaves a complaint out

EXCLUDED: dict[LeftOut, Condition] = {
    LeftOut.NOT_ESTABLISHED: Complaint.outcome == Outcome.NOT_ESTABLISHED,
    LeftOut.MERGED: Complaint.outcome == Outcome.MERGED,
    LeftOut.WITHDRAWN: Complaint.outcome == Outcome.WITHDRAWN,
    LeftOut.REFERRED_OUT: Complaint.outcome == Outcome.REFERRED_OUT,
    LeftOut.CUSTOMER_FAULT: Complaint.fault == Fault.CUSTOMER_FAULT,
    LeftOut.UNREASONABLE: Complaint.fault == Fault.UNREASONABLE,
    LeftOut.UNREACHABLE: Complaint.outcome == Outcome.CLOSED_UNREACHABLE,
    # Notices of known faults (R8) leave nothing out of the figures yet: a complaint keeps counting beside its notice.
    LeftOut.KNOWN_FAULT_LINKED: sa.false(),
    LeftOut.NO_SCORE: Complaint.satisfaction.is_(None),
    LeftOut.INTERNAL_DISCOVERY: Complaint.channel_id.in_(sa.select(Channel.id).where(Channel.kind == INTERNAL)),
}
"""The office's exclusions as conditions on ``Complaint``. A delay of entry in an outage needs none: original times
count."""

NOT_ESTABLISHED = (LeftOut.NOT_ESTABLISHED, LeftOut.MERGED, LeftOut.WITHDRAWN, LeftOut.REFERRED_OUT)


def excluded(*reasons: LeftOut) -> list[Exclusion]:
    """These exclusions in their order."""
    return [(reason, EXCLUDED[reason]) for reason in reasons if EXCLUDED[reason] is not sa.false()]


STILL_OPEN: Exclusion = (LeftOut.STILL_OPEN, Complaint.outcome.is_(None))

TAKEN_OVER: Condition = sa.and_(
    Complaint.source.is_not(None),
    Complaint.archived_at == Complaint.closed_at,
    Complaint.resolved_at == Complaint.closed_at,
)
"""Closed where it came from, before it was brought in: nobody here kept its clocks or called back (R1)."""


# Whose it is


def owner(complaint: Any = Complaint) -> sa.ColumnElement[int | None]:
    """Who answers for a complaint: the owner of its order; without an order whoever solved it, else who registered."""
    solver = (
        sa.select(ComplaintPerson.staff_id)
        .where(ComplaintPerson.complaint_id == complaint.id, ComplaintPerson.function == CaseFunction.OWNER)
        .order_by(ComplaintPerson.since.desc(), ComplaintPerson.staff_id.desc())
        .limit(1)
        .correlate(complaint)
        .scalar_subquery()
    )
    return sa.case(
        (complaint.department_id.is_not(None), complaint.owner_id),
        else_=sa.func.coalesce(solver, complaint.registered_by_id),
    )


def responsible(complaint: Any = Complaint) -> sa.ColumnElement[int | None]:
    """The department that was responsible for a complaint; without an order the one that registered it."""
    return sa.func.coalesce(complaint.department_id, complaint.registered_department_id)


def department_of(staff: Any) -> sa.ColumnElement[int | None]:
    """The department that a member of staff belongs to."""
    person = aliased(Staff)
    return sa.select(person.department_id).where(person.id == staff).scalar_subquery()


# How a clock ended


def clock_of(code: ClockCode) -> Any:
    """A clock that a complaint has once, to be joined by ``clock_joined``."""
    return aliased(ClockRow, name=f"clock_{code.value}")


def clock_joined(clock: Any, code: ClockCode) -> Condition:
    """By what a complaint's only clock of this code is joined; read from one index."""
    return sa.and_(clock.complaint_id == Complaint.id, clock.code == code.value, clock.occurrence == 1)


def judged(clock: Any, window: Window) -> list[Exclusion]:
    """When a clock says nothing: it was never kept, it fell away in time, or it runs and may still be met."""
    return [
        (LeftOut.NOT_MEASURED, clock.id.is_(None)),
        (LeftOut.FELL_AWAY, sa.and_(clock.met.is_(None), clock.stopped_at.is_not(None))),
        (LeftOut.NOT_YET, sa.and_(clock.stopped_at.is_(None), clock.due_at >= window.computed_at)),
    ]


# What the two databases say differently


class seconds_between(FunctionElement[int]):  # noqa: N801 (used like a function)
    """Whole seconds from the first moment to the second."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"(CAST(strftime('%s', {end}) AS INTEGER) - CAST(strftime('%s', {start}) AS INTEGER))"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"floor(extract(epoch from {end} - {start}))::bigint"
