"""Parts of a dossier from working together (R16, R17, R30): team, opinions on a plan, statements, corrective actions,
the follow-up. Names of people from outside pass the veil like a customer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.models.teamwork import CorrectiveAction, PlanReviewer, Statement
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
from backoffice.services.core.corrective import corrective_rules
from backoffice.services.core.corrective import texts_of as corrective_texts
from backoffice.services.core.teamwork import in_charge
from backoffice.services.dossier.intake import field, satisfaction
from backoffice.services.dossier.source import Source, coded, label, value
from policies.actions import ACTIONS
from policies.message import Message, Name
from policies.teamwork import TEAMS
from policies.vocabulary import ContactWay
from policies.vocabulary_teamwork import StatementState

Blocks = tuple[Block, ...]
RESPONSES = ("respond", "report_emergency", "take_charge", "record_contained")


def team(source: Source) -> Blocks:
    """Who is in charge, every team in turn with its outside experts, what was done first, and the progress reports."""
    blocks: list[Block] = []
    charge = in_charge(source.case)
    if charge is not None:
        blocks.append(Facts((Fact(field("in_charge"), source.staff(charge.staff_id)),)))
    for entry, values in source.entries(*TEAMS):
        blocks.append(Subheading(ACTIONS[entry.action].title))
        blocks.append(
            Facts(
                (
                    Fact(field("leader"), source.staff(values.get("task_force_leader"))),
                    Fact(
                        field("members"), texts_of(source.staff(one) for one in values.get("task_force_members") or ())
                    ),
                    Fact(field("experts"), experts(source, values.get("experts")), wide=True),
                    Fact(field("reason"), source.words(values, "reason"), wide=True),
                    Fact(field("set_up_by"), source.named(entry.by)),
                    Fact(field("at"), source.moment(entry.at)),
                )
            )
        )
    return filled(*blocks, Timeline(_taken(source)), *_reports(source))


def experts(source: Source, rows: object) -> tuple[Text, ...]:
    """Outside experts, one a line: name, organisation, field."""
    found = rows if isinstance(rows, list) else []
    return tuple(
        Message("dossier.form.expert", {
            "name": source.veil.name(str(row.get("name") or "")),
            "organisation": source.words(row, "organisation"),
            "field": source.words(row, "field"),
        })
        for row in found
    )  # fmt: skip


def _taken(source: Source) -> tuple[Moment, ...]:
    """What was done first when it was major."""
    found = []
    for entry, values in source.entries(*RESPONSES):
        words = source.words(values, "containment_measures") or source.words(values, "text")
        title = ACTIONS[entry.action].title
        what = Message("dossier.form.titled", {"title": title, "text": words}) if words else title
        found.append(Moment(source.moment(entry.at), what, source.named(entry.by)))
    return tuple(found)


def _reports(source: Source) -> Blocks:
    rows = tuple(
        Moment(source.moment(entry.at), source.words(values, "text"), source.named(entry.by))
        for entry, values in source.entries("submit_report")
    )
    return (Subheading(Message("dossier.form.reports")), Timeline(rows)) if rows else ()


def votes(source: Source, plan_id: int) -> Blocks:
    """The opinions on one plan: who was asked, how each voted and why, who was released."""
    return tuple(_vote(source, row) for row in source.holdings.reviewers if row.plan_id == plan_id)


def _vote(source: Source, row: PlanReviewer) -> Opinion:
    said = source.opened(row.sealed, "review")
    if row.staff_id is None:
        who: Text = Message("dossier.form.outside", {
            "name": source.veil.name(str(said.get("name") or "")), "organisation": source.words(said, "organisation"),
        })  # fmt: skip
    else:
        who = source.staff(row.staff_id)
    if row.released_at is not None:
        return Opinion(
            who, source.words(said, "reason"), source.moment(row.released_at), Message("dossier.form.released")
        )
    verdict = label(row.vote) if row.vote is not None else Message("dossier.form.open")
    return Opinion(who, source.words(said, "opinion"), source.moment(row.voted_at), verdict)


def statements(source: Source) -> Blocks:
    """Every statement with its text, addressee, writer, approver and publication; or why none was made."""
    blocks: list[Block] = []
    for number, row in enumerate(source.holdings.statements, 1):
        blocks.extend(_statement(source, number, row))
    for entry, values in source.entries("submit_plan", "decide_statement"):
        if values.get("communication_needed") is False and values.get("communication_reason"):
            reason = Fact(field("no_statement"), source.words(values, "communication_reason"), wide=True)
            blocks.append(Facts((reason, Fact(field("decided_by"), source.signed(entry.by_id, entry.at)))))
    return filled(*blocks)


def _statement(source: Source, number: int, row: Statement) -> Blocks:
    content = source.opened(row.sealed, "statement")
    published = row.state is StatementState.PUBLISHED
    numbers = {one.id: n for n, one in enumerate(source.holdings.statements, 1)}
    corrects = Message("dossier.form.corrects", {"n": numbers[row.corrects_id]}) if row.corrects_id in numbers else ""
    return (
        Subheading(Message("dossier.form.statement", {"n": number, "kind": label(row.kind)})),
        Facts(
            (
                Fact(field("status"), label(row.state)),
                Fact(field("addressee"), source.words(content, "addressee")),
                Fact(field("written_by"), source.signed(row.written_by_id, row.written_at)),
                Fact(field("decided_by"), source.signed(row.decided_by_id, row.decided_at) if row.decided_at else ""),
                Fact(field("published"), source.signed(row.published_by_id, row.published_at) if published else ""),
                Fact(field("way"), source.words(content, "way")),
                Fact(field("corrects"), corrects),
                Fact(field("opinion"), source.words(content, "opinion"), wide=True),
            )
        ),
        Paragraph(source.words(content, "text")),
    )


def corrective_actions(source: Source) -> Blocks:
    """What is put right after this complaint: each action with owner, date, and how it is verified."""
    rows = source.holdings.corrective_actions
    if not rows:
        return ()
    columns = (
        Column(field("corrective_number"), 17),
        Column(field("corrective_title"), 39),
        Column(field("owner_and_date"), 24),
        Column(field("status"), 20, "center"),
    )
    return (
        Subheading(Message("dossier.form.corrective")),
        Grid(columns, tuple(_put_right(source, one) for one in rows)),
    )


def _put_right(source: Source, one: CorrectiveAction) -> tuple[Any, ...]:
    words = corrective_texts(source.case.work.keys, one)
    known = corrective_rules(source.rules).types.get(one.type)
    kind: Text = value(Name(known.name["zh"], known.name["en"])) if known is not None else one.type
    what = (source.words(words, "title"), source.words(words, "root_cause"), source.words(words, "expected_effect"))
    return (
        (one.number, kind, label(one.level)),
        texts_of(what),
        (source.named(one.owner), one.due_on.isoformat()),
        label(one.status),
    )


def followed_up(source: Source, content: Mapping[str, Any]) -> Blocks:
    """The follow-up as the paper that it is: how it went, and the complaint that began anew."""
    call = source.holdings.follow_up
    solved = content.get("solved")
    new = call.new_complaint.number if call is not None and call.new_complaint is not None else ""
    reached = Message("dossier.form.reached" if content.get("reached") else "dossier.form.not_reached")
    return filled(
        Facts(
            (
                Fact(field("way"), coded(ContactWay, content.get("way"))),
                Fact(field("reached"), reached),
                Fact(
                    field("solved"),
                    "" if solved is None else Message("dossier.form.solved" if solved else "dossier.form.not_solved"),
                ),
                Fact(field("satisfaction"), satisfaction(content.get("satisfaction"))),
                Fact(field("new_demand"), source.words(content, "new_demand"), wide=True),
                Fact(
                    field("attempts"),
                    tuple(source.kept_moment(one) for one in content.get("attempts") or ()),
                    wide=True,
                ),
                Fact(field("new_complaint"), new),
            )
        )
    )
