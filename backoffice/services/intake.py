"""Register a complaint (R1–R3): the one way in, for the form, the import and every later door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel, ProcessVersion, SlaPolicy
from backoffice.models.office import Office
from backoffice.models.paper import ReservedNumber
from backoffice.queries.customer import as_earlier, earlier_complaints
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import CaseSeal, new_case_key
from backoffice.services.core import attachments, clocks, history, numbering, same_customer, script_ways
from backoffice.services.core.alarm import alarm
from backoffice.services.core.case import Case, open_case
from backoffice.services.core.ground import Ground
from backoffice.services.core.intake_record import (
    Registration,
    brief_of,
    checked_record,
    completeness_of,
    index,
    record_of,
)
from backoffice.services.core.once import one_at_a_time
from backoffice.services.core.script_ways import Answered
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.grading import PriorityMatrix, SeverityFacts, refuse_severity, suggest_severity
from policies.intake import refuse_record, repeat_of
from policies.message import Refusal
from policies.numbering import NumberPattern
from policies.process import status_of
from policies.vocabulary import CaseFunction, ClockEvent, Priority, Severity

__all__ = ["Registration", "completeness_of", "register", "registered_before"]


def register(
    work: Work,
    registration: Registration,
    by: Permission = Permission.COMPLAINT_REGISTER,
    ground: Ground | None = None,
) -> Case:
    """Create a complaint with number, clocks, chain, search words; returns it open for further acts of the same work.

    Raises ``DomainError`` with every refusal at once. A ``submission`` seen before gives the complaint that it made.
    ``by``: what of came in by itself is completed by those who may take it over, hence by another permission.
    ``ground``: what it is checked against, where several are registered in one transaction.
    """
    refusal = refuse_unless(work.actor, by)
    if refusal is not None:
        raise DomainError(refusal)
    again = registered_before(work, registration)
    if again is not None:
        return again
    registration = same_customer.taken_over(work, registration)
    ground = ground or Ground(work.session)
    channel, category = _references(ground, registration)
    refusals = refuse_record(checked_record(registration, channel), work.recorded_at)
    if refusals:
        raise DomainError(refusals)
    script = script_ways.answered(work, ground.rules, registration.script, registration.category, registration.texts)
    if script is not None:  # an element that was handed in stands before what the script would fill in
        registration = replace(registration, elements={**script.elements, **registration.elements})
    case = _create(work, ground, registration, channel, category)
    if script is not None:
        script_ways.keep(case, script)
    for upload in registration.uploads:
        attachments.keep(case, upload)
    clocks.raise_events(case, [ClockEvent.RECEIVED], at=registration.received_at, is_new=True)
    if registration.reserved:
        _use_number(case)
    _record_event(case, registration, script)
    if case.complaint.severity is Severity.MAJOR and "closed_at" not in registration.told:  # nothing is left to do
        alarm(case)
    work.session.flush()
    return case


def registered_before(work: Work, registration: Registration) -> Case | None:
    """The complaint that this very form made before; raises where it was somebody else's."""
    if registration.submission is None:
        return None
    one_at_a_time(work.session, registration.submission)
    known = work.session.scalars(sa.select(Complaint).where(Complaint.submission == registration.submission)).first()
    if known is None:
        return None
    if known.registered_by_id != work.actor.staff_id:
        raise DomainError(Refusal("complaint.refused.submission_taken"))
    return open_case(work, known.id)


def _references(ground: Ground, registration: Registration) -> tuple[Channel, Category]:
    refusals = []
    channel, category = ground.channel(registration.channel), ground.category(registration.category)
    if channel is None or channel.retired_at is not None:
        refusals.append(Refusal("complaint.refused.channel", field="channel", status=422))
    if category is None or category.retired_at is not None or category.level != 3:
        refusals.append(Refusal("complaint.refused.category", field="category", status=422))
    elif registration.symptom and registration.symptom not in {one["code"] for one in category.symptoms}:
        refusals.append(Refusal("complaint.refused.symptom", field="symptom", status=422))
    if refusals or channel is None or category is None:
        raise DomainError(refusals)
    return channel, category


@dataclass(frozen=True)
class _Graded:
    """What the rules say of a record before it is one: which complaint of this customer, by which versions."""

    earlier: list[Complaint]
    nth: int
    previous: str | None
    severity: Severity
    priority: Priority
    process: ProcessVersion
    sla: SlaPolicy


def _graded(work: Work, ground: Ground, registration: Registration, channel: Channel, category: Category) -> _Graded:
    rules = ground.rules
    received_on = registration.received_at.astimezone(rules.zone()).date()
    earlier = earlier_complaints(work.session, work.keys, registration.texts.get("contact_phone", ""))
    days = rules.setting("process")["repeat_days"]
    repeat = repeat_of(category.code, registration.received_at, as_earlier(earlier), days)
    nth = registration.nth_complaint or repeat.nth
    usual = Severity(category.default_severity or Severity.GENERAL)
    suggestion = suggest_severity(SeverityFacts(category_severity=usual, channel=channel.code, nth_complaint=nth))
    severity = registration.severity or suggestion.severity
    refusal = refuse_severity(severity, suggestion, registration.texts.get("severity_reason", ""))
    if refusal is not None:
        raise DomainError(refusal)
    matrix = PriorityMatrix.from_data(rules.setting("priority_matrix"))
    priority = matrix.priority(severity, registration.urgency, registration.impact)
    process = ground.process_for(severity, received_on)
    return _Graded(earlier, nth, repeat.previous, severity, priority, process, ground.sla_for(received_on))


