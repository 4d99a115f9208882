"""Puts a dossier together: cover, parts in order with what is missing, files, statement, additions (R22)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from backoffice.integrations import files
from backoffice.integrations.store import Place
from backoffice.models.complaint import ComplaintPerson
from backoffice.models.handling import Addition, Attachment
from backoffice.models.office import Department
from backoffice.reports.blocks import Block, Fact, Facts, Notice, Opinion, Paragraph, Text, filled
from backoffice.reports.dossier import (
    AdditionContent,
    AttachedFile,
    ChainMark,
    DossierContent,
    PartContent,
    PrintMark,
    Stamp,
)
from backoffice.sealing import Erased
from backoffice.services.core.facts import dossier_facts
from backoffice.services.dossier import closing, extensions, handling, intake, teamwork
from backoffice.services.dossier.handling import file_name
from backoffice.services.dossier.intake import field, satisfaction
from backoffice.services.dossier.source import Source, label
from policies.actions import ACTIONS
from policies.chain import ChainEvent, Head, check_chain
from policies.dossier import (
    DEFAULT_RULES,
    PartState,
    archive_number,
    completeness,
    part_states,
    retained_until,
    retention_class,
    secrecy_level,
)
from policies.message import Message, Refusal
from policies.vocabulary import CaseFunction

MOST_EMBEDDED = 64 * 1024 * 1024  # bytes of files in one PDF
PRIVACY = "privacy"  # the trunk of the category tree under which complaints about personal data stand

WRITERS: Mapping[str, Callable[[Source], tuple[Block, ...]]] = {
    "handling_form": intake.handling_form,
    "original_record": intake.original_record,
    "check_record": intake.check_record,
    "acknowledgement": intake.acknowledgement,
    "work_order": handling.work_order,
    "evidence": handling.evidence,
    "investigation": handling.investigation,
    "plan_drafts": handling.plan_drafts,
    "extension": extensions.extensions,
    "statements": teamwork.statements,
    "communications": handling.communications,
    "measures": handling.measures,
    "result_receipt": closing.result_receipt,
    "call_back_record": closing.call_back_record,
    "closing_reason": closing.closing_reason,
    "post_review": closing.post_review,
    "lesson": closing.lesson,
    "event_log": closing.event_log,
}
"""Part → who writes it. Cover and index are the renderer's own."""


@dataclass(frozen=True)
class Making:
    """How this dossier is made: for whom, when, which copy, and whether files may travel inside it."""

    language: str
    at: datetime
    by: Text
    copy: int
    with_files: bool


def dossier_content(source: Source, making: Making) -> DossierContent:
    """The whole dossier as primitives."""
    complaint = source.complaint
    closed = complaint.closed_at or making.at
    retention = retention_class(complaint.severity.value, complaint.outcome.value if complaint.outcome else None)
    secrecy = Message(f"dossier.secrecy.{_secrecy(source)}")
    parts = _parts(source)
    documents = sum(1 for part in parts if part.shown)
    return DossierContent(
        language=making.language,
        number=complaint.number,
        archive_number=archive_number(closed.astimezone(source.zone).year, _department_code(source), complaint.number),
        office=source.named(source.rules.office()),
        matter=matter(source),
        secrecy=secrecy,
        made=making.at,
        made_text=source.long_moment(making.at),
        print_mark=PrintMark(making.by, source.long_moment(making.at), making.copy, not source.veil.in_clear),
        cover=_cover(source, retention),
        parts=parts,
        chain=chain_mark(source),
        stamp=_stamp(source, retention, secrecy, documents) if _archiver(source) is not None else None,
        files=_files(source, making.with_files),
        closing=_statement(source, retention) if complaint.archived_at else (),
        closing_date=source.day(complaint.archived_at),
        additions=_additions(source),
    )


def matter(source: Source) -> Text:
    """What it is about: the category's leaf and the summary."""
    summary = str(source.opened(source.complaint.sealed_brief, "brief").get("summary") or "")
    category = source.named(source.complaint.category)
    if not summary:
        return category
    return Message("dossier.form.titled", {"title": category, "text": source.veil.text(summary)})


def _secrecy(source: Source) -> str:
    complaint = source.complaint
    return secrecy_level(
        complaint.severity.value,
        confidentiality_asked=complaint.confidential,
        personal_data=_trunk(source) == PRIVACY,
    )


def _trunk(source: Source) -> str:
    category = source.complaint.category
    while category.parent is not None:
        category = category.parent
    return category.code


