"""Bring complaints in from a foreign table (R1, R9): the same service and rules as the form, row by row.

Rows come in by small transactions, and a row is recognised by its source and key, or by its place in this very file: an
import that was stopped is simply run again, and a file imported twice adds nothing. Closed ones come in as closed
history with their own dates, open ones live on. A row that the rules refuse goes to ``refused`` with its reasons and
holds nothing else up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.integrations.mapping import Incoming, IncomingRecord, RefusedRow, date_order, read_records
from backoffice.integrations.mapping_file import ImportMapping
from backoffice.integrations.table_rows import Given, named_by_place, source_of
from backoffice.integrations.tabular import open_table
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import SlaPolicy
from backoffice.models.work import ImportRun
from backoffice.services import intake
from backoffice.services.core import clocks, history, transition
from backoffice.services.core.case import Case
from backoffice.services.core.ground import Ground
from backoffice.services.core.work import Work
from backoffice.services.import_categories import ensure_categories
from policies.access import Actor, Permission, refuse_unless
from policies.message import Message, Refusal
from policies.vocabulary import Level, Outcome, Severity

BATCH = 50
PIECE = 1 << 20
OF_THIS_FILE = "file:"
DIGITS = 32
"""Of the SHA-256 of a file whose rows have no key of their own: they are known by its beginning and their line."""


@dataclass
class ImportResult:
    """What came of an import: how many came in, were known already, were refused."""

    came_in: int = 0
    known: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        return self.came_in + self.known + self.refused


@dataclass(frozen=True)
class Step:
    """Some rows that were gone through: how many of the file by now, what came of all of them, which were refused.

    ``run_id``: the run that they belong to; None in a dry run.
    """

    rows: int
    result: ImportResult
    refused: list[RefusedRow]
    run_id: int | None = None


@dataclass(frozen=True)
class Import:
    """One file to be brought in by one mapping, by whom, and who is told of refused rows and of the progress.

    ``start`` is told the header before the first row, ``refused`` of a row once its batch is stored. ``dry_run``:
    everything is tried and nothing is kept. ``done``: so many rows were gone through before, with ``so_far`` come of
    them; ``keep`` is called within the transaction of the beginning and of each step (in a dry run: in one of its
    own), so that whoever goes on knows where. ``run_id``: the run that goes on. ``noted`` is kept with each
    registration.
    """

    path: Given
    mapping: ImportMapping
    actor: Actor
    clock: Clock
    keys: Keys
    dry_run: bool = False
    start: Callable[[tuple[str, ...]], None] = lambda _: None
    refused: Callable[[RefusedRow], None] = lambda _: None
    progress: Callable[[ImportResult], None] = lambda _: None
    done: int = 0
    so_far: ImportResult = field(default_factory=ImportResult)
    keep: Callable[[Session, Step], None] = lambda _session, _step: None
    run_id: int | None = None
    noted: Mapping[str, object] = field(default_factory=dict)


class _Came(Enum):
    IN = "in"
    BEFORE = "before"


class _TriedOnlyError(Exception):
    """Takes a batch back that was only tried."""


def bring_in(database: Database, job: Import) -> ImportResult:
    """Import a file; raises ``DomainError`` when the file, its mapping or the person is refused as a whole."""
    refusal = refuse_unless(job.actor, Permission.COMPLAINT_IMPORT)
    if refusal is not None:
        raise DomainError(refusal)
    with database.reading() as session:
        if session.scalar(sa.select(SlaPolicy.id).limit(1)) is None:
            raise DomainError(Refusal("import.office.not_set_up"))
    order = date_order(job.path, job.mapping)
    with open_table(job.path, job.mapping.required) as table:
        job.start(table.header)
        run = _Run(database, job, table.header, getattr(table, "sheet", ""))
        run.begin()
        rows = islice(read_records(table, job.mapping, order, job.clock.now()), job.done, None)
        while batch := list(islice(rows, BATCH)):
            for refused in run.bring(batch):
                job.refused(refused)
            job.progress(run.result)
        run.finish()
    return run.result


class _Run:
    """One going through a file: what was counted, and in a dry run what would have come in."""

    def __init__(self, database: Database, job: Import, header: tuple[str, ...], sheet: str) -> None:
        self.database = database
        self.job = job
        self.names = named_by_place(header)
        self.result = replace(job.so_far)
        self.rows = job.done
        self.tried: dict[str, datetime] = {}
        self.run_id = job.run_id
        self.digest = _digest(job.path)
        self.keyed = "key" in job.mapping.columns
        self.source = job.mapping.source if self.keyed else f"{OF_THIS_FILE}{_place(self.digest, sheet)[:DIGITS]}"

    def begin(self) -> None:
        """Make the categories that the mapping needs, and note that this import began."""
        job = self.job
        if job.dry_run or self.run_id is not None:
            return
        with self.database.writing() as session:
            ensure_categories(session, job.actor, job.clock.now(), job.mapping)
            run = ImportRun(
                sha256=self.digest,
                mapping=job.mapping.code,
                by_id=job.actor.staff_id,
                started_at=job.clock.now(),
            )
            session.add(run)
            session.flush()
            job.keep(session, Step(self.rows, self.result, [], run.id))  # whoever goes on goes on with this run
        self.run_id = run.id

    def finish(self) -> None:
        """Note that the file was gone through to its end."""
        if self.run_id is not None:
            with self.database.writing() as session:
                session.get_one(ImportRun, self.run_id).finished_at = self.job.clock.now()

    def bring(self, batch: list[Incoming]) -> list[RefusedRow]:
        """One transaction; counts, and gives back the refused rows, only once it is stored."""
        counted, refused = replace(self.result), []
        with suppress(_TriedOnlyError), self.database.writing() as session:
            if self.job.dry_run:
                ensure_categories(session, self.job.actor, self.job.clock.now(), self.job.mapping)
            refused = self._bring_rows(session, batch, counted)
            if self.run_id is None:
                raise _TriedOnlyError
            run = session.get_one(ImportRun, self.run_id)
            run.came_in, run.known, run.refused = counted.came_in, counted.known, counted.refused
            self.job.keep(session, step := Step(self.rows + len(batch), counted, refused, self.run_id))
        if self.run_id is None:
            with self.database.writing() as session:
                self.job.keep(session, step := Step(self.rows + len(batch), counted, refused))
        self.rows, self.result = step.rows, counted
        return refused

    def _bring_rows(self, session: Session, batch: list[Incoming], counted: ImportResult) -> list[RefusedRow]:
        known, ground = self._known(session, batch), Ground(session)
        refused = []
        for incoming in batch:
            came = incoming if isinstance(incoming, RefusedRow) else self._bring_row(session, ground, incoming, known)
            if isinstance(came, RefusedRow):
                counted.refused += 1
                refused.append(came)
            elif came is _Came.BEFORE:
                counted.known += 1
            else:
                counted.came_in += 1
        return refused

    def _known(self, session: Session, batch: list[Incoming]) -> dict[str, datetime]:
        """The keys of a batch that came in before, in the database or in this dry run, with when that was received."""
        keys = {row.key for row in batch if isinstance(row, IncomingRecord)}
        statement = sa.select(Complaint.source_key, Complaint.received_at).where(
            Complaint.source == self.source, Complaint.source_key.in_(sorted(keys))
        )
        stored = {key: received_at for key, received_at in session.execute(statement) if key}
        return stored | {key: self.tried[key] for key in keys if key in self.tried}

    def _before(self, record: IncomingRecord, received_at: datetime) -> RefusedRow | _Came:
        """A row whose key is known: the same again, or another complaint that was given a number twice."""
        if not self.keyed or record.received_at == received_at:
            return _Came.BEFORE
        params = {"column": self.job.mapping.columns["key"], "value": record.key, "received": received_at}
        return RefusedRow(record.line, record.again, (Message("import.row.key_of_another", params),))

    def _bring_row(
        self, session: Session, ground: Ground, record: IncomingRecord, known: dict[str, datetime]
    ) -> RefusedRow | _Came:
        """Register one record, whole or not at all."""
        if record.key in known:
            return self._before(record, known[record.key])
        job = self.job
        work = Work(session, job.keys, job.actor, at=record.received_at, recorded_at=job.clock.now())
        try:
            with session.begin_nested():
                case = intake.register(work, self._registration(ground, record), ground=ground)
                if record.closed:
                    _close(case, record)
                session.flush()
        except DomainError as error:
            return RefusedRow(record.line, record.again, _reasons(error))
        except IntegrityError:
            if meanwhile := self._known(session, [record]):  # by another process
                return self._before(record, meanwhile[record.key])
            raise
        known[record.key] = record.received_at
        if job.dry_run and self.keyed:  # a line comes once
            self.tried[record.key] = record.received_at
        return _Came.IN

    def _registration(self, ground: Ground, record: IncomingRecord) -> intake.Registration:
        leaf = ground.category(record.category)
        grades = (leaf.default_severity, leaf.default_urgency, leaf.default_impact) if leaf else (None, None, None)
        told = {"due_at": record.due_at, "closed_at": record.closed_at, "on_time": record.on_time, "line": record.line}
        cells = zip(self.names, record.cells, strict=True)
        return intake.Registration(
            channel=record.channel,
            category=record.category,
            severity=Severity(record.severity or grades[0] or Severity.GENERAL),
            urgency=Level(record.urgency or grades[1] or Level.LOW),
            impact=Level(record.impact or grades[2] or Level.LOW),
            received_at=record.received_at,
            texts=record.texts,
            external_number=record.external_number,
            occurred_at=record.occurred_at,
            reserved=record.reserved,
            source=self.source,
            source_key=record.key,
            told={name: value for name, value in told.items() if value is not None} | dict(self.job.noted),
            original={column: cell for column, cell in cells if cell.strip()},
        )


def _close(case: Case, record: IncomingRecord) -> None:
    """Take over the end that the complaint had where it came from, as an event of its own at its own time."""
    closed_at = record.closed_at
    if closed_at is None or record.outcome is None:
        raise ValueError("a closed record has its time and its outcome")
    outcome = Outcome(record.outcome)
    closing = Case(case.work.earlier(closed_at), case.complaint, case.head)
    from_step = case.complaint.step
    transition.bring_closed(closing, outcome, closed_at)
    clocks.take_over(closing, closed_at=closed_at, due_at=record.due_at, on_time=record.on_time)
    facts = {"outcome": outcome, "due_at": record.due_at, "on_time": record.on_time}
    note = {"closing_note": record.closing_note} if record.closing_note else None
    history.record(closing, "bring_closed", facts, note, from_step=from_step, to_step=closing.complaint.step)


def _reasons(error: DomainError) -> tuple[Message, ...]:
    return tuple(Message(refusal.key, refusal.params) for refusal in error.refusals)


def _place(digest: str, sheet: str) -> str:
    """The digest of a file; of a workbook its sheets each have one of their own."""
    return hashlib.sha256(f"{digest}:{sheet}".encode()).hexdigest() if sheet else digest


def _digest(given: Given) -> str:
    with source_of(given).open() as file:
        digest = hashlib.sha256()
        while piece := file.read(PIECE):
            digest.update(piece)
        return digest.hexdigest()
