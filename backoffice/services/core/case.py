"""A complaint opened for a command: its chain locked first, its sealed parts at hand."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint, ComplaintDepartment, ComplaintPerson
from backoffice.models.history import ChainHead
from backoffice.queries.inspections import blind_among
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import CaseSeal
from backoffice.services.core.work import Work
from policies.access import Permission, Subject, refuse_unless
from policies.message import Refusal
from policies.vocabulary import CaseFunction, ComplaintStatus

LOADED = ("people", "departments", "record", "rules")


class Case:
    """One complaint inside one unit of work. ``head`` is locked until the commit, so that commands follow
    one another.
    """

    def __init__(self, work: Work, complaint: Complaint, head: ChainHead) -> None:
        self.work = work
        self.complaint = complaint
        self.head = head
        self.seal = CaseSeal(work.keys, complaint.sealed_key, complaint.number)

    @cached_property
    def rules(self) -> Rulebook:
        """The office's rules as they stand; whether they changed is asked once for all that is done here."""
        return Rulebook(self.work.session)

    @cached_property
    def record(self) -> dict[str, Any]:
        """The intake record in clear; empty once erased."""
        return dict(self.seal.open_json(self.complaint.sealed_record, "record") or {})

    @cached_property
    def people(self) -> list[ComplaintPerson]:
        """Everybody who has or had a function on the complaint."""
        statement = sa.select(ComplaintPerson).where(ComplaintPerson.complaint_id == self.complaint.id)
        return list(self.work.session.scalars(statement))

    @cached_property
    def departments(self) -> list[ComplaintDepartment]:
        """Departments to which the complaint belongs or belonged."""
        statement = sa.select(ComplaintDepartment).where(ComplaintDepartment.complaint_id == self.complaint.id)
        return list(self.work.session.scalars(statement))

    def take_over(self, other: Case) -> None:
        """Share what another view of the same complaint has loaded and opened already."""
        self.__dict__.update({name: other.__dict__[name] for name in LOADED if name in other.__dict__})

    @property
    def subject(self) -> Subject:
        """What the access table must know of this complaint."""
        return Subject(
            people=frozenset(person.staff_id for person in self.people),
            departments=frozenset(row.department_id for row in self.departments),
            confidential=self.complaint.confidential,
            untaken=self.complaint.open and self.complaint.registered_by_id is None,
        )

    def with_function(self, *functions: CaseFunction) -> frozenset[int]:
        """Ids of the staff who have or had one of these functions."""
        return frozenset(person.staff_id for person in self.people if person.function in functions)

    def involve(self, staff_id: int | None, function: CaseFunction) -> None:
        """Note a person's function; once is enough."""
        if staff_id is None or any(p.staff_id == staff_id and p.function is function for p in self.people):
            return
        person = ComplaintPerson(
            complaint_id=self.complaint.id, staff_id=staff_id, function=function, since=self.work.at,
            current=self.is_current,
        )  # fmt: skip
        self.work.session.add(person)
        self.people.append(person)

    def involve_department(self, department_id: int | None) -> None:
        """Note that the complaint belongs to a department from now on."""
        if department_id is None or any(row.department_id == department_id for row in self.departments):
            return
        row = ComplaintDepartment(
            complaint_id=self.complaint.id, department_id=department_id, since=self.work.at, current=self.is_current
        )
        self.work.session.add(row)
        self.departments.append(row)

    @property
    def is_current(self) -> bool:
        """Whether it is not archived yet."""
        return self.complaint.status is not ComplaintStatus.ARCHIVED

    def keep_current(self) -> None:
        """Let its people and departments find it among what is worked on as long as it is."""
        for person in self.people:
            person.current = self.is_current
        for row in self.departments:
            row.current = self.is_current

    def refuse_unless(self, permission: Permission) -> None:
        """Raise unless the actor holds the permission for this complaint."""
        refusal = refuse_unless(self.work.actor, permission, self.subject)
        if refusal is not None:
            raise DomainError(refusal)


def open_case(work: Work, complaint_id: int) -> Case:
    """Lock the chain's head, then load the complaint as it is now; 404 for what is not there or not visible."""
    return _open(work, complaint_id, lock=True)


def look_at(work: Work, complaint_id: int, *, veiled: bool = False) -> Case:
    """The same for a page that only shows: nothing is locked, and nothing may be changed through it.

    ``veiled``: the page asks ``is_blind_to`` itself and then shows it without names.
    """
    return _open(work, complaint_id, lock=False, veiled=veiled)


def id_of(session: Session, number: str) -> int:
    """The id of a complaint by its number; 404 when there is none."""
    found = session.scalar(sa.select(Complaint.id).where(Complaint.number == number.strip().upper()))
    if found is None:
        raise DomainError(Refusal("complaint.refused.not_found", status=404))
    return found


def _open(work: Work, complaint_id: int, *, lock: bool, veiled: bool = False) -> Case:
    statement = sa.select(ChainHead).where(ChainHead.complaint_id == complaint_id)
    head = work.session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    complaint = work.session.get(Complaint, complaint_id, populate_existing=True) if head else None
    if head is None or complaint is None:
        raise DomainError(Refusal("complaint.refused.not_found", status=404))
    case = Case(work, complaint, head)
    if not work.actor.is_system and refuse_unless(work.actor, Permission.COMPLAINT_VIEW, case.subject):
        raise DomainError(Refusal("complaint.refused.not_found", status=404))
    if not veiled and is_blind_to(work, complaint_id):
        raise DomainError(Refusal("inspection.refused.blind", status=403))
    return case


def is_blind_to(work: Work, complaint_id: int) -> bool:
    """Whether this reader is to judge it blind (R28) and so sees it on the page for that alone, without names."""
    return bool(blind_among(work.session, work.actor, [complaint_id]))


def refuse_outdated(case: Case, revision: int | None) -> None:
    """Raise when somebody else changed the complaint since the person looked at it."""
    if revision is not None and revision != case.complaint.revision:
        raise DomainError(Refusal("complaint.refused.changed_meanwhile"))
