"""What an action is: the form of a row in the table of ``policies/actions.py``, and words that its rows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType

from policies.access import Permission
from policies.message import Message
from policies.process import Process, When
from policies.vocabulary import CaseFunction, ClockEvent, ComplaintStatus, Severity


@unique
class ActionKind(StrEnum):
    """``start`` makes a complaint, ``move`` leaves a step by a way of its process, ``act`` leaves it where it is."""

    START = "start"
    MOVE = "move"
    ACT = "act"


@unique
class Archived(StrEnum):
    """Whether an action is open to an archived complaint (R22)."""

    NEVER = "never"
    ALSO = "also"
    ONLY = "only"


P = Permission
Status = ComplaintStatus
NOWHERE: Mapping[ComplaintStatus, tuple[P, ...]] = MappingProxyType({})
NOTHING: Mapping[str, str] = MappingProxyType({})

OPEN = frozenset(status for status in Status if status.is_open and status is not Status.DRAFT)
KEPT = OPEN | {Status.CLOSED}
"""Registered and not archived: what may still be written to."""
HANDLING = frozenset({
    Status.DISPATCHED, Status.INVESTIGATING, Status.PLANNING, Status.AWAITING_APPROVAL, Status.EXECUTING, Status.REWORK,
})  # fmt: skip
OWNED = HANDLING - {Status.DISPATCHED}


@dataclass(frozen=True)
class ActionRule:
    """One action. Any of ``permissions`` suffices; ``permissions_in`` replaces them in a status.

    ``finishes``: the required fields and evidence of the step must be complete. ``fields``: what the action must bring
    besides; ``optional``: what it may. ``gives``: fields that the action answers by itself; ``evidence``: types of
    evidence that doing it makes. ``when``: open only without, or only with, an order. ``holds_order``: for the owner
    and co-handlers, their head, or somebody with the permission everywhere. ``of_department``: for the department that
    has the order now. ``step_role``: the step's role (or ``stand_ins``) must act, unless it is a step of the handler's.
    ``process_acts``: only where the process has one of these acts; ``act_role``: then its role (or ``stand_ins``) acts.
    ``approvers``: somebody with a role of the step's approvals must act. ``function``: what doing it makes the person
    on the complaint. ``duties``: the rules of ``policies/duties.py`` that are asked. ``statuses`` limit an act.
    """

    code: str
    kind: ActionKind
    permissions: tuple[P, ...]
    permissions_in: Mapping[ComplaintStatus, tuple[P, ...]] = field(default_factory=lambda: NOWHERE)
    events: tuple[ClockEvent, ...] = ()
    finishes: bool = False
    fields: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    gives: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    evidence: tuple[str, ...] = ()
    when: When | None = None
    statuses: frozenset[ComplaintStatus] = KEPT
    severities: frozenset[Severity] = frozenset(Severity)
    archived: Archived = Archived.NEVER
    holds_order: bool = False
    of_department: bool = False
    step_role: bool = False
    stand_ins: frozenset[str] = frozenset()
    process_acts: tuple[str, ...] = ()
    act_role: bool = False
    approvers: bool = False
    function: CaseFunction | None = None
    duties: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def permissions_at(self, status: ComplaintStatus) -> tuple[P, ...]:
        """The permissions of which one suffices in this status."""
        return self.permissions_in.get(status, self.permissions)

    def belongs_to(self, process: Process) -> bool:
        """Whether a process knows this action at all: it has the act that the action carries out."""
        return not self.process_acts or any(process.act(code) is not None for code in self.process_acts)

    @property
    def title(self) -> Message:
        """Its name, as the heading of its form."""
        return Message(f"workflow.{self.code}.title")

    @property
    def help(self) -> Message:
        """One sentence: what it does and what follows."""
        return Message(f"workflow.{self.code}.help")

    @property
    def button(self) -> Message:
        """The words on its button."""
        return Message(f"workflow.{self.code}.button")


def move(code: str, *permissions: P, rules: str, **more: object) -> ActionRule:
    """A row for an action that leaves its step; ``rules``: ids of requirements, with spaces between."""
    return ActionRule(code, ActionKind.MOVE, permissions, rules=tuple(rules.split()), **more)  # type: ignore[arg-type]


def act(code: str, *permissions: P, rules: str, **more: object) -> ActionRule:
    """A row for an action that leaves the complaint where it is."""
    return ActionRule(code, ActionKind.ACT, permissions, rules=tuple(rules.split()), **more)  # type: ignore[arg-type]


HANDLER_ROLE = "handler"
"""The role of steps that belong to whoever holds the order: owner and co-handlers, whatever else they are called."""
