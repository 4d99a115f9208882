"""The notice of a corrective action as it is printed (R30, R39): masked, and logged before it is handed out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.office import Department, Staff
from backoffice.models.teamwork import CorrectiveAction, CorrectiveEvent
from backoffice.queries import corrective as queries
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.blocks import Block, Column, Fact, Facts, Grid, Text, filled, texts_of
from backoffice.reports.corrective_notice import NoticeContent, Part
from backoffice.reports.pdf import require_printing
from backoffice.services.core.access_log import log_access
from backoffice.services.core.corrective import corrective_rules
from backoffice.services.core.corrective_files import name_of
from backoffice.services.core.corrective_words import opened, veiled
from backoffice.services.core.corrective_words import texts_of as words_of
from backoffice.services.core.work import Work
from policies.message import Message, Name, Refusal
from policies.vocabulary import label_key

PRINTED = "corrective_notice_print"
OUTCOMES = ("finish", "verify", "reject", "confirm_effect", "came_back", "cancel")
"""Events that the sheet tells of: what came of it."""


def take_notice(work: Work, number: str, language: str) -> NoticeContent:
    """The notice of one that this person may see. Raises ``DomainError`` (404), and 409 where nothing prints."""
    one = queries.find(work.session, work.actor, number)
    if one is None:
        raise DomainError(Refusal("corrective.refused.not_found", status=404))
    require_printing()
    facts = {"corrective_action": one.number, "language": language}
    log_access(
        work.session,
        work.keys,
        work.actor,
        work.at,
        PRINTED,
        facts,
        complaint_id=one.complaint_id,
        address=work.address,
    )
    return Writer(work, one).notice(language)


class Writer:
    """Writes one notice from its row; every text passes the veil."""

    def __init__(self, work: Work, one: CorrectiveAction) -> None:
        self.work, self.one = work, one
        self.rules = Rulebook(work.session)
        self.known = corrective_rules(self.rules)
        self.words = {name: veiled(work.keys, one, text) for name, text in words_of(work.keys, one).items()}
        self.events = queries.events_of(work.session, one.id)
        ids = {one.owner_id, one.assigned_by_id, one.verified_by_id, work.actor.staff_id, *one.helper_ids} - {None}
        rows = work.session.scalars(sa.select(Staff).where(Staff.id.in_(sorted(i for i in ids if i is not None))))
        self.people = {row.id: row for row in rows}

    def notice(self, language: str) -> NoticeContent:
        """The sheet with its parts."""
        found = (("task", self._task()), ("demand", self._demand()), ("outcome", self._outcome()))
        return NoticeContent(
            language=language,
            number=self.one.number,
            office=_value(self.rules.office()),
            made=self.work.at,
            made_text=self._moment(self.work.at),
            by=self._person(self.work.actor.staff_id),
            parts=tuple(Part(Message(f"corrective.notice.part.{name}"), blocks) for name, blocks in found if blocks),
            signatures=tuple(Message(f"corrective.notice.sign.{who}") for who in ("assigner", "owner", "verifier")),
        )

    def _task(self) -> tuple[Block, ...]:
        one, kind = self.one, self.known.types.get(self.one.type)
        source = self.known.sources.get(one.source)
        inspection = queries.inspection_of(self.work.session, one)
        department = self.work.session.get(Department, one.department_id) if one.department_id else None
        return filled(
            Facts(
                (
                    _fact("title", self.words["title"], wide=True),
                    _fact("source", _name(source.name) if source is not None else one.source),
                    _fact("type", _name(kind.name) if kind is not None else one.type),
                    _fact("level", Message(label_key(one.level))),
                    _fact("complaint", one.complaint.number if one.complaint is not None else ""),
                    _fact("inspection", inspection.number if inspection is not None else ""),
                    _fact("department", _value(department) if department is not None else ""),
                    _fact("owner", self._person(one.owner_id)),
                    _fact("helpers", texts_of(self._person(person) for person in one.helper_ids)),
                    _fact("assigned", self._signed(one.assigned_by_id, one.assigned_at)),
                    _fact("due_on", self._moment(one.due_at)),
                    _fact("status", Message(label_key(one.status))),
                )
            )
        )

    def _demand(self) -> tuple[Block, ...]:
        way = self.known.verifications.get(self.one.verification)
        how = texts_of((_name(way.name), _name(way.how) if way.how else "")) if way is not None else ()
        return filled(
            Facts(
                (
                    *(
                        _fact(name, self.words[name], wide=True)
                        for name in ("finding", "root_cause", "expected_effect", "reference")
                    ),
                    _fact("verification", how, wide=True),
                )
            )
        )

    def _outcome(self) -> tuple[Block, ...]:
        columns = (
            Column(Message("corrective.notice.column.at"), 18, "center"),
            Column(Message("corrective.notice.column.what"), 18),
            Column(Message("corrective.notice.column.words"), 46),
            Column(Message("corrective.notice.column.who"), 18),
        )
        files = queries.files_of(self.work.session, self.one.id)
        names = {row.id: veiled(self.work.keys, self.one, name_of(self.work, self.one, row)) for row in files}
        rows = tuple(self._row(event, names) for event in self.events if event.kind in OUTCOMES)
        return filled(Grid(columns, rows))

    def _row(self, event: CorrectiveEvent, names: dict[int, str]) -> tuple[Text | tuple[Text, ...], ...]:
        written = opened(self.work.keys, self.one, event.sealed, f"event:{event.sequence}")
        said = [veiled(self.work.keys, self.one, str(text)) for text in written.values()]
        who = _value(event.actor) if event.actor is not None else Message("dossier.system")
        files = [names.get(file_id, "") for file_id in event.files]
        return self._moment(event.at), Message(f"corrective.event.{event.kind}"), _lines((*said, *files)), who

    def _moment(self, at: datetime) -> str:
        return at.astimezone(self.rules.zone()).strftime("%Y-%m-%d %H:%M")

    def _person(self, staff_id: int | None) -> Text:
        row = self.people.get(staff_id or 0)
        return _value(row) if row is not None else Message("dossier.system")

    def _signed(self, staff_id: int | None, at: datetime) -> Text:
        return Message("dossier.signed", {"name": self._person(staff_id), "at": self._moment(at)})


def _fact(name: str, value: Text | tuple[Text, ...], *, wide: bool = False) -> Fact:
    return Fact(Message(f"corrective.field.{name}"), value, wide)


def _lines(texts: Iterable[str]) -> tuple[Text, ...]:
    return texts_of(texts)


def _value(row: object) -> Text:
    return Message("dossier.value", {"value": Name(str(row.name_zh), str(row.name_en))})  # type: ignore[attr-defined]


def _name(names: object) -> Text:
    found = dict(names)  # type: ignore[call-overload]
    return Message("dossier.value", {"value": Name(str(found["zh"]), str(found["en"]))})
