"""How past complaints would have gone by another process (R14): its steps' times, and ways that it does not have.

A step should be done when the shares up to and with it are used up of the resolve clock as that ran, extensions
included. A step is judged by the last moment at which it was left before the result was told; one without a share is
not judged. Whether a past course could have been walked is found by doing its actions, one after another, in the
process tried: the first that is not offered where the complaint would then stand ends the walk, and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import NamedTuple

from policies.actions import ACTIONS
from policies.calendar import WorkingCalendar
from policies.deadline import Whole, is_met, share
from policies.message import Refusal
from policies.process import END, NEW_PROCESS, Process, StepDef, elapsed_shares
from policies.vocabulary import ClockEvent

SENDS_ORDER = "send_order"
REGRADINGS = frozenset(code for code, rule in ACTIONS.items() if ClockEvent.REGRADED in rule.events)
"""Actions by which a complaint goes on in the process of another severity."""


class PastMove(NamedTuple):
    """A step that was left: by which action, when, and where that led."""

    action: str
    from_step: str
    to_step: str
    at: datetime


class PastCourse(NamedTuple):
    """The way of a closed complaint within its last process; ``resolve`` is its clock, ``told_at`` when that ended.

    ``regraded``: it came from another process, at the step from which the moves go on. ``order_sent``: a department had
    an order before the first of them.
    """

    moves: tuple[PastMove, ...]
    resolve: Whole | None
    told_at: datetime | None
    regraded: bool = False
    order_sent: bool = False


class StepJudged(NamedTuple):
    """A step that was passed: whether in time by its own process, and by the one tried. None: that gives no time."""

    step: str
    before: bool | None
    after: bool | None
    due_before: datetime | None
    due_after: datetime | None


@unique
class Stop(StrEnum):
    """Why a past course could not have been walked."""

    NO_STEP = "no_step"
    NO_WAY = "no_way"
    ELSEWHERE = "elsewhere"


class NotWalked(NamedTuple):
    """Where a walk ended: ``step`` is where the complaint would have stood, ``action`` what it could not do there.

    ``no_step``: the process has no step like the one at which it was done; ``no_way``: it has, but there that action is
    not offered; ``elsewhere``: by then the process would have led to another step, which does not offer it either.
    """

    why: Stop
    step: str
    action: str


def judge_steps(
    calendar: WorkingCalendar, own: Process, tried: Process, course: PastCourse
) -> list[StepJudged] | Refusal:
    """Each step that the complaint passed and that one of the two processes gives a time."""
    if course.resolve is None:
        return []
    found = []
    for code, left_at in _left(course).items():
        sides = []
        for process in (own, tried):
            due = _due(calendar, course.resolve, process, code)
            if isinstance(due, Refusal):
                return due
            sides.append(due)
        before, after = sides
        if before is not None or after is not None:
            found.append(StepJudged(code, _in_time(before, left_at), _in_time(after, left_at), before, after))
    return found


def walk(tried: Process, course: PastCourse) -> NotWalked | None:
    """The first action of a past course that the process does not offer where it would be done; None: all of it."""
    at = _start(tried, course)
    sent = course.order_sent
    for move in course.moves:
        if at is None:
            return NotWalked(Stop.NO_STEP, move.from_step, move.action)
        way = at.way(move.action, sent)
        if way is None:
            return NotWalked(_why(tried, at, move), at.code, move.action)
        if way.to in (END, NEW_PROCESS):
            return None
        sent = sent or move.action == SENDS_ORDER
        at = tried.find(way.to)
    return None


def _start(tried: Process, course: PastCourse) -> StepDef | None:
    """Where the walk begins: at the first step, or after a regrading at the step of the same code."""
    if not course.regraded or not course.moves:
        return tried.first
    return tried.find(course.moves[0].from_step)


def _why(tried: Process, at: StepDef, move: PastMove) -> Stop:
    if at.code == move.from_step:
        return Stop.NO_WAY
    return Stop.ELSEWHERE if tried.find(move.from_step) else Stop.NO_STEP


def _left(course: PastCourse) -> dict[str, datetime]:
    """When each step was last left before the result was told."""
    until = course.told_at
    return {move.from_step: move.at for move in course.moves if until is None or move.at <= until}


def _due(calendar: WorkingCalendar, resolve: Whole, process: Process, code: str) -> datetime | Refusal | None:
    step = process.find(code)
    if step is None or not step.clock_share:
        return None
    percent = elapsed_shares(process)[code]
    found = share(calendar, resolve.start, resolve, int(percent) if percent == int(percent) else Decimal(percent))
    return found if isinstance(found, Refusal) else found.due


def _in_time(due: datetime | None, left_at: datetime) -> bool | None:
    return None if due is None else is_met(due, left_at)


def last_course(moves: Sequence[PastMove], resolve: Whole | None, told_at: datetime | None) -> PastCourse:
    """The course within the process in which a complaint ended: what came after its last regrading, if it had one."""
    cut = next((place for place in range(len(moves), 0, -1) if moves[place - 1].action in REGRADINGS), 0)
    sent = any(move.action == SENDS_ORDER for move in moves[:cut])
    return PastCourse(tuple(moves[cut:]), resolve, told_at, cut > 0, sent)
