"""Whether past courses followed a process (R14): a log of activities replayed step by step, with the reason where not.

A ``Mapping`` says which actions an activity of the log stands for and which actions happen without being written down.
Each case is followed through the process; where an activity has no place, the reason is named and the case is followed
on from where the activity belongs, so that one slip does not make everything after it wrong. Pure: values in, values
out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique

from policies.action import ActionKind
from policies.actions import ACTIONS
from policies.message import Message
from policies.process import END, NEW_PROCESS, NextAction, Process


@unique
class Reason(StrEnum):
    """Why a case does not follow the process."""

    SKIPPED = "skipped"
    REPEATED = "repeated"
    GONE_BACK = "gone_back"
    REOPENED = "reopened"
    OUT_OF_PLACE = "out_of_place"
    UNKNOWN = "unknown"
    ENDED_OPEN = "ended_open"

    @property
    def words(self) -> Message:
        """What it means, in one sentence."""
        return Message(f"conformance.reason.{self.value}")


@dataclass(frozen=True)
class Doing:
    """One line of a log: what was done, and when (aware). Lines of one moment stay in the order of the log."""

    activity: str
    at: datetime


@dataclass(frozen=True)
class LogMapping:
    """Activity → the actions that it may stand for, the first that has its place is taken; ``silent``: actions that
    nobody writes down in this log.
    """

    activities: Mapping[str, tuple[str, ...]]
    silent: frozenset[str] = frozenset()

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(code for codes in self.activities.values() for code in codes) | self.silent


@dataclass(frozen=True)
class Deviation:
    """Where a case left the process: at which line (from 1; after the last one: how it ended).

    ``missed``: actions that the process has between where the case stood and where the activity belongs.
    """

    reason: Reason
    line: int
    activity: str
    step: str
    missed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replay:
    """One case: nothing in ``deviations`` means that it follows the process. ``stays``: how long it stood at each step
    that the log shows it reach and leave.
    """

    lines: int
    fitting: int
    deviations: tuple[Deviation, ...]
    stays: tuple[tuple[str, timedelta], ...] = ()

    @property
    def conforms(self) -> bool:
        return not self.deviations


class MappingError(ValueError):
    """A mapping that cannot be read, or names what there is not: ``what``."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def parse_mapping(data: object) -> LogMapping:
    """Read a mapping: {"activities": {"Closed": ["archive"]}, "silent": ["send_order"]}; raises ``MappingError``."""
    if not isinstance(data, Mapping) or not isinstance(data.get("activities"), Mapping):
        raise MappingError("activities")
    activities = {str(name): _codes(codes, str(name)) for name, codes in data["activities"].items()}
    mapping = LogMapping(activities, frozenset(_codes(data.get("silent", ()), "silent")))
    strange = sorted(mapping.actions - set(ACTIONS))
    if strange:
        raise MappingError(", ".join(strange))
    return mapping


