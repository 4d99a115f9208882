"""Channels (R1): the ways in; an office adds its own, and those taken out of use keep their old complaints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Calendar, Channel, ListEntry
from backoffice.models.office import Department
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.message import Refusal
from policies.reference import LONGEST_NOTE, check_choice, check_code, check_names, check_text, check_whole, refused
from policies.vocabulary import EntryWay

SUBJECT = "channel"
MOST_PLACES = 999


@dataclass(frozen=True)
class ChannelFacts:
    """What an administrator says of a channel; ``hours`` is the code of the calendar by which it is open."""

    name_zh: str
    name_en: str
    kind: str
    live: bool = False
    default_department_id: int | None = None
    entry_way: str = EntryWay.CONSOLE.value
    hours: str = "office"
    note_zh: str = ""
    note_en: str = ""
    position: int | None = 0
    as_draft: bool = False


def create(session: Session, actor: Actor, at: datetime, code: str, facts: ChannelFacts) -> Channel:
    """A new channel; its code stays for good."""
    upkeep.begin(session, actor)
    upkeep.ensure(check_code(code, upkeep.codes_of(session, Channel)), _check(session, None, facts))
    channel = Channel(code=code, **_columns(facts))
    upkeep.add(session, actor, at, SUBJECT, channel)
    return channel


def change(session: Session, actor: Actor, at: datetime, channel_id: int, facts: ChannelFacts) -> Channel:
    """Another name, department, calendar or place in the list."""
    upkeep.begin(session, actor)
    channel = upkeep.row_of(session, Channel, channel_id)
    upkeep.ensure(_check(session, channel, facts))
    upkeep.change(session, actor, at, SUBJECT, channel, _columns(facts))
    return channel


def retire(session: Session, actor: Actor, at: datetime, channel_id: int, reason: str) -> Channel:
    """Out of use: intake no longer offers it. The last channel stays: complaints must come in somehow."""
    upkeep.begin(session, actor)
    channel = upkeep.row_of(session, Channel, channel_id)
    others = sa.select(Channel.id).where(Channel.retired_at.is_(None), Channel.id != channel_id)
    if channel.retired_at is None and session.scalar(others.limit(1)) is None:
        raise DomainError(Refusal("reference.refused.last_channel"))
    upkeep.retire(session, actor, at, SUBJECT, channel, reason)
    return channel


def restore(session: Session, actor: Actor, at: datetime, channel_id: int, reason: str) -> Channel:
    """Back into use, with a department that is in use."""
    upkeep.begin(session, actor)
    channel = upkeep.row_of(session, Channel, channel_id)
    department = channel.default_department
    if department is not None and department.retired_at is not None:
        raise DomainError(refused("department_retired", name=upkeep.name_of(department)))
    upkeep.restore(session, actor, at, SUBJECT, channel, reason)
    return channel


def kinds(session: Session) -> list[ListEntry]:
    """The kinds of channels that the office knows."""
    statement = sa.select(ListEntry).where(ListEntry.list == "channel_kinds", ListEntry.retired_at.is_(None))
    return list(session.scalars(statement.order_by(ListEntry.position)))


def _check(session: Session, channel: Channel | None, facts: ChannelFacts) -> list[Refusal]:
    known_kinds = {entry.code for entry in kinds(session)} | ({channel.kind} if channel else set())
    in_use = set(session.scalars(sa.select(Department.id).where(Department.retired_at.is_(None))))
    if channel and channel.default_department_id:
        in_use.add(channel.default_department_id)
    return [
        *check_names(facts.name_zh, facts.name_en),
        *check_choice("kind", facts.kind, known_kinds),
        *check_choice("default_department_id", facts.default_department_id, in_use),
        *check_choice("entry_way", facts.entry_way, list(EntryWay)),
        *check_choice("hours", facts.hours, upkeep.codes_of(session, Calendar)),
        *check_text("note_zh", facts.note_zh, longest=LONGEST_NOTE),
        *check_text("note_en", facts.note_en, longest=LONGEST_NOTE),
        *check_whole("position", facts.position, 0, MOST_PLACES),
    ]


def _columns(facts: ChannelFacts) -> dict[str, Any]:
    return {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "kind": facts.kind,
        "live": facts.live,
        "default_department_id": facts.default_department_id,
        "entry_way": facts.entry_way,
        "hours": facts.hours,
        "note_zh": facts.note_zh.strip(),
        "note_en": facts.note_en.strip(),
        "position": facts.position,
        "as_draft": facts.as_draft,
    }
