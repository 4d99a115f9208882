"""Part of a dossier on extensions (R22, R25): each request, its ground, the decision, the telling, what it moved."""

from __future__ import annotations

from backoffice.models.extension import Extension
from backoffice.models.handling import Attachment
from backoffice.reports.blocks import Block, Column, Fact, Facts, Grid, Opinion, Subheading, Text, filled, texts_of
from backoffice.services.dossier.handling import file_name
from backoffice.services.dossier.source import Source, coded, label
from policies.message import Message
from policies.vocabulary import ClockCode, ContactWay, ExtensionState


def extensions(source: Source) -> tuple[Block, ...]:
    """Every request for more time, oldest first."""
    blocks: list[Block | None] = []
    for number, one in enumerate(source.holdings.extensions, 1):
        blocks.append(Subheading(Message("extension.paper.heading", {"number": number, "state": label(one.state)})))
        blocks += [_request(source, one), _decision(source, one), _moved(source, one)]
    return filled(*blocks)


def _request(source: Source, one: Extension) -> Facts:
    words = source.opened(one.sealed, "extension")
    until = source.written_day(one.asked_until) if one.asked_until is not None else ""
    told = coded(ContactWay, one.told_way) if one.told_at is not None else ""
    return Facts(
        (
            Fact(_field("clock"), coded(ClockCode, one.clock)),
            Fact(_field("due"), source.moment(one.due_at)),
            Fact(_field("reason_class"), source.listed("extension_reasons", one.reason)),
            Fact(_field("days_asked"), texts_of((_days(one.days_asked), until))),
            Fact(_field("reason"), source.words(words, "reason"), wide=True),
            Fact(_field("ground"), texts_of((source.words(words, "ground"), *_files(source, one))), wide=True),
            Fact(_field("asked"), source.signed(one.asked_by_id, one.asked_at), wide=True),
            Fact(_field("told"), texts_of((source.moment(one.told_at), told)), wide=True),
        )
    )


def _decision(source: Source, one: Extension) -> Opinion | None:
    if one.decided_at is None:
        return None
    refused = one.state is ExtensionState.REFUSED
    verdict = label(one.state) if refused else Message("extension.paper.granted", {"n": one.days_granted or 0})
    opinion = source.words(source.opened(one.sealed, "extension"), "opinion")
    return Opinion(_field("decision"), opinion, source.signed(one.decided_by_id, one.decided_at), verdict)


def _moved(source: Source, one: Extension) -> Grid | None:
    if not one.clocks:
        return None
    columns = (
        Column(_field("clock"), 30),
        Column(_field("old_due"), 25, "center"),
        Column(_field("new_due"), 25, "center"),
        Column(_field("by_days"), 20, "right"),
    )
    rows = tuple(
        (coded(ClockCode, moved.clock.code), source.moment(moved.old_due_at), source.moment(moved.new_due_at),
         _days(moved.days))
        for moved in one.clocks
    )  # fmt: skip
    return Grid(columns, rows)


def _files(source: Source, one: Extension) -> list[Text]:
    there: dict[int, Attachment] = {row.id: row for row in source.holdings.attachments}
    kept = [there[key] for key in one.attachment_ids if key in there]
    return [Message("dossier.form.file", {"name": file_name(source, row.sealed_name, row.sha256)}) for row in kept]


def _days(days: int) -> Message:
    return Message("clock.amount.working_day", {"n": days, "amount": str(days)})


def _field(code: str) -> Message:
    return Message(f"extension.paper.{code}")
