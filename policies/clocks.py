"""Which clocks start, stop and start again when something happens to a complaint (R23–R26), told by ``sla.yaml``.

When they are due is for ``policies/targets.py`` and ``policies/deadline.py``. The office's table says by which event a
clock starts and stops; what its notes add in words (a dispute ends a running *appoint*, the answer clock has the start
of the resolve clock …) is said here, each with its reason. Pure: rows in, changes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from policies.vocabulary import ClockCode, ClockEvent, Severity

C, E = ClockCode, ClockEvent
UNTIL_CONTAINED, AFTER_CONTAINED = "until_contained", "after_contained"


@dataclass(frozen=True)
class ClockDef:
    """A clock as the office defines it; ``severities`` are those for which it has a target."""

    code: ClockCode
    starts: ClockEvent
    stops: ClockEvent
    repeating: bool
    severities: frozenset[Severity]


Definitions = Mapping[ClockCode, ClockDef]


def parse_clocks(document: Mapping[str, Any]) -> Definitions:
    """Read ``clocks`` and ``targets`` of a version in the form of ``office/sla.yaml``."""
    targets: dict[str, set[Severity]] = {}
    for row in document["targets"]:
        targets.setdefault(row["clock"], set()).add(Severity(row["severity"]))
    clocks = (
        ClockDef(
            ClockCode(row["code"]),
            ClockEvent(row["starts"]),
            ClockEvent(row["stops"]),
            bool(row["repeating"]),
            frozenset(targets.get(row["code"], ())),
        )
        for row in document["clocks"]
    )
    return MappingProxyType({clock.code: clock for clock in clocks})


@dataclass(frozen=True)
class ClockState:
    """A clock of a complaint, running or ended. Occurrences of a code count from 1. Times are aware UTC."""

    code: ClockCode
    occurrence: int
    started_at: datetime
    stopped_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.stopped_at is None


@dataclass(frozen=True)
class Happening:
    """An event at a moment. ``severity``: the present one, after a regrading the new one; ``was``: then the old one.

    ``runs``: the clock that the step which the complaint reaches by it runs (``Decision.runs``); a call-back or archive
    clock starts only there. ``contained``: a major complaint is under control.
    """

    event: ClockEvent
    at: datetime
    severity: Severity
    runs: ClockCode | None = None
    contained: bool = False
    was: Severity | None = None


@dataclass(frozen=True)
class ClockStart:
    """A clock to be opened, counted from ``at``; ``phase`` names the target where a severity has two (R17)."""

    code: ClockCode
    occurrence: int
    at: datetime
    phase: str | None = None


@dataclass(frozen=True)
class ClockStop:
    """A running clock to be ended at ``at``. Not ``judged``: it fell away, so it is missed only if it was overdue."""

    code: ClockCode
    occurrence: int
    at: datetime
    judged: bool = True


@dataclass(frozen=True)
class ClockReset:
    """A running clock to be set anew by the new severity, counted from ``at`` (R3). ``floor``: a day remains."""

    code: ClockCode
    occurrence: int
    at: datetime
    phase: str | None = None
    floor: bool = False


@dataclass(frozen=True)
class Changes:
    """What an event does to the clocks of a complaint; stops come before starts."""

    stops: tuple[ClockStop, ...] = ()
    starts: tuple[ClockStart, ...] = ()
    resets: tuple[ClockReset, ...] = ()


ALSO_STOPPED: Mapping[ClockEvent, frozenset[ClockCode]] = MappingProxyType({
    # A new order, a dispute: the running appoint clock ends (note of ``appoint``).
    E.ORDER_SENT: frozenset({C.APPOINT}),
    E.DISPUTE_RAISED: frozenset({C.APPOINT}),
    # The result is a formal reply, and solving at first contact counts as response (notes of these two).
    E.RESOLVED: frozenset({C.FORMAL_REPLY, C.FIRST_RESPONSE}),
    E.REWORK_RESOLVED: frozenset({C.FORMAL_REPLY}),
    # The call-back clock stops at the contact, whatever the customer says (note of ``call_back``).
    E.UNSATISFIED_REPORTED: frozenset({C.CALL_BACK}),
    # Closing unsatisfied ends the rework, and three failed attempts the call-back (notes of these two).
    E.CLOSED: frozenset({C.REWORK, C.CALL_BACK}),
})  # fmt: skip
"""Clocks that an event stops besides those that name it, and that are judged by it."""

RESTARTED: Mapping[ClockEvent, frozenset[ClockCode]] = MappingProxyType({
    E.FIRST_RESPONDED: frozenset({C.PROGRESS}),
    E.PROGRESS_TOLD: frozenset({C.PROGRESS}),
    E.REPORT_SUBMITTED: frozenset({C.REPORT}),
})  # fmt: skip
"""Repeating clocks that an event ends and starts again (counting rule ``repeating``)."""

FALLEN_AWAY: Mapping[ClockEvent, frozenset[ClockCode]] = MappingProxyType({
    E.RESOLVED: frozenset({C.ANSWER}),
    E.CLOSED: frozenset(C) - ALSO_STOPPED[E.CLOSED] - {C.ARCHIVE},
})  # fmt: skip
"""Clocks that wait for nothing more after an event: without a plan no answer, after closing none of the handling."""

WITH_RESOLVE = frozenset({C.PROGRESS, C.REPORT, C.ANSWER})
"""Clocks that live only while the resolve clock runs."""

FROM_REGRADING = frozenset({C.ACKNOWLEDGE, C.FIRST_RESPONSE, C.APPOINT, C.REPORT})
"""Clocks of the first hours: after an upgrade they count from the regrading, all others keep their start (R3)."""


def apply_event(clocks: Sequence[ClockState], happening: Happening, definitions: Definitions) -> Changes:
    """What an event stops, starts and sets anew among the clocks of a complaint, all of them given, ended ones too."""
    if happening.event is E.REGRADED:
        return _regraded(clocks, happening, definitions)
    running = [clock for clock in clocks if clock.is_running]
    stops = [*_stopped(running, happening, definitions), *_fallen_away(running, happening)]
    ended = {(stop.code, stop.occurrence) for stop in stops}
    still = [clock for clock in running if (clock.code, clock.occurrence) not in ended]
    starts = [
        ClockStart(code, _next(clocks, code), _start(clocks, code, happening), _phase(code, happening))
        for code in _started(clocks, still, stops, happening, definitions)
    ]
    return Changes(tuple(stops), tuple(starts))


def applied(clocks: Iterable[ClockState], changes: Changes) -> tuple[ClockState, ...]:
    """The clocks of a complaint after changes."""
    stops = {(stop.code, stop.occurrence): stop.at for stop in changes.stops}
    resets = {(reset.code, reset.occurrence): reset.at for reset in changes.resets}
    kept = [
        ClockState(
            clock.code,
            clock.occurrence,
            resets.get((clock.code, clock.occurrence), clock.started_at),
            stops.get((clock.code, clock.occurrence), clock.stopped_at),
        )
        for clock in clocks
    ]
    return (*kept, *(ClockState(start.code, start.occurrence, start.at) for start in changes.starts))


def _stopped(running: Iterable[ClockState], happening: Happening, definitions: Definitions) -> Iterable[ClockStop]:
    """Clocks that end with this event and are judged by it."""
    event = happening.event
    also = ALSO_STOPPED.get(event, frozenset()) | RESTARTED.get(event, frozenset())
    for clock in running:
        definition = definitions.get(clock.code)
        if definition is None or not (definition.stops is event or clock.code in also):
            continue
        if clock.code in RESTARTED.get(event, ()) and clock.started_at == happening.at:
            continue  # told in the same minute as what it counts from: one talk, not two
        yield ClockStop(clock.code, clock.occurrence, happening.at)


def _fallen_away(running: Iterable[ClockState], happening: Happening) -> Iterable[ClockStop]:
    """Clocks that have nothing left to wait for."""
    for clock in running:
        if clock.code in FALLEN_AWAY.get(happening.event, frozenset()):
            yield ClockStop(clock.code, clock.occurrence, happening.at, judged=False)


def falls_away(code: ClockCode, event: ClockEvent) -> bool:
    """Whether a clock that this event ended was not judged by it, as regrading may end one that the new grade lacks."""
    return event is E.REGRADED or code in FALLEN_AWAY.get(event, frozenset())


def _started(
    clocks: Sequence[ClockState],
    still: Sequence[ClockState],
    stops: Sequence[ClockStop],
    happening: Happening,
    definitions: Definitions,
) -> Iterable[ClockCode]:
    """Codes of the clocks that this event opens."""
    resolving = any(clock.code is C.RESOLVE for clock in still)
    again = {stop.code for stop in stops if stop.code in RESTARTED.get(happening.event, ())}
    for code, definition in definitions.items():
        if happening.severity not in definition.severities or (code in WITH_RESOLVE and not resolving):
            continue
        if code in again or (_begins(definition, happening) and _may_begin(code, clocks, still, happening)):
            yield code


def _begins(definition: ClockDef, happening: Happening) -> bool:
    """Whether the event is the one from which this clock counts."""
    event = happening.event
    if definition.code is C.REPORT and happening.severity is Severity.MAJOR:
        return event is E.FIRST_RESPONDED  # counted from the emergency response (note of ``report``)
    if definition.starts is E.RESOLVE_STARTED:
        return event is E.ORDER_SENT  # a department owes an answer once it has the order (notes of the told cases)
    if definition.code is C.CALL_BACK:
        return event in (E.RESOLVED, E.REWORK_RESOLVED)  # also after rework (note of ``call_back``)
    return event is definition.starts


def _may_begin(
    code: ClockCode, clocks: Sequence[ClockState], still: Sequence[ClockState], happening: Happening
) -> bool:
    if code in (C.CALL_BACK, C.ARCHIVE):
        return happening.runs is code
    if code is C.ANSWER:
        return all(clock.code is not code for clock in clocks)
    return all(clock.code is not code for clock in still)


def _start(clocks: Sequence[ClockState], code: ClockCode, happening: Happening) -> datetime:
    """The answer clock has the start of the resolve clock (its note); all others count from the event."""
    if code is C.ANSWER:
        return next(clock.started_at for clock in clocks if clock.code is C.RESOLVE)
    return happening.at


def _next(clocks: Iterable[ClockState], code: ClockCode) -> int:
    return sum(1 for clock in clocks if clock.code is code) + 1


def _phase(code: ClockCode, happening: Happening) -> str | None:
    if code is not C.REPORT or happening.severity is not Severity.MAJOR:
        return None
    return AFTER_CONTAINED if happening.contained else UNTIL_CONTAINED


# Regrading


def _regraded(clocks: Sequence[ClockState], happening: Happening, definitions: Definitions) -> Changes:
    """R3: what runs is set anew by the new severity; what ended keeps its result (section ``regrade``)."""
    up = happening.was is None or happening.severity.rank > happening.was.rank
    down = happening.was is not None and happening.severity.rank < happening.was.rank
    stops, resets = [], []
    for clock in clocks:
        definition = definitions.get(clock.code)
        if not clock.is_running or definition is None:
            continue
        waits_elsewhere = clock.code is C.CALL_BACK and happening.runs is not clock.code
        if happening.severity not in definition.severities or waits_elsewhere:
            stops.append(ClockStop(clock.code, clock.occurrence, happening.at, judged=False))
            continue
        start = happening.at if up and clock.code in FROM_REGRADING else clock.started_at
        resets.append(ClockReset(clock.code, clock.occurrence, start, _phase(clock.code, happening), floor=down))
    begun = _report_from_regrading(clocks, happening, definitions) if up or down else ()
    return Changes(tuple(stops), begun, tuple(resets))


def _report_from_regrading(
    clocks: Sequence[ClockState], happening: Happening, definitions: Definitions
) -> tuple[ClockStart, ...]:
    """A report clock that the new severity brings starts at the regrading, if what it counts from has happened."""
    running = {clock.code for clock in clocks if clock.is_running}
    report = definitions.get(C.REPORT)
    if report is None or happening.severity not in report.severities or C.REPORT in running or C.RESOLVE not in running:
        return ()
    waits_for = C.FIRST_RESPONSE if happening.severity is Severity.MAJOR else C.APPOINT
    begun = [clock for clock in clocks if clock.code is waits_for]
    if not begun or (waits_for is C.FIRST_RESPONSE and any(clock.is_running for clock in begun)):
        return ()
    return (ClockStart(C.REPORT, _next(clocks, C.REPORT), happening.at, _phase(C.REPORT, happening)),)
