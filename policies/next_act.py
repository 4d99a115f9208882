"""What most likely is to be done next to a complaint that somebody sees at a glance (R13, R26): the act that a line of
a home leads to at once.

It is a guess from what a line knows; the rules of ``policies/workflow.py`` are asked when the act is opened. Where
nothing is likely the line opens the complaint.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policies.access import Actor, Scope, may_any
from policies.action import HANDLING, ActionKind, ActionRule
from policies.actions import ACTIONS
from policies.process import Process, StepDef
from policies.vocabulary import ComplaintStatus

ANYWHERE = ("start_check", "accept", "send_order", "appoint", "approve", "urge")
"""In a list of complaints at any step, the first that is open."""
IN_LIST: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "to_acknowledge": ("acknowledge",), "to_check": ("start_check", "accept"), "to_review": ("explain",),
    "to_dispatch": ("send_order",), "to_appoint": ("appoint",), "to_decide": ("decide_dispute",),
    "to_approve": ("approve",), "to_archive": ("archive",), "watch": ("urge",), "helping": (), "to_call_back": (),
    "mine": ("submit_facts", "submit_plan", "complete_measures", "tell_result"), "extensions": (), "rework": (),
    "finished": (),
})  # fmt: skip
"""List → what is done in it, the first that is open; other lists hold complaints at any step."""
WITH_THE_DEPARTMENT = HANDLING - {ComplaintStatus.REWORK, ComplaintStatus.EXECUTING}


def likely(
    actor: Actor, process: Process, code: str, step: str, status: ComplaintStatus, department: int | None
) -> ActionRule | None:
    """The act for a line of the list ``code``: at this step of its process, with the order at this department."""
    at = process.find(step)
    if at is None:
        return None
    rules = (ACTIONS[action] for action in IN_LIST.get(code, ANYWHERE))
    return next((rule for rule in rules if _is_open(rule, actor, at, status, department)), None)


def _is_open(rule: ActionRule, actor: Actor, at: StepDef, status: ComplaintStatus, department: int | None) -> bool:
    if not may_any(actor, rule.permissions_at(status)):
        return False
    if rule.code == "urge":
        return status in WITH_THE_DEPARTMENT
    if rule.kind is ActionKind.ACT:
        return status in rule.statuses
    if all(way.action != rule.code for way in at.next):
        return False
    if rule.of_department and department not in actor.departments:
        return False
    return not rule.approvers or (bool(at.limits.keys() & actor.roles) and _reaches(actor, rule, department))


def _reaches(actor: Actor, rule: ActionRule, department: int | None) -> bool:
    """Whether a department's order is within the width in which this person approves."""
    everywhere = any(actor.scope(permission) is Scope.ALL for permission in rule.permissions)
    return everywhere or department in actor.departments
