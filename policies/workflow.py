"""What can be done to a complaint now, by whom, and what follows: ``available`` and ``decide`` (R11, R14–R22).

Both are pure. Buttons and endpoints ask the same ``available``; only ``services/core/transition.py`` carries a
``Decision`` out. The rules are in ``guards.py`` (state, person) and ``entries.py`` (what was entered).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policies import entries
from policies.access import SYSTEM, Actor
from policies.action import ActionKind, ActionRule, Archived
from policies.actions import ACTIONS
from policies.casefacts import CaseFacts, FlowSettings
from policies.entries_regrade import changes, destination, new_severity, stays_in_process, with_proposal
from policies.entry import Entry
from policies.fields import is_blank
from policies.guards import Ask, first_refusal, refused
from policies.message import Message, Refusal
from policies.process import NEW_PROCESS, NextAction, Process, status_of
from policies.regrading import REGRADES
from policies.teamwork import RESPONSES, TEAMS, more_fields
from policies.vocabulary import (
    CaseFunction,
    ClockCode,
    ClockEvent,
    ComplaintStatus,
    OrderStatus,
    Outcome,
    Severity,
)

__all__ = [
    "ACTIONS", "ROUND_OPENERS", "SYSTEM", "CaseFacts", "Decision", "FlowSettings", "Offer", "OrderEffect", "available",
    "decide",
]  # fmt: skip


ROUND_OPENERS = frozenset({"report_unsatisfied", "hand_over"})
"""Actions that begin the next round; what is entered with them belongs to the round that they open (R21)."""
PROPOSED = ("severity", "category", "urgency", "impact", "regrade_reason")
"""What a proposal to regrade brings, so that who confirms it need not enter it again (R3)."""


@dataclass(frozen=True)
class Offer:
    """An action at this moment: open (``refusal`` is None) or not, and why; what must and what may be entered with it.

    ``primary``: the next thing to do for this person.
    """

    rule: ActionRule
    way: NextAction | None
    refusal: Refusal | None
    required: tuple[str, ...]
    optional: tuple[str, ...]
    primary: bool = False

    @property
    def action(self) -> str:
        return self.rule.code

    @property
    def is_open(self) -> bool:
        return self.refusal is None

    @property
    def is_hidden(self) -> bool:
        """Not this person's business: no button, not even a grey one."""
        return self.refusal is not None and self.refusal.status in (403, 404)


