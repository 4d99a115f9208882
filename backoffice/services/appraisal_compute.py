"""Compute the sheets of a month (R33): asked for here, done by a job in steps that a killed worker goes on with.

First every indicator is counted, person by person and department by department, and what was counted is kept beside
what holds. Then each sheet follows in one transaction, so that nobody ever sees half of one. A month is computed again
as often as needed until its sheets are published; what changed, and through which records, is written down.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, object_session, undefer

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalEvent, AppraisalInput, AppraisalPeriod, AppraisalSheet
from backoffice.models.complaint import Complaint
from backoffice.models.work import Job
from backoffice.queries import indicators
from backoffice.queries.indicators import Window
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import appraisal_counting as counting
from backoffice.services.core import appraisal_plan as planning
from backoffice.services.core.appraisal_corrections import propose_corrections
from backoffice.services.core.appraisal_counted import count_rows
from backoffice.services.core.appraisal_counting import Counted
from backoffice.services.core.appraisal_later import follow_grades
from backoffice.services.core.appraisal_moved import follow_parts
from backoffice.services.core.appraisal_notes import note
from backoffice.services.core.appraisal_periods import JOB, find, is_running, refresh, rerank, slot_of
from backoffice.services.core.appraisal_plan import Plan, Planned
from backoffice.services.core.appraisal_proposals import propose
from backoffice.services.core.appraisal_reckoning import around, load, reckon
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.appraisal_changes import differences, is_counted_otherwise
from policies.appraisal_course import OPEN_TO_FIGURES, refused
from policies.appraisal_posts import days_of
from policies.vocabulary_appraisal import PeriodState, SheetStatus, SubjectKind

AT_ONCE = 50
BYTES_AT_ONCE = 1 << 20
"""Lists that wait to be kept, compressed: a month of a million complaints may hold no more than a small one."""
YOUNGEST = timedelta(days=365)
"""An office without complaints may open the months of a year, to see how sheets come out."""
LEVELS = (SubjectKind.PERSON, SubjectKind.DEPARTMENT)

WorkIn = Callable[[Session], Work]


def open_month(work: Work, month: str) -> AppraisalPeriod:
    """The month, made where it is not there yet. 422 for what is no month, 409 while it is not over."""
    if refusal := refuse_unless(work.actor, Permission.SHEET_COMPUTE):
        raise DomainError(refusal)
    if days_of(month) is None:
        raise DomainError(refused("month", status=422, at="month"))
    _since, until = planning.bounds(month, Rulebook(work.session).zone())
    if work.at < until:
        raise DomainError(refused("not_over", status=422, at="month", until=until))
    period = find(work.session, month, locked=True)
    if period is None:
        _refuse_early(work, until)
        period = AppraisalPeriod(month=month, state=PeriodState.OPEN)
        work.session.add(period)
        work.session.flush()
        note(work, period, "opened")
    return period


def _refuse_early(work: Work, until: datetime) -> None:
    """Nothing was there to count before the office had its first complaint; a month once opened stays for good."""
    first = work.session.scalar(sa.select(sa.func.min(Complaint.received_at)))
    earliest = min(first or work.at, work.at - YOUNGEST)
    if until <= earliest:
        raise DomainError(refused("too_early", status=422, at="month", earliest=earliest))


def ask(work: Work, month: str) -> AppraisalPeriod:
    """Have a month computed, or computed anew; refused while that is under way, and once all is published."""
    period = open_month(work, month)
    if period.state is PeriodState.LOCKED:
        raise DomainError(refused("locked"))
    if is_running(work.session, period):
        raise DomainError(refused("running"))
    sheets = list(work.session.scalars(sa.select(AppraisalSheet.status).where(AppraisalSheet.period_id == period.id)))
    if sheets and not any(status in OPEN_TO_FIGURES for status in sheets):
        raise DomainError(refused("published_already"))
    period.runs += 1
    period.computed_by_id = work.actor.staff_id
    work.session.add(Job(kind=JOB, slot=slot_of(period), due_at=work.at, payload={}))
    note(work, period, "asked", {"run": period.runs})
    work.session.flush()
    return period


# The steps of the job


@dataclass(frozen=True)
class Step:
    """One step: what it is (count an indicator, reckon sheets …); the same for whoever goes on."""

    kind: str
    level: SubjectKind | None = None
    indicator: str = ""


@dataclass
class Computing:
    """A computation under way."""

    database: Database
    work_in: WorkIn
    period_id: int
    month: str
    run: int
    computed_at: datetime

    def is_current(self, session: Session) -> bool:
        """Whether it still is the newest of its month, and the month still open."""
        period = session.get(AppraisalPeriod, self.period_id)
        return period is not None and period.runs == self.run and period.state is not PeriodState.LOCKED

    def window(self, session: Session) -> Window:
        return indicators.window_of(session, self.month, Rulebook(session).zone(), self.computed_at)


def steps(session: Session, month: str) -> list[Step]:
    """What a computation does, in order."""
    made = planning.plan(session, month)
    counted = [Step("count", level, code) for level in LEVELS for code in made.indicators(level)]
    return [Step("prepare"), *counted, Step("propose"), Step("correct"), Step("reckon"), Step("close")]


def do(one: Computing, step: Step) -> None:
    """One step; doing it again changes nothing."""
    if step.kind == "count":
        _count(one, step.level or SubjectKind.PERSON, step.indicator)
    elif step.kind == "reckon":
        _reckon(one)
    else:
        with one.database.writing(large=True) as session:
            _ONCE[step.kind](one, one.work_in(session))


def _prepare(one: Computing, work: Work) -> None:
    """The sheets that are not there yet; those of parts that the month no longer has go."""
    period = work.session.get_one(AppraisalPeriod, one.period_id, with_for_update=True)
    made = planning.plan(work.session, one.month)
    period.rules_id = made.rules_id
    planning.add_missing(work, period, made)
    for key, sheet in planning.existing(work.session, period.id).items():
        if key not in made.by_key and sheet.status in OPEN_TO_FIGURES:
            _drop(work, period, sheet)
    holds = sa.exists().where(AppraisalSheet.id == AppraisalInput.sheet_id, AppraisalSheet.run == AppraisalInput.run)
    mine = sa.select(AppraisalSheet.id).where(AppraisalSheet.period_id == period.id)
    stale = (AppraisalInput.sheet_id.in_(mine), AppraisalInput.run < one.run, sa.not_(holds))
    work.session.execute(sa.delete(AppraisalInput).where(*stale).execution_options(synchronize_session=False))


def _drop(work: Work, period: AppraisalPeriod, sheet: AppraisalSheet) -> None:
    note(work, period, "dropped", {"number": sheet.number, "sha256": sheet.sha256})
    work.session.execute(sa.update(AppraisalEvent).where(AppraisalEvent.sheet_id == sheet.id).values(sheet_id=None))
    work.session.execute(sa.delete(AppraisalInput).where(AppraisalInput.sheet_id == sheet.id))
    work.session.delete(sheet)
    work.session.flush()


def _propose(one: Computing, work: Work) -> None:
    propose(work, one.month, one.window(work.session))


def _correct(one: Computing, work: Work) -> None:
    propose_corrections(work, one.month)


def _close(one: Computing, work: Work) -> None:
    period = work.session.get_one(AppraisalPeriod, one.period_id, with_for_update=True)
    period.computed_at = one.computed_at
    refresh(work, period)
    rerank(work.session, period)
    count = sa.select(sa.func.count()).where(AppraisalSheet.period_id == period.id)
    note(work, period, "computed", {"run": one.run, "sheets": work.session.scalar(count)})


_ONCE: Mapping[str, Callable[[Computing, Work], None]] = {
    "prepare": _prepare,
    "propose": _propose,
    "correct": _correct,
    "close": _close,
}


# Counting


def _count(one: Computing, level: SubjectKind, code: str) -> None:
    """Count one indicator for everybody whose sheet has it, batch by batch, while the rows are still being read."""
    with one.database.reading(large=True) as session:
        made = planning.plan(session, one.month)
        ids = _sheet_ids(session, one.period_id, made, level, code)
        if not ids:
            return
        found = count_rows(session, code, one.window(session), level, made, ids)
        for batch in _batches(found):
            with one.database.writing() as writing:
                _keep(writing, one.run, code, batch)


def _batches(found: Iterator[tuple[int, Counted]]) -> Iterator[list[tuple[int, Counted]]]:
    """So many lists, or so many bytes of them, at a time."""
    batch: list[tuple[int, Counted]] = []
    size = 0
    for one in found:
        batch.append(one)
        size += len(one[1].lines)
        if len(batch) >= AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _sheet_ids(session: Session, period_id: int, made: Plan, level: SubjectKind, code: str) -> dict[planning.Key, int]:
    """The sheets that this indicator counts for and that still follow the records."""
    wanted = {
        one.key
        for one in made.sheets
        if one.subject is level and any(item.indicator == code for item in made.schemes[one.scheme_id].items)
    }
    there = planning.existing(session, period_id)
    return {key: row.id for key, row in there.items() if key in wanted and row.status in OPEN_TO_FIGURES}


def _keep(session: Session, run: int, code: str, batch: Sequence[tuple[int, Counted]]) -> None:
    ids = [sheet_id for sheet_id, _ in batch]
    mine = (AppraisalInput.sheet_id.in_(ids), AppraisalInput.indicator == code, AppraisalInput.run == run)
    session.execute(sa.delete(AppraisalInput).where(*mine))
    rows = [
        {
            "sheet_id": sheet_id, "indicator": code, "run": run, "count": one.count, "numerator": one.numerator,
            "denominator": one.denominator, "sample": one.sample, "sha256": one.sha256, "lines": one.lines,
        }
        for sheet_id, one in batch
    ]  # fmt: skip
    session.execute(sa.insert(AppraisalInput), rows)


# Reckoning


def _reckon(one: Computing) -> None:
    after = 0
    while True:
        with one.database.writing() as session:
            work = one.work_in(session)
            ids, after = _next_ids(session, one.period_id, after)
            if not ids:
                return
            _follow(one, work, ids)


def _next_ids(session: Session, period_id: int, after: int) -> tuple[list[int], int]:
    """The sheets to be reckoned next and where to go on: those of somebody who has several together, at the place of
    the first of them.
    """
    mine = (AppraisalSheet.period_id == period_id, AppraisalSheet.status.in_(sorted(OPEN_TO_FIGURES)))
    whose = sa.func.coalesce(AppraisalSheet.staff_id, -AppraisalSheet.id)
    first = sa.func.min(AppraisalSheet.id)
    heads = sa.select(whose.label("whose"), first.label("first")).where(*mine).group_by(whose)
    heads = heads.having(first > after).order_by(first).limit(AT_ONCE)
    batch = heads.subquery()
    rows = sa.select(AppraisalSheet.id, batch.c.first).join(batch, batch.c.whose == whose).where(*mine)
    found = session.execute(rows.order_by(batch.c.first, AppraisalSheet.id)).all()
    return [row.id for row in found], max((row.first for row in found), default=after)


def _follow(one: Computing, work: Work, ids: Sequence[int]) -> None:
    """These sheets by the new inputs; what held before goes once it is said what changed."""
    session = work.session
    period = session.get_one(AppraisalPeriod, one.period_id)
    made = planning.plan(session, one.month)
    sheets = [sheet for sheet in load(session, ids) if planning.key_of(sheet) in made.by_key]
    befores = {sheet.id: json.loads(sheet.body or "{}") for sheet in sheets}
    grades = {sheet.id: sheet.grade for sheet in sheets}
    for sheet in sheets:
        _take(sheet, made.by_key[planning.key_of(sheet)])
    session.flush()
    now = around(session, period, sheets, one.run)
    for sheet in sheets:
        before = befores[sheet.id]
        changed = reckon(session, period, sheet, now)
        was, sheet.run, sheet.computed_at = sheet.run, one.run, one.computed_at
        if was and changed:
            _say_what_changed(work, period, sheet, before, was)
        session.flush()
    follow_parts(work, period, sheets)
    old = (AppraisalInput.sheet_id.in_(ids), AppraisalInput.run != one.run)
    session.execute(sa.delete(AppraisalInput).where(*old))
    follow_grades(work, period, sheets, grades)


def _take(sheet: AppraisalSheet, planned: Planned) -> None:
    if sheet.scheme_id != planned.scheme_id:
        sheet.scheme_id = planned.scheme_id
        object_session(sheet).expire(sheet, ["scheme"])  # type: ignore[union-attr]
    sheet.role_code = planned.role
    sheet.until_day, sheet.days = planned.until_day, planned.days


def _say_what_changed(
    work: Work, period: AppraisalPeriod, sheet: AppraisalSheet, before: Mapping[str, Any], was: int
) -> None:
    """By which versions, weights and figures it differs, and which records came, went or count otherwise; the check has
    to be done anew.
    """
    after = json.loads(sheet.body)
    facts = differences(before, after)
    for code, line in facts["lines"].items():
        if is_counted_otherwise(before, after, code):
            lists = _lists(work.session, sheet.id, code)
            moved = counting.compared(lists.get(was, b""), lists.get(sheet.run, b""))
            some = [list(one) for one in moved.some]
            line.update({"came": moved.came, "went": moved.went, "changed": moved.changed, "some": some})
    note(work, period, "recomputed", facts, sheet=sheet)
    sheet.status, sheet.checked_at, sheet.checked_by_id = SheetStatus.COMPUTED, None, None


def _lists(session: Session, sheet_id: int, indicator: str) -> dict[int, bytes]:
    mine = (AppraisalInput.sheet_id == sheet_id, AppraisalInput.indicator == indicator)
    rows = sa.select(AppraisalInput).where(*mine).options(undefer(AppraisalInput.lines))
    return {row.run: bytes(row.lines) for row in session.scalars(rows)}
