"""Whether a process can be used (R14): what is wrong with a definition, with the step named, before it is saved.

Words and people are asked here; where a complaint can come to is followed in ``process_course.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from policies.access import Grants, Permission, roles_holding
from policies.action import HANDLER_ROLE, ActionKind, ActionRule
from policies.actions import ACTIONS
from policies.fields import STEP_FIELDS
from policies.message import Message, Name, Refusal
from policies.process import END, NEW_PROCESS, NextAction, Process, StepDef
from policies.process_course import (
    Spot,
    arrivals,
    back_to_the_desk,
    course_of,
    dead_ends,
    endless,
    lies_before_the_order,
    never_met,
    never_open,
    refuse,
    regrading,
    title_of,
    unreachable,
)
from policies.vocabulary import ComplaintStatus

WHOLE = Decimal(100)
MOST_STEPS = 60
Status = ComplaintStatus

NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "regrade": ("severity", "regrade_reason"),  # R3
    "find_not_established": ("check_reason",), "refer_out": ("check_reason",), "merge": ("check_reason",),  # R4
    "withdraw": ("closing_reason_text",), "close_unsatisfied": ("closing_reason_text",),  # R21, R22
    "solve_at_first_contact": ("solution", "customer_opinion"),  # R6
    "send_order": ("department", "requirements", "deadline"),  # R10
    "appoint": ("owner",),  # R12
    "transfer": ("handover_reason",), "raise_dispute": ("handover_reason",),  # R11
    "decide_dispute": ("department", "decision_reason"),  # R11
    "set_up_team": ("task_force_leader",),  # R16
    "submit_plan": ("measures",),  # R19, R20
    "return_plan": ("approval_opinion_text",), "approve": ("approval_opinion_text",),  # R19
    "confirm_satisfied": ("callback_method", "resolved_flag"),  # R21
    "report_unsatisfied": ("dissatisfaction_reason",), "hand_over": ("dissatisfaction_reason",),  # R21
    "archive": ("outcome",),  # R22
})  # fmt: skip
"""What must be asked for with an action, by it or by the step that it finishes: without that it does nothing, or does
what the office's rules forbid (an order without a department, a transfer without its reason).
"""
AT_STATUS: Mapping[str, ComplaintStatus] = MappingProxyType({
    "complete_measures": Status.EXECUTING,  # measures are ticked off there and nowhere else (R20)
    "report_unreachable": Status.AWAITING_CALLBACK,  # and attempts recorded there (R21)
    "archive": Status.CLOSED,  # the outcome is fixed, the clocks of handling have stopped (R22)
})  # fmt: skip
"""Actions that can only be taken in one status, because what they ask for first can only be done in it."""


@dataclass(frozen=True)
class Known:
    """What the office knows: roles with their grants, its list of evidence types, its acts (None: not asked), what the
    roles are called, and the processes of the other severities, between which complaints are regraded.
    """

    roles: Mapping[str, Grants]
    evidence: Collection[str] | None = None
    acts: Collection[str] | None = None
    role_names: Mapping[str, Name] = field(default_factory=lambda: MappingProxyType({}))
    others: Mapping[str, Process] = field(default_factory=lambda: MappingProxyType({}))

    def role(self, code: str) -> Name | str:
        """What a role is called."""
        return self.role_names.get(code, code)


def check_process(process: Process, known: Known) -> tuple[Refusal, ...]:
    """Everything that is wrong with a process, each with its step; empty: it can be used (R14, R11)."""
    words = [*_steps(process), *_words(process, known)]
    if any(refusal.key in _NO_COURSE for refusal in words):
        return tuple(words)  # no course can be followed through steps that are not there
    others = {code: other for code, other in known.others.items() if other.severity is not process.severity}
    course = course_of(process)
    regraded = course_of(process, _sound(process, arrivals(process, others)))
    return (
        *words,
        *_shares(process),
        *unreachable(process, course),
        *dead_ends(process, regraded),
        *endless(process, regraded),
        *back_to_the_desk(process, regraded),
        *never_open(process),
        *regrading(process, others),
        *_people(process, known),
        *_approvals(process, known),
    )


def remarks(process: Process, known: Known) -> tuple[Refusal, ...]:
    """What is of no use in a process that can be used: told, not refused."""
    others = {code: other for code, other in known.others.items() if other.severity is not process.severity}
    course = course_of(process, _sound(process, arrivals(process, others)))
    contradicted = [(refusal.field, refusal.params["action"]) for refusal in never_open(process)]
    return tuple(one for one in never_met(process, course) if (one.field, one.params["action"]) not in contradicted)


_NO_COURSE = frozenset({"process.refused.unknown_step", "process.refused.step_twice"})


def _sound(process: Process, found: frozenset[Spot]) -> frozenset[Spot]:
    """Arrivals that hold: an order that would come to the desk is refused by ``regrading`` and followed no further."""
    return frozenset(spot for spot in found if not (spot.order_sent and lies_before_the_order(process.step(spot.step))))


# Words: everything that is named is known, and stands where it can be used


def _steps(process: Process) -> Iterator[Refusal]:
    if len(process.steps) > MOST_STEPS:
        yield refuse("too_many_steps", most=MOST_STEPS, n=len(process.steps))
    if process.first.status is not Status.REGISTERED:
        yield refuse("first_step", process.first, status=Status.REGISTERED)
    seen: set[str] = set()
    for step in process.steps:
        if step.code in seen or step.code in (END, NEW_PROCESS):
            yield refuse("step_twice", step, code=step.code)
        seen.add(step.code)
    for step in process.steps:
        for way in step.next:
            if way.to not in seen | {END, NEW_PROCESS}:
                yield refuse("unknown_step", step, action=title_of(way.action), to=way.to)


def _words(process: Process, known: Known) -> Iterator[Refusal]:
    for step in process.steps:
        named = {*step.required_fields, *(code for way in step.next for code in way.requires)}
        for code in sorted(named - set(STEP_FIELDS)):
            yield refuse("unknown_field", step, code=code)
        for code in _strange(step.required_evidence, known.evidence):
            yield refuse("unknown_evidence", step, code=code)
        for code in _strange((step.role, *(limit.role for limit in step.approvals)), known.roles):
            yield refuse("unknown_role", step, code=known.role(code))
        for code in _strange(step.acts, known.acts):
            yield refuse("unknown_act", step, code=code)
        if step.status in (Status.DRAFT, Status.ARCHIVED):
            yield refuse("status", step, status=step.status)
        yield from _ways(step)
        yield from _asked(step)


def _strange(codes: Iterable[str], known: Collection[str] | None) -> list[str]:
    return [] if known is None else sorted(set(codes) - set(known))


def _ways(step: StepDef) -> Iterator[Refusal]:
    taken: list[NextAction] = []
    for way in step.next:
        title = title_of(way.action)
        if (rule := ACTIONS.get(way.action)) is None or rule.kind is not ActionKind.MOVE:
            yield refuse("unknown_action", step, code=title)
        if any(other.action == way.action and _overlap(other, way) for other in taken):
            yield refuse("action_twice", step, code=title)
        taken.append(way)
        if (way.to == NEW_PROCESS) is not (way.action == "regrade"):
            yield refuse("regrade_only", step, code=title)
        if (way.to == END) is not (way.action == "archive"):
            yield refuse("archive_only", step, code=title)
        place = AT_STATUS.get(way.action)
        if way.action == "explain" and step.approvals:
            place = Status.CHECKING  # the review that it waits for is given in this status only (R4)
        if place is not None and step.status is not place:
            yield refuse("wrong_status", step, action=title, status=place)


def _overlap(one: NextAction, other: NextAction) -> bool:
    return one.when is None or other.when is None or one.when is other.when


def _asked(step: StepDef) -> Iterator[Refusal]:
    """What an action cannot do without is asked for; what a step asks for is asked by one of its ways."""
    moves = [(way, ACTIONS[way.action]) for way in step.next if way.action in ACTIONS]
    if (step.required_fields or step.required_evidence) and step.next and not any(rule.finishes for _, rule in moves):
        yield refuse("never_asked", step)
    for way, rule in moves:
        asked = {*way.requires, *rule.fields, *rule.gives, *(step.required_fields if rule.finishes else ())}
        for code in NEEDS.get(way.action, ()):
            if code not in asked:
                yield refuse("needs_field", step, action=rule.title, name=Message(f"workflow.field.{code}"))


def _shares(process: Process) -> Iterator[Refusal]:
    total = sum((step.clock_share for step in process.steps), Decimal(0))
    if total != WHOLE:
        yield refuse("shares", total=total)


# People: every way has somebody who may go it


def _people(process: Process, known: Known) -> Iterator[Refusal]:
    for step in process.steps:
        leading = [way for way in step.next if way.action in ACTIONS and ACTIONS[way.action].finishes]
        for way in step.next:
            if way.action in ACTIONS and not _who(step, way, known):
                yield refuse("nobody", step, action=title_of(way.action))
        if (
            step.role in known.roles
            and step.next
            and not any(step.role in _holders(step, way, known) for way in leading)
        ):
            yield refuse("role_may_not", step, role=known.role(step.role))


def _holders(step: StepDef, way: NextAction, known: Known) -> frozenset[str]:
    permissions: tuple[Permission, ...] = ACTIONS[way.action].permissions_at(step.status)
    return roles_holding(known.roles, permissions)


def _who(step: StepDef, way: NextAction, known: Known) -> frozenset[str]:
    """The roles that can really go a way: with the permission, and with the role or approval that the step asks for."""
    rule: ActionRule = ACTIONS[way.action]
    found = _holders(step, way, known)
    if rule.step_role and step.role != HANDLER_ROLE:
        found &= {step.role} | rule.stand_ins
    if rule.approvers and step.approvals:
        found &= set(step.limits)
    return found


def _approvals(process: Process, known: Known) -> Iterator[Refusal]:
    """R19: an approving step names its approvers once each, and one of them approves any amount."""
    for step in process.steps:
        roles = [limit.role for limit in step.approvals]
        for code in sorted({role for role in roles if roles.count(role) > 1}):
            yield refuse("approver_twice", step, role=known.role(code))
        if any(way.action == "explain" for way in step.next) and step.approvals:
            reviewing = roles_holding(known.roles, (Permission.CHECK_APPROVE,))
            if not reviewing & set(roles):
                yield refuse("nobody", step, action=ACTIONS["review_check"].title)
        approving = next((way for way in step.next if way.action == "approve"), None)
        if approving is None:
            continue
        may = _holders(step, approving, known)
        if not step.approvals:
            yield refuse("no_approvals", step)
        elif not any(limit.up_to_cny is None and limit.role in may for limit in step.approvals):
            yield refuse("approvals_end", step)