@dataclass(frozen=True)
class OrderEffect:
    """What happens to work orders: ``status`` for the present one, ``department_id`` for a new one, its people."""

    status: OrderStatus | None = None
    department_id: int | None = None
    owner_id: int | None = None
    co_handler_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What an action does, to be carried out as it is: where the complaint stands after it, and what is kept.

    ``happened_at`` is when it happened (clocks count from it); ``given``: values that the action answered by itself;
    ``evidence``: types of evidence that it made; ``functions``: who has which function now; ``runs``: the clock that
    the step reached runs; ``process``: the one in which it goes on; ``stays``: neither process nor step changes;
    ``entered``: what was entered with it, without answers of the step that belong to another action.
    """

    action: str
    from_step: str
    to_step: str
    process: Process
    severity: Severity
    round: int
    status: ComplaintStatus
    outcome: Outcome | None
    happened_at: datetime
    events: tuple[ClockEvent, ...] = ()
    runs: ClockCode | None = None
    order: OrderEffect | None = None
    given: Mapping[str, object] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    functions: tuple[tuple[CaseFunction, int], ...] = ()
    warnings: tuple[Message, ...] = ()
    stays: bool = False
    entered: Mapping[str, object] = field(default_factory=dict)

    @property
    def moves(self) -> bool:
        """Whether the complaint leaves its step, or comes to it anew as after a transfer."""
        leaves = ACTIONS[self.action].kind is ActionKind.MOVE or self.action in REGRADES
        return leaves and not self.stays


def available(facts: CaseFacts, actor: Actor, settings: FlowSettings | None = None) -> tuple[Offer, ...]:
    """Every action that has its place at this moment, with the reason where it is not open to this person (R14).

    Ways out of the step first, in the order of the process, then acts. The first open way is ``primary``.
    """
    settings = settings or FlowSettings()
    offers = [_offer(facts, rule, way, actor, settings) for rule, way in _in_place(facts)]
    first = next((n for n, offer in enumerate(offers) if _leads_on(offer)), None)
    return tuple(
        offer if n != first else Offer(offer.rule, offer.way, None, offer.required, offer.optional, primary=True)
        for n, offer in enumerate(offers)
    )


def _leads_on(offer: Offer) -> bool:
    return offer.is_open and offer.way is not None and offer.rule.finishes


def _in_place(facts: CaseFacts) -> Iterable[tuple[ActionRule, NextAction | None]]:
    step = facts.at
    for way in step.next if step is not None else ():
        rule = ACTIONS.get(way.action)
        if (
            rule is not None
            and way.is_open(facts.order_sent)
            and (rule.when is None or rule.when.holds(facts.order_sent))
        ):
            yield rule, way
    for rule in ACTIONS.values():
        if rule.kind is ActionKind.ACT and _has_place(rule, facts):
            yield rule, None


def _has_place(rule: ActionRule, facts: CaseFacts) -> bool:
    if not rule.belongs_to(facts.process):
        return False
    if facts.severity not in rule.severities or (rule.when is not None and not rule.when.holds(facts.order_sent)):
        return False
    if facts.archived:
        return rule.archived is not Archived.NEVER
    return rule.archived is not Archived.ONLY and facts.status in rule.statuses


def _offer(facts: CaseFacts, rule: ActionRule, way: NextAction | None, actor: Actor, settings: FlowSettings) -> Offer:
    required = entries.required_fields(facts, rule, way)
    optional = tuple(code for code in (*rule.optional, *more_fields(required, rule.code)) if code not in required)
    return Offer(rule, way, first_refusal(Ask(facts, rule, way, actor, settings)), required, optional)


def decide(
    facts: CaseFacts,
    action: str,
    values: Mapping[str, object],
    actor: Actor,
    at: datetime,
    settings: FlowSettings | None = None,
) -> Decision | tuple[Refusal, ...]:
    """What an action with these values does, or every reason why not. ``at``: now, aware UTC."""
    settings = settings or FlowSettings()
    rule = ACTIONS.get(action)
    if rule is None or rule.kind is ActionKind.START:
        return (refused("unknown_action", status=404, action=action),)
    step = facts.at
    way = step.way(action, facts.order_sent) if step is not None and rule.kind is ActionKind.MOVE else None
    refusal = first_refusal(Ask(facts, rule, way, actor, settings))
    if refusal is not None:
        return (refusal,)
    values = entries.of_the_action(facts, rule, way, values)
    entry = with_proposal(Entry(facts, rule, way, actor, settings, values, at))
    found = entries.refusals(entry)
    return found or _decision(entry)


# What follows


def _decision(entry: Entry) -> Decision:
    facts, rule = entry.facts, entry.rule
    process, to_step = _destination(entry)
    reached = process.find(to_step)
    events = _events(entry, process, to_step)
    return Decision(
        action=rule.code,
        from_step=facts.step,
        to_step=to_step,
        process=process,
        severity=process.severity,
        round=facts.round + 1 if rule.code in ROUND_OPENERS else facts.round,
        status=status_of(process, to_step),
        outcome=_outcome(entry),
        happened_at=_moment(entry),
        events=events,
        runs=reached.clock if reached is not None else None,
        order=_order_effect(entry, events),
        given=_given(entry),
        evidence=rule.evidence + (("apology_record",) if entry.values.get("apologised") else ()),
        functions=_functions(entry),
        warnings=entries.warnings(entry),
        stays=stays_in_process(entry),
        entered=entry.values,
    )


def _destination(entry: Entry) -> tuple[Process, str]:
    """R3: under another severity it goes on at the like step of its new process; otherwise the way says where."""
    facts, way, severity = entry.facts, entry.way, new_severity(entry)
    if stays_in_process(entry) or (way is None and entry.rule.code not in REGRADES):
        return facts.process, facts.step
    if severity is not None and (way is None or way.to == NEW_PROCESS):
        found = destination(facts, severity)
        return (found[0], found[1].code) if found is not None else (facts.process, facts.step)
    return facts.process, way.to if way is not None else facts.step


def _events(entry: Entry, process: Process, to_step: str) -> tuple[ClockEvent, ...]:
    """The clock events of the action: the result of a later round is that of the rework; arriving closed closes."""
    facts, step = entry.facts, entry.step
    events = []
    for event in entry.rule.events:
        if event is ClockEvent.PLAN_SUBMITTED and step is not None and step.clock is not ClockCode.ANSWER:
            continue  # R12: important and major answer when the review is passed; their plan step has no such clock
        if event is ClockEvent.REGRADED and stays_in_process(entry) and not changes(entry, "category"):
            continue  # no target goes by urgency or impact
        if event is ClockEvent.RESOLVED and facts.round > 1:
            event = ClockEvent.REWORK_RESOLVED  # noqa: PLW2901 (the one replaces the other)
        events.append(event)
    if entry.rule.code in REGRADES and _disputed(facts):
        events.append(ClockEvent.ORDER_SENT)  # the dispute falls away and the department has the order again (R11)
    if entry.way is not None and _closes(facts, process, to_step):
        events.append(ClockEvent.CLOSED)
    return tuple(events)


def _disputed(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.status is OrderStatus.DISPUTED


def _closes(facts: CaseFacts, process: Process, to_step: str) -> bool:
    """A major complaint closes at its call-back, and once more, for the archive clock, after its post-review."""
    reached = process.find(to_step)
    if reached is None or reached.status is not ComplaintStatus.CLOSED:
        return False
    return facts.status is not ComplaintStatus.CLOSED or reached.clock is ClockCode.ARCHIVE


_OPEN_AGAIN = frozenset({"accept", "resume"}) | ROUND_OPENERS


def _outcome(entry: Entry) -> Outcome | None:
    facts, rule, way = entry.facts, entry.rule, entry.way
    if rule.code in _OPEN_AGAIN or (rule.code in REGRADES and not stays_in_process(entry)):
        return None
    if rule.code == "confirm_satisfied" and facts.first_contact:
        return Outcome.FIRST_CONTACT_RESOLVED
    if rule.code == "archive" and facts.outcome is None:
        return Outcome(str(entry.values["outcome"]))  # asked for only where none was fixed, as in an old import
    return way.outcome if way is not None and way.outcome is not None else facts.outcome


def _moment(entry: Entry) -> datetime:
    for code in entries.TIMES:
        value = entry.values.get(code)
        if isinstance(value, datetime):
            return value
    return entry.at


_ORDER_STATUS: Mapping[str, OrderStatus] = {
    "appoint": OrderStatus.APPOINTED,
    "transfer": OrderStatus.TRANSFERRED,
    "raise_dispute": OrderStatus.DISPUTED,
    "find_not_established": OrderStatus.ANSWERED,
    "resume": OrderStatus.APPOINTED,
    "tell_result": OrderStatus.COMPLETED,
    "explain": OrderStatus.COMPLETED,
    "report_unsatisfied": OrderStatus.APPOINTED,
    "close_unsatisfied": OrderStatus.COMPLETED,
    "withdraw": OrderStatus.CANCELLED,
}


def _order_effect(entry: Entry, events: tuple[ClockEvent, ...]) -> OrderEffect | None:
    code, order, values = entry.rule.code, entry.facts.order, entry.values
    status = _ORDER_STATUS.get(code) if order is not None else None
    department = _id(values.get("department")) if code in ("send_order", "transfer", "decide_dispute") else None
    if code == "decide_dispute" and order is not None:
        stays = department == order.department_id
        status = OrderStatus.CANCELLED if stays else OrderStatus.TRANSFERRED
    if code in REGRADES and order is not None and not stays_in_process(entry):
        status = _order_after_regrading(entry)
    if ClockEvent.PLAN_SUBMITTED in events and order is not None:
        status = OrderStatus.ANSWERED
    people = code in ("appoint", "change_owner", "add_co_handlers")
    owner = _id(values.get("owner")) if people else None
    helpers = _ids(values.get("co_handlers")) if people else ()
    effect = OrderEffect(status, department, owner, helpers)
    return None if effect == OrderEffect() else effect


def _order_after_regrading(entry: Entry) -> OrderStatus | None:
    """A disputed order is with its department again; one whose finding is taken back is with its handler again."""
    if _disputed(entry.facts):
        return OrderStatus.SENT
    return OrderStatus.APPOINTED if entry.facts.outcome is not None else None


def _given(entry: Entry) -> dict[str, object]:
    given: dict[str, object] = dict(entry.rule.gives)
    if entry.rule.code == "confirm_regrade":
        given |= {code: entry.values[code] for code in PROPOSED if entry.has(code)}
    for code in entries.given_fields(entry.facts, entry.rule) - set(given):
        match code:
            case "result_told_at" | "contained_at":
                given[code] = entry.values.get(code) or entry.at
            case "outcome":
                given[code] = entry.facts.outcome
            case "attempts":
                given[code] = entry.facts.attempts
    return given


def _functions(entry: Entry) -> tuple[tuple[CaseFunction, int], ...]:
    code, values = entry.rule.code, entry.values
    found: list[tuple[CaseFunction, int | None]] = []
    if entry.rule.function is not None:
        found.append((entry.rule.function, entry.actor.staff_id))
    if code in ("appoint", "change_owner"):
        found.append((CaseFunction.OWNER, _id(values.get("owner"))))
    if code in ("appoint", "change_owner", "add_co_handlers"):
        found.extend((CaseFunction.CO_HANDLER, person) for person in _ids(values.get("co_handlers")))
    if code == "assign_callback":
        found.append((CaseFunction.CALLER_BACK, _id(values.get("caller_back"))))
    if code == "name_reviewers":
        found.extend((CaseFunction.PLAN_REVIEWER, person) for person in _ids(values.get("reviewers")))
    if code in RESPONSES and _leads_the_response(entry):
        found.append((CaseFunction.IN_CHARGE, entry.actor.staff_id))
    if code in TEAMS:
        found.append((CaseFunction.TASK_FORCE_LEADER, _id(values.get("task_force_leader"))))
        members = _ids(values.get("task_force_members"))
        found.extend((CaseFunction.TASK_FORCE_MEMBER, person) for person in members)
    return tuple((function, person) for function, person in found if person is not None)


def _leads_the_response(entry: Entry) -> bool:
    """R17: a senior manager who responds is in charge; a duty manager only starts it."""
    act = entry.facts.process.act("emergency_response")
    return act is not None and act.role in entry.actor.roles


def _id(value: object) -> int | None:
    return None if is_blank(value) else int(str(value))


def _ids(value: object) -> tuple[int, ...]:
    if is_blank(value) or not isinstance(value, (list, tuple, set, frozenset)):
        return ()
    return tuple(int(str(item)) for item in value)
