"""Whether a process can be used (R14): what is wrong with a definition, with the step named, before it is saved.

A complaint is followed through the definition without and with a work order, as the conditions of the ways allow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from policies.access import Grants, Permission, roles_holding
from policies.action import ActionKind
from policies.actions import ACTIONS
from policies.fields import STEP_FIELDS
from policies.message import Message, Name, Refusal
from policies.process import END, NEW_PROCESS, NextAction, Process, StepDef
from policies.vocabulary import ComplaintStatus

WHOLE = Decimal(100)
REASONS = frozenset({
    "approval_opinion_text", "check_reason", "closing_reason_text", "decision_reason", "dissatisfaction_reason",
    "handover_reason", "regrade_reason", "review_conclusion",
})  # fmt: skip
"""Fields in which a person says why: a loop without one of them could run for ever by itself."""


@dataclass(frozen=True)
class Known:
    """What the office knows: roles with their grants, its list of evidence types, its acts (None: not asked)."""

    roles: Mapping[str, Grants]
    evidence: Collection[str] | None = None
    acts: Collection[str] | None = None


@dataclass(frozen=True)
class Spot:
    """A step as a complaint comes to it: without a work order, or with one."""

    step: str
    order_sent: bool


def check_process(process: Process, known: Known) -> tuple[Refusal, ...]:
    """Everything that is wrong with a process, each with its step; empty: it can be used (R14, R11)."""
    words = [*_step_codes(process), *_words(process, known)]
    if any(refusal.key == "process.refused.unknown_step" for refusal in words):
        return tuple(words)  # no course can be followed through steps that are not there
    reached = _reached(process)
    return (
        *words,
        *_shares(process),
        *_unreachable(process, reached),
        *_dead_ends(process, reached),
        *_endless(process, reached),
        *_back_to_the_desk(process, reached),
        *_roles_missing(process, known),
    )


def _refused(reason: str, step: StepDef | None = None, **params: object) -> Refusal:
    if step is not None:
        params["step"] = Name(step.name["zh"], step.name["en"])
    return Refusal(f"process.refused.{reason}", params, field=step.code if step else None, status=422)


def _title(action: str) -> Message | str:
    return ACTIONS[action].title if action in ACTIONS else action


# Words: everything that is named is known


def _step_codes(process: Process) -> Iterator[Refusal]:
    seen: set[str] = set()
    for step in process.steps:
        if step.code in seen or step.code in (END, NEW_PROCESS):
            yield _refused("step_twice", step, code=step.code)
        seen.add(step.code)
    for step in process.steps:
        for way in step.next:
            if way.to not in seen | {END, NEW_PROCESS}:
                yield _refused("unknown_step", step, action=_title(way.action), to=way.to)


def _words(process: Process, known: Known) -> Iterator[Refusal]:
    for step in process.steps:
        named = {*step.required_fields, *(code for way in step.next for code in way.requires)}
        for code in sorted(named - set(STEP_FIELDS)):
            yield _refused("unknown_field", step, code=code)
        for code in _strange(step.required_evidence, known.evidence):
            yield _refused("unknown_evidence", step, code=code)
        for code in _strange((step.role, *(limit.role for limit in step.approvals)), known.roles):
            yield _refused("unknown_role", step, code=code)
        for code in _strange(step.acts, known.acts):
            yield _refused("unknown_act", step, code=code)
        yield from _ways(step)


def _strange(codes: Iterable[str], known: Collection[str] | None) -> list[str]:
    return [] if known is None else sorted(set(codes) - set(known))


def _ways(step: StepDef) -> Iterator[Refusal]:
    seen: set[tuple[str, object]] = set()
    for way in step.next:
        rule = ACTIONS.get(way.action)
        if rule is None or rule.kind is not ActionKind.MOVE:
            yield _refused("unknown_action", step, code=way.action)
        if (way.action, way.when) in seen or (way.action, None) in seen:
            yield _refused("action_twice", step, code=way.action)
        seen.add((way.action, way.when))
        if (way.to == NEW_PROCESS) is not (way.action == "regrade"):
            yield _refused("regrade_only", step, code=way.action)
        if (way.to == END) is not (way.action == "archive"):
            yield _refused("archive_only", step, code=way.action)
    if step.status in (ComplaintStatus.DRAFT, ComplaintStatus.ARCHIVED):
        yield _refused("status", step, status=step.status)


def _shares(process: Process) -> Iterator[Refusal]:
    total = sum((step.clock_share for step in process.steps), Decimal(0))
    if total != WHOLE:
        yield _refused("shares", total=total)


# Courses: where a complaint can come to


def _open_ways(process: Process, spot: Spot) -> Iterator[tuple[NextAction, Spot | None]]:
    """The ways out of a spot, and where each leads (None: archived). Regrading leads to another process."""
    for way in process.step(spot.step).next:
        rule = ACTIONS.get(way.action)
        if way.to == NEW_PROCESS or not way.is_open(spot.order_sent):
            continue
        if rule is not None and rule.when is not None and not rule.when.holds(spot.order_sent):
            continue
        yield way, None if way.to == END else Spot(way.to, spot.order_sent or way.action == "send_order")


def _reached(process: Process) -> dict[Spot, list[tuple[NextAction, Spot | None]]]:
    """Every spot that a complaint can come to from the first step, with the ways out of it."""
    found: dict[Spot, list[tuple[NextAction, Spot | None]]] = {}
    waiting = [Spot(process.first.code, order_sent=False)]
    while waiting:
        spot = waiting.pop()
        if spot not in found:
            found[spot] = list(_open_ways(process, spot))
            waiting.extend(to for _, to in found[spot] if to is not None)
    return found


Course = Mapping[Spot, list[tuple[NextAction, Spot | None]]]


def _unreachable(process: Process, reached: Course) -> Iterator[Refusal]:
    come_to = {spot.step for spot in reached}
    for step in process.steps:
        if step.code not in come_to:
            yield _refused("unreachable", step)


def _dead_ends(process: Process, reached: Course) -> Iterator[Refusal]:
    """Spots from which no course leads to the archive."""
    ending: set[Spot] = set()
    grown = True
    while grown:
        more = {
            spot
            for spot, ways in reached.items()
            if spot not in ending and any(to is None or to in ending for _, to in ways)
        }
        ending |= more
        grown = bool(more)
    stuck = {spot.step for spot in reached if spot not in ending}
    for step in process.steps:
        if step.code in stuck:
            yield _refused("dead_end", step)


def _says_why(process: Process, spot: Spot, way: NextAction) -> bool:
    """Whether somebody gives a reason on this way: with the action itself, or with the step that it finishes."""
    rule = ACTIONS.get(way.action)
    finished = process.step(spot.step).required_fields if rule is not None and rule.finishes else ()
    return not REASONS.isdisjoint((*way.requires, *finished))


def _endless(process: Process, reached: Course) -> Iterator[Refusal]:
    """Loops in which nobody ever says why: no person's reasoned decision keeps them going, so none ends them."""
    silent = {
        spot: {to for way, to in ways if to is not None and not _says_why(process, spot, way)}
        for spot, ways in reached.items()
    }
    looping = {spot.step for spot in silent if spot in _from(silent, spot)}
    for step in process.steps:
        if step.code in looping:
            yield _refused("endless", step)


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


