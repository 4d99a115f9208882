"""A whole month on paper (R33): one PDF with bookmarks, or a ZIP with a PDF for each sheet; part by part.

Whoever asks is held to what they may read; what was asked for is a job, whose payload says how far it has come. Parts
lie on the disk under the office's key, so that a killed job goes on and memory stays flat.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from functools import partial
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations.store import MissingError, Place, at
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalSheet
from backoffice.models.office import Department
from backoffice.models.work import Job
from backoffice.queries.appraisal_reach import departments_read, departments_worded, seen
from backoffice.reports.appraisal_sheet import AppraisalPaper, render_appraisal
from backoffice.reports.pdf import require_printing, safe_file_name
from backoffice.reports.presses import can_be_sent, in_processes, saying
from backoffice.reports.sheet import SheetPaper, print_sheet
from backoffice.reports.volume import Mark, Part, bind
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.appraisal_papers.record import Record
from backoffice.services.appraisal_papers.records import find_period, in_order, read_all
from backoffice.services.appraisal_papers.sheet import Writer
from backoffice.services.appraisal_papers.summary import summary
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.access import Actor
from policies.message import Message, Refusal

KIND = "appraisal_papers"
ASKED, TAKEN = "appraisal_papers_print", "appraisal_papers_take"
AT_ONCE = 20
"""So many sheets are printed while the reader waits; more are made in the background."""
AT_ONCE_LEASE = timedelta(minutes=10)
ON_A_PART = 20
KEPT = timedelta(days=7)
Speak = Callable[[Message, str], str]
OpenWork = Callable[[], AbstractContextManager[Work]]


@unique
class Form(StrEnum):
    """How a month is taken along."""

    VOLUME = "volume"
    ZIP = "zip"


@dataclass(frozen=True)
class Order:
    """What somebody asked for; ``reach``: the departments, None for all; ``ids``: the sheets, in order.

    ``worded``: those departments (codes, None for all) in whose sheets the texts that people wrote are printed.
    """

    month: str
    form: Form
    language: str
    by: int | None
    reach: tuple[int, ...] | None
    ids: tuple[int, ...]
    worded: tuple[str, ...] | None

    @property
    def parts(self) -> int:
        """The summary, then the sheets: several to a part of a volume, each alone for a ZIP."""
        each = ON_A_PART if self.form is Form.VOLUME else 1
        return 1 + -(-len(self.ids) // each)

    def sheets_of(self, part: int) -> tuple[int, ...]:
        """The ids on a part (1 …)."""
        each = ON_A_PART if self.form is Form.VOLUME else 1
        return self.ids[(part - 1) * each : part * each]

    @property
    def file_name(self) -> str:
        return f"appraisal-{self.month}.{'pdf' if self.form is Form.VOLUME else 'zip'}"

    def payload(self) -> dict[str, Any]:
        """As a job keeps it."""
        return {
            "month": self.month, "form": self.form.value, "language": self.language, "by": self.by,
            "reach": None if self.reach is None else list(self.reach), "ids": list(self.ids),
            "worded": None if self.worded is None else list(self.worded),
            "done": 0, "total": self.parts,
        }  # fmt: skip


def read_order(payload: Mapping[str, Any]) -> Order:
    """An order from a job's payload."""
    reach, worded = payload["reach"], payload.get("worded", [])
    return Order(
        payload["month"], Form(payload["form"]), payload["language"], payload["by"],
        None if reach is None else tuple(reach), tuple(payload["ids"]),
        None if worded is None else tuple(worded),
    )  # fmt: skip


