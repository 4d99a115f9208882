"""Parts of a dossier from handling: orders, evidence, investigation, plans with approvals, talks, measures (R22)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.models.complaint import WorkOrder
from backoffice.models.handling import Measure, StepEntry
from backoffice.reports.blocks import (
    Block,
    Column,
    Fact,
    Facts,
    Grid,
    Moment,
    Opinion,
    Paragraph,
    Subheading,
    Text,
    Timeline,
    filled,
    texts_of,
)
from backoffice.services.dossier import teamwork
from backoffice.services.dossier.disputes import disputes
from backoffice.services.dossier.intake import field, talks
from backoffice.services.dossier.source import Source, coded, label
from policies.actions import ACTIONS
from policies.message import Message
from policies.vocabulary import ApprovalDecision, Fault, MeasureKind

Blocks = tuple[Block, ...]
PLANS = ("submit_plan", "redo")
OPINIONS = ("pass_review", "return_plan", "approve", "coordinate")
ON_THE_WAY = ("urge", "note_progress", "transfer", "raise_dispute", "decide_dispute", "change_owner", "submit_report")
DASH = "–"
BY_ITSELF = {  # what happens to a complaint without an action
    "clock_moved": Message("history.event.clock_moved"),
    "extension_took_effect": Message("history.event.extension_took_effect"),
    "extension_lapsed": Message("history.event.extension_lapsed"),
    "link_notice": Message("history.event.link_notice"),
    "loose_notice": Message("history.event.loose_notice"),
    "tell_notice": Message("history.event.tell_notice"),
    "corrective_opened": Message("history.event.corrective_opened"),
    "corrective_verified": Message("history.event.corrective_verified"),
    "corrective_reopened": Message("history.event.corrective_reopened"),
    "corrective_effective": Message("history.event.corrective_effective"),
    "corrective_cancelled": Message("history.event.corrective_cancelled"),
}


def action_title(code: str) -> Text:
    """An action by its name; its code when this version does not know it."""
    return ACTIONS[code].title if code in ACTIONS else BY_ITSELF.get(code, code)


def work_order(source: Source) -> Blocks:
    """Every order with its demands, and what happened to them on the way: urgings, transfers, decisions."""
    columns = (
        Column(field("order_number"), 21),
        Column(field("department_and_owner"), 20),
        Column(field("requirements"), 25),
        Column(field("deadline"), 20, "center"),
        Column(field("status"), 14, "center"),
    )
    rows = tuple(_order(source, order) for order in source.holdings.orders)
    moments = tuple(
        Moment(source.moment(entry.at), _on_the_way(source, entry, values), source.named(entry.by))
        for entry, values in source.entries(*ON_THE_WAY)
    )
    return filled(Grid(columns, rows), Timeline(moments), *disputes(source)) if rows else ()


def _order(source: Source, order: WorkOrder) -> tuple[Any, ...]:
    content = source.opened(order.sealed, "order")
    helpers = tuple(source.staff(one) for one in order.co_handler_ids)
    people = (
        source.named(order.department),
        source.named(order.owner),
        Message("dossier.form.helpers", {"names": helpers}) if helpers else "",
    )
    reasons = tuple(source.words(content, name) for name in ("requirements", "handover_reason", "decision_reason"))
    return (
        (order.number, source.moment(order.sent_at)),
        texts_of(people),
        texts_of(reasons) or DASH,
        source.moment(order.deadline) or DASH,
        label(order.status),
    )


def _on_the_way(source: Source, entry: StepEntry, values: Mapping[str, Any]) -> Text:
    said = ("text", "handover_reason", "decision_reason", "reason")
    words = next(filter(None, (source.words(values, name) for name in said)), "")
    title = action_title(entry.action)
    department = source.department(values.get("department"))
    named = Message("dossier.form.titled", {"title": title, "text": department}) if department else title
    return Message("dossier.form.titled", {"title": named, "text": words}) if words else named


def evidence(source: Source) -> Blocks:
    """Every piece of evidence: its type, who brought it when, its text, its file."""
    columns = (
        Column(field("evidence_type"), 20),
        Column(field("at"), 20),
        Column(field("by"), 16),
        Column(field("content"), 44),
    )
    rows = []
    for piece in source.holdings.evidence:
        content = [source.veil.text(str(source.opened(piece.sealed, "evidence").get("text") or ""))]
        if piece.attachment is not None:
            name = file_name(source, piece.attachment.sealed_name, piece.attachment.sha256)
            content.append(Message("dossier.form.file", {"name": name}))  # type: ignore[arg-type]  # a cell's lines mix both
        by = source.named(piece.by) or Message("dossier.system")
        kind = source.listed("evidence_types", piece.type)
        rows.append((kind, source.moment(piece.at), by, texts_of(content) or DASH))
    return filled(Grid(columns, tuple(rows)))


def file_name(source: Source, sealed: bytes, sha256: str) -> str:
    """The name of an attached file, veiled: people name files after customers."""
    return source.veil.text(str(source.case.seal.open_text(sealed, f"file-name:{sha256}")))


def investigation(source: Source) -> Blocks:
    """What was found, the root cause, and whose fault it is; every finding of every round."""
    blocks: list[Block] = list(teamwork.team(source))
    for entry, values in source.entries("submit_facts", "contain", "respond"):
        blocks.append(
            Facts(
                (
                    Fact(field("facts"), source.words(values, "facts"), wide=True),
                    Fact(field("root_cause"), source.words(values, "root_cause"), wide=True),
                    Fact(field("cause"), source.listed("causes", values.get("cause_code"))),
                    Fact(field("fault"), coded(Fault, values.get("fault"))),
                    Fact(field("responsible_party"), source.words(values, "responsible_party"), wide=True),
                    Fact(field("containment"), source.words(values, "containment_measures"), wide=True),
                    Fact(field("investigated_by"), source.named(entry.by)),
                    Fact(field("at"), source.moment(entry.at)),
                )
            )
        )
    return filled(*blocks)


def plan_drafts(source: Source) -> Blocks:
    """Every draft with its alternatives and measures, each followed by what was said to it."""
    blocks: list[Block] = []
    draft = 0
    for entry, values in source.entries(*PLANS, *OPINIONS):
        if entry.action in PLANS:
            draft += 1
            blocks.extend(_draft(source, draft, entry, values))
            blocks.extend(teamwork.votes(source, entry.id))
        else:
            blocks.append(_opinion(source, entry, values))
    return filled(*blocks)


def _draft(source: Source, number: int, entry: StepEntry, values: Mapping[str, Any]) -> Blocks:
    planned = values.get("measures") or ()
    measures = tuple(_planned(source, row) for row in planned) if isinstance(planned, list) else ()
    heading = Subheading(Message("dossier.form.draft", {"number": number}))
    return (
        heading,
        Facts(
            (
                Fact(field("written_by"), source.named(entry.by)),
                Fact(field("at"), source.moment(entry.at)),
                Fact(field("root_cause"), source.words(values, "root_cause"), wide=True),
                Fact(field("measures"), texts_of(measures), wide=True),
                Fact(field("alternatives"), source.words(values, "alternatives"), wide=True),
                Fact(field("dissatisfaction_reason"), source.words(values, "dissatisfaction_reason"), wide=True),
                Fact(field("new_demand"), source.words(values, "new_demand"), wide=True),
                Fact(field("expected_completion"), source.kept_moment(values.get("expected_completion"))),
                Fact(field("compensation"), source.money(values.get("compensation_amount"))),
                Fact(field("improvements"), source.words(values, "improvements"), wide=True),
            )
        ),
    )


def _planned(source: Source, row: object) -> str:
    return source.veil.text(str(row.get("text", "")) if isinstance(row, Mapping) else str(row))


def _opinion(source: Source, entry: StepEntry, values: Mapping[str, Any]) -> Opinion:
    verdict = coded(ApprovalDecision, values.get("approval_decision"))
    said = ("approval_opinion_text", "review_conclusion", "coordination_decisions")
    words = next(filter(None, (source.words(values, name) for name in said)), "")
    return Opinion(action_title(entry.action), words, source.signed(entry.by_id, entry.at), verdict)


def communications(source: Source) -> Blocks:
    """Every talk with the customer."""
    columns = (
        Column(field("at"), 20),
        Column(field("way"), 16),
        Column(field("by"), 16),
        Column(field("points"), 48),
    )
    rows = tuple((at, (way, kind), by, points or DASH) for kind, at, way, by, points in talks(source))
    return filled(Grid(columns, rows))


def measures(source: Source) -> Blocks:
    """What was done, by whom, when, for how much."""
    columns = (
        Column(field("measure"), 34),
        Column(field("owner"), 16),
        Column(field("expected"), 16, "center"),
        Column(field("done"), 20, "center"),
        Column(field("amount"), 14, "right"),
    )
    done = Paragraph(source.newest("measure_results"), small=True)
    rows = tuple(_measure(source, one) for one in source.holdings.measures)
    return filled(Grid(columns, rows), done)


def _measure(source: Source, one: Measure) -> tuple[Any, ...]:
    content = source.opened(one.sealed, "measure")
    kind = coded(MeasureKind, one.kind) if one.kind != MeasureKind.OTHER.value else ""
    result = source.words(content, "result")
    what = texts_of(
        (source.words(content, "text"), kind, Message("dossier.form.result", {"result": result}) if result else "")
    )
    return (
        what,
        source.named(one.owner) or DASH,
        source.day(one.expected_at) or DASH,
        source.moment(one.done_at) or Message("dossier.form.open"),
        source.money(one.amount) or DASH,
    )
