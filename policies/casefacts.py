"""What the rules of the flow must know of a complaint: plain values, loaded once by whoever asks (R11, R14–R22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from policies.access import Subject
from policies.disputes import OpenDispute
from policies.extension import ExtensionFacts
from policies.message import Message
from policies.process import END, Process, StepDef, status_of
from policies.put_right import PutRight
from policies.regrading import Proposal
from policies.teamwork import Teamwork
from policies.vocabulary import ClockCode, ComplaintStatus, Fault, OrderStatus, Outcome, Severity


@dataclass(frozen=True)
class FaultRule:
    """What follows from a fault (R18): the usual limit in yuan, whether to apologise, whether to put right."""

    usual_limit_cny: Decimal
    apology_required: bool = False
    corrective_action_required: bool = False


@dataclass(frozen=True)
class FlowSettings:
    """The office's figures for the flow (R6, R11, R21): ``settings`` and ``faults`` of ``processes.yaml``.

    ``plan_reviewers``: opinions that the review of a plan needs at least (R16). ``corrective_types``: codes of the
    office's kinds of corrective actions; ``zone``: its time zone (None: not asked).
    ``evidence_names`` and ``role_names``: code → {"zh", "en"}, for refusals that name what or who is wanted.
    """

    first_contact_compensation_cny: Decimal = Decimal(50)
    transfers_before_escalation: int = 1
    unreachable_attempts: int = 3
    unreachable_min_gap: timedelta = timedelta(hours=4)
    satisfied_from_score: int = 4
    refuse_dispatch_below: Decimal = Decimal(60)
    plan_reviewers: int = 2
    corrective_types: frozenset[str] | None = None
    zone: tzinfo | None = None
    evidence_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    role_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    faults: Mapping[Fault, FaultRule] = field(
        default_factory=lambda: MappingProxyType(
            {
                Fault.UNREASONABLE: FaultRule(Decimal(0)),
                Fault.CUSTOMER_FAULT: FaultRule(Decimal(50)),
                Fault.BOTH_FAULT: FaultRule(Decimal(500), apology_required=True, corrective_action_required=True),
                Fault.OUR_FAULT: FaultRule(Decimal(5000), apology_required=True, corrective_action_required=True),
            }
        )
    )


def parse_settings(
    settings: Mapping[str, Any], faults: list[Mapping[str, Any]] | tuple[Mapping[str, Any], ...] = ()
) -> FlowSettings:
    """Read the office's figures by their names in ``processes.yaml``; what is not said keeps its default.

    ``refuse_dispatch_below`` is the figure of that name in the completeness rule of ``channels.yaml``.
    """
    usual = FlowSettings()
    rules = {
        Fault(row["code"]): FaultRule(
            Decimal(str(row["usual_limit_cny"])),
            bool(row.get("apology_required")),
            bool(row.get("corrective_action_required")),
        )
        for row in faults
    }
    return FlowSettings(
        first_contact_compensation_cny=Decimal(
            str(settings.get("first_contact_compensation_cny", usual.first_contact_compensation_cny))
        ),
        transfers_before_escalation=int(settings.get("transfers_before_escalation", usual.transfers_before_escalation)),
        unreachable_attempts=int(settings.get("unreachable_attempts", usual.unreachable_attempts)),
        unreachable_min_gap=timedelta(hours=float(settings.get("unreachable_min_gap_hours", 4))),
        satisfied_from_score=int(settings.get("satisfied_from_score", usual.satisfied_from_score)),
        refuse_dispatch_below=Decimal(str(settings.get("refuse_dispatch_below", usual.refuse_dispatch_below))),
        plan_reviewers=int(settings.get("plan_reviewers", usual.plan_reviewers)),
        faults=MappingProxyType({**usual.faults, **rules}),
    )


@dataclass(frozen=True)
class OrderFacts:
    """The order that binds now: which department, who owns it."""

    status: OrderStatus
    department_id: int
    owner_id: int | None = None
    co_handler_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class CaseFacts:
    """One complaint as the flow sees it. Ids are those of staff and departments; amounts are yuan; times aware UTC.

    ``handlers_ever``: owners and co-handlers of every order and round, and who solved at first contact.
    ``departments_had``: departments that had an order, in turn, the present one included.
    ``attempts``: call-backs of this round in which nobody was reached. ``processes``: those that it may be regraded to.
    ``graded``: codes of its present category, urgency and impact. ``step_since``: when it came to the present step.
    ``fields``: what was entered at the present step since then, what the complaint itself answers
    (``COMPLAINT_FIELDS``), and of this round what is carried over (``CARRIED_FIELDS``).
    ``evidence``: types of evidence of the present step in this round; a talk counts as ``communication_record``, an
    apology as ``apology_record``, a progress report as ``progress_report``.
    ``check_reviewed``: the present finding that it does not stand has been reviewed by the person whose role that is.
    ``clocks_since``: since when each clock runs that does run.
    ``eligible_owners``, ``eligible_callers``, ``active_staff``: who may be named as owner or co-handler, to call back,
    and at all; None where the action names nobody.
    ``receivers``: departments that receive orders; ``desks``: those to which nothing may go back. ``missing_parts``:
    what the dossier lacks besides what archiving itself brings: the lesson, and why nothing need be put right.
    ``put_right``: its corrective actions, and what the plan names for one (R30).
    ``dispute``: the one that waits for its decision. ``dispute_grounds``: departments between which one was decided.
    ``extension``: what more time may be asked for, and what was (R25).
    ``proposal``: the regrading that waits for its approval.
    """

    process: Process
    step: str
    severity: Severity
    subject: Subject = field(default_factory=Subject)
    round: int = 1
    outcome: Outcome | None = None
    fault: Fault | None = None

    processes: Mapping[Severity, Process] = field(default_factory=dict)
    graded: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime | None = None
    step_since: datetime | None = None

    registered_by_id: int | None = None
    acknowledged: bool = False
    responded: bool = False
    check_decided_by_id: int | None = None
    check_reviewed: bool = False
    completeness: Decimal = Decimal(100)
    missing_elements: tuple[str | Message, ...] = ()

    order_sent: bool = False
    order: OrderFacts | None = None
    departments_had: tuple[int, ...] = ()
    receivers: frozenset[int] | None = None
    desks: frozenset[int] = frozenset()
    transfers: int = 0
    dispute_decided: bool = False
    dispute: OpenDispute | None = None
    dispute_grounds: frozenset[int | None] = frozenset()
    proposal: Proposal | None = None
    team_ids: frozenset[int] = frozenset()
    eligible_owners: frozenset[int] | None = None
    eligible_callers: frozenset[int] | None = None
    active_staff: frozenset[int] | None = None

    handlers_ever: frozenset[int] = frozenset()
    plan_author_id: int | None = None
    plan_author_roles: frozenset[str] = frozenset()
    plan_compensation: Decimal | None = None
    approved_compensation: Decimal | None = None
    measures: int = 0
    measures_open: int = 0
    apology_given: bool = False

    attempts: tuple[datetime, ...] = ()
    dissatisfied: bool = False
    survey_due_at: datetime | None = None
    clocks_since: Mapping[ClockCode, datetime] = field(default_factory=dict)
    missing_parts: tuple[Message, ...] = ()
    put_right: PutRight = field(default_factory=PutRight)
    extension: ExtensionFacts = field(default_factory=ExtensionFacts)
    teamwork: Teamwork = field(default_factory=Teamwork)

    fields: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()

    @property
    def at(self) -> StepDef | None:
        """The step where it stands; None once archived."""
        return self.process.find(self.step)

    @property
    def archived(self) -> bool:
        return self.step == END

    @property
    def status(self) -> ComplaintStatus:
        return status_of(self.process, self.step)

    @property
    def first_contact(self) -> bool:
        """Solved at intake, without an order, and not handed over since."""
        return self.outcome is Outcome.FIRST_CONTACT_RESOLVED and not self.order_sent

    @property
    def order_holders(self) -> frozenset[int]:
        """Owner and co-handlers of the present order, and the task force."""
        if self.order is None:
            return self.team_ids
        owner = frozenset() if self.order.owner_id is None else frozenset({self.order.owner_id})
        return owner | self.order.co_handler_ids | self.team_ids
