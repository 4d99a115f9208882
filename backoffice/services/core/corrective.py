"""Corrective actions (R30): opened with owner and date from whatever found them, noted, and told to whom they concern.

Whatever opens one goes through ``open_action``: the acts of a complaint, an inspection, the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.history import ChainHead
from backoffice.models.office import Department, Staff
from backoffice.models.teamwork import CorrectiveAction, CorrectiveEvent
from backoffice.office import document
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import history, numbering
from backoffice.services.core.case import Case
from backoffice.services.core.corrective_words import sealed, texts_of, write
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.training_follow import follow
from backoffice.services.core.work import Work
from policies.calendar import WorkingCalendar, moment
from policies.corrective import CorrectiveRules, parse_corrective
from policies.masked_text import mask_text
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus

__all__ = ["texts_of"]
TEMPLATE = "corrective_notice"
GIVEN = ("title", "root_cause", "expected_effect", "finding", "reference")
FROM_COMPLAINT, FROM_REVIEW, FROM_INSPECTION, FROM_APPEAL = "complaint", "post_review", "inspection", "appeal"
"""Sources of the office's list that belong to a record."""


@dataclass(frozen=True)
class Origin:
    """Where a corrective action comes from. ``assigned_by``: None where a rule opens it."""

    source: str
    assigned_by: int | None
    complaint: Complaint | None = None
    inspection_id: int | None = None
    item: str | None = None


def corrective_rules(rules: Rulebook) -> CorrectiveRules:
    """The office's kinds of corrective actions; those of the default office while it has none of its own."""
    name = "corrective_actions"
    return rules.keep("corrective", lambda: parse_corrective(rules.document(name) or document(name)))


def open_actions(case: Case, rows: Sequence[Mapping[str, Any]], source: str) -> list[CorrectiveAction]:
    """One corrective action for each row of an act on a complaint; the act itself stands in the complaint's history."""
    origin = Origin(source, case.work.actor.staff_id, case.complaint)
    return [open_action(case.work, row, origin, case) for row in rows]


def open_action(work: Work, row: Mapping[str, Any], origin: Origin, case: Case | None = None) -> CorrectiveAction:
    """One corrective action, numbered, dated and told to its owner. ``row``: what was entered, checked before."""
    rules = Rulebook(work.session)
    known, calendar = corrective_rules(rules), rules.calendar()
    today = work.at.astimezone(rules.zone()).date()
    level = CorrectiveLevel(str(row.get("level") or CorrectiveLevel.NORMAL.value))
    kind = known.types[str(row["type"])]
    due_on = row.get("due_on") or default_due(calendar, today, known.working_days(kind.code, level))
    owner = work.session.get_one(Staff, int(row["owner"]))
    one = CorrectiveAction(
        number=_number(work.session, today),
        complaint_id=None if origin.complaint is None else origin.complaint.id,
        complaint=origin.complaint,
        source=origin.source,
        inspection_id=origin.inspection_id,
        item=origin.item,
        type=kind.code,
        level=level,
        status=CorrectiveStatus.ASSIGNED,
        verification=kind.verification,
        department_id=owner.department_id,
        owner_id=owner.id,
        owner=owner,
        helper_ids=[int(one) for one in row.get("helpers") or ()],
        assigned_by_id=origin.assigned_by,
        assigned_at=work.at,
        due_on=due_on,
        due_at=closing(calendar, due_on),
        first_due_on=due_on,
        reopened=0,
        told=[],
        revision=0,
        sealed=b"",
    )
    write(work.keys, one, **{name: str(row.get(name) or "") for name in GIVEN})
    work.session.add(one)
    work.session.flush()
    note(work, one, "open", {"source": one.source, **one.facts})
    tell(work, one, TEMPLATE, [one.owner_id], case=case)
    follow(work, one)
    return one


def note(
    work: Work,
    one: CorrectiveAction,
    kind: str,
    facts: Mapping[str, object] | None = None,
    words: Mapping[str, str] | None = None,
    files: Sequence[int] = (),
) -> CorrectiveEvent:
    """Write down what was done to it; ``words`` are sealed."""
    newest = sa.select(sa.func.max(CorrectiveEvent.sequence)).where(CorrectiveEvent.action_id == one.id)
    sequence = (work.session.scalar(newest) or 0) + 1
    written = {name: text for name, text in (words or {}).items() if text}
    event = CorrectiveEvent(
        action_id=one.id,
        sequence=sequence,
        at=work.at,
        actor_id=work.actor.staff_id,
        kind=kind,
        facts=dict(facts or {}),
        files=list(files),
        sealed=sealed(work.keys, one, written, f"event:{sequence}") if written else None,
    )
    work.session.add(event)
    work.session.flush()
    return event


def case_of(work: Work, complaint_id: int | None) -> Case | None:
    """The complaint of one, its chain locked first: whoever owns it need not be able to open the complaint."""
    if complaint_id is None:
        return None
    statement = sa.select(ChainHead).where(ChainHead.complaint_id == complaint_id).with_for_update()
    head = work.session.scalars(statement).one()
    return Case(work, work.session.get_one(Complaint, complaint_id), head)


def note_in_history(case: Case | None, one: CorrectiveAction, event: str) -> None:
    """An event of the complaint's own history: codes, ids and days alone, no words of people.

    What comes after the archiving stands with the corrective action alone: what is archived never changes (R22).
    """
    if case is not None and case.complaint.archived_at is None:
        history.record(case, event, {**one.facts, "status": one.status})


def tell(
    work: Work,
    one: CorrectiveAction,
    template: str,
    people: Iterable[int],
    *,
    case: Case | None = None,
    key: str = "",
    until: date | None = None,
) -> None:
    """Tell people of it, once for each state of it; the title is masked, since it leaves the page (R39)."""
    rules = Rulebook(work.session)
    open_case = None if case is None or case.seal.erased else case
    names = [] if open_case is None else [str(open_case.record.get("customer_name") or "")]
    title = mask_text(texts_of(work.keys, one)["title"], [name for name in names if name]) or one.number

    def places(language: str) -> Mapping[str, str]:
        style = Style(rules, language)
        due = one.due_at if until is None else closing(rules.calendar(), until)
        return {
            "action_title": title,
            "action_number": one.number,
            "due_time": style.moment(due),
            "staff_name": style.name(one.owner),
            "office_name": style.name(rules.office()),
        }

    stamp = key or f"{one.revision}:{one.due_on.isoformat()}"
    tell_staff(work, template, people, places, case=open_case, key=f"{template}:{one.id}:{stamp}")


def nearest_head(session: Session, department_id: int | None, without: int | None) -> int | None:
    """The head of a department, or of the nearest one above it, who is not this person."""
    seen: set[int] = set()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        head = next(iter(recipients.head_of(session, department_id)), None)
        if head is not None and head != without:
            return head
        department_id = session.scalar(sa.select(Department.parent_id).where(Department.id == department_id))
    return None


def default_due(calendar: WorkingCalendar, today: date, working_days: int) -> date:
    """The day that many working days from today."""
    point, _year = calendar.closing_after_date(today, working_days)
    return calendar.date_of_closing(moment(point))


def closing(calendar: WorkingCalendar, day: date) -> datetime:
    """The closing time of a day, or of the working day after it."""
    found = calendar.closing_of(day)
    return found if found is not None else moment(calendar.closing_after_date(day, 1)[0])


def _number(session: Session, today: date) -> str:
    slot = f"{today:%Y}"
    return f"CA{slot}-{numbering.next_value(session, 'corrective', slot):04d}"
