"""What can be done to a complaint: one row an action, with its permissions, events, fields and duties (R11, R14–R22).

The process (data) says at which step an action is a way out and where it leads; this table says who may take it, what
it brings by itself and which clock events it raises. Buttons, endpoints, checks of a process and ``docs/`` read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType

from policies.access import Permission
from policies.message import Message
from policies.process import When
from policies.vocabulary import (
    ApprovalDecision,
    CaseFunction,
    CheckDecision,
    ClockEvent,
    ComplaintStatus,
    Fault,
    Severity,
)


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
    approvers: bool = False
    function: CaseFunction | None = None
    duties: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def permissions_at(self, status: ComplaintStatus) -> tuple[P, ...]:
        """The permissions of which one suffices in this status."""
        return self.permissions_in.get(status, self.permissions)

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


def _move(code: str, *permissions: P, rules: str, **more: object) -> ActionRule:
    return ActionRule(code, ActionKind.MOVE, permissions, rules=tuple(rules.split()), **more)  # type: ignore[arg-type]


def _act(code: str, *permissions: P, rules: str, **more: object) -> ActionRule:
    return ActionRule(code, ActionKind.ACT, permissions, rules=tuple(rules.split()), **more)  # type: ignore[arg-type]


_E = ClockEvent
_F = CaseFunction
_DECIDED = {decision: MappingProxyType({"check_decision": decision.value}) for decision in CheckDecision}
_NOT_ESTABLISHED = MappingProxyType({
    "check_decision": CheckDecision.NOT_ESTABLISHED.value, "fault": Fault.UNREASONABLE.value,
})  # fmt: skip
_NOT_ORDERED, _ORDERED = When.NO_ORDER_SENT, When.ORDER_SENT
_NO_OWN_CALL = ("no_own_call_back",)
_SENIORS = frozenset({Severity.IMPORTANT, Severity.MAJOR})

_INTAKE = (
    ActionRule(
        "register", ActionKind.START, (P.COMPLAINT_REGISTER, P.COMPLAINT_IMPORT), events=(_E.RECEIVED,),
        function=_F.REGISTERED, rules=("R1", "R2"),
    ),
    ActionRule("bring_closed", ActionKind.START, (P.COMPLAINT_IMPORT,), rules=("R1", "R9")),
    _move("start_check", P.COMPLAINT_CHECK, finishes=True, rules="R4"),
    _move(
        "accept", P.COMPLAINT_CHECK, finishes=True, gives=_DECIDED[CheckDecision.ACCEPTED],
        optional=("handover_reason", "promised_time"), rules="R4 R6",
    ),
    _move(
        "find_not_established", P.COMPLAINT_CHECK, gives=_NOT_ESTABLISHED,
        permissions_in={Status.INVESTIGATING: (P.INVESTIGATION_RECORD,)}, holds_order=True, rules="R4 R18",
    ),
    _move("refer_out", P.COMPLAINT_CHECK, gives=_DECIDED[CheckDecision.REFERRED_OUT], rules="R4"),
    _move("merge", P.COMPLAINT_CHECK, gives=_DECIDED[CheckDecision.MERGED], fields=("merged_into",), rules="R4 R8"),
    _move("withdraw", P.COMPLAINT_WITHDRAW, rules="R4 R22"),
    _move(
        "solve_at_first_contact", P.COMPLAINT_SOLVE, finishes=True, events=(_E.RESOLVED,), when=_NOT_ORDERED,
        gives=_DECIDED[CheckDecision.SOLVED], optional=("compensation_amount", "fault", "cause_code"),
        function=_F.OWNER, rules="R6 R18",
    ),
    _move(
        "explain", P.COMPLAINT_CHECK, finishes=True, events=(_E.RESOLVED,), evidence=("communication_record",),
        rules="R4 R18",
    ),
    _move("resume", P.COMPLAINT_CHECK, finishes=True, when=_ORDERED, rules="R4 R11 R18"),
    _move(
        "regrade", P.COMPLAINT_REGRADE, events=(_E.REGRADED,), optional=("category", "urgency", "impact"), rules="R3",
    ),
)  # fmt: skip

_DISPATCH = (
    _move(
        "send_order", P.ORDER_SEND, finishes=True, events=(_E.ORDER_SENT,), when=_NOT_ORDERED,
        function=_F.DISPATCHED, rules="R10 R12",
    ),
    _move(
        "appoint", P.ORDER_APPOINT, finishes=True, events=(_E.HANDLER_APPOINTED,), optional=("co_handlers",),
        of_department=True, rules="R12",
    ),
    _move(
        "transfer", P.ORDER_TRANSFER, events=(_E.ORDER_SENT,), fields=("department",), of_department=True, rules="R11",
    ),
    _move("raise_dispute", P.DISPUTE_RAISE, events=(_E.DISPUTE_RAISED,), of_department=True, rules="R11"),
    _move("decide_dispute", P.DISPUTE_DECIDE, finishes=True, events=(_E.ORDER_SENT,), function=_F.DECIDER, rules="R11"),
)  # fmt: skip

_HANDLING = (
    _move("submit_facts", P.INVESTIGATION_RECORD, finishes=True, holds_order=True, rules="R15 R18"),
    _move(
        "submit_plan", P.PLAN_WRITE, finishes=True, events=(_E.PLAN_SUBMITTED,), evidence=("plan_document",),
        optional=("improvements",), holds_order=True, function=_F.PLAN_AUTHOR, rules="R15 R19",
    ),
    _move(
        "pass_review", P.PLAN_REVIEW, finishes=True, events=(_E.PLAN_SUBMITTED,), duties=("no_own_plan_approval",),
        function=_F.APPROVER, rules="R16 R17",
    ),
    _move(
        "return_plan", P.PLAN_APPROVE, permissions_in={Status.PLANNING: (P.PLAN_REVIEW,)},
        gives=MappingProxyType({"approval_decision": ApprovalDecision.RETURNED.value}),
        function=_F.APPROVER, approvers=True, rules="R16 R19",
    ),
    _move(
        "approve", P.PLAN_APPROVE, finishes=True, evidence=("approval_opinion",),
        gives=MappingProxyType({"approval_decision": ApprovalDecision.APPROVED.value}),
        duties=("no_own_plan_approval", "approver_outranks_writer"), function=_F.APPROVER, approvers=True, rules="R19",
    ),
    _move("coordinate", P.TASK_FORCE_LEAD, finishes=True, step_role=True, function=_F.APPROVER, rules="R16"),
    _move("complete_measures", P.MEASURE_RECORD, finishes=True, holds_order=True, rules="R20"),
    _move(
        "tell_result", P.RESULT_TELL, finishes=True, events=(_E.RESOLVED,), evidence=("communication_record",),
        optional=("apologised",), holds_order=True, step_role=True, rules="R15 R16 R18",
    ),
    _move(
        "redo", P.PLAN_WRITE, finishes=True, optional=("compensation_amount",), holds_order=True,
        function=_F.PLAN_AUTHOR, rules="R21",
    ),
    _move(
        "carry_out_again", P.MEASURE_RECORD, finishes=True, optional=("compensation_amount",), holds_order=True,
        rules="R21",
    ),
    _move(
        "respond", P.TASK_FORCE_LEAD, finishes=True, events=(_E.FIRST_RESPONDED,), evidence=("communication_record",),
        step_role=True, stand_ins=frozenset({"duty_manager"}), rules="R17",
    ),
    _move("set_up_team", P.TASK_FORCE_LEAD, finishes=True, step_role=True, rules="R16 R17"),
    _move("contain", P.INVESTIGATION_RECORD, finishes=True, events=(_E.CONTAINED,), holds_order=True, rules="R17"),
)  # fmt: skip

_CLOSING = (
    _move(
        "confirm_satisfied", P.CALLBACK_RECORD, finishes=True, events=(_E.CALLED_BACK,), evidence=("callback_record",),
        optional=("customer_opinion",), duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R21",
    ),
    _move(
        "report_unsatisfied", P.CALLBACK_RECORD, events=(_E.UNSATISFIED_REPORTED,), evidence=("callback_record",),
        fields=("callback_method", "resolved_flag"), optional=("satisfaction", "customer_opinion"), when=_ORDERED,
        duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R21",
    ),
    _move(
        "hand_over", P.CALLBACK_RECORD, events=(_E.UNSATISFIED_REPORTED,), evidence=("callback_record",),
        fields=("callback_method", "resolved_flag"), optional=("satisfaction", "customer_opinion"), when=_NOT_ORDERED,
        duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R6 R21",
    ),
    _move(
        "report_unreachable", P.CALLBACK_RECORD, evidence=("callback_record",), duties=_NO_OWN_CALL,
        function=_F.CALLER_BACK, rules="R21",
    ),
    _move(
        "close_unsatisfied", P.COMPLAINT_CLOSE_UNSATISFIED, optional=("dissatisfaction_reason",),
        function=_F.DECIDER, approvers=True, rules="R21",
    ),
    _move("finish_review", P.POST_REVIEW_FINISH, finishes=True, rules="R17"),
    _move("follow_up", P.CALLBACK_RECORD, duties=_NO_OWN_CALL, rules="R16"),
    _move(
        "archive", P.COMPLAINT_ARCHIVE, finishes=True, events=(_E.ARCHIVED,), duties=("dossier_checked_by_other",),
        optional=("improvements",), function=_F.ARCHIVER, rules="R22",
    ),
)  # fmt: skip

_TALKS = (
    _act("take", P.COMPLAINT_TAKE, statuses=OPEN, function=_F.REGISTERED, rules="R1"),
    _act(
        "acknowledge", P.COMPLAINT_ACKNOWLEDGE, events=(_E.CUSTOMER_ACKNOWLEDGED,), statuses=OPEN, fields=("way",),
        optional=("at", "text"), rules="R5",
    ),
    _act(
        "respond_first", P.COMMUNICATION_RECORD, events=(_E.FIRST_RESPONDED,), statuses=OPEN, fields=("way", "text"),
        optional=("at",), holds_order=True, rules="R23",
    ),
    _act(
        "tell_progress", P.COMMUNICATION_RECORD, events=(_E.PROGRESS_TOLD,), statuses=OPEN, fields=("way", "text"),
        optional=("at",), rules="R13",
    ),
    _act(
        "tell_delay", P.COMMUNICATION_RECORD, events=(_E.PROGRESS_TOLD,), statuses=OPEN, fields=("way", "text"),
        optional=("promised_time", "at"), rules="R13",
    ),
    _act(
        "reply_formally", P.COMMUNICATION_RECORD, events=(_E.FORMALLY_REPLIED,), statuses=OPEN, fields=("way", "text"),
        optional=("at",), rules="R23",
    ),
    _act("communicate", P.COMMUNICATION_RECORD, fields=("way", "text"), optional=("at",), rules="R20"),
    _act(
        "apologise", P.COMMUNICATION_RECORD, fields=("way", "text"), optional=("at",), evidence=("apology_record",),
        rules="R16 R18",
    ),
)  # fmt: skip

_ACTS = (
    _act("review_check", P.CHECK_APPROVE, statuses=frozenset({Status.CHECKING}), fields=("text",),
         duties=("decision_reviewed_by_other",), function=_F.CHECK_REVIEWER, approvers=True, rules="R4"),
    _act("urge", P.ORDER_URGE, statuses=HANDLING, optional=("text",), when=_ORDERED, rules="R13"),
    _act("note_progress", P.PROGRESS_NOTE, statuses=HANDLING, fields=("text",), holds_order=True, rules="R13"),
    _act("submit_report", P.TASK_FORCE_LEAD, events=(_E.REPORT_SUBMITTED,), statuses=OPEN, severities=_SENIORS,
         fields=("text",), evidence=("progress_report",), rules="R16 R17"),
    _act("change_owner", P.ORDER_APPOINT, statuses=OWNED, fields=("owner", "reason"), optional=("co_handlers",),
         of_department=True, rules="R12 R13"),
    _act("add_co_handlers", P.ORDER_APPOINT, statuses=OWNED, fields=("co_handlers",), of_department=True, rules="R12"),
    _act("add_measure", P.MEASURE_RECORD, statuses=frozenset({Status.EXECUTING}), fields=("measure",),
         holds_order=True, rules="R20"),
    _act("tick_measure", P.MEASURE_RECORD, statuses=frozenset({Status.EXECUTING}), fields=("measure",),
         optional=("result", "at"), holds_order=True, rules="R20"),
    _act("assign_callback", P.CALLBACK_RECORD, statuses=frozenset({Status.AWAITING_CALLBACK}), fields=("caller_back",),
         rules="R21"),
    _act("record_attempt", P.CALLBACK_RECORD, statuses=frozenset({Status.AWAITING_CALLBACK}),
         fields=("callback_method",), optional=("at",), duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R21"),
    _act("record_evidence", P.EVIDENCE_ADD, fields=("evidence_type",), optional=("text", "file"), rules="R18 R22"),
    _act("attach", P.EVIDENCE_ADD, fields=("file",), rules="R2 R22"),
    _act("correct_record", P.COMPLAINT_EDIT, fields=("reason",), rules="R2 R40"),
    _act("reveal", P.CUSTOMER_REVEAL, fields=("reason",), archived=Archived.ALSO, rules="R39"),
    _act("open_attachment", P.ATTACHMENT_OPEN, archived=Archived.ALSO, rules="R39"),
    _act("print_dossier", P.DOSSIER_PRINT, archived=Archived.ALSO, rules="R22 R39"),
    _act("print_dossier_full", P.DOSSIER_PRINT_FULL, fields=("reason",), archived=Archived.ALSO, rules="R22 R39"),
    _act("add_supplement", P.DOSSIER_ADD, fields=("title",), optional=("text", "file"), archived=Archived.ONLY,
         rules="R22"),
)  # fmt: skip

ACTIONS: Mapping[str, ActionRule] = MappingProxyType(
    {rule.code: rule for rule in (*_INTAKE, *_DISPATCH, *_HANDLING, *_CLOSING, *_TALKS, *_ACTS)}
)
"""Every action by its code."""

HANDLER_ROLE = "handler"
"""The role of steps that belong to whoever holds the order: owner and co-handlers, whatever else they are called."""