def _back_to_the_desk(process: Process, reached: Course) -> Iterator[Refusal]:
    """R11: ways by which a complaint with a work order comes to a step before the order."""
    for spot, ways in reached.items():
        for way, to in ways:
            if to is None or not spot.order_sent:
                continue
            step = process.step(to.step)
            before_order = step.status in (ComplaintStatus.REGISTERED, ComplaintStatus.ACCEPTED)
            if before_order or any(other.action == "send_order" for other in step.next):
                target = Name(step.name["zh"], step.name["en"])
                yield _refused("back_to_desk", process.step(spot.step), action=_title(way.action), to=target)


# People: every step has somebody who may do it


def _roles_missing(process: Process, known: Known) -> Iterator[Refusal]:
    for step in process.steps:
        leading = [way for way in step.next if way.action in ACTIONS and ACTIONS[way.action].finishes]
        for way in step.next:
            if way.action in ACTIONS and not _holders(step, way, known):
                yield _refused("nobody", step, action=_title(way.action))
        if step.role in known.roles and not any(step.role in _holders(step, way, known) for way in leading):
            yield _refused("role_may_not", step, role=step.role)


def _holders(step: StepDef, way: NextAction, known: Known) -> frozenset[str]:
    permissions: tuple[Permission, ...] = ACTIONS[way.action].permissions_at(step.status)
    return roles_holding(known.roles, permissions)
