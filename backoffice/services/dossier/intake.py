"""Parts of a dossier from intake: handling form, original record, preliminary check, acknowledgement (R22)."""

from __future__ import annotations

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.reports.blocks import (
    Block,
    Column,
    Fact,
    Facts,
    Grid,
    Notice,
    Opinion,
    Piece,
    Subheading,
    Text,
    Tick,
    filled,
    texts_of,
)
from backoffice.services.core import elements
from backoffice.services.dossier import script
from backoffice.services.dossier.source import Source, coded, label, value
from policies.dispatch_values import ElementKind
from policies.message import Message, Name
from policies.regrading import REGRADES
from policies.vocabulary import (
    CheckDecision,
    ClockCode,
    ClockResult,
    CommunicationKind,
    ContactWay,
    Outcome,
    Unit,
)

Blocks = tuple[Block, ...]
CHECKS = ("accept", "find_not_established", "refer_out", "merge", "solve_at_first_contact")


def field(code: str) -> Message:
    """The label of a fact in the dossier."""
    return Message(f"dossier.field.{code}")


def handling_form(source: Source) -> Blocks:
    """One page from intake to call-back."""
    complaint = source.complaint
    group = source.case.work.session.scalar(
        sa.select(Complaint.id).where(Complaint.merged_into_id == complaint.id).limit(1)
    )
    unfounded = complaint.outcome is Outcome.NOT_ESTABLISHED
    finding = (
        Tick(Message("dossier.form.valid"), complaint.outcome is not None and not unfounded),
        Tick(Message("dossier.form.invalid"), unfounded),
        Tick(Message("dossier.form.group"), group is not None),
    )
    facts = Facts(
        (
            Fact(field("number"), complaint.number),
            Fact(field("channel"), source.named(complaint.channel)),
            Fact(field("nth"), Message("dossier.form.nth", {"nth": complaint.nth_complaint})),
            Fact(field("confidential"), Tick(Message("dossier.form.confidential"), complaint.confidential)),
            Fact(field("claim"), source.veil.text(source.record("demand")), wide=True),
            Fact(field("finding"), finding, wide=True),
            Fact(field("root_cause"), source.newest("root_cause"), wide=True),
            Fact(field("measures"), _measures(source), wide=True),
            Fact(field("department"), source.named(complaint.department)),
            Fact(field("owner"), source.named(complaint.owner)),
            Fact(field("outcome"), label(complaint.outcome)),
            Fact(field("call_back_result"), satisfaction(complaint.satisfaction)),
        )
    )
    told = next(iter(reversed(list(source.entries("tell_result", "solve_at_first_contact", "explain")))), None)
    if told is None:
        return filled(facts)
    entry, values = told
    words, done = source.words(values, "solution"), source.holdings.latest("complete_measures")
    if not words and done is not None:  # who wrote it signs it: the result may be told by an executive (R16)
        entry, values = done
        words = source.words(values, "measure_results")
    return filled(facts, Opinion(field("responsible"), words, source.signed(entry.by_id, entry.at)))


def satisfaction(score: int | None) -> Text:
    """A score of the call-back in words."""
    return "" if score is None else Message("dossier.form.satisfaction", {"score": score})


def _measures(source: Source) -> tuple[Text, ...]:
    return texts_of(
        source.veil.text(str(source.opened(one.sealed, "measure").get("text") or ""))
        for one in source.holdings.measures
    )


def original_record(source: Source) -> Blocks:
    """The intake record with what was read back, its grade, its elements, and the clocks that it started."""
    erased = Notice(Message("dossier.form.erased")) if source.complaint.erased_at is not None else None
    return filled(
        erased, _record(source), *script.asked(source), *_elements(source), *_regradings(source), *_clocks(source)
    )


def _record(source: Source) -> Facts:
    complaint, veil, record = source.complaint, source.veil, source.record
    preferred = coded(ContactWay, source.case.record.get("preferred_contact"))
    grade = {"urgency": label(complaint.urgency), "impact": label(complaint.impact)}
    return Facts(
        (
            Fact(field("received_at"), source.moment(complaint.received_at)),
            Fact(field("channel"), source.named(complaint.channel)),
            Fact(field("registered_at"), source.moment(complaint.registered_at)),
            Fact(field("registered_by"), source.named(complaint.registered_by)),
            Fact(field("call"), _call(source)),
            Fact(field("external_number"), complaint.external_number or ""),
            Fact(field("customer"), veil.name(record("customer_name"))),
            Fact(field("phone"), veil.phone(record("contact_phone"))),
            Fact(field("email"), veil.email(record("email"))),
            Fact(field("preferred_contact"), preferred),
            Fact(field("address"), veil.address(record("address")), wide=True),
            Fact(field("category"), category_path(source), wide=True),
            Fact(field("severity"), label(complaint.severity)),
            Fact(field("priority"), Message("dossier.form.priority", {"priority": label(complaint.priority), **grade})),
            Fact(field("severity_reason"), veil.text(record("severity_reason")), wide=True),
            Fact(field("product"), veil.text(record("product"))),
            Fact(field("product_symptom"), veil.text(record("product_symptom"))),
            Fact(field("what"), veil.text(record("what")), wide=True),
            Fact(field("who"), veil.text(record("who")), wide=True),
            Fact(field("occurred_at"), source.moment(complaint.occurred_at)),
            Fact(field("bought_on"), record("bought_on")),
            Fact(field("where"), veil.text(record("where")), wide=True),
            Fact(field("why"), veil.text(record("why")), wide=True),
            Fact(field("demand"), veil.text(record("demand")), wide=True),
            Fact(field("read_back"), _read_back(source), wide=True),
            Fact(field("completeness"), Message("dossier.form.score", {"score": complaint.completeness})),
        )
    )


