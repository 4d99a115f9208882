"""What the rules of the flow must know of a complaint: the rows, turned into the plain values of
``policies/casefacts.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.history import Event
from backoffice.models.office import Role, StaffRole
from backoffice.queries import eligible
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import disputes, elements, extensions, regrading
from backoffice.services.core.case import Case
from backoffice.services.core.corrective import corrective_rules
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.teamwork import statement_needed, team_of, teamwork_facts
from policies.casefacts import CaseFacts, FlowSettings, OrderFacts, parse_settings
from policies.dossier import DossierFacts, missing_parts
from policies.fields import CARRIED_FIELDS, COMPLAINT_FIELDS, is_blank
from policies.message import Message, Refusal
from policies.naming import names_somebody
from policies.process import Process
from policies.put_right import IMPROVEMENTS, OF_THE_RECORD, PutRight, asked_of
from policies.vocabulary import CaseFunction, ClockCode, CommunicationKind, ExtensionState, Outcome, Severity
from policies.vocabulary_teamwork import CorrectiveStatus
from policies.workflow import ROUND_OPENERS

PLANS = ("submit_plan", "redo")
MINUTES = "review_minutes"
"""What was raised to important or major after its plan was approved is reviewed later; its minutes are filed (R3)."""


def flow_settings(rules: Rulebook) -> FlowSettings:
    """The office's figures for the flow."""

    def load() -> FlowSettings:
        faults: list[Mapping[str, Any]] = [{"code": entry.code, **entry.extra} for entry in rules.entries("faults")]
        limits = {"refuse_dispatch_below": rules.setting("completeness")["refuse_dispatch_below"]}
        settings = parse_settings({**rules.setting("process"), **limits}, faults)
        evidence = {one.code: {"zh": one.name_zh, "en": one.name_en} for one in rules.entries("evidence_types")}
        kinds = frozenset(corrective_rules(rules).types)
        return replace(
            settings,
            evidence_names=evidence,
            role_names=rules.role_names(),
            corrective_types=kinds,
            zone=rules.zone(),
        )

    return rules.keep("flow", load)


def case_facts(case: Case, holdings: Holdings, values: Mapping[str, Any] | None = None) -> CaseFacts:
    """The facts as they stand; ``values``: what an action brings (None: what may be done), which the dossier counts."""
    complaint, rules = case.complaint, holdings.rules
    receivers, desks = rules.receivers_and_desks()
    order, plan, approved = holdings.order, holdings.latest(*PLANS), holdings.latest("approve")
    author, since = plan[0].by_id if plan else None, _step_since(case)
    unreached = tuple(call.at for call in holdings.call_backs if call.round == complaint.round and not call.reached)
    return CaseFacts(
        process=rules.process(complaint.process_id),
        step=complaint.step,
        severity=complaint.severity,
        subject=case.subject,
        round=complaint.round,
        processes=_processes(case, rules),
        graded=_graded(complaint),
        received_at=complaint.received_at,
        step_since=since,
        outcome=complaint.outcome,
        fault=complaint.fault,
        registered_by_id=complaint.registered_by_id,
        acknowledged=complaint.acknowledged_at is not None,
        responded=any(c.kind == CommunicationKind.FIRST_RESPONSE.value for c in holdings.communications),
        check_decided_by_id=_check_decider(holdings),
        check_reviewed=_check_reviewed(holdings),
        completeness=complaint.completeness,
        missing_elements=tuple(_element_name(one) for one in elements.refusals(case, rules)),
        order_sent=bool(holdings.orders),
        order=_order_facts(order),
        departments_had=tuple(one.department_id for one in holdings.orders),
        receivers=receivers,
        desks=desks,
        transfers=complaint.transfers,
        dispute_decided=any(one.how == "decision" for one in holdings.orders),
        dispute=disputes.waiting(holdings),
        dispute_grounds=disputes.decided_grounds(holdings),
        proposal=regrading.waiting(case, holdings),
        team_ids=_team(holdings),
        handlers_ever=_handlers_ever(case, holdings),
        plan_author_id=author,
        plan_author_roles=_roles_of(case, author),
        plan_compensation=complaint.compensation if plan else None,  # a rework that names no amount keeps the last one
        approved_compensation=_amount(approved[1].get("approved_compensation")) if approved else None,
        measures=len(holdings.measures),
        measures_open=sum(1 for measure in holdings.measures if measure.done_at is None),
        apology_given=any(c.kind == CommunicationKind.APOLOGY.value for c in holdings.communications)
        or bool(holdings.value("apologised")),
        attempts=unreached,
        dissatisfied=any(call.reached and call.round == complaint.round - 1 for call in holdings.call_backs),
        survey_due_at=next(
            (c.due_at for c in holdings.clocks if c.code == ClockCode.CALL_BACK.value and c.stopped_at is None), None
        ),
        clocks_since={ClockCode(c.code): c.started_at for c in holdings.clocks if c.stopped_at is None},
        missing_parts=missing_parts(replace(dossier_facts(case, holdings, values), no_corrective_reason=True)),
        put_right=put_right_state(holdings),
        extension=extensions.facts(case, holdings),
        teamwork=teamwork_facts(case, holdings, values or {}),
        fields=COMPLAINT_FIELDS | _entered(case, holdings, since),
        evidence=_evidence_here(case, holdings),
        **_eligible(case, order, values or {}),
    )


