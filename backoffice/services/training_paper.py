"""A training file as it is printed, the records as they are exported (R34, R39); logged before they leave."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.office import Role, Staff
from backoffice.models.training import Attendance, Qualification, TrainingOrder
from backoffice.queries import training as queries
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.blocks import Block, Column, Fact, Facts, Grid, Notice, Text, filled
from backoffice.reports.pdf import require_printing
from backoffice.reports.training_file import FileContent, FilePart
from backoffice.services.core.access_log import log_access
from backoffice.services.core.training import KINDS, name_of, opened, today_of
from backoffice.services.core.training import ORDER as ORDER_PURPOSE
from backoffice.services.core.work import Work
from policies.message import Message, Name, Refusal
from policies.training_reach import may_read
from policies.vocabulary import label_key
from policies.vocabulary_training import DueKind, DueState

PRINTED, EXPORTED = "training_file_print", "export"


def take_file(work: Work, code: str, language: str) -> FileContent:
    """The file of somebody whose training this person reads. DomainError: 403, 404, or 409 where nothing prints."""
    person = work.session.scalars(sa.select(Staff).where(Staff.code == code)).one_or_none()
    if person is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    if not may_read(work.actor, person.id, person.department_id):
        raise DomainError(Refusal("training.refused.not_yours", status=403))
    require_printing()
    facts = {"staff": person.code, "language": language}
    log_access(work.session, work.keys, work.actor, work.at, PRINTED, facts, address=work.address)
    return Writer(work, person).content(language)


def log_export(work: Work, form: str, first: date, last: date) -> None:
    """Note that the records of a time were carried off."""
    facts = {"list": "training_records", "form": form, "from": first.isoformat(), "to": last.isoformat()}
    log_access(work.session, work.keys, work.actor, work.at, EXPORTED, facts, address=work.address)


def record_name(row: Attendance) -> Name:
    """What an entry is about: its course, else what ordered the coaching."""
    course = row.session.course
    if course is not None:
        return Name(course.name_zh, course.name_en)
    return KINDS[row.order.kind if row.order is not None else DueKind.COACHING]


def trainer_of(row: Attendance) -> Name:
    """Who taught: a colleague, or a name from outside."""
    staff = row.session.trainer_staff
    if staff is not None:
        return Name(staff.name_zh, staff.name_en)
    return Name(row.session.trainer, row.session.trainer)


class Writer:
    """Writes the file of one person."""

    def __init__(self, work: Work, person: Staff) -> None:
        self.work, self.person = work, person
        self.rules = Rulebook(work.session)
        self.file = queries.file_of(work.session, person, most=None)
        self.roles = {row.code: Name(row.name_zh, row.name_en) for row in work.session.scalars(sa.select(Role))}
        self.today = today_of(work)

    def content(self, language: str) -> FileContent:
        """The whole sheet."""
        parts = (
            ("person", self._person()),
            ("posts", self._posts()),
            ("records", self._records()),
            ("orders", self._orders()),
            ("coaching", self._coaching()),
        )
        actor = self.work.session.get(Staff, self.work.actor.staff_id or 0)
        return FileContent(
            language=language,
            code=self.person.code,
            office=_value(_name(self.rules.office())),
            person=_value(_name(self.person)),
            made=self.work.at,
            made_text=self._moment(self.work.at),
            by=_value(_name(actor)) if actor is not None else Message("dossier.system"),
            parts=tuple(FilePart(Message(f"training.paper.part.{name}"), blocks) for name, blocks in parts if blocks),
            signatures=tuple(Message(f"training.paper.sign.{who}") for who in ("person", "head", "training")),
        )

    def _person(self) -> tuple[Block, ...]:
        person = self.person
        department = person.department
        facts = (
            Fact(Message("training.field.name"), _value(_name(person))),
            Fact(Message("training.field.code"), person.code),
            Fact(Message("training.field.department"), _value(_name(department)) if department is not None else ""),
            Fact(Message("training.field.joined"), _day(person.joined)),
        )
        return filled(Facts(facts))

    def _posts(self) -> tuple[Block, ...]:
        if not self.file.qualifications:
            words = "training.post_recognised" if self.person.fit_for_post else "training.post_none"
            return (Notice(Message(words)),)
        columns = _columns(("role_code", 34), ("from_day", 16), ("until_day", 16), ("ended", 34))
        return filled(Grid(columns, tuple(self._post(row) for row in self.file.qualifications)))

    def _post(self, row: Qualification) -> tuple[Text, ...]:
        ended: Text = ""
        if row.ended_on is not None and row.ended_why is not None:
            why = Message(label_key(row.ended_why))
            ended = Message("training.paper.ended", {"day": row.ended_on.isoformat(), "why": why})
        role = self.roles.get(row.role_code, Name(row.role_code, row.role_code))
        return _value(role), _day(row.from_day), _day(row.until_day), ended

    def _records(self) -> tuple[Block, ...]:
        columns = _columns(
            ("held_on", 10), ("course", 24), ("form", 8), ("hours", 6), ("trainer", 12),
            ("score", 7), ("result", 9), ("source", 10), ("signature", 14),
        )  # fmt: skip
        return filled(Grid(columns, tuple(self._record(row) for row in self.file.attendance)))

    def _record(self, row: Attendance) -> tuple[Text, ...]:
        source: Text = "" if row.order is None else Message(label_key(row.order.source))
        signed: Text = ""
        if row.signed_at is not None:
            signed = Message("training.paper.signed", {"at": self._moment(row.signed_at)})
        return (
            _day(row.session.held_on), _value(record_name(row)), Message(label_key(row.session.form)),
            _number(row.hours), _value(trainer_of(row)), "" if row.exam_score is None else _number(row.exam_score),
            Message(result_key(row)), source, signed,
        )  # fmt: skip

    def _orders(self) -> tuple[Block, ...]:
        columns = _columns(("ordered_course", 34), ("source", 16), ("due", 12), ("hours_done", 12), ("state", 26))
        rows = [row for row in self.file.orders if row.state is not DueState.CANCELLED]
        return filled(Grid(columns, tuple(self._order(row) for row in rows)))

    def _order(self, row: TrainingOrder) -> tuple[Text, ...]:
        return (
            _value(name_of(row.course, row.kind)),
            Message(label_key(row.source)),
            _day(row.due),
            Message("training.hours_of", {"done": _number(row.hours_done), "all": _number(row.hours)}),
            Message("training.paper.done", {"day": row.done_on.isoformat()})
            if row.done_on is not None
            else Message("training.state.overdue" if row.due < self.today else label_key(row.state)),
        )

    def _coaching(self) -> tuple[Block, ...]:
        columns = _columns(("problem", 30), ("aim", 22), ("agreed", 30), ("review_on", 18))
        rows = []
        for row in self.file.orders:
            words = opened(self.work.keys, row.sealed, ORDER_PURPOSE)
            if row.kind is DueKind.COACHING and words:
                looked = Message("training.paper.reviewed", {"day": _day(row.reviewed_on)}) if row.reviewed_on else ""
                rows.append((words["problem"], words["aim"], words["agreed"], _lines(_day(row.review_on), looked)))
        return filled(Grid(columns, tuple(rows)))

    def _moment(self, at: datetime) -> str:
        return at.astimezone(self.rules.zone()).strftime("%Y-%m-%d %H:%M")


def result_key(row: Attendance) -> str:
    """How an entry came out, as a catalogue key."""
    if not row.present:
        return "training.result.absent"
    if row.passed is None:
        return "training.result.attended"
    return "training.result.passed" if row.passed else "training.result.failed"


def _columns(*given: tuple[str, int]) -> tuple[Column, ...]:
    return tuple(Column(Message(f"training.field.{name}"), width) for name, width in given)


def _lines(*texts: Text) -> tuple[Text, ...]:
    return tuple(text for text in texts if text)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _number(number: object) -> str:
    return f"{number.normalize():f}" if hasattr(number, "normalize") else str(number)


def _name(row: object) -> Name:
    return Name(str(row.name_zh), str(row.name_en))  # type: ignore[attr-defined]


def _value(name: Name) -> Text:
    return Message("dossier.value", {"value": name})
