"""A trial on past complaints, page by page (R14, R23, R24): read, replayed and counted; nothing is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import ProcessVersion
from backoffice.models.what_if import WhatIfRun
from backoffice.queries import clocks, past
from backoffice.queries.past import PastRow, Period, Place
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.trial_rules import trial_calendar
from policies.calendar import WorkingCalendar
from policies.calendar_trial import DayChange
from policies.deadline import Whole
from policies.message import Refusal
from policies.process import Process, parse_process
from policies.targets import TargetTable, parse_targets
from policies.vocabulary import ClockCode, WhatIfKind
from policies.what_if import Replay, Rules
from policies.what_if_course import judge_steps, last_course, walk
from policies.what_if_tally import Kind, Tally

PAGE = 1_000  # complaints


def conditions(session: Session, run: WhatIfRun) -> list[sa.ColumnElement[bool]]:
    """The complaints that a trial looks at: closed, of its period; for a process those that ended in one like it."""
    period = Period(run.first_day, run.last_day, Rulebook(session).zone())
    where: list[sa.ColumnElement[bool]] = [period.condition()]
    if run.kind is WhatIfKind.PROCESS and run.process_id is not None:
        severity = session.get_one(ProcessVersion, run.process_id).severity
        alike = sa.select(ProcessVersion.id).where(ProcessVersion.severity == severity)
        where.append(Complaint.process_id.in_(alike))
    return where


def day_changes(parameters: Mapping[str, Any]) -> list[DayChange]:
    """The days that a trial has otherwise."""
    return [DayChange.of(one) for one in parameters.get("days") or ()]


@dataclass
class Page:
    """What a page brought: counts, the changes to be listed, how many complaints, and where it ended."""

    tally: Tally = field(default_factory=Tally)
    counts: Counter[Kind] = field(default_factory=Counter)
    changes: list[dict[str, Any]] = field(default_factory=list)
    complaints: int = 0
    place: Place | None = None


class Trial:
    """What a run tries, made ready once: tables, calendars, processes, and what the complaints refer to."""

    def __init__(self, session: Session, run: WhatIfRun) -> None:
        rules = Rulebook(session)
        self.run_id, self.kind = run.id, run.kind
        self.where = conditions(session, run)
        self.around = past.surroundings(session)
        self.calendar = rules.calendar()
        self.tried_calendar = self._calendar(session, run)
        definition = run.parameters.get("definition") or {}
        self.table = parse_targets(definition) if run.kind is WhatIfKind.POLICY else None
        self.process = parse_process(definition) if run.kind is WhatIfKind.PROCESS else None
        self._replays: dict[int, Replay] = {}
        self._processes: dict[int, Process] = {}

    def _calendar(self, session: Session, run: WhatIfRun) -> WorkingCalendar:
        if run.kind is not WhatIfKind.CALENDAR:
            return self.calendar
        changes = day_changes(run.parameters)
        found = trial_calendar(session, changes, run.parameters.get("weekly_hours"))
        if isinstance(found, Refusal):
            raise DomainError(found)  # it could be counted by when the trial was asked for
        return found

    def page(self, session: Session, after: Place | None) -> Page:
        """The next complaints, replayed."""
        rows, place = past.page(session, self.around, self.where, after, PAGE, moves=self.process is not None)
        page = Page(complaints=len(rows), place=place)
        for row in rows:
            before = len(page.changes)
            if self.process is None:
                self._clocks(page, row, self._replay(session, row.sla_id))
            else:
                self._course(page, row, self._process(session, row.process_id), self.process)
            page.tally.changed += len(page.changes) > before
        for kind, times in page.counts.items():
            page.tally.add(kind, times)
        return page

    def _replay(self, session: Session, sla_id: int) -> Replay:
        found = self._replays.get(sla_id)
        if found is None:
            own: TargetTable = clocks.book(Rulebook(session), sla_id).table
            rules, tried = Rules(own, self.calendar), Rules(self.table or own, self.tried_calendar)
            found = self._replays[sla_id] = Replay(rules, tried)
        return found

    def _process(self, session: Session, process_id: int) -> Process:
        found = self._processes.get(process_id)
        if found is None:
            found = parse_process(session.get_one(ProcessVersion, process_id).definition)
            self._processes[process_id] = found
        return found

    def _clocks(self, page: Page, row: PastRow, replay: Replay) -> None:
        for one in replay.judge(row.case):
            page.counts[row.department_id, one.code.value, one.before, one.after] += 1
            if one.is_later or one.is_earlier:
                said = {"occurrence": one.occurrence, "due_before": one.due_before, "due_after": one.due_after}
                page.changes.append(self._line(row, one.code.value, one.before, one.after) | said)

    def _course(self, page: Page, row: PastRow, own: Process, tried: Process) -> None:
        resolve = next((clock for clock in row.case.clocks if clock.code is ClockCode.RESOLVE), None)
        whole = Whole(resolve.started_at, resolve.due_at, row.resolve_hours) if resolve is not None else None
        course = last_course(row.moves, whole, resolve.stopped_at if resolve is not None else None)
        steps = judge_steps(self.calendar, own, tried, course)
        for one in () if isinstance(steps, Refusal) else steps:
            page.counts[row.department_id, one.step, one.before, one.after] += 1
            if one.before is not one.after and False in (one.before, one.after):
                said = {"due_before": one.due_before, "due_after": one.due_after}
                page.changes.append(self._line(row, one.step, one.before, one.after) | said)
        ended = walk(tried, course)
        if ended is not None:
            page.tally.stop(ended.why.value, ended.step, ended.action)
            why = {"why": ended.why.value, "action": ended.action}
            page.changes.append(self._line(row, ended.step, None, None) | why)

    def _line(self, row: PastRow, what: str, before: bool | None, after: bool | None) -> dict[str, Any]:
        return {
            "run_id": self.run_id, "complaint_id": row.id, "department_id": row.department_id, "what": what,
            "occurrence": 1, "before": before, "after": after, "due_before": None, "due_after": None,
            "why": "", "action": "",
        }  # fmt: skip
