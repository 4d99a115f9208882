"""Corrective actions (R30): assigned by the form, and every act on one until its effect is confirmed.

An act is whole or not at all: status, words, files, its event, the complaint's history, and who is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection
from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction, CorrectiveFile
from backoffice.queries import corrective as queries
from backoffice.queries import eligible, recipients
from backoffice.queries.actor import load_actor, subject_of
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import corrective_files
from backoffice.services.core.access_log import log_access
from backoffice.services.core.corrective import (
    Origin,
    case_of,
    corrective_rules,
    note,
    note_in_history,
    open_action,
)
from backoffice.services.core.corrective_acts import WRITES, Held, tell_of
from backoffice.services.core.corrective_words import texts_of, write
from backoffice.services.core.training_follow import follow
from backoffice.services.core.work import Work
from policies.access import Permission, Scope, Subject, may, refuse_unless
from policies.corrective import OF_RECORD, refuse_new
from policies.corrective_course import (
    COURSE,
    Asker,
    CorrectiveAct,
    Facts,
    Offer,
    Rule,
    fields_of,
    offers,
    refuse_act,
    refuse_values,
)
from policies.message import Refusal

A = CorrectiveAct
FILE_OPENED = "corrective_file"
WORDS = ("text", "reason", "result", "evidence")
EVENTS: Mapping[CorrectiveAct, str] = {
    A.VERIFY: "corrective_verified",
    A.REJECT: "corrective_reopened",
    A.CAME_BACK: "corrective_reopened",
    A.CONFIRM_EFFECT: "corrective_effective",
    A.CANCEL: "corrective_cancelled",
}
"""Acts that stand in the history of the complaint too: what became of what it brought."""


# Assigning


def assign(work: Work, values: Mapping[str, Any]) -> CorrectiveAction:
    """One that somebody assigns by the form. Raises ``DomainError`` with everything that is missing or not theirs."""
    refusal = refuse_unless(work.actor, Permission.CORRECTIVE_ASSIGN)
    if refusal is not None:
        raise DomainError(refusal)
    rules = Rulebook(work.session)
    today = work.at.astimezone(rules.zone()).date()
    problems = list(refuse_new(values, corrective_rules(rules), today, owners_of(work)))
    found = _origin(work, values)
    problems += [found] if isinstance(found, Refusal) else []
    helpers = set(values.get("helpers") or ())
    if not helpers <= set(work.session.scalars(eligible.in_service())):
        problems.append(Refusal("corrective.refused.unknown_person", field="helpers", status=422))
    if problems or isinstance(found, Refusal):
        raise DomainError(tuple(problems))
    case = case_of(work, None if found.complaint is None else found.complaint.id)
    one = open_action(work, values, found, case)
    note_in_history(case, one, "corrective_opened")
    return one


def owners_of(work: Work) -> frozenset[int]:
    """To whom this person may assign one: everybody in service, or those of the departments that the grant reaches."""
    statement = eligible.in_service()
    if work.actor.scope(Permission.CORRECTIVE_ASSIGN) is not Scope.ALL:
        statement = statement.where(Staff.department_id.in_(sorted(work.actor.departments)))
    return frozenset(work.session.scalars(statement))


def _origin(work: Work, values: Mapping[str, Any]) -> Origin | Refusal:
    """The record that it comes from, as far as this person may see it; what is unseen is as if it were not there."""
    source, actor = str(values.get("source") or ""), work.actor
    record = OF_RECORD.get(source)
    if record == "inspection" and values.get("inspection"):
        number = str(values["inspection"]).strip().upper()
        found = work.session.scalars(sa.select(Inspection).where(Inspection.number == number)).one_or_none()
        if found is None or not _sees_inspection(work, found):
            return Refusal("corrective.refused.no_inspection", {"number": number}, "inspection", 422)
        return Origin(source, actor.staff_id, found.complaint, found.id)
    if values.get("complaint"):
        number = str(values["complaint"]).strip().upper()
        complaint = work.session.scalars(sa.select(Complaint).where(Complaint.number == number)).one_or_none()
        subject = None if complaint is None else subject_of(work.session, complaint.id)
        if complaint is None or not may(actor, Permission.COMPLAINT_VIEW, subject):
            return Refusal("corrective.refused.no_complaint", {"number": number}, "complaint", 422)
        return Origin(source, actor.staff_id, complaint)
    return Origin(source, actor.staff_id)


def _sees_inspection(work: Work, inspection: Inspection) -> bool:
    if inspection.published_at is None:
        return False
    departments = frozenset({inspection.department_id} if inspection.department_id else ())
    subject = Subject(departments=departments)
    wanted = (Permission.INSPECTION_SCORE, Permission.STATISTICS_VIEW)
    return any(may(work.actor, permission, subject) for permission in wanted)


# Looking


def look(work: Work, number: str) -> CorrectiveAction:
    """One by its number; 404 for what is not there or not this person's to know."""
    one = queries.find(work.session, work.actor, number)
    if one is None:
        raise DomainError(Refusal("corrective.refused.not_found", status=404))
    return one


def offers_on(work: Work, one: CorrectiveAction) -> tuple[Offer, ...]:
    """What this person may do to it now."""
    return offers(facts_of(work, one), asker_of(work, one), work.at)


