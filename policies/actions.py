"""What can be done to a complaint: one row an action, with its permissions, events, fields and duties (R11, R14–R22).

The process (data) says at which step an action is a way out and where it leads; this table says who may take it, what
it brings by itself and which clock events it raises. Buttons, endpoints, checks of a process and ``docs/`` read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policies.access import Permission
from policies.action import HANDLING, OPEN, OWNED, ActionKind, ActionRule, Archived, act, move
from policies.actions_extension import EXTENSION
from policies.actions_regrade import REGRADING
from policies.actions_teamwork import TEAMWORK
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

P = Permission
Status = ComplaintStatus

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
    move("start_check", P.COMPLAINT_CHECK, finishes=True, rules="R4"),
    move(
        "accept", P.COMPLAINT_CHECK, finishes=True, gives=_DECIDED[CheckDecision.ACCEPTED],
        optional=("handover_reason", "promised_time"), rules="R4 R6",
    ),
    move(
        "find_not_established", P.COMPLAINT_CHECK, gives=_NOT_ESTABLISHED,
        permissions_in={Status.INVESTIGATING: (P.INVESTIGATION_RECORD,)}, holds_order=True, rules="R4 R18",
    ),
    move("refer_out", P.COMPLAINT_CHECK, gives=_DECIDED[CheckDecision.REFERRED_OUT], rules="R4"),
    move("merge", P.COMPLAINT_CHECK, gives=_DECIDED[CheckDecision.MERGED], fields=("merged_into",), rules="R4 R8"),
    move("withdraw", P.COMPLAINT_WITHDRAW, rules="R4 R22"),
    move(
        "solve_at_first_contact", P.COMPLAINT_SOLVE, finishes=True, events=(_E.RESOLVED,), when=_NOT_ORDERED,
        gives=_DECIDED[CheckDecision.SOLVED], optional=("compensation_amount", "fault", "cause_code"),
        function=_F.OWNER, rules="R6 R18",
    ),
    move(
        "explain", P.COMPLAINT_CHECK, finishes=True, events=(_E.RESOLVED,), evidence=("communication_record",),
        optional=("way", "referred_to"),
        rules="R4 R18",
    ),
    move("resume", P.COMPLAINT_CHECK, finishes=True, when=_ORDERED, rules="R4 R11 R18"),
    move(
        "regrade", P.COMPLAINT_REGRADE, events=(_E.REGRADED,), optional=("category", "urgency", "impact"), rules="R3",
    ),
)  # fmt: skip

_DISPATCH = (
    move(
        "send_order", P.ORDER_SEND, finishes=True, events=(_E.ORDER_SENT,), when=_NOT_ORDERED,
        function=_F.DISPATCHED, rules="R10 R12",
    ),
    move(
        "appoint", P.ORDER_APPOINT, finishes=True, events=(_E.HANDLER_APPOINTED,), optional=("co_handlers",),
        of_department=True, rules="R12",
    ),
    move(
        "transfer", P.ORDER_TRANSFER, events=(_E.ORDER_SENT,), fields=("department",), of_department=True, rules="R11",
    ),
    move(
        "raise_dispute", P.DISPUTE_RAISE, events=(_E.DISPUTE_RAISED,), optional=("claimed_department",),
        of_department=True, rules="R11",
    ),
    move(
        "decide_dispute", P.DISPUTE_DECIDE, finishes=True, events=(_E.ORDER_SENT,),
        duties=("dispute_decided_by_other",), function=_F.DECIDER, rules="R11",
    ),
)  # fmt: skip

_HANDLING = (
    move("submit_facts", P.INVESTIGATION_RECORD, finishes=True, holds_order=True, rules="R15 R18"),
    move(
        "submit_plan", P.PLAN_WRITE, finishes=True, events=(_E.PLAN_SUBMITTED,), evidence=("plan_document",),
        optional=("improvements",), holds_order=True, function=_F.PLAN_AUTHOR, rules="R15 R19",
    ),
    move(
        "pass_review", P.PLAN_REVIEW, finishes=True, events=(_E.PLAN_SUBMITTED,), duties=("no_own_plan_approval",),
        function=_F.APPROVER, rules="R16 R17",
    ),
    move(
        "return_plan", P.PLAN_APPROVE, permissions_in={Status.PLANNING: (P.PLAN_REVIEW,)},
        gives=MappingProxyType({"approval_decision": ApprovalDecision.RETURNED.value}),
        function=_F.APPROVER, approvers=True, rules="R16 R19",
    ),
    move(
        "approve", P.PLAN_APPROVE, finishes=True, evidence=("approval_opinion",),
        gives=MappingProxyType({"approval_decision": ApprovalDecision.APPROVED.value}),
        duties=("no_own_plan_approval", "approver_outranks_writer"), function=_F.APPROVER, approvers=True, rules="R19",
    ),
    move(
        "coordinate", P.TASK_FORCE_LEAD, finishes=True, fields=("coordination_needed",), step_role=True,
        function=_F.APPROVER, rules="R16",
    ),
    move("complete_measures", P.MEASURE_RECORD, finishes=True, holds_order=True, rules="R20"),
    move(
        "tell_result", P.RESULT_TELL, finishes=True, events=(_E.RESOLVED,), evidence=("communication_record",),
        optional=("apologised",), holds_order=True, step_role=True, rules="R15 R16 R18",
    ),
    move(
        "redo", P.PLAN_WRITE, finishes=True, optional=("compensation_amount",), holds_order=True,
        function=_F.PLAN_AUTHOR, rules="R21",
    ),
    move(
        "carry_out_again", P.MEASURE_RECORD, finishes=True, optional=("compensation_amount",), holds_order=True,
        rules="R21",
    ),
    move(
        "respond", P.TASK_FORCE_LEAD, finishes=True, events=(_E.FIRST_RESPONDED,), evidence=("communication_record",),
        step_role=True, stand_ins=frozenset({"duty_manager"}), rules="R17",
    ),
    move(
        "set_up_team", P.TASK_FORCE_LEAD, finishes=True, optional=("experts",), step_role=True, rules="R16 R17",
    ),
    move("contain", P.INVESTIGATION_RECORD, finishes=True, events=(_E.CONTAINED,), holds_order=True, rules="R17"),
)  # fmt: skip

_CLOSING = (
    move(
        "confirm_satisfied", P.CALLBACK_RECORD, finishes=True, events=(_E.CALLED_BACK,), evidence=("callback_record",),
        optional=("customer_opinion",), duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R21",
    ),
    move(
        "report_unsatisfied", P.CALLBACK_RECORD, events=(_E.UNSATISFIED_REPORTED,), evidence=("callback_record",),
        fields=("callback_method", "resolved_flag"), optional=("satisfaction", "customer_opinion"), when=_ORDERED,
        duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R21",
    ),
    move(
        "hand_over", P.CALLBACK_RECORD, events=(_E.UNSATISFIED_REPORTED,), evidence=("callback_record",),
        fields=("callback_method", "resolved_flag"), optional=("satisfaction", "customer_opinion"), when=_NOT_ORDERED,
        duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R6 R21",
    ),
    move(
        "report_unreachable", P.CALLBACK_RECORD, evidence=("callback_record",), duties=_NO_OWN_CALL,
        function=_F.CALLER_BACK, rules="R21",
    ),
    move(
        "close_unsatisfied", P.COMPLAINT_CLOSE_UNSATISFIED, optional=("dissatisfaction_reason", "way"),
        function=_F.DECIDER, approvers=True, rules="R21",
    ),
    move("finish_review", P.POST_REVIEW_FINISH, finishes=True, fields=("corrective_actions",), rules="R17 R30"),
    move(
        "archive", P.COMPLAINT_ARCHIVE, finishes=True, events=(_E.ARCHIVED,), duties=("dossier_checked_by_other",),
        optional=("improvements", "no_corrective_reason", "avoidable_dispatch"), function=_F.ARCHIVER,
        rules="R22 R30 R36",
    ),
)  # fmt: skip

_TALKS = (
    act("take", P.COMPLAINT_TAKE, statuses=OPEN, function=_F.REGISTERED, rules="R1"),
    act(
        "acknowledge", P.COMPLAINT_ACKNOWLEDGE, events=(_E.CUSTOMER_ACKNOWLEDGED,), fields=("way",),
        optional=("at", "text"), rules="R5",
    ),
    act(
        "respond_first", P.COMMUNICATION_RECORD, events=(_E.FIRST_RESPONDED,), statuses=OPEN, fields=("way", "text"),
        optional=("at",), holds_order=True, rules="R23",
    ),
    act(
        "tell_progress", P.COMMUNICATION_RECORD, events=(_E.PROGRESS_TOLD,), statuses=OPEN, fields=("way", "text"),
        optional=("at",), rules="R13",
    ),
    act(
        "tell_delay", P.COMMUNICATION_RECORD, events=(_E.PROGRESS_TOLD,), statuses=OPEN, fields=("way", "text"),
        optional=("promised_time", "at"), rules="R13",
    ),
    act(
        "reply_formally", P.COMMUNICATION_RECORD, events=(_E.FORMALLY_REPLIED,), statuses=OPEN, fields=("way", "text"),
        optional=("at",), rules="R23",
    ),
    act("communicate", P.COMMUNICATION_RECORD, fields=("way", "text"), optional=("at",), rules="R20"),
    act(
        "apologise", P.COMMUNICATION_RECORD, fields=("way", "text"), optional=("at",), evidence=("apology_record",),
        rules="R16 R18",
    ),
)  # fmt: skip

_ACTS = (
    act("review_check", P.CHECK_APPROVE, statuses=frozenset({Status.CHECKING}), fields=("text",),
         duties=("decision_reviewed_by_other",), function=_F.CHECK_REVIEWER, approvers=True, rules="R4"),
    act("urge", P.ORDER_URGE, statuses=HANDLING, optional=("text",), when=_ORDERED, rules="R13"),
    act("note_progress", P.PROGRESS_NOTE, statuses=HANDLING, fields=("text",), holds_order=True, rules="R13"),
    act("submit_report", P.TASK_FORCE_LEAD, events=(_E.REPORT_SUBMITTED,), statuses=OPEN, severities=_SENIORS,
         fields=("text",), evidence=("progress_report",), rules="R16 R17"),
    act("change_owner", P.ORDER_APPOINT, statuses=OWNED, fields=("owner", "reason"), optional=("co_handlers",),
         of_department=True, rules="R12 R13"),
    act("add_co_handlers", P.ORDER_APPOINT, statuses=OWNED, fields=("co_handlers",), of_department=True, rules="R12"),
    act("add_measure", P.MEASURE_RECORD, statuses=frozenset({Status.EXECUTING}), fields=("measure",),
         holds_order=True, rules="R20"),
    act("tick_measure", P.MEASURE_RECORD, statuses=frozenset({Status.EXECUTING}), fields=("measure",),
         optional=("result", "at"), holds_order=True, rules="R20"),
    act("assign_callback", P.CALLBACK_RECORD, statuses=frozenset({Status.AWAITING_CALLBACK}), fields=("caller_back",),
         rules="R21"),
    act("record_attempt", P.CALLBACK_RECORD, statuses=frozenset({Status.AWAITING_CALLBACK}),
         fields=("callback_method",), optional=("at",), duties=_NO_OWN_CALL, function=_F.CALLER_BACK, rules="R21"),
    act("record_evidence", P.EVIDENCE_ADD, fields=("evidence_type",), optional=("text", "file"), rules="R18 R22"),
    act("attach", P.EVIDENCE_ADD, fields=("file",), rules="R2 R22"),
    act("correct_record", P.COMPLAINT_EDIT, fields=("reason",), rules="R2 R40"),
    act("reveal", P.CUSTOMER_REVEAL, fields=("reason",), archived=Archived.ALSO, rules="R39"),
    act("open_attachment", P.ATTACHMENT_OPEN, archived=Archived.ALSO, rules="R39"),
    act("print_dossier", P.DOSSIER_PRINT, archived=Archived.ALSO, rules="R22 R39"),
    act("print_dossier_full", P.DOSSIER_PRINT_FULL, fields=("reason",), archived=Archived.ALSO, rules="R22 R39"),
    act("add_supplement", P.DOSSIER_ADD, fields=("title",), optional=("text", "file"), archived=Archived.ONLY,
         rules="R22"),
)  # fmt: skip

ACTIONS: Mapping[str, ActionRule] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            *_INTAKE,
            *_DISPATCH,
            *_HANDLING,
            *_CLOSING,
            *_TALKS,
            *_ACTS,
            *EXTENSION,
            *REGRADING,
            *TEAMWORK,
        )
    }
)
"""Every action by its code."""
