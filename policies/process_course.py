"""Where a complaint can come to in a process, without and with a work order (R11, R14): dead ends, loops, ways back.

A course follows the ways as their conditions and the rules of their actions open them. It begins at the first step, and
at every step at which a complaint that is regraded from another process goes on (R3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policies.action import ActionRule
from policies.actions import ACTIONS
from policies.fields import CARRIED_FIELDS
from policies.message import Message, Name, Refusal
from policies.process import END, NEW_PROCESS, NextAction, Process, StepDef, like_step
from policies.vocabulary import ComplaintStatus

REASONS = frozenset({
    "approval_opinion_text", "check_reason", "closing_reason_text", "decision_reason", "dissatisfaction_reason",
    "handover_reason", "regrade_reason", "review_conclusion",
})  # fmt: skip
"""Fields in which a person says why: a loop without one of them could run for ever by itself."""
BEFORE_THE_ORDER = (ComplaintStatus.REGISTERED, ComplaintStatus.ACCEPTED)


@dataclass(frozen=True)
class Spot:
    """A step as a complaint comes to it: without a work order, or with one."""

    step: str
    order_sent: bool


Ways = list[tuple[NextAction, Spot | None]]
Course = Mapping[Spot, Ways]


def refuse(reason: str, step: StepDef | None = None, **params: object) -> Refusal:
    """A refusal of this room, with its step where it has one."""
    if step is not None:
        params["step"] = Name(step.name["zh"], step.name["en"])
    return Refusal(f"process.refused.{reason}", params, field=step.code if step else None, status=422)


def title_of(action: str) -> Message | str:
    """What an action is called; its code where there is no such action."""
    return ACTIONS[action].title if action in ACTIONS else action


def is_open(way: NextAction, rule: ActionRule | None, order_sent: bool) -> bool:
    """Whether a way can be taken by a complaint with, or without, a work order: the way's own condition, and what its
    action asks whatever a process says (guards ``order_as_needed`` and ``of_department``).
    """
    if not way.is_open(order_sent):
        return False
    if rule is None:
        return True
    if rule.of_department and not order_sent:
        return False
    return rule.when is None or rule.when.holds(order_sent)


def open_ways(process: Process, spot: Spot) -> Ways:
    """The ways out of a spot within the process, and where each leads (None: archived)."""
    return [
        (way, None if way.to == END else Spot(way.to, spot.order_sent or way.action == "send_order"))
        for way in process.step(spot.step).next
        if way.to != NEW_PROCESS and is_open(way, ACTIONS.get(way.action), spot.order_sent)
    ]


def course_of(process: Process, arrivals: frozenset[Spot] = frozenset()) -> dict[Spot, Ways]:
    """Every spot that a complaint can come to from the first step, and from where it arrives out of another process."""
    found: dict[Spot, Ways] = {}
    waiting = [Spot(process.first.code, order_sent=False), *arrivals]
    while waiting:
        spot = waiting.pop()
        if spot not in found:
            found[spot] = open_ways(process, spot)
            waiting.extend(to for _, to in found[spot] if to is not None)
    return found


def arrivals(process: Process, others: Mapping[str, Process]) -> frozenset[Spot]:
    """Where complaints regraded out of the other processes go on in this one (R3)."""
    found = set()
    for other in others.values():
        for spot in leaving(other):
            target = like_step(other.step(spot.step), process)
            if target is not None:
                found.add(Spot(target.code, spot.order_sent))
    return frozenset(found)


def leaving(process: Process) -> list[Spot]:
    """The spots of a process from which a complaint can be regraded into another one."""
    return [
        spot
        for spot in course_of(process)
        if any(way.to == NEW_PROCESS and way.is_open(spot.order_sent) for way in process.step(spot.step).next)
    ]


def lies_before_the_order(step: StepDef) -> bool:
    """R11: a step of the desk, which no complaint with a work order may come to."""
    return step.status in BEFORE_THE_ORDER or any(way.action == "send_order" for way in step.next)


# What is wrong with a course


def unreachable(process: Process, course: Course) -> Iterator[Refusal]:
    """Steps to which no complaint that begins in this process ever comes."""
    come_to = {spot.step for spot in course}
    for step in process.steps:
        if step.code not in come_to:
            yield refuse("unreachable", step)


def dead_ends(process: Process, course: Course) -> Iterator[Refusal]:
    """Steps from which no way leads to the archive, told apart by whether the complaint has a work order."""
    ending: set[Spot] = set()
    grown = True
    while grown:
        more = {
            spot
            for spot, ways in course.items()
            if spot not in ending and any(to is None or to in ending for _, to in ways)
        }
        ending |= more
        grown = bool(more)
    for step in process.steps:
        stuck = {spot.order_sent for spot in course if spot.step == step.code and spot not in ending}
        free = any(spot in ending for spot in course if spot.step == step.code)
        if stuck and not free:
            yield refuse("dead_end", step)
        elif stuck:
            yield refuse("dead_end_ordered" if True in stuck else "dead_end_not_ordered", step)


def endless(process: Process, course: Course) -> Iterator[Refusal]:
    """Loops in which nobody ever says why: no person's reasoned decision keeps them going, so none ends them."""
    silent = {
        spot: {to for way, to in ways if to is not None and not _says_why(process, spot, way)}
        for spot, ways in course.items()
    }
    looping = {spot.step for spot in silent if spot in _from(silent, spot)}
    for step in process.steps:
        if step.code in looping:
            yield refuse("endless", step)


