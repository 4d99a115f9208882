"""The record beside the card (R28): at a glance, as a course, and part by part as its dossier has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backoffice.models.handling import Communication
from backoffice.reports.blocks import Block, Fact, Facts, Text, filled
from backoffice.services.dossier.closing import event_log
from backoffice.services.dossier.content import WRITERS, matter
from backoffice.services.dossier.handling import file_name
from backoffice.services.dossier.intake import satisfaction
from backoffice.services.dossier.source import Source, coded, label
from policies.inspection import Unit, UnitWhat, parse_unit
from policies.message import Message
from policies.vocabulary import ClockCode, ClockResult, CommunicationKind, ContactWay

PARTS = (
    "original_record", "check_record", "acknowledgement", "work_order", "extension", "investigation", "evidence",
    "plan_drafts", "measures", "communications", "result_receipt", "call_back_record", "closing_reason", "statements",
    "post_review", "lesson",
)  # fmt: skip


@dataclass(frozen=True)
class ClockLine:
    """One clock as it ended: its result in words and whether it was kept (None: nobody is judged by it)."""

    name: Text
    result: Text
    met: bool | None
    due: str
    stopped: str


@dataclass(frozen=True)
class Record:
    """What stands beside the card."""

    glance: tuple[Block, ...]
    clocks: tuple[ClockLine, ...]
    talk: tuple[Block, ...]
    files: tuple[str, ...]
    course: tuple[Block, ...]
    parts: tuple[tuple[str, tuple[Block, ...]], ...]


def record_of(source: Source, unit: str = "") -> Record:
    """The record for the reader of ``source``; empty parts are left out. ``unit``: the talk that is inspected."""
    parts = ((code, WRITERS[code](source)) for code in PARTS)
    talk = _talk(source, parse_unit(unit))
    return Record(
        glance=_glance(source),
        clocks=tuple(_clock(source, row) for row in source.holdings.clocks),
        talk=talk,
        files=tuple(file_name(source, row.sealed_name, row.sha256) for row in source.holdings.attachments),
        course=event_log(source),
        parts=tuple((code, blocks) for code, blocks in parts if blocks),
    )


def _glance(source: Source) -> tuple[Block, ...]:
    complaint = source.complaint
    known = source.rules.setting("completeness")["fields"]
    keys = [item["code"] for item in known if item["key"]]
    read = Message(
        "inspection.record.completeness",
        {"score": complaint.completeness, "read": len(set(complaint.read_back) & set(keys)), "of": len(keys)},
    )
    newest = next(iter(reversed(source.holdings.call_backs)), None)
    said = source.words(source.opened(newest.sealed, "call_back"), "customer_opinion") if newest is not None else ""
    return filled(
        Facts(
            (
                Fact(_label("complaint"), matter(source), wide=True),
                Fact(_label("demand"), source.veil.text(source.record("demand")), wide=True),
                Fact(_label("five_w"), read, wide=True),
                Fact(_label("found"), (label(complaint.fault), source.newest("root_cause")), wide=True),
                Fact(_label("outcome"), (label(complaint.outcome), source.money(complaint.compensation)), wide=True),
                Fact(_label("call_back"), (satisfaction(complaint.satisfaction), said), wide=True),
            )
        )
    )


def _label(code: str) -> Message:
    return Message(f"inspection.record.{code}")


def _clock(source: Source, row: object) -> ClockLine:
    met, stopped = row.met, row.stopped_at  # type: ignore[attr-defined]  # a row of the clocks
    ended = ClockResult.DROPPED if stopped else ClockResult.RUNNING
    result = ended if met is None else ClockResult.MET if met else ClockResult.MISSED
    due: datetime = row.due_at  # type: ignore[attr-defined]
    code: str = row.code  # type: ignore[attr-defined]
    return ClockLine(coded(ClockCode, code), label(result), met, source.moment(due), source.moment(stopped))


def _talk(source: Source, unit: Unit | None) -> tuple[Block, ...]:
    """The talk that is inspected, where it is one and not the whole complaint."""
    if unit is None:
        return ()
    if unit.what is UnitWhat.INTAKE:
        complaint = source.complaint
        return filled(Facts((
            Fact(_label("speaker"), source.named(complaint.registered_by)),
            Fact(_label("at"), source.moment(complaint.call_started_at or complaint.received_at)),
            Fact(_label("way"), source.named(complaint.channel)),
            Fact(_label("length"), _length(complaint.call_seconds)),
            Fact(_label("said"), source.veil.text(source.record("what")), wide=True),
            Fact(_label("demand"), source.veil.text(source.record("demand")), wide=True),
        )))  # fmt: skip
    if unit.what is UnitWhat.TALK:
        talk = next((row for row in source.holdings.communications if row.id == unit.id), None)
        return () if talk is None else filled(Facts(_spoken(source, talk)))
    call = next((row for row in source.holdings.call_backs if row.id == unit.id), None)
    if call is None:
        return ()
    said = source.words(source.opened(call.sealed, "call_back"), "customer_opinion")
    return filled(Facts((
        Fact(_label("speaker"), source.named(call.by)),
        Fact(_label("at"), source.moment(call.at)),
        Fact(_label("way"), coded(ContactWay, call.way)),
        Fact(_label("call_back"), satisfaction(call.satisfaction)),
        Fact(_label("said"), said, wide=True),
    )))  # fmt: skip


def _spoken(source: Source, talk: Communication) -> tuple[Fact, ...]:
    points = source.veil.text(str(source.opened(talk.sealed, "talk").get("points") or ""))
    return (
        Fact(_label("speaker"), source.named(talk.by)),
        Fact(_label("at"), source.moment(talk.at)),
        Fact(_label("way"), (coded(ContactWay, talk.way), coded(CommunicationKind, talk.kind))),
        Fact(_label("said"), points, wide=True),
    )


def _length(seconds: int | None) -> Text:
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    return Message("inspection.record.minutes", {"minutes": minutes, "seconds": f"{rest:02d}"})