def ask(work: Work, month: str, form: Form, language: str) -> Job:
    """Have a month printed as far as this person reads it; the same again, with nothing changed, is the same job.

    Logged in this transaction. Raises ``DomainError``: 403 who reads none but the own, 404 no such month, 409 nothing
    to print or no printing here.
    """
    reach = departments_read(work.actor)
    if reach is not None and not reach:
        raise DomainError(Refusal("appraisal_volume.refused.reach", status=403))
    period, where = find_period(work.session, month), seen(work.actor)
    ids = in_order(work.session, period.id, where)
    if not ids:
        raise DomainError(Refusal("appraisal_volume.refused.nothing", {"month": month}))
    require_printing()
    whole = None if reach is None else tuple(sorted(reach))
    order = Order(month, form, language, work.actor.staff_id, whole, tuple(ids), _worded(work))
    slot = f"{month}:{form}:{language}:{order.by}:{_state(work.session, period.id, where)}"
    log_access(
        work.session,
        work.keys,
        work.actor,
        work.at,
        ASKED,
        {"month": month, "form": form, "language": language, "sheets": len(ids)},
        address=work.address,
    )
    known = work.session.scalars(sa.select(Job).where(Job.kind == KIND, Job.slot == slot)).one_or_none()
    if known is not None:
        return known
    job = Job(kind=KIND, slot=slot, due_at=work.at, payload=order.payload())
    if len(ids) <= AT_ONCE:  # whoever asks makes it; should that break off, a worker goes on
        job.leased_until = work.at + AT_ONCE_LEASE
    work.session.add(job)
    work.session.flush()
    return job


def _worded(work: Work) -> tuple[str, ...] | None:
    reach = departments_worded(work.actor)
    if reach is None:
        return None
    codes = sa.select(Department.code).where(Department.id.in_(sorted(reach))).order_by(Department.code)
    return tuple(work.session.scalars(codes))


def _state(session: Session, period_id: int, where: sa.ColumnElement[bool]) -> str:
    """What tells one state of these sheets from another."""
    rows = sa.select(AppraisalSheet.id, AppraisalSheet.sha256, AppraisalSheet.status, AppraisalSheet.revision)
    digest = hashlib.sha256()
    for row in session.execute(rows.where(AppraisalSheet.period_id == period_id, where).order_by(AppraisalSheet.id)):
        digest.update(f"{row.id}:{row.sha256}:{row.status}:{row.revision};".encode())
    return digest.hexdigest()[:20]


def orders_of(session: Session, actor: Actor, month: str) -> list[Job]:
    """What this person had printed of a month, the newest first."""
    mine = sa.select(Job).where(Job.kind == KIND, Job.slot.startswith(f"{month}:", autoescape=True))
    rows = session.scalars(mine.order_by(Job.id.desc()).limit(50))
    return [job for job in rows if job.payload.get("by") == actor.staff_id]


def find_order(work: Work, job_id: int) -> Job:
    """Something that this person asked for and may still read; raises ``DomainError`` (404)."""
    job = work.session.get(Job, job_id)
    gone = DomainError(Refusal("appraisal_volume.refused.gone", status=404))
    if job is None or job.kind != KIND or job.payload.get("by") != work.actor.staff_id:
        raise gone
    reach, asked = departments_read(work.actor), job.payload["reach"]
    if reach is not None and (asked is None or not reach.issuperset(asked)):
        raise gone
    return job


# Making


@dataclass(frozen=True)
class _Written:
    """A part that is written and not printed: how it is printed, in any process; its bookmarks; its file's name."""

    printing: Callable[[], bytes]
    marks: list[tuple[str, str]]
    name: str


def _print_summary(front: SheetPaper, speak: Speak, language: str) -> bytes:
    return print_sheet(front, saying(speak, language)).data


def _print_sheets(papers: list[AppraisalPaper], speak: Speak, language: str) -> bytes:
    return render_appraisal(papers, saying(speak, language)).data


