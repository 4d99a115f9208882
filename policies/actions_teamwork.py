"""Actions of important and major complaints beside their steps: team, review, statements, follow-up (R16, R17, R30)."""

from __future__ import annotations

from policies.access import Permission
from policies.action import KEPT, OPEN, ActionRule, Archived, act
from policies.vocabulary import CaseFunction, ClockEvent, ComplaintStatus, Severity

P = Permission
_F = CaseFunction
_DUTY = frozenset({"duty_manager"})
_TEAM = ("task_force_leader", "task_force_members")
_PLANNING = frozenset({ComplaintStatus.PLANNING})
_CLOSED = frozenset({ComplaintStatus.CLOSED})
_RESPONSE = ("emergency_response",)
_SPEAKS = ("media_statement", "regulator_statement")

_TEAMS = (
    act("form_team", P.TASK_FORCE_LEAD, statuses=OPEN, fields=_TEAM, optional=("experts",),
        process_acts=("task_force",), rules="R16 R17"),
    act("change_team", P.TASK_FORCE_LEAD, statuses=OPEN, fields=(*_TEAM, "reason"), optional=("experts",),
        process_acts=("task_force",), rules="R16 R17"),
    act("report_emergency", P.TASK_FORCE_LEAD, statuses=OPEN, fields=("containment_measures",),
        process_acts=_RESPONSE, act_role=True, stand_ins=_DUTY, rules="R17"),
    act("take_charge", P.TASK_FORCE_LEAD, statuses=OPEN, fields=("text",), process_acts=_RESPONSE, act_role=True,
        function=_F.IN_CHARGE, rules="R17"),
    act("record_contained", P.INVESTIGATION_RECORD, P.TASK_FORCE_LEAD, statuses=OPEN,
        severities=frozenset({Severity.MAJOR}), fields=("contained_at", "containment_measures"),
        events=(ClockEvent.CONTAINED,), holds_order=True, rules="R17"),
    act("give_executive_feedback", P.RESULT_TELL, statuses=KEPT, fields=("way", "text"), optional=("apologised",),
        evidence=("communication_record",), process_acts=("executive_feedback",), act_role=True, rules="R16"),
)  # fmt: skip

_REVIEW = (
    act("name_reviewers", P.PLAN_REVIEW, statuses=_PLANNING, fields=("reviewers",), rules="R16 R17"),
    act("vote_on_plan", P.COMPLAINT_VIEW, statuses=_PLANNING, fields=("vote", "text"), rules="R16 R17"),
    act("record_expert_review", P.PLAN_REVIEW, statuses=_PLANNING,
        fields=("expert_name", "expert_organisation", "vote", "text"), rules="R16 R17"),
    act("release_reviewer", P.PLAN_REVIEW, statuses=_PLANNING, fields=("reviewer", "reason"), rules="R16 R17"),
)  # fmt: skip

_STATEMENTS = (
    act("decide_statement", P.TASK_FORCE_LEAD, fields=("communication_needed",), optional=("communication_reason",),
        process_acts=_SPEAKS, rules="R17"),
    act("draft_statement", P.STATEMENT_PUBLISH, fields=("statement_kind", "addressee", "text"), optional=("corrects",),
        process_acts=_SPEAKS, rules="R17"),
    act("approve_statement", P.STATEMENT_APPROVE, fields=("statement",), optional=("text",), process_acts=_SPEAKS,
        rules="R17"),
    act("return_statement", P.STATEMENT_APPROVE, fields=("statement", "reason"), process_acts=_SPEAKS, rules="R17"),
    act("publish_statement", P.STATEMENT_PUBLISH, fields=("statement", "publication_way"), optional=("at",),
        evidence=("statement_text",), process_acts=_SPEAKS, rules="R17"),
)  # fmt: skip

_AFTERWARDS = (
    act("open_corrective_action", P.CORRECTIVE_ASSIGN, fields=("corrective_action",), rules="R18 R30"),
    act("follow_up", P.CALLBACK_RECORD, statuses=_CLOSED, archived=Archived.ALSO, fields=("callback_method", "reached"),
        optional=("resolved_flag", "satisfaction", "customer_opinion", "new_demand"),
        process_acts=("satisfaction_follow_up",), duties=("no_own_call_back",), rules="R16 R21"),
)  # fmt: skip

TEAMWORK: tuple[ActionRule, ...] = (*_TEAMS, *_REVIEW, *_STATEMENTS, *_AFTERWARDS)
