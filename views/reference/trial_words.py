"""A trial in words: what was tried, where it stands, its counts by department and clock, and each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backoffice.models.configuration import ListEntry
from backoffice.models.office import Department
from backoffice.models.what_if import WhatIfRun
from backoffice.queries.trial import day_changes as changes_of
from backoffice.queries.trial_result import ListedChange
from policies.calendar_days import show_hours
from policies.calendar_trial import WHOLE_DAY
from policies.vocabulary import ClockCode, WhatIfKind
from policies.what_if_tally import Cell, Tally
from views.filters import day, named
from views.language import _
from views.reference.base import reading
from views.reference.words import words

ORDER = {code.value: place for place, code in enumerate(ClockCode)}


@dataclass(frozen=True)
class ShownState:
    """Where a trial stands: its words, the colour of its badge, and whether it still runs."""

    text: str
    look: str
    runs: bool


@dataclass(frozen=True)
class ShownRow:
    """A clock or step of a department with its counts; ``whole``: all departments together."""

    what: str
    cell: Cell


@dataclass(frozen=True)
class ShownGroup:
    """A department with its rows."""

    name: str
    rows: list[ShownRow]


@dataclass(frozen=True)
class ShownChange:
    """One clock that would have been judged otherwise, or the place where a course would have ended."""

    number: str
    department: str
    what: str
    before: str
    after: str
    is_later: bool
    due_before: datetime | None
    due_after: datetime | None


def subject_of(run: WhatIfRun) -> str:
    """What was tried, by name."""
    if run.kind is WhatIfKind.CALENDAR:
        found = len(run.parameters.get("days") or ())
        return _("what_if.days_tried", n=found) if found else _("what_if.hours_tried")
    row: Any = run.sla if run.kind is WhatIfKind.POLICY else run.process
    return _("what_if.version", name=named(row), version=row.version) if row is not None else ""


def day_changes(run: WhatIfRun) -> list[str]:
    """The days that were otherwise, each in words; the hours of a week after them."""
    if run.kind is not WhatIfKind.CALENDAR:
        return []
    lines = []
    for change in changes_of(run.parameters):
        hours = show_hours([list(pair) for pair in change.closed]) if change.closed not in ((), WHOLE_DAY) else ""
        lines.append(" ".join(part for part in (day(change.day), words("what_if.day", change.kind), hours) if part))
    weekly = run.parameters.get("weekly_hours")
    for weekday, hours in (weekly or {}).items():
        shown = show_hours(hours) or _("what_if.closed_all_day")
        lines.append(_("what_if.weekday_line", day=_("reference.weekday." + weekday), hours=shown))
    return lines


def state_of(run: WhatIfRun) -> ShownState:
    """Where it stands."""
    if run.stopped_at is not None:
        return ShownState(_("what_if.state.stopped"), "", runs=False)
    if run.finished_at is not None:
        return ShownState(_("what_if.state.finished"), "good", runs=False)
    return ShownState(_("what_if.state.running" if run.done else "what_if.state.waiting"), "wait", runs=True)


class Words:
    """The words of one trial; departments and steps are read once."""

    def __init__(self, run: WhatIfRun, tally: Tally) -> None:
        self._run, self._tally = run, tally
        rows = reading().scalars(sa.select(Department))
        self._departments: Mapping[int, Any] = {row.id: row for row in rows}
        self._steps = self._names_of_steps()
        self._actions = self._names_of_actions()

    def tiles(self) -> list[dict[str, Any]]:
        """The figures at the top."""
        whole = Cell()
        for row in self._tally.lines():
            whole = whole.plus(row.cell)
        by_course = sum(self._tally.not_walked.values())
        found = [
            _tile("replayed", self._run.done),
            _tile("changed", self._tally.changed),
            _tile("later", whole.later, "late" if whole.later else ""),
            _tile("earlier", whole.earlier),
        ]
        if self._run.kind is WhatIfKind.PROCESS:
            found.append(_tile("not_walked", by_course, "late" if by_course else ""))
        return found

    def groups(self) -> list[ShownGroup]:
        """The whole office first, then each department in the order of its table."""
        by: dict[int | None, dict[str, Cell]] = {}
        whole: dict[str, Cell] = {}
        for row in self._tally.lines():
            by.setdefault(row.department_id, {})[row.what] = row.cell
            whole[row.what] = whole.get(row.what, Cell()).plus(row.cell)
        groups = [self._group(_("what_if.all_departments"), whole)] if len(by) > 1 else []
        order = sorted(by, key=lambda key: (key is None, key or 0))
        return groups + [self._group(self.department(key), by[key]) for key in order]

    def stops(self) -> list[tuple[str, int]]:
        """Why courses could not have been walked, with how many."""
        return [(self._why(why, step, action), count) for why, step, action, count in self._tally.stops()]

    def change(self, one: ListedChange) -> ShownChange:
        """One listed change in words."""
        change = one.change
        if change.why:
            before, after = _("what_if.walked"), self._why(change.why, change.what, change.action)
        else:
            before, after = _judged(change.before), _judged(change.after)
        name = self.what(change.what)
        if change.occurrence > 1:
            name = _("what_if.nth", name=name, n=change.occurrence)
        later = bool(change.why) or change.after is False
        return ShownChange(
            one.number, self.department(change.department_id), name, before, after, later,
            change.due_before, change.due_after,
        )  # fmt: skip

    def department(self, row_id: int | None) -> str:
        """A department by name."""
        found = self._departments.get(row_id) if row_id is not None else None
        return named(found) if found is not None else _("what_if.no_department")

    def what(self, code: str) -> str:
        """A clock or a step by name."""
        if self._run.kind is WhatIfKind.PROCESS:
            return named(dict(self._steps.get(code, {"zh": code, "en": code})))
        return words("label.clock_code", code)

    def _group(self, name: str, cells: Mapping[str, Cell]) -> ShownGroup:
        order = {**ORDER, **{code: place for place, code in enumerate(self._steps)}}
        rows = sorted(cells.items(), key=lambda pair: order.get(pair[0], len(order)))
        return ShownGroup(name, [ShownRow(self.what(code), cell) for code, cell in rows])

    def _why(self, why: str, step: str, action: str) -> str:
        called = self._actions.get(action, action)
        key = {"no_step": "what_if.why.no_step", "elsewhere": "what_if.why.elsewhere"}.get(why, "what_if.why.no_way")
        return _(key, step=self.what(step), action=called)

    def _names_of_actions(self) -> dict[str, str]:
        if self._run.kind is not WhatIfKind.PROCESS:
            return {}
        entries = reading().scalars(sa.select(ListEntry).where(ListEntry.list == "actions"))
        return {entry.code: named(entry) for entry in entries}

    def _names_of_steps(self) -> dict[str, Mapping[str, str]]:
        if self._run.kind is not WhatIfKind.PROCESS:
            return {}
        own = self._run.process.definition.get("steps", ()) if self._run.process is not None else ()
        tried = (self._run.parameters.get("definition") or {}).get("steps", ())
        return {step["code"]: step["name"] for step in (*tried, *own)}


def _tile(code: str, figure: int, kind: str = "") -> dict[str, Any]:
    text = _("what_if.tile." + code)
    return {"text": text, "value": f"{figure:,}", "kind": kind, "address": "", "unit": "", "note": ""}


def _judged(met: bool | None) -> str:
    if met is None:
        return _("what_if.not_judged")
    return _("what_if.met") if met else _("what_if.late")
