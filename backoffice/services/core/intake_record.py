"""The intake record (R2): what a door hands in, how it is scored, sealed, and made findable; for
registering and correcting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from backoffice.integrations.files import Upload
from backoffice.keys import Keys
from backoffice.models.complaint import BlindIndex
from backoffice.models.configuration import Channel
from backoffice.queries.customer import phone_tokens
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import blind
from backoffice.services.core import search_index
from backoffice.services.core.case import Case
from backoffice.services.core.script_ways import AskedScript
from policies.completeness import Completeness, CompletenessRule, filled_items
from policies.intake import IntakeRecord, summarise
from policies.masked_text import mask_text
from policies.vocabulary import ContactWay, Level, Severity

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


SEARCHED = ("summary", "what", "why", "demand", "product", "product_symptom")


@dataclass(frozen=True)
class Registration:
    """What a door hands in. Codes for channel and category; texts as typed; moments aware; ``elements`` code → value.

    ``severity``: None where nobody chose one, so that the criteria decide. ``reserved`` is a number given on paper;
    ``source``/``source_key`` recognise an imported row; ``submission`` is the token of a form, so that a form sent
    twice registers once. ``told``: figures and times that the source says besides, ``original``: what it said in its
    own words; both are kept with the first event, the latter sealed.
    ``script``: what was answered to the intake script of the leaf (R7). ``same_as``: the number of an earlier complaint
    whose customer it is, for what was left empty.
    """

    channel: str
    category: str
    severity: Severity | None
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
    same_as: str = ""
    script: AskedScript | None = None


def registered(case: Case) -> Registration:
    """What the record says now, in the form of a registration."""
    complaint, record = case.complaint, case.record
    way = record.get("preferred_contact")
    bought = record.get("bought_on")
    return Registration(
        channel=complaint.channel.code,
        category=complaint.category.code,
        severity=complaint.severity,
        urgency=complaint.urgency,
        impact=complaint.impact,
        received_at=complaint.received_at,
        texts={code: str(record.get(code) or "") for code in TEXTS},
        preferred_contact=ContactWay(way) if way in list(ContactWay) else None,
        occurred_at=complaint.occurred_at,
        bought_on=date.fromisoformat(bought) if bought else None,
        call_started_at=complaint.call_started_at,
        call_seconds=complaint.call_seconds,
        read_back=frozenset(complaint.read_back),
        not_applicable=frozenset(complaint.not_applicable),
        confidential=complaint.confidential,
        external_number=complaint.external_number or "",
    )


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


def checked_record(registration: Registration, channel: Channel) -> IntakeRecord:
    """The same as the rules check it."""
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


def index(case: Case, record: Mapping[str, Any], *, is_new: bool = False) -> None:
    """Make a complaint findable by phone, name and e-mail (digests) and by the words of its content, and by nothing
    else; a new one was findable by nothing.
    """
    keys, session, complaint = case.work.keys, case.work.session, case.complaint
    if not is_new:
        session.execute(sa.delete(BlindIndex).where(BlindIndex.complaint_id == complaint.id))
    tokens = tokens_of(keys, record)
    session.add_all(BlindIndex(complaint_id=complaint.id, kind=kind, token=token) for kind, token in tokens)
    search_index.index_complaint(
        session, complaint.id, content_of(complaint.number, complaint.external_number or "", record), is_new=is_new
    )


def tokens_of(keys: Keys, record: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """The digests by which a record is found exactly, each with its kind."""
    tokens = {("phone", token) for token in phone_tokens(keys, record.get("contact_phone", ""))}
    for kind, value in (("name", record.get("customer_name", "")), ("email", record.get("email", ""))):
        plain = "".join(value.split()).casefold()
        if plain:
            tokens.add((kind, blind(keys, kind, plain)))
    return sorted(tokens)


def content_of(number: str, external_number: str, record: Mapping[str, Any]) -> str:
    """What a complaint is found by in words.

    The words of the index lie in clear: what identifies the customer is found by its digest alone (R39).
    """
    told = mask_text(
        "\n".join(filter(None, (record.get(code, "") for code in SEARCHED))), [record.get("customer_name", "")]
    )
    return "\n".join(filter(None, (number, external_number, told)))


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