def _says_why(process: Process, spot: Spot, way: NextAction) -> bool:
    """Whether somebody gives a reason on this way each time it is taken: with the action itself, or with the step that
    it finishes. What a step takes over from an earlier one is not said anew.
    """
    rule = ACTIONS.get(way.action)
    finished = process.step(spot.step).required_fields if rule is not None and rule.finishes else ()
    said = {*way.requires, *(code for code in finished if code not in CARRIED_FIELDS)}
    return not REASONS.isdisjoint(said)


def _from(ways: Mapping[Spot, set[Spot]], start: Spot) -> set[Spot]:
    """Every spot that can be come to from ``start`` in one step or more."""
    found: set[Spot] = set()
    waiting = list(ways[start])
    while waiting:
        spot = waiting.pop()
        if spot not in found:
            found.add(spot)
            waiting.extend(ways[spot])
    return found


def back_to_the_desk(process: Process, course: Course) -> Iterator[Refusal]:
    """R11: ways by which a complaint that has a work order comes to a step before the order."""
    told = set()
    for spot, ways in course.items():
        for way, to in ways:
            if to is None or not to.order_sent or (spot.step, way.action, to.step) in told:
                continue
            step = process.step(to.step)
            if lies_before_the_order(step):
                told.add((spot.step, way.action, to.step))
                yield refuse("back_to_desk", process.step(spot.step), action=title_of(way.action), to=_name(step))


def regrading(process: Process, others: Mapping[str, Process]) -> Iterator[Refusal]:
    """R3, R11: regrading goes on at a like step, in either direction, and no work order comes to the desk by it."""
    for other in others.values():
        for here, there in ((process, other), (other, process)):
            told = set()
            for spot in leaving(here):
                step = here.step(spot.step)
                target = like_step(step, there)
                backwards = target is not None and spot.order_sent and lies_before_the_order(target)
                if (target is not None and not backwards) or step.code in told:
                    continue
                told.add(step.code)
                own = step if here is process else target
                named = {"here": _name(step), "severity": there.severity, "of": here.severity}
                if target is None:
                    yield refuse("no_like_step", own, **named)
                else:
                    yield refuse("regrade_to_desk", own, to=_name(target), **named)


def never_open(process: Process) -> Iterator[Refusal]:
    """Ways whose condition contradicts what their action asks, so that nobody could ever take them."""
    for step in process.steps:
        for way in step.next:
            if not any(is_open(way, ACTIONS.get(way.action), order_sent) for order_sent in (False, True)):
                yield refuse("never_open", step, action=title_of(way.action))


def never_met(process: Process, course: Course) -> Iterator[Refusal]:
    """Ways whose condition no complaint meets that comes to their step: of no use, but no harm either."""
    for step in process.steps:
        orders = {spot.order_sent for spot in course if spot.step == step.code}
        for way in step.next:
            if orders and not any(is_open(way, ACTIONS.get(way.action), order_sent) for order_sent in orders):
                yield refuse("never_met", step, action=title_of(way.action))


def _name(step: StepDef) -> Name:
    return Name(step.name["zh"], step.name["en"])
