"""What a regrading would change, found by carrying it out and taking it back (R3): so it cannot differ from the act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import ProcessVersion
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case, open_case
from backoffice.services.core.facts import case_facts
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.work import Work
from policies.message import Name
from policies.process import Process, StepDef
from policies.vocabulary import Outcome, Priority, Severity
from policies.workflow import Decision


@dataclass(frozen=True)
class Grade:
    """How a complaint stands: its severity and priority, its process in which version, its step, its outcome."""

    severity: Severity
    priority: Priority
    category: Name
    process: Name
    version: int
    step: Name
    outcome: Outcome | None


@dataclass(frozen=True)
class ClockChange:
    """A clock before and after; a moment that is None: not there. ``ended``: it has its result and keeps it."""

    code: str
    occurrence: int
    was_from: datetime | None
    was_due: datetime | None
    now_from: datetime | None
    now_due: datetime | None
    ended: bool = False

    @property
    def is_changed(self) -> bool:
        return (self.was_from, self.was_due) != (self.now_from, self.now_due)


@dataclass(frozen=True)
class Told:
    """A member of staff who would be told, by which of the office's texts."""

    person: Name
    template: str


@dataclass(frozen=True)
class Preview:
    """Everything that a regrading would change, and what it leaves to be made up."""

    was: Grade
    now: Grade
    clocks: tuple[ClockChange, ...]
    kept_steps: tuple[Name, ...]
    kept_evidence: int
    lacking_fields: tuple[str, ...]
    lacking_evidence: tuple[Name, ...]
    acts: tuple[Name, ...]
    dispute_falls: bool
    told: tuple[Told, ...]


class _TakenBackError(Exception):
    """Carries what was seen out of the transaction, which is rolled back by it."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


class Done(Protocol):
    """What comes of an act: the case as it is now, and what was decided."""

    @property
    def case(self) -> Case: ...

    @property
    def decision(self) -> Decision: ...


def preview_regrade(
    database: Database, work_in: Callable[[Session], Work], complaint_id: int, act: Callable[[Case], Done]
) -> Preview:
    """What ``act`` would do to the complaint; nothing is kept. Raises ``DomainError`` with every reason why it cannot
    be done.
    """
    try:
        with database.writing() as session:
            raise _TakenBackError(_carried_out(work_in(session), complaint_id, act))
    except _TakenBackError as seen:
        return seen.preview


def _carried_out(work: Work, complaint_id: int, act: Callable[[Case], Done]) -> Preview:
    case = open_case(work, complaint_id)
    before = Holdings(case)
    was, disputed = _grade(case), before.dispute is not None
    passed = _passed(case, before)
    clocks = {(row.code, row.occurrence): _clock(row) for row in before.clocks}
    evidence, last = len(before.evidence), work.session.scalar(sa.select(sa.func.max(Outbox.id))) or 0
    done = act(case)
    after = Holdings(done.case)
    process = done.decision.process
    reached = process.find(done.decision.to_step)
    facts = case_facts(done.case, after)
    return Preview(
        was=was,
        now=_grade(done.case),
        clocks=_changes(clocks, after.clocks),
        kept_steps=passed,
        kept_evidence=evidence,
        lacking_fields=tuple(code for code in _asked(reached) if code not in facts.fields),
        lacking_evidence=_evidence(work, reached, facts.evidence),
        acts=_acts(done.case, process, reached),
        dispute_falls=disputed and after.dispute is None,
        told=_told(work, last),
    )


def _grade(case: Case) -> Grade:
    complaint: Complaint = case.complaint
    step = Rulebook(case.work.session).process(complaint.process_id).find(complaint.step)
    return Grade(
        complaint.severity,
        complaint.priority,
        _name(complaint.category),
        _name(complaint.process),
        complaint.process.version,
        _named(step.name) if step is not None else Name("", ""),
        complaint.outcome,
    )


def _passed(case: Case, holdings: Holdings) -> tuple[Name, ...]:
    """The steps at which something was written down, which stays as it is."""
    process = Rulebook(case.work.session).process(case.complaint.process_id)
    codes = dict.fromkeys(entry.step for entry in holdings.entries)
    return tuple(_named(step.name) for code in codes if (step := process.find(code)) is not None)


def _clock(row: ClockRow) -> tuple[datetime, datetime, bool]:
    return row.started_at, row.due_at, row.stopped_at is not None


def _changes(
    before: Mapping[tuple[str, int], tuple[datetime, datetime, bool]], rows: Sequence[ClockRow]
) -> tuple[ClockChange, ...]:
    found = []
    for row in rows:
        was = before.get((row.code, row.occurrence))
        if was is not None and was[2]:
            found.append(ClockChange(row.code, row.occurrence, was[0], was[1], was[0], was[1], ended=True))
            continue
        now = (None, None) if row.stopped_at is not None else (row.started_at, row.due_at)
        found.append(ClockChange(row.code, row.occurrence, *(was[:2] if was else (None, None)), *now))
    return tuple(found)


def _asked(step: StepDef | None) -> tuple[str, ...]:
    return step.required_fields if step is not None else ()


def _evidence(work: Work, step: StepDef | None, there: frozenset[str]) -> tuple[Name, ...]:
    names = {one.code: _name(one) for one in Rulebook(work.session).entries("evidence_types", retired=True)}
    wanted = step.required_evidence if step is not None else ()
    return tuple(names.get(code, Name(code, code)) for code in wanted if code not in there)


def _acts(case: Case, process: Process, reached: StepDef | None) -> tuple[Name, ...]:
    """What the new process requires beside its steps and the steps already passed by would have brought."""
    if reached is None:
        return ()
    behind = process.steps[: process.steps.index(reached)]
    passed = {code for step in behind for code in step.acts}
    version = case.work.session.get_one(ProcessVersion, case.complaint.process_id)
    acts = version.definition.get("acts") or ()
    return tuple(_named(act["name"]) for act in acts if act.get("required") and act["code"] in passed)


def _told(work: Work, last: int) -> tuple[Told, ...]:
    rows = work.session.execute(
        sa.select(Staff.name_zh, Staff.name_en, Outbox.template)
        .join(Staff, Staff.id == Outbox.staff_id)
        .where(Outbox.id > last)
        .order_by(Outbox.id)
    ).all()
    return tuple(dict.fromkeys(Told(Name(row.name_zh, row.name_en), row.template) for row in rows))


def _name(row: Any) -> Name:
    return Name(row.name_zh, row.name_en)


def _named(names: Mapping[str, str]) -> Name:
    return Name(names["zh"], names["en"])
