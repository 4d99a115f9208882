"""What would have been late or early under other clocks or another calendar (R23, R24): past clocks, replayed.

Only what the trial says otherwise is reckoned anew. A clock that comes to the same deadline by the rules it ran under
and by those tried keeps the deadline and the result on record, whatever moved it then. One that comes to another:

* counts from the moment it counted from, by the severity and category that the complaint had when the clock ended;
* a share of the resolve clock is taken of the resolve clock as it would have been, before any extension;
* an extension that was granted stays granted: the same working days are added to the new deadline (R25);
* after a downgrade a working day remains (R3);
* whoever was in time then acted at that very moment: people are not taken to have worked otherwise.

A clock that the trial does not have is no longer judged; one that it adds is not replayed, as nobody worked to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from policies.calendar import WorkingCalendar
from policies.clocks import falls_away
from policies.deadline import Deadline, Whole, extend, is_met
from policies.message import Refusal
from policies.targets import Case, Due, Target, TargetTable, candidates, due, whole
from policies.vocabulary import ClockCode, ClockEvent, Severity, Unit

EVENTS = {event.value: event for event in ClockEvent}
WORKING_DAY = Target(Decimal(1), Unit.WORKING_DAY)


class PastClock(NamedTuple):
    """A clock that has ended, as it is on record. ``extended``: working days of each extension, in order.

    ``judged``: what ended it was what it waited for; else it fell away, and is missed only if it was overdue.
    """

    code: ClockCode
    occurrence: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime
    met: bool | None
    phase: str | None = None
    judged: bool = True
    extended: tuple[int, ...] = ()


class Regrading(NamedTuple):
    """When a complaint was regraded, and how it was graded and filed before (codes, the leaf first)."""

    at: datetime
    severity: Severity
    categories: tuple[str, ...]


class PastCase(NamedTuple):
    """A closed complaint with its clocks, graded and filed as it was at the end; ``regraded``: oldest first."""

    severity: Severity
    categories: tuple[str, ...]
    channel: str | None
    clocks: tuple[PastClock, ...]
    regraded: tuple[Regrading, ...] = ()


class Judged(NamedTuple):
    """A clock as it was judged, and as it would have been. None: not judged. Due moments are aware UTC."""

    code: ClockCode
    occurrence: int
    before: bool | None
    after: bool | None
    due_before: datetime
    due_after: datetime | None

    @property
    def is_later(self) -> bool:
        """Late by the trial, and not late then."""
        return self.after is False and self.before is not False

    @property
    def is_earlier(self) -> bool:
        """Late then, and not late by the trial."""
        return self.before is False and self.after is not False


class _Choice(NamedTuple):
    """The targets that compete for a clock, by the version it ran under and by the trial."""

    own: tuple[Target, ...]
    tried: tuple[Target, ...]
    differs: bool
    of_resolve: bool


class _Place(NamedTuple):
    """How a complaint was graded and filed while a clock ran."""

    severity: Severity
    categories: tuple[str, ...]
    channel: str | None


@dataclass(frozen=True)
class Rules:
    """What deadlines come from: the targets of a version, and a calendar."""

    table: TargetTable
    calendar: WorkingCalendar


class Replay:
    """Replays past complaints: those of the version ``own``, which was counted by the calendar ``own`` has.

    ``tried.table`` and ``tried.calendar`` may be the very ones of ``own``: what is the same is not reckoned at all.
    """

    def __init__(self, own: Rules, tried: Rules) -> None:
        self._own, self._tried = own, tried
        self._same_calendar = own.calendar is tried.calendar
        self._choices: dict[tuple[ClockCode, _Place, str | None], _Choice] = {}

    def judge(self, case: PastCase) -> list[Judged]:
        """Every clock that was judged, or would have been."""
        found = [self._judged(case, clock) for clock in case.clocks]
        return [one for one in found if one.before is not None or one.after is not None]

    def reckoned(self, case: PastCase, clock: PastClock, rules: Rules) -> datetime | Refusal:
        """When a clock is due by these rules alone, extensions and the day after a downgrade included."""
        place = self._place(case, clock)
        choice = self._choice(clock, place)
        targets = choice.own if rules is self._own else choice.tried
        found = self._due(case, clock, place, targets, rules)
        return found if isinstance(found, Refusal) else self._moved(case, clock, found.deadline, rules.calendar)

    def _judged(self, case: PastCase, clock: PastClock) -> Judged:
        place = self._place(case, clock)
        choice = self._choice(clock, place)
        stays = Judged(clock.code, clock.occurrence, clock.met, clock.met, clock.due_at, clock.due_at)
        if not choice.differs and self._same_calendar and not choice.of_resolve:
            return stays
        if not choice.own:
            return stays  # the source said when it was due, not a version
        if not choice.tried:
            return Judged(clock.code, clock.occurrence, clock.met, None, clock.due_at, None)
        before = self._due(case, clock, place, choice.own, self._own)
        after = self._due(case, clock, place, choice.tried, self._tried)
        if isinstance(after, Refusal):
            return Judged(clock.code, clock.occurrence, clock.met, None, clock.due_at, None)
        if isinstance(before, Due) and before.deadline.due == after.deadline.due:
            return stays
        moved = self._moved(case, clock, after.deadline, self._tried.calendar)
        if isinstance(moved, Refusal):
            return Judged(clock.code, clock.occurrence, clock.met, None, clock.due_at, None)
        in_time = is_met(moved, clock.stopped_at)
        met = in_time if clock.judged or not in_time else None
        return Judged(clock.code, clock.occurrence, clock.met, met, clock.due_at, moved)

    def _choice(self, clock: PastClock, place: _Place) -> _Choice:
        key = (clock.code, place, clock.phase)
        found = self._choices.get(key)
        if found is None:
            by = Case(place.severity, place.categories, place.channel)
            own = candidates(self._own.table, clock.code, by, clock.phase)
            tried = candidates(self._tried.table, clock.code, by, clock.phase)
            of_resolve = any(target.unit is Unit.PERCENT_OF_RESOLVE for target in tried) and self._resolve_differs(by)
            found = self._choices[key] = _Choice(own, tried, own != tried, of_resolve)
        return found

    def _resolve_differs(self, by: Case) -> bool:
        tables = (self._own.table, self._tried.table)
        own, tried = (candidates(table, ClockCode.RESOLVE, by) for table in tables)
        return own != tried

    def _due(
        self, case: PastCase, clock: PastClock, place: _Place, targets: Sequence[Target], rules: Rules
    ) -> Due | Refusal:
        """When the clock was due before anything moved it."""
        resolve: Whole | None = None
        if any(target.unit is Unit.PERCENT_OF_RESOLVE for target in targets):
            resolve = self._whole(case, place, rules)
        return due(rules.calendar, targets, clock.started_at, resolve=resolve)

    def _whole(self, case: PastCase, place: _Place, rules: Rules) -> Whole | None:
        resolve = next((clock for clock in case.clocks if clock.code is ClockCode.RESOLVE), None)
        if resolve is None:
            return None
        choice = self._choice(resolve, place)
        found = due(rules.calendar, choice.own if rules is self._own else choice.tried, resolve.started_at)
        return whole(found.target, resolve.started_at, found.deadline) if isinstance(found, Due) else None

    @staticmethod
    def _place(case: PastCase, clock: PastClock) -> _Place:
        """As the complaint stood when the clock ended: a regrading sets anew whatever runs (R3)."""
        for regrading in case.regraded:
            if clock.stopped_at <= regrading.at:
                return _Place(regrading.severity, regrading.categories, case.channel)
        return _Place(case.severity, case.categories, case.channel)

    @staticmethod
    def _moved(case: PastCase, clock: PastClock, deadline: Deadline, calendar: WorkingCalendar) -> datetime | Refusal:
        """A deadline after what moved it: a downgrade, extensions."""
        moved = deadline
        for at in _downgrades(case, clock):
            floor = due(calendar, (WORKING_DAY,), at)
            if isinstance(floor, Refusal):
                return floor
            moved = max(moved, floor.deadline, key=lambda one: one.due)
        for days in clock.extended:
            longer = extend(calendar, moved, days)
            if isinstance(longer, Refusal):
                return longer
            moved = longer
        return moved.due


def _downgrades(case: PastCase, clock: PastClock) -> Iterator[datetime]:
    """The regradings to a lower severity that happened while a clock ran."""
    became = (*(one.severity for one in case.regraded), case.severity)[1:]
    for regrading, now in zip(case.regraded, became, strict=True):
        if now.rank < regrading.severity.rank and clock.started_at <= regrading.at < clock.stopped_at:
            yield regrading.at


def was_judged(code: ClockCode, stopped_by: str | None, *, imported: bool = False) -> bool:
    """Whether the event that ended a clock is what it waited for (R24, met); an import judges its resolve clock."""
    if imported:
        return code is ClockCode.RESOLVE
    event = EVENTS.get(stopped_by or "")
    return event is None or not falls_away(code, event)
