"""The closed sets of the office: words that rules are written with, so that no office may add to them.

Everything an office may extend (channel, category, cause, role, step …) is data. Models store these as text with a
CHECK; their labels are catalogue keys ``label.<set>.<value>`` (``label_key``). The words are those of ``glossary.md``.
"""

from __future__ import annotations

import re
from enum import StrEnum, unique
from functools import cache


@unique
class Severity(StrEnum):
    """How grave a complaint is; decides its process and its clocks (R3)."""

    GENERAL = "general"
    IMPORTANT = "important"
    MAJOR = "major"

    @property
    def rank(self) -> int:
        """1 for general to 3 for major, so that two can be compared."""
        return list(Severity).index(self) + 1


@unique
class Priority(StrEnum):
    """Order of work, from urgency and impact (R3)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@unique
class Level(StrEnum):
    """A degree of urgency or of impact (R3)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@unique
class ComplaintStatus(StrEnum):
    """Where a complaint stands; derived from its step, never set by hand (R14)."""

    DRAFT = "draft"
    REGISTERED = "registered"
    CHECKING = "checking"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    INVESTIGATING = "investigating"
    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    EXECUTING = "executing"
    AWAITING_CALLBACK = "awaiting_callback"
    REWORK = "rework"
    CLOSED = "closed"
    ARCHIVED = "archived"

    @property
    def is_open(self) -> bool:
        """Whether the outcome is still to come."""
        return self not in (ComplaintStatus.CLOSED, ComplaintStatus.ARCHIVED)


@unique
class Outcome(StrEnum):
    """How a complaint ended (R21, R22)."""

    RESOLVED = "resolved"
    FIRST_CONTACT_RESOLVED = "first_contact_resolved"
    NOT_ESTABLISHED = "not_established"
    REFERRED_OUT = "referred_out"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    CLOSED_UNSATISFIED = "closed_unsatisfied"
    CLOSED_UNREACHABLE = "closed_unreachable"


@unique
class Fault(StrEnum):
    """Whose fault the investigation found it to be (R18)."""

    UNREASONABLE = "unreasonable"
    CUSTOMER_FAULT = "customer_fault"
    BOTH_FAULT = "both_fault"
    OUR_FAULT = "our_fault"


@unique
class CheckDecision(StrEnum):
    """What the preliminary check found (R4)."""

    ACCEPTED = "accepted"
    SOLVED = "solved"
    NOT_ESTABLISHED = "not_established"
    REFERRED_OUT = "referred_out"
    MERGED = "merged"


@unique
class ApprovalDecision(StrEnum):
    """What the leader decided on a plan (R19)."""

    APPROVED = "approved"
    RETURNED = "returned"


@unique
class OrderStatus(StrEnum):
    """Where a work order stands (R10–R12)."""

    SENT = "sent"
    APPOINTED = "appointed"
    DISPUTED = "disputed"
    TRANSFERRED = "transferred"
    ANSWERED = "answered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def is_current(self) -> bool:
        """Whether the order still binds a department (a transferred or cancelled one does not)."""
        return self not in (OrderStatus.TRANSFERRED, OrderStatus.CANCELLED)