def _call(source: Source) -> Text:
    complaint = source.complaint
    if complaint.call_started_at is None:
        return ""
    minutes, seconds = divmod(complaint.call_seconds or 0, 60)
    at = source.moment(complaint.call_started_at)
    return Message("dossier.form.call", {"at": at, "minutes": minutes, "seconds": f"{seconds:02d}"})


def category_path(source: Source) -> Text:
    """The category from its trunk to its leaf."""
    path: Text = ""
    for name in map(source.named, source.categories):
        path = Message("dossier.form.under", {"above": path, "name": name}) if path else name
    return path or source.named(source.complaint.category)


def _read_back(source: Source) -> tuple[Piece, ...]:
    """Every key item of the record, ticked where it was read back to the customer."""
    done = set(source.complaint.read_back)
    items = source.rules.setting("completeness")["fields"]
    return tuple(
        Tick(value(Name(item["name"]["zh"], item["name"]["en"])), item["code"] in done) for item in items if item["key"]
    )


def _elements(source: Source) -> Blocks:
    """What the work order carries (or must carry), by the office's names."""
    known = elements.values(source.case, source.rules)
    definitions = elements.definitions(source.rules)
    facts = []
    for code, found in known.items():
        definition = definitions.get(code)
        if definition is None or not (found.text or found.unknown):
            continue
        shown: Text = source.veil.element(definition.kind, found.text)
        if definition.kind is ElementKind.FILE:
            shown = Message("dossier.form.see_files")
        elif found.unknown:
            shown = Message("dossier.form.unknown", {"reason": source.veil.text(found.reason)})
        facts.append(Fact(value(definition.shown), shown))
    return (Subheading(Message("dossier.form.elements")), Facts(tuple(facts))) if facts else ()


def _regradings(source: Source) -> Blocks:
    rows = tuple(
        (
            source.moment(entry.at),
            source.staff(entry.by_id),
            Message(f"label.severity.{values['severity']}") if values.get("severity") else "",
            source.words(values, "regrade_reason"),
        )
        for entry, values in source.entries(*REGRADES)
    )
    columns = (
        Column(field("at"), 20),
        Column(field("by"), 18),
        Column(field("severity"), 14),
        Column(field("reason"), 48),
    )
    return (Subheading(Message("dossier.form.regradings")), Grid(columns, rows)) if rows else ()


def _clocks(source: Source) -> Blocks:
    columns = (
        Column(field("clock"), 24),
        Column(field("allowed"), 20),
        Column(field("due"), 21, "center"),
        Column(field("stopped"), 21, "center"),
        Column(field("result"), 14, "center"),
    )
    rows = tuple(
        (
            coded(ClockCode, row.code),
            Message("dossier.form.amount", {"amount": f"{row.amount.normalize():f}", "unit": coded(Unit, row.unit)}),
            source.moment(row.due_at),
            source.moment(row.stopped_at),
            label(_result(row.stopped_at is not None, row.met)),
        )
        for row in source.holdings.clocks
    )
    return (Subheading(Message("dossier.form.clocks")), Grid(columns, rows)) if rows else ()


def _result(stopped: bool, met: bool | None) -> ClockResult:
    if met is None:
        return ClockResult.DROPPED if stopped else ClockResult.RUNNING
    return ClockResult.MET if met else ClockResult.MISSED


def check_record(source: Source) -> Blocks:
    """Every decision of the preliminary check with its reason, and its review."""
    blocks: list[Block] = []
    for entry, values in source.entries(*CHECKS, "review_check"):
        if entry.action == "review_check":
            blocks.append(
                Opinion(field("check_review"), source.words(values, "text"), source.signed(entry.by_id, entry.at))
            )
            continue
        merged = _number(source, source.complaint.merged_into_id) if entry.action == "merge" else ""
        blocks.append(
            Facts(
                (
                    Fact(field("check_decision"), coded(CheckDecision, values.get("check_decision"))),
                    Fact(field("checked_by"), source.staff(entry.by_id)),
                    Fact(field("at"), source.moment(entry.at)),
                    Fact(field("merged_into"), merged),
                    Fact(field("earlier"), _number(source, source.complaint.previous_id)),
                    Fact(field("reason"), source.words(values, "check_reason"), wide=True),
                    Fact(field("solution"), source.words(values, "solution"), wide=True),
                )
            )
        )
    return filled(*blocks)


def _number(source: Source, complaint_id: int | None) -> str:
    if complaint_id is None:
        return ""
    return source.case.work.session.scalar(sa.select(Complaint.number).where(Complaint.id == complaint_id)) or ""


def acknowledgement(source: Source) -> Blocks:
    """What the customer was told of acceptance, how, when and by whom."""
    return filled(*(_told(one) for one in talks(source, CommunicationKind.ACKNOWLEDGEMENT)))


Talk = tuple[Text, str, Text, Text, str]


def talks(source: Source, *kinds: CommunicationKind) -> list[Talk]:
    """Kind, moment, way, who on our side, and points of each talk of these kinds (all when none is named)."""
    wanted = {kind.value for kind in kinds}
    return [
        (
            coded(CommunicationKind, line.kind),
            source.moment(line.at),
            coded(ContactWay, line.way),
            source.named(line.by) or Message("dossier.system"),
            source.veil.text(str(source.opened(line.sealed, "talk").get("points") or "")),
        )
        for line in source.holdings.communications
        if not wanted or line.kind in wanted
    ]


def _told(talk: Talk) -> Facts:
    _kind, at, way, by, points = talk
    return Facts(
        (
            Fact(field("at"), at),
            Fact(field("way"), way),
            Fact(field("by"), by),
            Fact(field("points"), points, wide=True),
        )
    )
