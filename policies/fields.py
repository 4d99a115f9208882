"""What may be written down at a step or with an action: each field's kind, so that form, rule and page agree (R14).

The office's list of fields (``processes.yaml``) names them; a process may ask for those that are known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType

from policies.completeness import holds_something


@unique
class FieldKind(StrEnum):
    """What kind of value a field takes; a form picks its control by it."""

    LINE = "line"
    TEXT = "text"
    MONEY = "money"
    MOMENT = "moment"
    YES_NO = "yes_no"
    SCORE = "score"
    CATEGORY = "category"
    SEVERITY = "severity"
    LEVEL = "level"
    DEPARTMENT = "department"
    STAFF = "staff"
    STAFF_LIST = "staff_list"
    CAUSE = "cause"
    FAULT = "fault"
    CHECK_DECISION = "check_decision"
    APPROVAL_DECISION = "approval_decision"
    OUTCOME = "outcome"
    CONTACT_WAY = "contact_way"
    MEASURES = "measures"
    EVIDENCE_TYPE = "evidence_type"
    COMPLAINT_NUMBER = "complaint_number"
    ATTEMPTS = "attempts"
    FILE = "file"
    DAYS = "days"
    DAY = "day"
    EXTENSION_REASON = "extension_reason"
    PLAN_VOTE = "plan_vote"
    STATEMENT_KIND = "statement_kind"
    STATEMENT = "statement"
    EXPERTS = "experts"
    CORRECTIVE_ACTION = "corrective_action"
    CORRECTIVE_ACTIONS = "corrective_actions"


# The fields that steps may ask for, as the office lists them.
STEP_FIELDS: Mapping[str, FieldKind] = MappingProxyType({
    "category": FieldKind.CATEGORY,
    "severity": FieldKind.SEVERITY,
    "urgency": FieldKind.LEVEL,
    "impact": FieldKind.LEVEL,
    "check_decision": FieldKind.CHECK_DECISION,
    "check_reason": FieldKind.TEXT,
    "solution": FieldKind.TEXT,
    "customer_opinion": FieldKind.TEXT,
    "handover_reason": FieldKind.TEXT,
    "promised_time": FieldKind.MOMENT,
    "department": FieldKind.DEPARTMENT,
    "requirements": FieldKind.TEXT,
    "deadline": FieldKind.MOMENT,
    "owner": FieldKind.STAFF,
    "co_handlers": FieldKind.STAFF_LIST,
    "facts": FieldKind.TEXT,
    "root_cause": FieldKind.TEXT,
    "cause_code": FieldKind.CAUSE,
    "fault": FieldKind.FAULT,
    "responsible_party": FieldKind.LINE,
    "measures": FieldKind.MEASURES,
    "expected_completion": FieldKind.MOMENT,
    "alternatives": FieldKind.TEXT,
    "compensation_amount": FieldKind.MONEY,
    "approval_decision": FieldKind.APPROVAL_DECISION,
    "approval_opinion_text": FieldKind.TEXT,
    "measure_results": FieldKind.TEXT,
    "result_told_at": FieldKind.MOMENT,
    "result_channel": FieldKind.CONTACT_WAY,
    "callback_method": FieldKind.CONTACT_WAY,
    "resolved_flag": FieldKind.YES_NO,
    "satisfaction": FieldKind.SCORE,
    "dissatisfaction_reason": FieldKind.TEXT,
    "new_demand": FieldKind.TEXT,
    "task_force_leader": FieldKind.STAFF,
    "task_force_members": FieldKind.STAFF_LIST,
    "review_conclusion": FieldKind.TEXT,
    "coordination_decisions": FieldKind.TEXT,
    "containment_measures": FieldKind.TEXT,
    "contained_at": FieldKind.MOMENT,
    "communication_needed": FieldKind.YES_NO,
    "improvements": FieldKind.TEXT,
    "lesson": FieldKind.TEXT,
    "outcome": FieldKind.OUTCOME,
    "closing_reason_text": FieldKind.TEXT,
    "decision_reason": FieldKind.TEXT,
    "regrade_reason": FieldKind.TEXT,
    "attempts": FieldKind.ATTEMPTS,
})  # fmt: skip

# What an action takes beyond the fields of its step.
ACTION_FIELDS: Mapping[str, FieldKind] = MappingProxyType({
    "at": FieldKind.MOMENT,
    "way": FieldKind.CONTACT_WAY,
    "text": FieldKind.TEXT,
    "reason": FieldKind.TEXT,
    "title": FieldKind.LINE,
    "evidence_type": FieldKind.EVIDENCE_TYPE,
    "file": FieldKind.FILE,
    "merged_into": FieldKind.COMPLAINT_NUMBER,
    "apologised": FieldKind.YES_NO,
    "caller_back": FieldKind.STAFF,
    "claimed_department": FieldKind.DEPARTMENT,
    "measure": FieldKind.LINE,
    "result": FieldKind.TEXT,
    "referred_to": FieldKind.LINE,
    "no_corrective_reason": FieldKind.TEXT,
    "extension_reason": FieldKind.EXTENSION_REASON,
    "extension_days": FieldKind.DAYS,
    "extension_until": FieldKind.DAY,
    "extension_ground": FieldKind.TEXT,
    "extension_opinion": FieldKind.TEXT,
    "experts": FieldKind.EXPERTS,
    "reviewers": FieldKind.STAFF_LIST,
    "reviewer": FieldKind.STAFF,
    "vote": FieldKind.PLAN_VOTE,
    "expert_name": FieldKind.LINE,
    "expert_organisation": FieldKind.LINE,
    "coordination_needed": FieldKind.YES_NO,
    "communication_reason": FieldKind.TEXT,
    "statement_kind": FieldKind.STATEMENT_KIND,
    "statement": FieldKind.STATEMENT,
    "corrects": FieldKind.STATEMENT,
    "addressee": FieldKind.LINE,
    "publication_way": FieldKind.LINE,
    "corrective_action": FieldKind.CORRECTIVE_ACTION,
    "corrective_actions": FieldKind.CORRECTIVE_ACTIONS,
    "reached": FieldKind.YES_NO,
    "avoidable_dispatch": FieldKind.YES_NO,
})  # fmt: skip

ROW_KINDS = frozenset({FieldKind.EXPERTS, FieldKind.CORRECTIVE_ACTION, FieldKind.CORRECTIVE_ACTIONS})
"""Kinds that hold several rows of parts each."""

FIELD_KINDS: Mapping[str, FieldKind] = MappingProxyType({**STEP_FIELDS, **ACTION_FIELDS})

COMPLAINT_FIELDS = frozenset({"category", "severity", "urgency", "impact"})
"""Fields that the complaint itself answers, at whatever step it is."""
CARRIED_FIELDS = frozenset({
    "check_decision", "check_reason", "root_cause", "dissatisfaction_reason", "new_demand", "handover_reason",
    "promised_time",
})  # fmt: skip
"""Fields that a later step of the same round takes over from an earlier one; all others are entered at their step."""


def is_blank(value: object) -> bool:
    """Whether a field holds nothing: None, text without a letter or digit, an empty list. Nought and no are answers."""
    if isinstance(value, str):
        return not holds_something(value)
    return value is None or (isinstance(value, (list, tuple, set, frozenset, dict)) and not value)