@unique
class ClockCode(StrEnum):
    """The clocks that a complaint may run (R23)."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_RESPONSE = "first_response"
    APPOINT = "appoint"
    ANSWER = "answer"
    PROGRESS = "progress"
    REPORT = "report"
    RESOLVE = "resolve"
    FORMAL_REPLY = "formal_reply"
    CALL_BACK = "call_back"
    REWORK = "rework"
    ARCHIVE = "archive"


@unique
class ClockEvent(StrEnum):
    """What happens to a complaint that clocks start and stop at (R23).

    The events of ``sla.yaml``, and two that it tells of in words alone: a dispute ends a running *appoint* (that
    clock's note), and regrading sets clocks anew (section ``regrade``).
    """

    RECEIVED = "received"
    CUSTOMER_ACKNOWLEDGED = "customer_acknowledged"
    FIRST_RESPONDED = "first_responded"
    ORDER_SENT = "order_sent"
    HANDLER_APPOINTED = "handler_appointed"
    PLAN_SUBMITTED = "plan_submitted"
    PROGRESS_TOLD = "progress_told"
    REPORT_SUBMITTED = "report_submitted"
    CONTAINED = "contained"
    RESOLVED = "resolved"
    FORMALLY_REPLIED = "formally_replied"
    CALLED_BACK = "called_back"
    UNSATISFIED_REPORTED = "unsatisfied_reported"
    REWORK_RESOLVED = "rework_resolved"
    CLOSED = "closed"
    ARCHIVED = "archived"
    RESOLVE_STARTED = "resolve_started"
    DISPUTE_RAISED = "dispute_raised"
    REGRADED = "regraded"


@unique
class ClockResult(StrEnum):
    """How a clock ended, or that it still runs (R24, R26)."""

    RUNNING = "running"
    MET = "met"
    MISSED = "missed"
    DROPPED = "dropped"


@unique
class Unit(StrEnum):
    """What an amount of time is counted in (R23, R24)."""

    WORKING_DAY = "working_day"
    WORKING_HOUR = "working_hour"
    HOUR = "hour"
    PERCENT_OF_RESOLVE = "percent_of_resolve"


@unique
class CaseFunction(StrEnum):
    """What a person has to do with a complaint; the scope *own* rests on it (R12, R39)."""

    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    OWNER = "owner"
    CO_HANDLER = "co_handler"
    APPROVER = "approver"
    DECIDER = "decider"
    CALLER_BACK = "caller_back"
    CHECK_REVIEWER = "check_reviewer"
    PLAN_AUTHOR = "plan_author"
    ARCHIVER = "archiver"
    TASK_FORCE_LEADER = "task_force_leader"
    TASK_FORCE_MEMBER = "task_force_member"
    PLAN_REVIEWER = "plan_reviewer"
    IN_CHARGE = "in_charge"


@unique
class DepartmentFunction(StrEnum):
    """Why a department belongs to a complaint; the scope *department* rests on it (R39)."""

    REGISTERED = "registered"
    ORDER = "order"


@unique
class CommunicationKind(StrEnum):
    """What a talk or a message with the customer was for (R5, R13, R20)."""

    ACKNOWLEDGEMENT = "acknowledgement"
    FIRST_RESPONSE = "first_response"
    PROGRESS = "progress"
    DELAY = "delay"
    INTERIM_REPLY = "interim_reply"
    EXPLANATION = "explanation"
    APOLOGY = "apology"
    RESULT = "result"
    CALL_BACK = "call_back"
    OTHER = "other"


@unique
class Direction(StrEnum):
    """Who spoke or wrote first."""

    IN = "in"
    OUT = "out"


@unique
class ContactWay(StrEnum):
    """By what means the customer is, or wants to be, reached (R2, R5, R15, R21)."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    WECHAT = "wechat"
    LETTER = "letter"
    VISIT = "visit"
    APP = "app"
    SURVEY_LINK = "survey_link"


@unique
class CallBackResult(StrEnum):
    """What came of one attempt to call back (R21)."""

    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    NOT_REACHED = "not_reached"
    NOT_ANSWERED = "not_answered"


@unique
class MeasureKind(StrEnum):
    """What is done for the customer (R20)."""

    REFUND = "refund"
    EXCHANGE = "exchange"
    COMPENSATION = "compensation"
    REPAIR = "repair"
    SERVICE_RECOVERY = "service_recovery"
    CORRECTION = "correction"
    APOLOGY = "apology"
    OTHER = "other"


@unique
class MessageState(StrEnum):
    """Where a message in the outbox stands: never sent twice, and given up only to a person's eyes (R5, R26)."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    UNCERTAIN = "uncertain"


@unique
class ExtensionState(StrEnum):
    """Where an extension stands: it counts only once it is granted and the customer was told in time (R25)."""

    REQUESTED = "requested"
    GRANTED = "granted"
    IN_EFFECT = "in_effect"
    REFUSED = "refused"
    LAPSED = "lapsed"

    @property
    def is_pending(self) -> bool:
        """Whether it may still come to count."""
        return self in (ExtensionState.REQUESTED, ExtensionState.GRANTED)


@unique
class VersionState(StrEnum):
    """How far a version of a process or of the clocks has come: only an effective one is worked by (R14, R23)."""

    DRAFT = "draft"
    CHECKED = "checked"
    EFFECTIVE = "effective"
    RETIRED = "retired"

    @property
    def is_open(self) -> bool:
        """Whether it may still be changed: what is in force, or was, never is."""
        return self in (VersionState.DRAFT, VersionState.CHECKED)


@unique
class ProposalState(StrEnum):
    """What became of a proposal to regrade, one complaint or a cluster of them (R3, R17)."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    FALLEN_AWAY = "fallen_away"


@unique
class DisputeState(StrEnum):
    """What became of a dispute over an order (R11): upheld when the order left the department that raised it."""

    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    FALLEN_AWAY = "fallen_away"

    @property
    def is_decided(self) -> bool:
        return self in (DisputeState.UPHELD, DisputeState.DISMISSED)


@unique
class DutyKind(StrEnum):
    """What somebody is on duty for (R13)."""

    MANAGER = "manager"
    INTAKE = "intake"
    TECHNICAL = "technical"


@unique
class WhatIfKind(StrEnum):
    """What is tried on past complaints (R14, R23, R24)."""

    POLICY = "policy"
    PROCESS = "process"
    CALENDAR = "calendar"


@unique
class EntryWay(StrEnum):
    """By which door a complaint came in (R1)."""

    CONSOLE = "console"
    WEB_FORM = "web_form"
    EMAIL = "email"
    API = "api"
    IMPORT = "import"


@unique
class Language(StrEnum):
    """The languages that the office's pages and papers speak."""

    ZH_HANS = "zh_Hans"
    EN = "en"


def label_key(value: StrEnum) -> str:
    """The catalogue key of a value's label: ``label.order_status.sent`` for ``OrderStatus.SENT``."""
    return f"label.{_words(type(value).__name__)}.{value.value}"


@cache
def _words(name: str) -> str:
    """A class's name as it stands in a key: ``order_status`` for ``OrderStatus``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
