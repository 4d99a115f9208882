"""One corrective action (R30): what is to be put right, how far it is, what can be done now, and whether it helped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import render_template
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.office import Department, Staff
from backoffice.models.teamwork import CorrectiveAction, CorrectiveEvent
from backoffice.queries import corrective as queries
from backoffice.queries.appeals import overturned
from backoffice.queries.corrective_effect import effect_of
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.scope import visible
from backoffice.reports.pdf import printing_available
from backoffice.services import corrective as service
from backoffice.services.core.corrective import corrective_rules, texts_of
from backoffice.services.core.corrective_files import name_of
from backoffice.services.core.corrective_words import opened, veiled
from backoffice.services.core.training_follow import entries_of
from backoffice.services.core.work import Work
from policies.access import Permission
from policies.message import Name
from policies.training_reach import may_read
from policies.vocabulary_teamwork import CorrectiveStatus
from views import context
from views.case.looking import work_in
from views.corrective.room import blueprint, kind_of, source_of
from views.filters import due_badge
from views.guard import signed_in
from views.training.room import look_of, order_name

KILOBYTE = 1024
LATE = frozenset({"told_due", "told_overdue", "reject", "came_back"})
KEY = frozenset({"open", "finish", "verify", "confirm_effect", "cancel"})


@dataclass(frozen=True)
class Happened:
    """One thing that was done to it."""

    at: datetime
    kind: str
    who: Name | None
    words: tuple[tuple[str, str], ...]
    due_on: str
    files: int
    mark: str


@dataclass(frozen=True)
class FileLine:
    """One file; its name is veiled like any text."""

    id: int
    name: str
    size_kb: int
    sha256: str
    at: datetime
    by: Name | None


@blueprint.get("/corrective-actions/<number>")
@signed_in
def show(number: str) -> Any:
    """One corrective action, for whoever may know of it."""
    with context.reading() as session:
        work = work_in(session)
        one = service.look(work, number)
        rules, keys = corrective_rules(Rulebook(session)), context.desk().keys
        words = {name: veiled(keys, one, text) for name, text in texts_of(keys, one).items()}
        people = _people(session, one)
        inspection = queries.inspection_of(session, one)
        stopped = one.done_at or one.cancelled_at
        return render_template(
            "corrective/show.html",
            one=one,
            words=words,
            title=words["title"] or one.number,
            kind=kind_of(rules, one),
            source=source_of(rules, one),
            verification=rules.verifications.get(one.verification),
            department=session.get(Department, one.department_id) if one.department_id else None,
            people=people,
            opens=_opens(session, work, one),
            inspection=inspection,
            overturned=overturned(session, one.inspection_id, one.item),
            badge=due_badge(one.due_at, stopped_at=stopped, dropped=one.status is CorrectiveStatus.CANCELLED),
            offers=service.offers_on(work, one),
            events=[_happened(keys, one, event) for event in reversed(queries.events_of(session, one.id))],
            files=[_file(work, one, row) for row in queries.files_of(session, one.id)],
            training=_training(session, work, one),
            effect=effect_of(session, one) if one.done_at is not None else None,
            unavailable=printing_available(),
        )


@dataclass(frozen=True)
class Entry:
    """Training that it brought somebody, as far as the reader may know of it."""

    id: int
    who: Name
    what: Name
    due: date
    mark: tuple[str, str]


def _training(session: Session, work: Work, one: CorrectiveAction) -> list[Entry]:
    return [
        Entry(row.id, Name(row.staff.name_zh, row.staff.name_en), order_name(row), row.due, look_of(row))
        for row in entries_of(session, one)
        if may_read(work.actor, row.staff_id, row.staff.department_id)
    ]


def _people(session: Session, one: CorrectiveAction) -> dict[int, Name]:
    """Everybody who is named, by id."""
    ids = {one.owner_id, one.assigned_by_id, one.verified_by_id, one.effect_checked_by_id, *one.helper_ids} - {None}
    rows = session.scalars(sa.select(Staff).where(Staff.id.in_(sorted(one for one in ids if one is not None))))
    return {row.id: Name(row.name_zh, row.name_en) for row in rows}


def _opens(session: Session, work: Work, one: CorrectiveAction) -> bool:
    if one.complaint_id is None:
        return False
    seen = sa.select(Complaint.id).where(
        Complaint.id == one.complaint_id, visible(work.actor, Permission.COMPLAINT_VIEW)
    )
    return session.scalar(seen) is not None


def _happened(keys: Keys, one: CorrectiveAction, event: CorrectiveEvent) -> Happened:
    written = opened(keys, one, event.sealed, f"event:{event.sequence}")
    return Happened(
        at=event.at,
        kind=event.kind,
        who=None if event.actor is None else Name(event.actor.name_zh, event.actor.name_en),
        words=tuple((name, veiled(keys, one, str(text))) for name, text in written.items()),
        due_on=str(event.facts.get("until") or event.facts.get("due_on") or ""),
        files=len(event.files),
        mark="alarm" if event.kind in LATE else "key" if event.kind in KEY else "",
    )


def _file(work: Work, one: CorrectiveAction, row: Any) -> FileLine:
    name = veiled(work.keys, one, name_of(work, one, row))
    by = None if row.by is None else Name(row.by.name_zh, row.by.name_en)
    return FileLine(row.id, name or row.sha256[:16], max(1, row.size // KILOBYTE), row.sha256, row.at, by)