def _department_code(source: Source) -> str:
    complaint = source.complaint
    if complaint.department is not None:
        return complaint.department.code
    registered_by = complaint.registered_by
    department_id = complaint.registered_department_id or (registered_by.department_id if registered_by else None)
    found = source.case.work.session.get(Department, department_id) if department_id else None
    return found.code if found is not None else source.rules.office().code


def _archiver(source: Source) -> int | None:
    people = [one for one in source.case.people if one.function is CaseFunction.ARCHIVER]
    newest: ComplaintPerson | None = max(people, key=lambda one: one.since, default=None)
    return newest.staff_id if newest else None


def _retention(source: Source, retention: str) -> tuple[Text, Text]:
    """The class with its years, and the last day of keeping."""
    kept_as = Message(f"dossier.retention.{retention}", {"years": DEFAULT_RULES.retention_years[retention] or 0})
    closed = source.complaint.closed_at
    until = retained_until(closed.astimezone(source.zone).date(), retention) if closed is not None else None
    return kept_as, source.written_day(until) if until is not None else ""


def _cover(source: Source, retention: str) -> tuple[Fact, ...]:
    complaint = source.complaint
    kept_as, until = _retention(source, retention)
    return (
        Fact(field("complainant"), source.veil.name(source.record("customer_name"))),
        Fact(field("severity"), label(complaint.severity)),
        Fact(field("received_on"), source.long_day(complaint.received_at)),
        Fact(field("closed_on"), source.long_day(complaint.closed_at)),
        Fact(field("department"), source.named(complaint.department)),
        Fact(field("owner"), source.named(complaint.owner)),
        Fact(field("outcome"), label(complaint.outcome)),
        Fact(field("fault"), label(complaint.fault)),
        Fact(field("customer_view"), satisfaction(complaint.satisfaction)),
        Fact(field("compiled_by"), source.staff(_archiver(source))),
        Fact(field("compiled_on"), source.long_day(complaint.archived_at)),
        Fact(field("retention"), kept_as),
        Fact(field("retained_until"), until),
    )


def _stamp(source: Source, retention: str, secrecy: Text, documents: int) -> Stamp:
    closed = source.complaint.closed_at or source.complaint.archived_at
    year = str(closed.astimezone(source.zone).year) if closed else ""
    kept_as, _until = _retention(source, retention)
    department = source.named(source.complaint.department) or source.named(source.rules.office())
    return Stamp(
        Message("dossier.stamp.heading", {"department": department}),
        (
            (field("stamp_year"), year),
            (field("stamp_secrecy"), secrecy),
            (field("stamp_documents"), str(documents)),
            (field("stamp_archived"), source.day(source.complaint.archived_at)),
            (field("stamp_retention"), kept_as),
        ),
    )


def _parts(source: Source) -> tuple[PartContent, ...]:
    states = part_states(dossier_facts(source.case, source.holdings, {}))
    return tuple(_part(source, state) for state in states)


def _part(source: Source, state: PartState) -> PartContent:
    writer = WRITERS.get(state.part.code)
    blocks = writer(source) if writer is not None else ()
    if state.missing:
        lacking = Message("dossier.absence.lacking", {"items": state.missing})
        if not blocks:
            return PartContent(state.part.code, state.part.name, absence=lacking, lacking=True)
        blocks = (*blocks, Notice(lacking, grave=True))
    elif state.excused and not blocks:
        return PartContent(state.part.code, state.part.name, absence=Message("dossier.absence.not_reached"))
    return PartContent(state.part.code, state.part.name, blocks, date=_date(source, state.part.code))


def _date(source: Source, code: str) -> str:
    """The day of the newest paper in a part, for the index."""
    complaint, holdings = source.complaint, source.holdings
    newest: Mapping[str, datetime | None] = {
        "handling_form": complaint.resolved_at,
        "original_record": complaint.received_at,
        "acknowledgement": complaint.acknowledged_at,
        "work_order": holdings.orders[-1].sent_at if holdings.orders else None,
        "evidence": holdings.evidence[-1].at if holdings.evidence else None,
        "extension": holdings.extensions[-1].asked_at if holdings.extensions else None,
        "communications": holdings.communications[-1].at if holdings.communications else None,
        "result_receipt": complaint.resolved_at,
        "call_back_record": holdings.call_backs[-1].at if holdings.call_backs else None,
        "closing_reason": complaint.closed_at,
        "statements": max((row.written_at for row in holdings.statements), default=None),
        "post_review": max((row.assigned_at for row in holdings.corrective_actions), default=None),
        "event_log": source.events[-1].at if source.events else None,
    }
    actions = {
        "check_record": intake.CHECKS,
        "investigation": ("submit_facts",),
        "plan_drafts": (*handling.PLANS, *handling.OPINIONS),
        "measures": ("complete_measures",),
        "lesson": ("archive",),
    }
    if code in actions:
        return source.day(max((entry.at for entry, _ in source.entries(*actions[code])), default=None))
    return source.day(newest.get(code))