def _team(holdings: Holdings) -> frozenset[int]:
    """The people of the team as it is now; who left it acts no more."""
    leader, members = team_of(holdings)
    return frozenset(members) | (frozenset() if leader is None else {leader})


def _eligible(case: Case, order: WorkOrder | None, values: Mapping[str, Any]) -> dict[str, frozenset[int]]:
    """Who may be named; asked only where somebody is, because staff and roles change without the office's rules."""
    if not names_somebody(values):
        return {}
    session, department = case.work.session, order.department_id if order else case.complaint.department_id
    today = case.work.at.astimezone(case.rules.zone()).date()
    return {
        "eligible_owners": frozenset(session.scalars(eligible.owners(session, department, today))),
        "eligible_callers": frozenset(session.scalars(eligible.callers(session, today))),
        "active_staff": frozenset(session.scalars(eligible.in_service())),
    }


def _asked_here(case: Case) -> dict[str, bool]:
    """What the form of the present step will ask for; it counts as there while only what may be done is asked."""
    rules = Rulebook(case.work.session)
    step = rules.process(case.complaint.process_id).find(case.complaint.step)
    return dict.fromkeys(step.required_fields, True) if step is not None else {}


def dossier_facts(case: Case, holdings: Holdings, entered: Mapping[str, Any] | None) -> DossierFacts:
    """What the file of this complaint holds, for the rule of the dossier (R22); what is entered now counts."""
    complaint = case.complaint
    values = _asked_here(case) if entered is None else entered
    talks = {communication.kind for communication in holdings.communications}
    major = complaint.severity is Severity.MAJOR

    def has(*fields: str) -> bool:
        return any(values.get(field) or holdings.value(field) for field in fields)

    return DossierFacts(
        severity=complaint.severity.value,
        outcome=(complaint.outcome.value if complaint.outcome else None),
        fault=complaint.fault.value if complaint.fault else None,
        dispatched=bool(holdings.orders),
        extended=any(one.state is ExtensionState.IN_EFFECT for one in holdings.extensions),
        extensions_told=all(one.told_at for one in holdings.extensions if one.state is ExtensionState.IN_EFFECT),
        has_record=complaint.received_at is not None,
        has_check=has("check_decision"),
        has_acknowledgement=complaint.acknowledged_at is not None,
        evidence=len(holdings.evidence),
        has_investigation=has("facts") and has("root_cause") and has("fault"),
        has_plan=holdings.latest(*PLANS) is not None,
        approvals=sum(1 for entry in holdings.entries if entry.action == "approve"),
        has_plan_review=has("review_conclusion") or any(row.type == MINUTES for row in holdings.evidence),
        communications=len(holdings.communications),
        statements=sum(1 for row in holdings.statements if row.published_at is not None) if major else 0,
        no_statement_needed=statement_needed(holdings) is False,
        corrective_actions=put_right_state(holdings).actions,
        no_corrective_reason=has("no_corrective_reason"),
        measures=len(holdings.measures),
        measures_open=sum(1 for measure in holdings.measures if measure.done_at is None),
        has_result_told=CommunicationKind.RESULT.value in talks or complaint.resolved_at is not None,
        call_back_reached=any(call.reached for call in holdings.call_backs),
        call_back_attempts=len(holdings.call_backs),
        survey_expired=_survey_expired(case, holdings),
        has_closing_reason=has("closing_reason_text", "check_reason", "attempts"),
        has_post_review=has("improvements"),
        has_lesson=has("lesson"),
        events=case.head.sequence,
        handlers=frozenset(str(staff_id) for staff_id in _handlers_ever(case, holdings)),
    )


