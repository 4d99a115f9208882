"""Parts of a dossier from the end: result, call-backs, reason for closing, review, lesson, history (R21, R22, R40)."""

from __future__ import annotations

from backoffice.models.handling import CallBack
from backoffice.reports.blocks import Block, Fact, Facts, Moment, Notice, Paragraph, Text, Timeline, filled, texts_of
from backoffice.services.dossier.handling import action_title
from backoffice.services.dossier.intake import field, satisfaction, talks
from backoffice.services.dossier.source import Source, coded, label
from backoffice.services.dossier.teamwork import corrective_actions
from policies.message import Message
from policies.process import END
from policies.vocabulary import CommunicationKind, ContactWay

Blocks = tuple[Block, ...]
SHOWN_CHECK = 16  # hexadecimal digits of an event's check value; the last one of the chain is shown whole
REVIEWS = ("finish_review", "submit_plan", "redo", "submit_facts", "archive")
REASONS = (
    "find_not_established", "refer_out", "merge", "withdraw", "close_unsatisfied", "report_unreachable", "explain",
)  # fmt: skip


def result_receipt(source: Source) -> Blocks:
    """What the customer was told of the result, and what they said."""
    blocks: list[Block] = []
    for kind, at, way, by, points in talks(source, CommunicationKind.RESULT, CommunicationKind.APOLOGY):
        blocks.append(
            Facts(
                (
                    Fact(field("talk"), kind),
                    Fact(field("at"), at),
                    Fact(field("way"), way),
                    Fact(field("by"), by),
                    Fact(field("points"), points, wide=True),
                )
            )
        )
    for _entry, values in source.entries("tell_result", "solve_at_first_contact"):
        blocks.append(Facts((Fact(field("customer_opinion"), source.words(values, "customer_opinion"), wide=True),)))
    return filled(*blocks)


def call_back_record(source: Source) -> Blocks:
    """Every attempt, those in which nobody was reached included."""
    return filled(*(_call(source, one) for one in source.holdings.call_backs))


def _call(source: Source, one: CallBack) -> Facts:
    said = source.opened(one.sealed, "call_back")
    solved = "" if one.solved is None else Message("dossier.form.solved" if one.solved else "dossier.form.not_solved")
    reached = Message("dossier.form.reached" if one.reached else "dossier.form.not_reached")
    return Facts(
        (
            Fact(field("at"), source.moment(one.at)),
            Fact(field("way"), coded(ContactWay, one.way)),
            Fact(field("called_by"), source.named(one.by) or Message("dossier.form.customer_answered")),
            Fact(field("reached"), reached),
            Fact(field("solved"), solved),
            Fact(field("satisfaction"), satisfaction(one.satisfaction)),
            Fact(field("customer_opinion"), source.words(said, "customer_opinion"), wide=True),
            Fact(field("dissatisfaction_reason"), source.words(said, "dissatisfaction_reason"), wide=True),
            Fact(field("new_demand"), source.words(said, "new_demand"), wide=True),
        )
    )


def closing_reason(source: Source) -> Blocks:
    """Why it ended other than resolved, decided by whom."""
    blocks: list[Block] = []
    for entry, values in source.entries(*REASONS):
        said = ("closing_reason_text", "check_reason", "dissatisfaction_reason", "customer_opinion")
        words = texts_of(source.words(values, name) for name in said)
        attempts = values.get("attempts")
        if not words and not attempts:
            continue
        blocks.append(
            Facts(
                (
                    Fact(field("decision"), action_title(entry.action)),
                    Fact(field("outcome"), label(source.complaint.outcome)),
                    Fact(field("by"), source.named(entry.by)),
                    Fact(field("at"), source.moment(entry.at)),
                    Fact(field("reason"), words, wide=True),
                    Fact(field("attempts"), _attempts(source, attempts), wide=True),
                )
            )
        )
    return filled(*blocks)


def _attempts(source: Source, attempts: object) -> tuple[Text, ...]:
    if isinstance(attempts, list):
        return tuple(source.kept_moment(one) for one in attempts)
    return (source.veil.text(str(attempts)),) if attempts else ()


def post_review(source: Source) -> Blocks:
    """What is put right after this complaint."""
    blocks: list[Block] = []
    said: set[str] = set()
    for entry, values in reversed(list(source.entries(*REVIEWS))):
        words = source.words(values, "improvements")
        if words and words not in said:
            said.add(words)
            blocks.append(
                Facts(
                    (
                        Fact(field("improvements"), words, wide=True),
                        Fact(field("by"), source.named(entry.by)),
                        Fact(field("at"), source.moment(entry.at)),
                    )
                )
            )
    return filled(*reversed(blocks), *corrective_actions(source), *_none_needed(source))


def _none_needed(source: Source) -> Blocks:
    """R30: why nothing need be put right, written down by whoever archived."""
    return tuple(
        Facts(
            (
                Fact(field("no_corrective_reason"), source.words(values, "no_corrective_reason"), wide=True),
                Fact(field("by"), source.named(entry.by)),
                Fact(field("at"), source.moment(entry.at)),
            )
        )
        for entry, values in source.entries("archive")
        if values.get("no_corrective_reason")
    )


def lesson(source: Source) -> Blocks:
    return filled(Paragraph(source.newest("lesson")))


def event_log(source: Source) -> Blocks:
    """The whole history, each event with the beginning of its check value."""
    late = {row.stopped_at for row in source.holdings.clocks if row.met is False}
    moments = tuple(
        Moment(
            at=source.moment(event.at),
            what=happened(source, event.action, event.to_step),
            who=source.named(event.actor) or Message("dossier.system"),
            key=event.to_step is not None,
            late=event.at in late,
            check=event.mac.hex()[:SHOWN_CHECK],
        )
        for event in source.events
    )
    erased = Notice(Message("dossier.form.erased")) if source.complaint.erased_at is not None else None
    return filled(erased, Timeline(moments))


def happened(source: Source, action: str, to_step: str | None) -> Text:
    """An event in words, with the step that it led to."""
    title, step = action_title(action), source.step(to_step) if to_step != END else ""
    return Message("dossier.form.moved", {"title": title, "step": step}) if step else title