def facts_of(work: Work, one: CorrectiveAction) -> Facts:
    """What the rules must know of it."""
    words = texts_of(work.keys, one)
    return Facts(
        status=one.status,
        owner=one.owner_id,
        due_on=one.due_on,
        verification=one.verification,
        helpers=frozenset(one.helper_ids),
        assigned_by=one.assigned_by_id,
        assigner_there=_still_assigns(work, one.assigned_by_id),
        asked_until=one.extension_until,
        extended=one.extended_at is not None,
        explained=bool(words["root_cause"].strip() and words["expected_effect"].strip()),
        effect_due_at=one.effect_due_at,
        effect_checked=one.effect_checked_at is not None,
        worked=queries.workers_of(work.session, one.id),
    )


def asker_of(work: Work, one: CorrectiveAction) -> Asker:
    """Who asks, and how far their permissions reach here."""
    people = {one.owner_id, *one.helper_ids, *([one.assigned_by_id] if one.assigned_by_id else [])}
    departments = frozenset({one.department_id} if one.department_id else ())
    subject = Subject(people=frozenset(people), departments=departments)
    return Asker(
        work.actor.staff_id,
        assigns=may(work.actor, Permission.CORRECTIVE_ASSIGN, subject),
        verifies=may(work.actor, Permission.CORRECTIVE_VERIFY, subject),
    )


def _still_assigns(work: Work, staff_id: int | None) -> bool:
    """Whether whoever assigned it is in service and may still assign."""
    actor = None if staff_id is None else load_actor(work.session, staff_id)
    return actor is not None and may(actor, Permission.CORRECTIVE_ASSIGN)


def open_file(work: Work, number: str, file_id: int) -> tuple[CorrectiveFile, str, bytes]:
    """A file with its name and content in clear; the look is logged first (R39)."""
    one = look(work, number)
    row = next((row for row in queries.files_of(work.session, one.id) if row.id == file_id), None)
    if row is None:
        raise DomainError(Refusal("complaint.refused.no_file", status=404))
    facts = {"file": row.sha256, "corrective_action": one.number}
    log_access(
        work.session, work.keys, work.actor, work.at, FILE_OPENED, facts,
        complaint_id=one.complaint_id, address=work.address,
    )  # fmt: skip
    return row, corrective_files.name_of(work, one, row), corrective_files.content_of(work, one, row)


# Acting


def act(
    work: Work,
    number: str,
    action: CorrectiveAct,
    values: Mapping[str, Any],
    *,
    uploads: tuple[Upload, ...] = (),
    revision: int | None = None,
) -> CorrectiveAction:
    """One act; raises ``DomainError`` with every reason why not. ``revision`` is the one that the person saw."""
    held = _hold(work, number)
    one, rule = held.one, COURSE[action]
    if revision is not None and revision != one.revision:
        raise DomainError(Refusal("corrective.refused.changed_meanwhile"))
    facts = facts_of(work, one)
    refusal = refuse_act(action, facts, asker_of(work, one), work.at)
    if refusal is not None:
        raise DomainError(refusal)
    entered = _entered(rule, facts, values, uploads)
    problems = tuple(refuse_values(action, facts, entered, held.today, _in_service(work, entered)))
    if problems:
        raise DomainError(problems)
    kept = [corrective_files.keep(work, one, upload) for upload in uploads if "file" in entered]
    before = (one.owner_id, tuple(one.helper_ids))
    clear = WRITES[action](held, entered) if action in WRITES else {}
    if rule.target is not None:
        one.status = rule.target
    one.revision += 1
    write(work.keys, one)  # what an earlier program wrote under the office's key comes under the complaint's
    words = {name: str(entered.get(name) or "") for name in WORDS}
    note(work, one, action, {"status": one.status, **clear}, words, [row.id for row in kept])
    if action in EVENTS:
        note_in_history(held.case, one, EVENTS[action])
    tell_of(held, action, before, _answerers(work, one))
    follow(work, one)
    work.session.flush()
    return one


def _hold(work: Work, number: str) -> Held:
    """Lock the complaint's chain first, then the row: whoever came second sees what the first has done."""
    one = look(work, number)
    case = case_of(work, one.complaint_id)
    statement = sa.select(CorrectiveAction).where(CorrectiveAction.id == one.id).with_for_update(of=CorrectiveAction)
    locked = work.session.scalars(statement.execution_options(populate_existing=True)).one()
    return Held(work, locked, case, Rulebook(work.session))


def _entered(rule: Rule, facts: Facts, values: Mapping[str, Any], uploads: Collection[Upload]) -> dict[str, Any]:
    """What belongs to this act of what was entered."""
    required, optional = fields_of(rule, facts)
    found = {name: values[name] for name in (*required, *optional) if values.get(name) not in (None, "")}
    if uploads and "file" in (*required, *optional):
        found["file"] = [upload.name for upload in uploads]
    return found


def _in_service(work: Work, entered: Mapping[str, Any]) -> frozenset[int] | None:
    """Who may be named: everybody in service; a new owner only among those to whom this person may assign."""
    if "owner" in entered:
        return owners_of(work)
    return frozenset(work.session.scalars(eligible.in_service())) if "helpers" in entered else None


def _answerers(work: Work, one: CorrectiveAction) -> tuple[int, ...]:
    """Who agrees to more time: whoever assigned it; where a rule did, or they have left, the complaints managers."""
    there = _still_assigns(work, one.assigned_by_id)
    if one.assigned_by_id is not None and there and one.assigned_by_id != one.owner_id:
        return (one.assigned_by_id,)
    managers = recipients.of_roles(work.session, [recipients.MANAGER])
    return tuple(person for person in managers if person != one.owner_id)