def put_right_state(holdings: Holdings) -> PutRight:
    """What there is of corrective actions (R30), whatever the outcome; the database is not asked where the office wants
    none for such a fault.
    """
    if not asked_of(holdings.case.complaint.fault, None, flow_settings(holdings.rules)):
        return PutRight()
    own = [row for row in holdings.corrective_actions if row.source not in OF_THE_RECORD]
    standing = [row for row in own if row.status is not CorrectiveStatus.CANCELLED]
    return PutRight(len(standing), len(standing) < len(own), bool(holdings.value(IMPROVEMENTS)))


def _graded(complaint: Complaint) -> dict[str, str]:
    return {
        "category": complaint.category.code,
        "urgency": complaint.urgency.value,
        "impact": complaint.impact.value,
    }


def _element_name(refusal: Refusal) -> str | Message:
    name = refusal.params.get("element")
    return name if isinstance(name, str | Message) else str(name)


def _step_since(case: Case) -> datetime | None:
    """When the complaint came to its present step, also when it came to it anew."""
    statement = sa.select(Event.at).where(Event.complaint_id == case.complaint.id, Event.to_step.is_not(None))
    return case.work.session.scalar(statement.order_by(Event.sequence.desc()).limit(1))


def _processes(case: Case, rules: Rulebook) -> dict[Severity, Process]:
    """The processes to which the complaint may be regraded: those that held on the day of its receipt."""
    day = case.complaint.received_at.astimezone(rules.zone()).date()
    versions = rules.processes_on(day)
    return {Severity(severity): rules.process(version_id) for severity, version_id in versions.items()}


def _entered(case: Case, holdings: Holdings, since: datetime | None) -> frozenset[str]:
    """Fields that hold something: those of this step since it was reached, and those carried over within the round."""
    found: set[str] = set()
    for entry, values in zip(holdings.entries, holdings.values, strict=True):
        if entry.round + (entry.action in ROUND_OPENERS) != case.complaint.round:
            continue
        filled = {name for name, value in values.items() if not is_blank(value)}
        here = entry.step == case.complaint.step and (since is None or entry.at >= since)
        found |= filled if here else filled & CARRIED_FIELDS
    return frozenset(found)


def _survey_expired(case: Case, holdings: Holdings) -> bool:
    """Solved at first contact and confirmed in nobody's words: the survey ran out, which counts as an answer (R21)."""
    complaint = case.complaint
    solved = complaint.outcome is Outcome.FIRST_CONTACT_RESOLVED and complaint.closed_at is not None
    return solved and not any(call.reached for call in holdings.call_backs)


def _order_facts(order: WorkOrder | None) -> OrderFacts | None:
    if order is None:
        return None
    return OrderFacts(order.status, order.department_id, order.owner_id, frozenset(order.co_handler_ids))


def _handlers_ever(case: Case, holdings: Holdings) -> frozenset[int]:
    solved = holdings.latest("solve_at_first_contact")
    solver = {solved[0].by_id} - {None} if solved else set()
    return case.with_function(CaseFunction.OWNER, CaseFunction.CO_HANDLER) | {one for one in solver if one is not None}


def _check_decider(holdings: Holdings) -> int | None:
    found = holdings.latest("find_not_established", "refer_out")
    return found[0].by_id if found else None


def _check_reviewed(holdings: Holdings) -> bool:
    """The newest of finding and review is the review."""
    last = holdings.latest("find_not_established", "refer_out", "review_check")
    return last is not None and last[0].action == "review_check"


def _evidence_here(case: Case, holdings: Holdings) -> frozenset[str]:
    complaint = case.complaint

    def here(row: Any) -> bool:
        return bool(row.step == complaint.step and row.round == complaint.round)

    types = {row.type for row in holdings.evidence if here(row)}
    if any(here(row) for row in holdings.communications):
        types.add("communication_record")
    if any(here(row) and row.kind == CommunicationKind.APOLOGY.value for row in holdings.communications):
        types.add("apology_record")
    return frozenset(types)


def _roles_of(case: Case, staff_id: int | None) -> frozenset[str]:
    if staff_id is None:
        return frozenset()
    statement = sa.select(Role.code).join(StaffRole).where(StaffRole.staff_id == staff_id)
    return frozenset(case.work.session.scalars(statement))


def _amount(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))
