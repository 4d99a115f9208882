"""Kinds of complaints for tests of access: whose they are, without playing their life."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint, ComplaintDepartment, ComplaintPerson
from backoffice.models.configuration import Category, Channel, ProcessVersion, SlaPolicy
from backoffice.models.office import Department, Staff
from policies.vocabulary import CaseFunction, ComplaintStatus, Level, Priority, Severity


def staff(session: Session, code: str) -> Staff:
    """A member of the sample staff."""
    return session.scalars(sa.select(Staff).where(Staff.code == code)).one()


def department(session: Session, code: str) -> Department:
    """A department of the default office."""
    return session.scalars(sa.select(Department).where(Department.code == code)).one()


def complaint(
    session: Session,
    number: str,
    at: datetime,
    *,
    people: tuple[tuple[str, CaseFunction], ...] = (),
    departments: tuple[str, ...] = (),
    confidential: bool = False,
    untaken: bool = False,
) -> Complaint:
    """A bare complaint on which these members of staff have these functions and which belongs to these departments.

    Unless it is ``untaken``, S001 entered it (without a function on it, so that the given people are all).
    """
    row = Complaint(
        number=number,
        channel_id=session.scalars(sa.select(Channel.id)).first(),
        category_id=session.scalars(sa.select(Category.id)).first(),
        severity=Severity.GENERAL,
        urgency=Level.LOW,
        impact=Level.LOW,
        priority=Priority.LOW,
        process_id=session.scalars(sa.select(ProcessVersion.id)).first(),
        sla_id=session.scalars(sa.select(SlaPolicy.id)).first(),
        step="investigate",
        status=ComplaintStatus.INVESTIGATING,
        received_at=at,
        registered_at=at,
        completeness=Decimal(100),
        confidential=confidential,
        registered_by_id=None if untaken else staff(session, "S001").id,
    )
    session.add(row)
    session.flush()
    for code, function in people:
        person = staff(session, code)
        session.add(ComplaintPerson(complaint_id=row.id, staff_id=person.id, function=function, since=at))
    for code in departments:
        belongs = department(session, code)
        session.add(ComplaintDepartment(complaint_id=row.id, department_id=belongs.id, since=at))
    session.flush()
    return row
