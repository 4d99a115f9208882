"""Entries of the office's own lists: causes, evidence types, dispatch elements, routes … (R7, R10, R18, R25)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Channel, ListEntry, ProcessVersion, Setting
from backoffice.queries import usage
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.list_entries import NOTED, EntryFacts, OfficeList, check_entry
from policies.message import Name, Refusal
from policies.reference import check_code

SUBJECT = "list_entry"
NOTE = {OfficeList.DISPATCH_ELEMENTS: "hint", OfficeList.ROUTES: "text"}  # what the note is called in the entry


def create(session: Session, actor: Actor, at: datetime, name: OfficeList, code: str, facts: EntryFacts) -> ListEntry:
    """A new entry; its code stays for good."""
    upkeep.begin(session, actor)
    taken = frozenset(session.scalars(sa.select(ListEntry.code).where(ListEntry.list == name)))
    upkeep.ensure(check_code(code, taken), check_entry(name, facts))
    entry = ListEntry(list=name.value, code=code, **_columns(name, facts, {}))
    upkeep.add(session, actor, at, SUBJECT, entry)
    return entry


def change(session: Session, actor: Actor, at: datetime, entry_id: int, facts: EntryFacts) -> ListEntry:
    """Another name, note, kind or place. The code never changes."""
    upkeep.begin(session, actor)
    entry = _entry(session, entry_id)
    upkeep.ensure(check_entry(OfficeList(entry.list), facts))
    upkeep.change(session, actor, at, SUBJECT, entry, _columns(OfficeList(entry.list), facts, entry.extra))
    return entry


def retire(session: Session, actor: Actor, at: datetime, entry_id: int, reason: str) -> ListEntry:
    """No longer offered; refused, with names, while a leaf, a process or a channel asks for it."""
    upkeep.begin(session, actor)
    entry = _entry(session, entry_id)
    if entry.retired_at is None:
        upkeep.ensure(why_not_retire(session, entry))
    upkeep.retire(session, actor, at, SUBJECT, entry, reason)
    return entry


def restore(session: Session, actor: Actor, at: datetime, entry_id: int, reason: str) -> ListEntry:
    """Offered again."""
    upkeep.begin(session, actor)
    entry = _entry(session, entry_id)
    upkeep.restore(session, actor, at, SUBJECT, entry, reason)
    return entry


def facts_of(entry: ListEntry) -> EntryFacts:
    """What is said of an entry now."""
    note = entry.extra.get(NOTE.get(OfficeList(entry.list), ""), {})
    return EntryFacts(
        name_zh=entry.name_zh,
        name_en=entry.name_en,
        position=entry.position,
        note_zh=note.get("zh", ""),
        note_en=note.get("en", ""),
        kind=entry.extra.get("kind"),
        choices=tuple(entry.extra.get("choices", ())),
    )


def why_not_retire(session: Session, entry: ListEntry) -> list[Refusal]:
    """What still asks for an entry."""
    users = _users(session, entry)
    if not users:
        return []
    return [Refusal("reference.refused.entry_in_use", {"count": users.count, "names": users.names})]


def _users(session: Session, entry: ListEntry) -> usage.Users:
    if entry.list == OfficeList.DISPATCH_ELEMENTS:
        base = session.get(Setting, "element_rules")
        if base is not None and entry.code in base.value.get("base", ()):
            raise DomainError(Refusal("reference.refused.base_element"))
        return usage.leaves_with(session, element=entry.code)
    if entry.list == OfficeList.ROUTES:
        return usage.leaves_with(session, route=entry.code)
    if entry.list == OfficeList.EVIDENCE_TYPES:
        return _named(_processes_with(session, entry.code))
    if entry.list == OfficeList.CHANNEL_KINDS:
        statement = sa.select(Channel).where(Channel.kind == entry.code, Channel.retired_at.is_(None))
        return _named(session.scalars(statement))
    return usage.Users(0, ())


def _processes_with(session: Session, evidence: str) -> list[ProcessVersion]:
    """Versions in use of which a step requires this kind of evidence."""
    versions = session.scalars(sa.select(ProcessVersion).where(ProcessVersion.retired_at.is_(None)))
    return [
        version
        for version in versions
        if any(evidence in step.get("required_evidence", ()) for step in version.definition.get("steps", ()))
    ]


def _named(rows: Iterable[Any]) -> usage.Users:
    names = [Name(row.name_zh, row.name_en) for row in rows]
    return usage.Users(len(names), tuple(names[: usage.NAMED]))


def _entry(session: Session, entry_id: int) -> ListEntry:
    """An entry of a list that an office may extend; those of the others are not there for it."""
    entry = upkeep.row_of(session, ListEntry, entry_id)
    if entry.list not in list(OfficeList):
        raise DomainError(Refusal("access.refused.unknown", status=404))
    return entry


def _columns(name: OfficeList, facts: EntryFacts, extra: dict[str, Any]) -> dict[str, Any]:
    said = dict(extra)
    if name in NOTED:
        said[NOTE[name]] = {"zh": facts.note_zh.strip(), "en": facts.note_en.strip()}
    if name is OfficeList.DISPATCH_ELEMENTS:
        said["kind"] = facts.kind
        said.pop("choices", None)
        if facts.choices:
            said["choices"] = list(facts.choices)
    return {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "position": facts.position,
        "extra": said,
    }