class Press:
    """Makes the parts of an order, wherever it stands. ``place``: where papers lie until they are taken."""

    def __init__(self, keys: Keys, place: Place, job_id: int, order: Order, speak: Speak, now: datetime) -> None:
        self.keys, self.order, self.at, self.job_id = keys, order, now, job_id
        self.room = at(place).part(str(job_id))
        self.speak = speak

    def make(self, work: Work, part: int) -> None:
        """Make a part and put it away; done again, it is the same."""
        written = self._written(work, part)
        self._keep(part, written.printing(), written)

    def make_all(self, open_work: OpenWork, first: int, workers: int) -> Iterator[int]:
        """Make the parts from ``first`` on, several at once, each put away before it is named. What they hold is read
        here, part by part, each in a work of its own.

        Raises what a part raised; ``DomainError`` (409) where a printing process was killed.
        """
        waiting: deque[_Written] = deque()

        def orders() -> Iterator[Callable[[], bytes]]:
            for part in range(first, self.order.parts):
                with open_work() as work:
                    waiting.append(self._written(work, part))
                yield waiting[-1].printing

        several = workers if can_be_sent(self.speak) else 1
        with closing(in_processes(orders(), workers=several)) as printed:
            for part, data in enumerate(printed, start=first):
                self._keep(part, data, waiting.popleft())
                yield part

    def _written(self, work: Work, part: int) -> _Written:
        """What stands on a part, still to be printed."""
        language = self.order.language
        if part == 0:
            front = summary(work, self.order.month, language, self._reach())
            printing = partial(_print_summary, front, self.speak, language)
            return _Written(printing, [("", self._say(front.title))], f"000-{front.file_stem}.pdf")
        writer = Writer(work.session, self.at, language)
        ids = self.order.sheets_of(part)
        first = self.order.ids.index(ids[0])
        several = self.order.form is Form.VOLUME
        records = [self._as_read(record) for record in read_all(work.session, self.keys, ids)]
        papers = [
            writer.paper(record, (first + number, len(self.order.ids)) if several else None)
            for number, record in enumerate(records, start=1)
        ]
        if not papers:
            raise DomainError(Refusal("appraisal_volume.refused.gone", status=404))
        marks = [self._mark(record) for record in records]
        return _Written(partial(_print_sheets, papers, self.speak, language), marks, self._file_name(records[0]))

    def _as_read(self, record: Record) -> Record:
        worded = self.order.worded
        return record if worded is None or record.department in worded else record.without_words

    def finish(self) -> None:
        """Bind the volume once all parts are there; a ZIP is put together when it is taken."""
        if self.order.form is Form.VOLUME:
            room = io.BytesIO()
            bind((Part(data, tuple(Mark(*mark) for mark in marks)) for data, marks, _name in self._parts()), room)
            self._write("whole", room.getvalue())
            for part in range(self.order.parts):
                self.room.delete(_file(str(part)))

    def take(self, stream: IO[bytes]) -> None:
        """Write what was made; raises ``DomainError`` (404) where it was cleared away."""
        if self.order.form is Form.VOLUME:
            stream.write(self._read("whole"))
            return
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as room:
            for data, _marks, name in self._parts():
                room.writestr(name, data)

    def _parts(self) -> Iterator[tuple[bytes, list[tuple[str, str]], str]]:
        for part in range(self.order.parts):
            head, _, data = self._read(str(part)).partition(b"\n")
            said = json.loads(head)
            yield data, [tuple(mark) for mark in said["marks"]], said["name"]

    def _keep(self, part: int, data: bytes, written: _Written) -> None:
        head = json.dumps({"marks": written.marks, "name": written.name}).encode()
        self._write(str(part), head + b"\n" + data)

    def _write(self, name: str, data: bytes) -> None:
        """Sealed, and in place at once: a half written part is never read."""
        self.room.put(_file(name), seal_for_office(self.keys, data, self._context(name)))

    def _read(self, name: str) -> bytes:
        try:
            sealed = self.room.get(_file(name))
        except MissingError:
            raise DomainError(Refusal("appraisal_volume.refused.gone", status=404)) from None
        return open_for_office(self.keys, sealed, self._context(name))

    def _context(self, name: str) -> str:
        return f"{KIND}:{self.job_id}:{name}"

    def _mark(self, record: Record) -> tuple[str, str]:
        name = self._say(Message("appraisal_paper.name", {"name": record.department_name}))
        person = {"name": record.name, "code": record.code}
        title = Message("appraisal_paper.bookmark", person) if record.is_person else Message("appraisal_volume.own")
        return name, self._say(title)

    def _file_name(self, record: Record) -> str:
        name = self._say(Message("appraisal_paper.name", {"name": record.name}))
        return safe_file_name(f"{record.number} {record.code} {name}.pdf")

    def _reach(self) -> frozenset[int] | None:
        return None if self.order.reach is None else frozenset(self.order.reach)

    def _say(self, message: Any) -> str:
        return self.speak(message, self.order.language)


def _file(name: str) -> str:
    return f"{name}.sealed"


def clear_old(session: Session, place: Place, now: datetime) -> None:
    """What was made a week ago need not be kept: whoever wants it again asks again."""
    old = session.scalars(sa.select(Job).where(Job.kind == KIND, Job.done_at < now - KEPT).limit(20))
    for job in old:
        papers = at(place)
        for name in list(papers.names(f"{job.id}/")):
            papers.delete(name)
        session.delete(job)
