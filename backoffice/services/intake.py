"""Register a complaint (R1–R3): the one way in, for the form, the import and every later door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.models.complaint import BlindIndex, Complaint
from backoffice.models.configuration import Category, Channel
from backoffice.models.office import Office
from backoffice.queries.customer import as_earlier, earlier_complaints, phone_tokens
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import CaseSeal, blind, new_case_key
from backoffice.services.core import attachments, clocks, history, numbering, search_index
from backoffice.services.core.case import Case
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.completeness import Completeness, CompletenessRule, filled_items
from policies.grading import PriorityMatrix, SeverityFacts, refuse_severity, suggest_severity
from policies.intake import IntakeRecord, refuse_record, repeat_of, summarise
from policies.message import Refusal
from policies.numbering import NumberPattern
from policies.process import status_of
from policies.vocabulary import CaseFunction, ClockEvent, ContactWay, Level, Severity

# the texts of a record, by the codes of ``office/channels.yaml``; all of them are sealed
TEXTS = (
    "customer_name",
    "contact_phone",
    "address",
    "email",
    "what",
    "who",
    "where",
    "why",
    "demand",
    "product",
    "product_symptom",
    "summary",
    "severity_reason",
)


@dataclass(frozen=True)
class Registration:
    """What a door hands in. Codes for channel and category; texts as typed; moments aware; ``elements`` code → value.

    ``reserved`` is a number given on paper; ``source``/``source_key`` recognise an imported row; ``submission`` is the
    token of a form, so that a form sent twice registers once. ``told``: figures and times that the source says besides,
    ``original``: what it said in its own words; both are kept with the first event, the latter sealed.
    """

    channel: str
    category: str
    severity: Severity
    urgency: Level
    impact: Level
    received_at: datetime
    texts: Mapping[str, str]
    preferred_contact: ContactWay | None = None
    symptom: str | None = None
    occurred_at: datetime | None = None
    bought_on: date | None = None
    call_started_at: datetime | None = None
    call_seconds: int | None = None
    read_back: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()
    confidential: bool = False
    external_number: str = ""
    nth_complaint: int | None = None
    elements: Mapping[str, Any] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    reserved: str = ""
    source: str | None = None
    source_key: str | None = None
    submission: str | None = None
    told: Mapping[str, object] = field(default_factory=dict)
    original: Mapping[str, str] = field(default_factory=dict)


def register(work: Work, registration: Registration) -> Case:
    """Create a complaint with number, clocks, chain, search words; returns it open for further acts of the same work.

    Raises ``DomainError`` with every refusal at once. A ``submission`` seen before gives the complaint that it made.
    """
    refusal = refuse_unless(work.actor, Permission.COMPLAINT_REGISTER)
    if refusal is not None:
        raise DomainError(refusal)
    again = _registered_before(work, registration)
    if again is not None:
        return again
    channel, category = _references(work, registration)
    refusals = refuse_record(_record(registration, channel), work.recorded_at)
    if refusals:
        raise DomainError(refusals)
    case = _create(work, registration, channel, category)
    for upload in registration.uploads:
        attachments.keep(case, upload)
    clocks.raise_events(case, [ClockEvent.RECEIVED], at=registration.received_at)
    _record_event(case, registration)
    work.session.flush()
    return case


def completeness_of(rules: Rulebook, registration: Registration, channel: Channel) -> Completeness:
    """The score of a record by the office's definition, the same that the page counts while typing."""
    rule = CompletenessRule.from_data(rules.setting("completeness"))
    return rule.score(
        filled_items(item_values(registration)),
        registration.read_back,
        channel_kind=channel.kind,
        live=channel.live,
        not_applicable=registration.not_applicable,
    )


def item_values(registration: Registration) -> dict[str, str | tuple[str, ...]]:
    """The values of the items that completeness looks at, by their codes."""
    values: dict[str, str | tuple[str, ...]] = {code: registration.texts.get(code, "") for code in TEXTS}
    values["preferred_contact"] = registration.preferred_contact or ""
    values["occurred_at"] = registration.occurred_at.isoformat() if registration.occurred_at else ""
    started = registration.call_started_at.isoformat() if registration.call_started_at else ""
    length = "" if registration.call_seconds is None else str(registration.call_seconds)
    values["call_start_and_length"] = (started, length)
    return values


def _registered_before(work: Work, registration: Registration) -> Case | None:
    if registration.submission is None:
        return None
    known = work.session.scalars(sa.select(Complaint).where(Complaint.submission == registration.submission)).first()
    if known is None:
        return None
    if known.registered_by_id != work.actor.staff_id:
        raise DomainError(Refusal("complaint.refused.submission_taken"))
    from backoffice.services.core.case import open_case

    return open_case(work, known.id)


def _references(work: Work, registration: Registration) -> tuple[Channel, Category]:
    refusals = []
    channel = work.session.scalars(sa.select(Channel).where(Channel.code == registration.channel)).one_or_none()
    category = work.session.scalars(sa.select(Category).where(Category.code == registration.category)).one_or_none()
    if channel is None or channel.retired_at is not None:
        refusals.append(Refusal("complaint.refused.channel", field="channel", status=422))
    if category is None or category.retired_at is not None or category.level != 3:
        refusals.append(Refusal("complaint.refused.category", field="category", status=422))
    elif registration.symptom and registration.symptom not in {one["code"] for one in category.symptoms}:
        refusals.append(Refusal("complaint.refused.symptom", field="symptom", status=422))
    if refusals or channel is None or category is None:
        raise DomainError(refusals)
    return channel, category


