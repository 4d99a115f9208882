"""Do something to a complaint (R4–R22): every page, import and job that acts on one comes through ``act``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.models.complaint import Complaint
from backoffice.models.handling import Attachment, StepEntry
from backoffice.queries.actor import subject_of
from backoffice.queries.rulebook import Rulebook
from backoffice.services.again import begin_again
from backoffice.services.core import (
    attachments,
    clocks,
    disputes,
    elements,
    extensions,
    follow_up,
    history,
    notices,
    notifications,
    once,
    orders,
    papers,
    put_right,
    regrading,
    survey_link,
    teamwork,
    transition,
)
from backoffice.services.core.alarm import alarm
from backoffice.services.core.case import Case, open_case, refuse_outdated
from backoffice.services.core.facts import case_facts, flow_settings
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.work import Work
from policies.access import Permission, may
from policies.intake import refuse_merge
from policies.message import Message, Refusal
from policies.regrading import REGRADES
from policies.vocabulary import CommunicationKind, ComplaintStatus, Fault, Severity
from policies.workflow import Decision, Offer, available, decide

# acts that have commands of their own, because they read or write more than a form's fields
ELSEWHERE = frozenset({"reveal", "open_attachment", "print_dossier", "print_dossier_full", "correct_record"})


@dataclass(frozen=True)
class Done:
    """What came of an action: the case as it is now, and what the person should know besides."""

    case: Case
    decision: Decision
    warnings: tuple[Message, ...] = ()


def offers(work: Work, complaint_id: int) -> tuple[Offer, ...]:
    """What this person can do to the complaint now, with the reason for what is not open."""
    case = open_case(work, complaint_id)
    return offers_of(case, Holdings(case))


def offers_of(case: Case, holdings: Holdings) -> tuple[Offer, ...]:
    """The same for a complaint that is open already."""
    return available(case_facts(case, holdings), case.work.actor, flow_settings(holdings.rules))


def why_not(case: Case, holdings: Holdings, action: str) -> tuple[Refusal, ...]:
    """Why an action that has no place at this moment is refused."""
    rules = Rulebook(case.work.session)
    found = decide(case_facts(case, holdings), action, {}, case.work.actor, case.work.recorded_at, flow_settings(rules))
    return (Refusal("complaint.refused.action", status=404),) if isinstance(found, Decision) else found


def act(
    work: Work,
    complaint_id: int,
    action: str,
    values: Mapping[str, Any] | None = None,
    *,
    uploads: tuple[Upload, ...] = (),
    revision: int | None = None,
    submission: str | None = None,
) -> Done:
    """One action on one complaint, whole or not at all; raises ``DomainError`` with every reason why not, and
    ``once.DoneBeforeError`` where this very form (``submission``) was carried out before and came again.

    ``values`` are typed by their kinds (``policies/fields.py``): ids of staff and departments as int, moments aware,
    amounts ``Decimal``. ``revision`` is the one that the person saw; another one in the database is refused.
    """
    if action in ELSEWHERE:
        raise DomainError(Refusal("complaint.refused.action", status=404))
    case = open_case(work, complaint_id)
    once.refuse_repeated(case, action, submission)
    return act_on(case, action, values or {}, uploads, revision, submission)


def act_on(
    case: Case,
    action: str,
    values: Mapping[str, Any],
    uploads: tuple[Upload, ...] = (),
    revision: int | None = None,
    submission: str | None = None,
) -> Done:
    """The same on a complaint that is open already in this unit of work."""
    refuse_outdated(case, revision)
    values = {name: value for name, value in values.items() if value is not None}
    holdings, was = Holdings(case), case.complaint.severity
    grade = regrading.grade(case) if action in REGRADES else None
    decision = _decide(case, holdings, action, values, uploads)
    happened = Case(case.work.earlier(decision.happened_at), case.complaint, case.head)
    happened.take_over(case)
    entered = {name: value for name, value in {**decision.entered, **decision.given}.items() if name != "file"}
    kept = [attachments.keep(happened, upload) for upload in uploads]
    entry = papers.enter(happened, holdings, action, entered)
    _write_down(happened, holdings, action, entered, entry, kept, decision)
    orders.carry_out(happened, holdings, decision, entered)
    transition.apply(happened, decision)
    if not happened.complaint.open:
        regrading.let_fall(happened, holdings)
    clocks.raise_events(happened, decision.events, at=decision.happened_at, runs=decision.runs, was=was)
    follow_up.plan(happened, decision)
    if action == "solve_at_first_contact":
        survey_link.invite(happened)
    again = begin_again(happened, holdings, entered) if action == "follow_up" else None
    facts = (
        _facts(decision, entered, kept)
        | once.fact_of(submission)
        | ({"was": grade, "now": regrading.grade(happened)} if grade else {})
    )
    history.record(
        happened,
        action,
        facts | ({"new_complaint": again.complaint.number} if again else {}),
        {name: papers.plain(value) for name, value in entered.items()},
        from_step=decision.from_step if decision.moves else None,
        to_step=decision.to_step if decision.moves else None,
    )
    if case.complaint.severity is Severity.MAJOR and was is not Severity.MAJOR:
        alarm(happened)
    notifications.tell(happened, decision, entered)
    settled = extensions.settle(happened, holdings, action)
    case.work.session.flush()
    begun = (Message("teamwork.begun_again", {"number": again.complaint.number}),) if again else ()
    return Done(happened, decision, (*decision.warnings, *settled, *begun))


def _decide(
    case: Case, holdings: Holdings, action: str, values: Mapping[str, Any], uploads: tuple[Upload, ...]
) -> Decision:
    rules = Rulebook(case.work.session)
    if action == "send_order":
        missing = elements.refusals(case, rules, values.get("elements"))
        if values.get("elements"):
            case.record["elements"] = {**(case.record.get("elements") or {}), **values["elements"]}
        facts = case_facts(case, holdings, values)
        found = decide(facts, action, values, case.work.actor, case.work.recorded_at, flow_settings(rules))
        if not isinstance(found, Decision):
            others = tuple(one for one in found if one.field != "elements")
            raise DomainError((*others, *missing) or found)
        return found
    with_files = {**values, "file": uploads} if uploads else values
    facts = case_facts(case, holdings, values)
    found = decide(facts, action, with_files, case.work.actor, case.work.recorded_at, flow_settings(rules))
    if not isinstance(found, Decision):
        raise DomainError(found)
    return found


def _facts(decision: Decision, entered: Mapping[str, Any], kept: list[Attachment]) -> dict[str, object]:
    """What the history shows in clear: codes, figures and times, no words of people."""
    facts: dict[str, object] = {
        "events": [event.value for event in decision.events],
        "status": decision.status,
        "outcome": decision.outcome,
    }
    clear = ("department", "owner", "co_handlers", "fault", "cause_code", "severity", "satisfaction", "resolved_flag",
             "compensation_amount", "approval_decision", "way", "result_channel", "callback_method", "evidence_type",
             "claimed_department", "check_decision", "caller_back", "deadline", "promised_time", "urgency", "impact",
             "extension_reason", "extension_days", "extension_until")  # fmt: skip
    facts |= {name: papers.plain(entered[name]) for name in clear if name in entered}
    if kept:
        facts["files"] = [attachment.sha256 for attachment in kept]
    return {name: value for name, value in facts.items() if value not in (None, [], "")}


Paper = Callable[[Case, Holdings, Mapping[str, Any], StepEntry | None], None]


def _write_down(
    case: Case,
    holdings: Holdings,
    action: str,
    values: Mapping[str, Any],
    entry: StepEntry | None,
    kept: list[Attachment],
    decision: Decision,
) -> None:
    """The rows that an action makes besides its entry."""
    for kind in decision.evidence:
        papers.evidence(case, kind, _words(values), kept[0] if kept else None)
    if action in papers.TALKS and (action not in papers.ONLY_BY_MESSAGE or values.get("way")):
        _talk(case, action, values)
    if action in ("record_evidence", "attach") and (action == "record_evidence" or kept):
        several: list[Attachment | None] = [*kept] or [None]
        for attachment in several:
            kind = str(values.get("evidence_type") or "customer_document")
            papers.evidence(case, kind, str(values.get("text") or ""), attachment)
    if action == "add_supplement":
        papers.addition(case, values, kept[0] if kept else None)
    told = {**values, extensions.KEPT: kept}
    for written in (PAPERS.get(action), teamwork.PAPERS.get(action)):
        if written is not None:
            written(case, holdings, told, entry)


def _talk(case: Case, action: str, values: Mapping[str, Any]) -> None:
    way = str(papers.plain(values.get("way") or values.get("result_channel") or case.complaint.channel.kind))
    outbox = notices.queue_for(case, action, values)
    text = outbox.text if outbox else _words(values) or notices.wording(case, action, values)
    papers.talk(case, papers.TALKS[action], way, text, outbox.id if outbox else None)
    if values.get("apologised"):
        papers.talk(case, CommunicationKind.APOLOGY, way, _words(values))
    if action == "acknowledge" and case.complaint.acknowledged_at is None:
        case.complaint.acknowledged_at = case.work.at


def _words(values: Mapping[str, Any]) -> str:
    """The words of an action: the first of its texts that says something."""
    names = ("text", "measure_results", "solution", "approval_opinion_text", "customer_opinion", "check_reason")
    return next((str(values[name]) for name in names if values.get(name)), "")


def _found(case: Case, _holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    case.complaint.fault = Fault(str(values["fault"])) if values.get("fault") else case.complaint.fault
    case.complaint.cause_code = values.get("cause_code") or case.complaint.cause_code


def _planned(case: Case, holdings: Holdings, values: Mapping[str, Any], entry: StepEntry | None) -> None:
    if "compensation_amount" in values:
        case.complaint.compensation = values["compensation_amount"]
    papers.measures(case, holdings, entry, values.get("measures"))


def _approved(case: Case, _holdings: Holdings, _values: Mapping[str, Any], entry: StepEntry | None) -> None:
    if entry is not None:
        kept = dict(case.seal.open_json(entry.sealed, "entry"))
        kept["approved_compensation"] = str(case.complaint.compensation or 0)
        entry.sealed = case.seal.seal_json(kept, "entry")


def _merged(case: Case, _holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    number = str(values.get("merged_into", "")).strip().upper()
    target = case.work.session.scalars(sa.select(Complaint).where(Complaint.number == number)).one_or_none()
    subject = subject_of(case.work.session, target.id) if target is not None else None
    if target is None or not may(case.work.actor, Permission.COMPLAINT_VIEW, subject):  # unseen is as if not there
        raise DomainError(Refusal("complaint.refused.merge_target", {"number": number}, "merged_into", 422))
    merged, archived = target.merged_into_id is not None, target.status is ComplaintStatus.ARCHIVED
    refusal = refuse_merge(case.complaint.number, target.number, merged, archived)
    if refusal is not None:
        raise DomainError(refusal)
    case.complaint.merged_into_id = target.id


def _called(case: Case, _holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    papers.call_back(case, values, reached="resolved_flag" in values)


def _heard(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """R21, R22: whoever closes unsatisfied what nobody called back about writes down what the customer said."""
    spoken = any(call.reached and call.round >= case.complaint.round - 1 for call in holdings.call_backs)
    if values.get("dissatisfaction_reason") and not spoken:
        papers.call_back(case, {**values, "resolved_flag": False}, reached=True)


def _solved(case: Case, holdings: Holdings, values: Mapping[str, Any], entry: StepEntry | None) -> None:
    _found(case, holdings, values, entry)
    case.complaint.compensation = values.get("compensation_amount")


def _done_again(case: Case, holdings: Holdings, values: Mapping[str, Any], entry: StepEntry | None) -> None:
    papers.measures(case, holdings, entry, values.get("measures"))


def _one_more(case: Case, _holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    papers.add_measure(case, {"text": values.get("measure", "")}, None)


def _ticked(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    papers.tick(case, holdings, values)


def _archived(case: Case, holdings: Holdings, values: Mapping[str, Any], entry: StepEntry | None) -> None:
    """R30, R36: what is put right, and what the review at closing says of the dispatch, where there was one."""
    put_right.opened_by_rule(case, holdings, values, entry)
    if case.complaint.department_id is not None:
        case.complaint.avoidable_dispatch = values.get("avoidable_dispatch")


PAPERS: Mapping[str, Paper] = {
    "find_not_established": _found,
    "submit_facts": _found,
    "submit_plan": _planned,
    "redo": _planned,
    "carry_out_again": _done_again,
    "solve_at_first_contact": _solved,
    "approve": _approved,
    **dict.fromkeys(REGRADES, regrading.regraded),
    "propose_regrade": regrading.proposed,
    "decline_regrade": regrading.declined,
    "raise_dispute": disputes.raised,
    "decide_dispute": disputes.decided,
    "merge": _merged,
    "add_measure": _one_more,
    "tick_measure": _ticked,
    "confirm_satisfied": _called,
    "report_unsatisfied": _called,
    "hand_over": _called,
    "record_attempt": _called,
    "close_unsatisfied": _heard,
    "archive": _archived,
    "request_extension": extensions.asked,
    "grant_extension": extensions.granted,
    "refuse_extension": extensions.refused,
}