def _codes(value: object, where: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise MappingError(where)
    return tuple(value)


@dataclass
class _Spot:
    """Where a case stands while it is followed."""

    step: str
    ordered: bool = False
    since: datetime | None = None
    left: list[str] = field(default_factory=list)
    """Actions taken, the newest last."""


def replay(process: Process, mapping: LogMapping, doings: Iterable[Doing]) -> Replay:
    """Follow one case through the process."""
    follower = _Follower(process, mapping)
    for doing in doings:
        follower.see(doing)
    return follower.end()


class _Follower:
    def __init__(self, process: Process, mapping: LogMapping) -> None:
        self.process, self.mapping = process, mapping
        self.spot = _Spot(process.first.code)
        self.deviations: list[Deviation] = []
        self.stays: list[tuple[str, timedelta]] = []
        self.lines = self.fitting = 0
        self.last = ""

    def see(self, doing: Doing) -> None:
        self.lines += 1
        before = len(self.deviations)
        self.last = doing.activity
        actions = self.mapping.activities.get(doing.activity)
        if actions is None:
            self._deviates(Reason.UNKNOWN, doing)
        elif not any(self._fits(action, doing) for action in actions):
            self._out_of_course(actions, doing)
        self.fitting += len(self.deviations) == before

    def end(self) -> Replay:
        if self.lines and self.spot.step != END:
            self.deviations.append(Deviation(Reason.ENDED_OPEN, self.lines + 1, self.last, self.spot.step))
        return Replay(self.lines, self.fitting, tuple(self.deviations), tuple(self.stays))

    def _fits(self, action: str, doing: Doing) -> bool:
        """Whether it is done where the case stands, or where it comes to by what nobody writes down."""
        if ACTIONS[action].kind is ActionKind.ACT:
            step = self.process.find(self.spot.step)
            return step is not None and step.status in ACTIONS[action].statuses
        path = self._path(action, self.mapping.silent)
        if path is None:
            return False
        self._take(path, doing)
        return True

    def _out_of_course(self, actions: tuple[str, ...], doing: Doing) -> None:
        moves = [action for action in actions if ACTIONS[action].kind is not ActionKind.ACT]
        back = next((action for action in moves if action in self.spot.left), None)
        if moves and moves[0] == self._last_move():
            self._deviates(Reason.REPEATED, doing)
        elif back is not None:
            self._deviates(Reason.REOPENED if self.spot.step == END else Reason.GONE_BACK, doing)
            self._go_to(back, doing)
        elif (path := next((path for one in moves if (path := self._path(one, None))), None)) is not None:
            missed = tuple(way.action for way in path[:-1] if way.action not in self.mapping.silent)
            self._deviates(Reason.SKIPPED, doing, missed)
            self._take(path, doing)
        else:
            self._deviates(Reason.OUT_OF_PLACE, doing)

    def _last_move(self) -> str:
        written = [action for action in self.spot.left if action not in self.mapping.silent]
        return written[-1] if written else ""

    def _deviates(self, reason: Reason, doing: Doing, missed: tuple[str, ...] = ()) -> None:
        self.deviations.append(Deviation(reason, self.lines, doing.activity, self.spot.step, missed))

    def _path(self, action: str, through: frozenset[str] | None) -> list[NextAction] | None:
        """The shortest way to and by an action, over actions in ``through`` (None: over any); None without one."""
        waiting: deque[tuple[str, bool, list[NextAction]]] = deque([(self.spot.step, self.spot.ordered, [])])
        seen = {(self.spot.step, self.spot.ordered)}
        while waiting:
            code, ordered, path = waiting.popleft()
            step = self.process.find(code)
            for way in step.next if step is not None else ():
                if way.to == NEW_PROCESS or not _is_open(way, ordered):
                    continue
                if way.action == action:
                    return [*path, way]
                spot = (way.to, ordered or way.action == "send_order")
                if spot not in seen and (through is None or way.action in through):
                    seen.add(spot)
                    waiting.append((*spot, [*path, way]))
        return None

    def _take(self, path: Sequence[NextAction], doing: Doing) -> None:
        if self.spot.since is not None:
            self.stays.append((self.spot.step, doing.at - self.spot.since))
        for way in path:
            self.spot.left.append(way.action)
            self.spot.ordered = self.spot.ordered or way.action == "send_order"
            self.spot.step = way.to
        self.spot.since = doing.at

    def _go_to(self, action: str, doing: Doing) -> None:
        """Follow the case on from where it has gone back to, as if its later steps had not been."""
        place = self.spot.left.index(action)
        self.spot.left = self.spot.left[: place + 1]
        self.spot.ordered = "send_order" in self.spot.left
        ways = (way for step in self.process.steps for way in step.next if way.action == action)
        self.spot.step = next(way.to for way in ways)
        self.spot.since = doing.at


def _is_open(way: NextAction, ordered: bool) -> bool:
    rule = ACTIONS.get(way.action)
    return way.is_open(ordered) and (rule is None or rule.when is None or rule.when.holds(ordered))


# Many cases


@dataclass
class Findings:
    """What came of a log: cases and lines, how many fit, deviations by reason with some examples, time per step."""

    cases: int = 0
    conforming: int = 0
    lines: int = 0
    fitting: int = 0
    by_reason: dict[Reason, int] = field(default_factory=dict)
    cases_with: dict[Reason, int] = field(default_factory=dict)
    examples: dict[Reason, list[tuple[str, Deviation]]] = field(default_factory=dict)
    stays: dict[str, list[timedelta]] = field(default_factory=dict)

    def add(self, case: str, one: Replay, *, examples: int = 3) -> None:
        """Count one case; keeps as many examples of each reason."""
        self.cases += 1
        self.conforming += one.conforms
        self.lines += one.lines
        self.fitting += one.fitting
        for deviation in one.deviations:
            self.by_reason[deviation.reason] = self.by_reason.get(deviation.reason, 0) + 1
            kept = self.examples.setdefault(deviation.reason, [])
            if len(kept) < examples:
                kept.append((case, deviation))
        for reason in {deviation.reason for deviation in one.deviations}:
            self.cases_with[reason] = self.cases_with.get(reason, 0) + 1
        for step, stay in one.stays:
            self.stays.setdefault(step, []).append(stay)

    def quantile(self, step: str, percent: int) -> timedelta:
        """The time within which so many percent of the cases left a step (nearest rank)."""
        stays = sorted(self.stays[step])
        return stays[max(0, -(-len(stays) * percent // 100) - 1)]


def findings(process: Process, mapping: LogMapping, log: Mapping[str, Sequence[Doing]]) -> Findings:
    """Every case of a log, by its name, followed through the process."""
    found = Findings()
    for case, doings in log.items():
        found.add(case, replay(process, mapping, doings))
    return found


def lost_actions(process: Process, mapping: LogMapping) -> tuple[str, ...]:
    """Actions of the mapping that move a case and that no step of the process has as a way out, in order."""
    ways = {way.action for step in process.steps for way in step.next}
    return tuple(
        code for code in sorted(mapping.actions) if ACTIONS[code].kind is not ActionKind.ACT and code not in ways
    )