def _record(registration: Registration, channel: Channel) -> IntakeRecord:
    return IntakeRecord(
        received_at=registration.received_at,
        channel_kind=channel.kind,
        fields=dict(registration.texts),
        preferred_contact=registration.preferred_contact,
        external_number=registration.external_number,
        occurred_at=registration.occurred_at,
        bought_on=registration.bought_on,
        call_started_at=registration.call_started_at,
        call_seconds=registration.call_seconds,
    )


def _create(work: Work, registration: Registration, channel: Channel, category: Category) -> Case:
    rules = Rulebook(work.session)
    office, zone = rules.office(), rules.zone()
    received_on = registration.received_at.astimezone(zone).date()
    earlier = earlier_complaints(work.session, work.keys, registration.texts.get("contact_phone", ""))
    repeat = repeat_of(
        category.code, registration.received_at, as_earlier(earlier), rules.setting("process")["repeat_days"]
    )
    suggestion = suggest_severity(
        SeverityFacts(
            category_severity=Severity(category.default_severity or Severity.GENERAL),
            channel=channel.code,
            nth_complaint=registration.nth_complaint or repeat.nth,
        )
    )
    refusal = refuse_severity(registration.severity, suggestion, registration.texts.get("severity_reason", ""))
    if refusal is not None:
        raise DomainError(refusal)
    process_version = rules.process_for(registration.severity, received_on)
    process = rules.process(process_version.id)
    number = _number(work, registration, office, work.recorded_at.astimezone(zone).date())
    matrix = PriorityMatrix.from_data(rules.setting("priority_matrix"))
    wrapped = new_case_key(work.keys, number)
    seal = CaseSeal(work.keys, wrapped, number)
    record = record_of(registration)
    complaint = Complaint(
        number=number,
        channel=channel,
        category=category,
        symptom=registration.symptom or None,
        severity=registration.severity,
        urgency=registration.urgency,
        impact=registration.impact,
        priority=matrix.priority(registration.severity, registration.urgency, registration.impact),
        process=process_version,
        sla=rules.sla_for(received_on),
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
        nth_complaint=registration.nth_complaint or repeat.nth,
        previous_id=next((one.id for one in earlier if one.number == repeat.previous), None),
        source=registration.source,
        source_key=registration.source_key,
        submission=registration.submission,
        sealed_key=wrapped,
        sealed_brief=seal.seal_json(brief_of(record), "brief"),
        sealed_record=seal.seal_json(record, "record"),
        round=1,
        transfers=0,
        first_contact=False,
        open=True,
    )
    work.session.add(complaint)
    work.session.flush()
    head = history.start_chain(work.keys.chain, complaint.id)
    work.session.add(head)
    case = Case(work, complaint, head)
    case.involve(work.actor.staff_id, CaseFunction.REGISTERED)
    case.involve_department(work.actor.department_id)
    index(case, record)
    return case


def index(case: Case, record: Mapping[str, Any]) -> None:
    """Make a complaint findable by phone, name and e-mail (digests) and by the words of its content."""
    keys, session, complaint = case.work.keys, case.work.session, case.complaint
    session.execute(sa.delete(BlindIndex).where(BlindIndex.complaint_id == complaint.id))
    tokens = {("phone", token) for token in phone_tokens(keys, record.get("contact_phone", ""))}
    for kind, value in (("name", record.get("customer_name", "")), ("email", record.get("email", ""))):
        plain = "".join(value.split()).casefold()
        if plain:
            tokens.add((kind, blind(keys, kind, plain)))
    session.add_all(BlindIndex(complaint_id=complaint.id, kind=kind, token=token) for kind, token in sorted(tokens))
    content = (complaint.number, complaint.external_number or "", *(record.get(code, "") for code in SEARCHED))
    search_index.index_complaint(session, complaint.id, "\n".join(filter(None, content)))


SEARCHED = ("summary", "what", "why", "demand", "product", "product_symptom")


def brief_of(record: Mapping[str, Any]) -> dict[str, str]:
    """What a list shows of a record: name, phone, summary."""
    return {
        "name": record.get("customer_name", ""),
        "phone": record.get("contact_phone", ""),
        "summary": record.get("summary") or summarise(record.get("what", "")),
    }


def record_of(registration: Registration) -> dict[str, Any]:
    """The record as it is sealed: what holds something, by the codes of ``office/channels.yaml``."""
    record: dict[str, Any] = {
        code: text.strip() for code, text in registration.texts.items() if code in TEXTS and text.strip()
    }
    record["summary"] = record.get("summary") or summarise(record.get("what", ""))
    if registration.preferred_contact:
        record["preferred_contact"] = registration.preferred_contact.value
    if registration.bought_on:
        record["bought_on"] = registration.bought_on.isoformat()
    if registration.elements:
        record["elements"] = dict(registration.elements)
    return record


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
    numbering.at_least(work.session, "complaint", parsed.slot, parsed.place)
    return number


def _record_event(case: Case, registration: Registration) -> None:
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
    private = {"record": case.record} | ({"original": dict(registration.original)} if registration.original else {})
    history.record(case, "register", facts, private, to_step=complaint.step)