def _create(work: Work, ground: Ground, registration: Registration, channel: Channel, category: Category) -> Case:
    rules = ground.rules
    graded = _graded(work, ground, registration, channel, category)
    process = rules.process(graded.process.id)
    number = _number(work, registration, rules.office(), work.recorded_at.astimezone(rules.zone()).date())
    complaint = Complaint(
        number=number,
        channel=channel,
        category=category,
        symptom=registration.symptom or None,
        severity=graded.severity,
        urgency=registration.urgency,
        impact=registration.impact,
        priority=graded.priority,
        process=graded.process,
        sla=graded.sla,
        step=process.first.code,
        status=status_of(process, process.first.code),
        received_at=registration.received_at,
        registered_at=work.recorded_at,
        occurred_at=registration.occurred_at,
        call_started_at=registration.call_started_at,
        call_seconds=registration.call_seconds,
        registered_by_id=work.actor.staff_id,
        registered_department_id=work.actor.department_id,
        completeness=completeness_of(rules, registration, channel).score,
        read_back=sorted(registration.read_back),
        not_applicable=sorted(registration.not_applicable),
        confidential=registration.confidential,
        external_number=registration.external_number.strip() or None,
        nth_complaint=graded.nth,
        previous_id=next((one.id for one in graded.earlier if one.number == graded.previous), None),
        source=registration.source,
        source_key=registration.source_key,
        submission=registration.submission,
        round=1,
        transfers=0,
        first_contact=False,
        open=True,
    )
    return _opened(work, rules, complaint, record_of(registration))


def _opened(work: Work, rules: Rulebook, complaint: Complaint, record: dict[str, Any]) -> Case:
    """Seal the record under a key of its own, begin the chain, note who registered, make it findable."""
    complaint.sealed_key = new_case_key(work.keys, complaint.number)
    seal = CaseSeal(work.keys, complaint.sealed_key, complaint.number)
    complaint.sealed_brief = seal.seal_json(brief_of(record), "brief")
    complaint.sealed_record = seal.seal_json(record, "record")
    work.session.add(complaint)
    work.session.flush()
    head = history.start_chain(work.keys.chain, complaint.id)
    work.session.add(head)
    case = Case(work, complaint, head)
    case.rules = rules
    case.people, case.departments = [], []  # nobody is on it yet
    case.involve(work.actor.staff_id, CaseFunction.REGISTERED)
    case.involve_department(work.actor.department_id or complaint.channel.default_department_id)
    index(case, record, is_new=True)
    return case


def _number(work: Work, registration: Registration, office: Office, day: date) -> str:
    pattern = NumberPattern(office.complaint_number_format)
    if not registration.reserved:
        slot = pattern.slot(day)
        return pattern.format(day, numbering.next_value(work.session, "complaint", slot))
    parsed = pattern.parse(registration.reserved)
    if parsed is None:
        raise DomainError(Refusal("complaint.refused.reserved_number", field="reserved", status=422))
    number = registration.reserved.strip().upper()
    if work.session.scalar(sa.select(Complaint.id).where(Complaint.number == number)):
        raise DomainError(Refusal("complaint.refused.number_taken", {"number": number}, "reserved", 422))
    held = sa.select(ReservedNumber).where(ReservedNumber.number == number).with_for_update()
    reserved = work.session.scalars(held).one_or_none()
    if reserved is not None and reserved.void_at is not None:
        raise DomainError(Refusal("paper_forms.refused.void", {"number": number}, "reserved", 422))
    if registration.source and (reserved is None or reserved.complaint_id is not None):  # a table is no paper
        raise DomainError(Refusal("paper_forms.refused.unknown", field="reserved", status=422))
    numbering.at_least(work.session, "complaint", parsed.slot, parsed.place)
    return number


def _use_number(case: Case) -> None:
    """The form of a reserved number was entered (R9): that number is used up."""
    mine = sa.update(ReservedNumber).where(ReservedNumber.number == case.complaint.number)
    case.work.session.execute(mine.values(complaint_id=case.complaint.id, used_at=case.work.recorded_at))


def _record_event(case: Case, registration: Registration, script: Answered | None) -> None:
    complaint = case.complaint
    facts = {
        "channel": registration.channel,
        "category": registration.category,
        "severity": complaint.severity,
        "urgency": complaint.urgency,
        "impact": complaint.impact,
        "priority": complaint.priority,
        "received_at": complaint.received_at,
        "completeness": complaint.completeness,
        "nth_complaint": complaint.nth_complaint,
        "read_back": complaint.read_back,
        "confidential": complaint.confidential,
        "process": complaint.process.code,
        "process_version": complaint.process.version,
        "sla_version": complaint.sla.version,
        "source": registration.source,
    }
    if registration.told:
        facts["told"] = dict(registration.told)
    if script is not None:
        facts |= script.facts
    private: dict[str, Any] = {"record": case.record} | (
        {"original": dict(registration.original)} if registration.original else {}
    )
    if script is not None:
        private["script"] = script.answers
    history.record(case, "register", facts, private, to_step=complaint.step)