def chain_mark(source: Source) -> ChainMark:
    """The state of the complaint's history, read anew and checked link by link (R40)."""
    links = [ChainEvent(event.sequence, event.body, bytes(event.mac)) for event in source.events]
    head = Head(source.case.head.sequence, bytes(source.case.head.mac))
    fault = check_chain(source.case.work.keys.chain, source.complaint.id, links, head)
    return ChainMark(len(links), links[-1].mac.hex() if links else "", fault is None)


def _statement(source: Source, retention: str) -> tuple[Block, ...]:
    complaint, archiver = source.complaint, _archiver(source)
    if archiver is None:  # closed where it came from: nobody here checked it
        return (Notice(Message("dossier.statement.brought_in")),)
    facts = dossier_facts(source.case, source.holdings, {})
    kept_as, until = _retention(source, retention)
    count = sum(1 for state in part_states(facts) if state.required)
    told = Message("dossier.statement.kept", {"retention": kept_as, "until": until}) if until else kept_as
    return filled(
        Facts(
            (
                Fact(
                    field("completeness_check"),
                    Message("dossier.statement.complete", {"count": count, "percent": completeness(facts)}),
                    wide=True,
                ),
                Fact(field("retention"), told, wide=True),
            )
        ),
        Opinion(field("archivist"), Message("dossier.statement.text"), source.signed(archiver, complaint.archived_at)),
    )


def _files(source: Source, with_files: bool) -> tuple[AttachedFile, ...]:
    first = source.process.first.code
    listed, room = [], MOST_EMBEDDED
    for row in source.holdings.attachments:
        data, why_not = _content(source, row, room) if with_files else (None, _left_out(source))
        room -= len(data or b"")
        by = source.named(row.by) or Message("dossier.system")
        where = Message("dossier.form.titled", {"title": source.step(row.step), "text": by})
        listed.append(
            AttachedFile(
                name=file_name(source, row.sealed_name, row.sha256),
                size=row.size,
                sha256=row.sha256,
                source=where,
                at=row.at,
                data=data,
                not_embedded=why_not,
                original=row.step == first,
            )
        )
    return tuple(listed)


def _left_out(source: Source) -> Text:
    return Message("dossier.files.not_permitted" if source.veil.in_clear else "dossier.files.masked")


def _content(source: Source, row: Attachment, room: int) -> tuple[bytes | None, Text]:
    """A file's content, or None and why it does not travel inside."""
    place: Place | None = source.case.work.files
    if row.size > room:
        return None, Message("dossier.files.too_large")
    if place is None:
        return None, Message("dossier.files.gone")

    def opened(sealed: bytes) -> bytes:
        raw = source.case.seal.open(sealed, f"file:{row.sha256}")
        return b"" if isinstance(raw, Erased) else raw

    content = files.load(place, row.sha256, source.complaint.id, opened)
    return (None, Message("dossier.files.gone")) if isinstance(content, Refusal) else (content, "")


def _additions(source: Source) -> tuple[AdditionContent, ...]:
    statement = sa.select(Addition).where(Addition.complaint_id == source.complaint.id).order_by(Addition.id)
    found = []
    for row in source.case.work.session.scalars(statement):
        content = source.opened(row.sealed, "addition")
        attached, call = None, content.get("follow_up")
        if row.attachment is not None:
            name = file_name(source, row.attachment.sealed_name, row.attachment.sha256)
            attached = Notice(Message("dossier.form.file", {"name": name}))
        found.append(
            AdditionContent(
                heading=ACTIONS["follow_up"].title if call else source.words(content, "title"),
                at=source.moment(row.at),
                by=source.named(row.by) or Message("dossier.system"),
                blocks=filled(
                    Paragraph(source.words(content, "text")),
                    *(teamwork.followed_up(source, call) if call else ()),
                    attached,
                ),
            )
        )
    return tuple(found)
