"""R3, R11, R17: where a complaint goes on under another severity, raised from any open step, lowered with approval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.casefacts import OrderFacts
from policies.disputes import OpenDispute
from policies.process import END
from policies.regrading import Proposal
from policies.vocabulary import ClockEvent, ComplaintStatus, OrderStatus, Outcome, Severity
from policies.workflow import Decision, available, decide
from tests.support.flow import (
    DISPATCHER,
    HANDLER,
    HEAD,
    INTAKE,
    MANAGER,
    NETWORK,
    NOW,
    PROCESSES,
    SENIOR,
    SETTINGS,
    SHIFT_LEAD,
    at_step,
    filled,
)

WHY = {"regrade_reason": "媒体已到现场"}
GE, IM, MA = Severity.GENERAL, Severity.IMPORTANT, Severity.MAJOR
DESK_STATUSES = {ComplaintStatus.REGISTERED, ComplaintStatus.ACCEPTED}


def done(facts, action, who, **values) -> Decision:
    found = decide(facts, action, values, who, NOW, SETTINGS)
    assert isinstance(found, Decision), [one.key for one in found]
    return found


def why_not(facts, action, who, **values):
    found = decide(facts, action, values, who, NOW, SETTINGS)
    assert not isinstance(found, Decision)
    return [one.key for one in found]


def offered(facts, who):
    return {offer.action for offer in available(facts, who, SETTINGS) if offer.is_open}


# By hand: without an order at the emergency response; with one at the step of the same name, else of the same status
# that is left by the same action, else the first of that status.
TO_MAJOR = [
    (GE, "register", "emergency_response"), (GE, "check", "emergency_response"), (GE, "dispatch", "emergency_response"),
    (GE, "appoint", "appoint"), (GE, "dispute", "appoint"), (GE, "investigate", "investigate"), (GE, "plan", "plan"),
    (GE, "approve", "approve"), (GE, "carry_out", "carry_out"), (GE, "feed_back", "executive_feedback"),
    (GE, "call_back", "call_back"), (GE, "rework", "rework"),
    (IM, "register", "emergency_response"), (IM, "set_up_task_force", "emergency_response"), (IM, "dispute", "appoint"),
    (IM, "review_plan", "review_plan"), (IM, "coordinate", "approve"), (IM, "executive_feedback", "executive_feedback"),
    (IM, "call_back", "call_back"), (IM, "rework", "rework"),
]  # fmt: skip


@pytest.mark.parametrize(("severity", "step", "expected"), TO_MAJOR)
def test_R17_a_complaint_is_raised_to_major_from_any_open_step(severity, step, expected):
    decision = done(at_step(step, severity), "raise_to_major", MANAGER, **WHY)
    assert (decision.process.code, decision.to_step, decision.severity) == ("process_major", expected, MA)
    assert decision.events[0] is ClockEvent.REGRADED
    assert decision.moves
    assert decision.given["severity"] == "major"


def test_R17_every_open_step_of_the_office_s_processes_is_in_this_table_or_explains():
    steps = {
        (severity, step.code)
        for severity in (GE, IM)
        for step in PROCESSES[severity].steps
        if step.status.is_open and step.code != "explain"
    }
    same_name = {(IM, code) for code in ("check", "dispatch", "appoint", "investigate", "plan", "approve", "carry_out")}
    assert steps - {row[:2] for row in TO_MAJOR} == same_name


@pytest.mark.parametrize("severity", [GE, IM])
def test_R11_no_dispatched_complaint_comes_to_the_desk_by_being_raised(severity):
    for step in PROCESSES[severity].steps:
        facts = at_step(step.code, severity)
        if facts.order_sent and facts.status.is_open:
            for action in ("raise_to_major", "raise_to_important") if severity is GE else ("raise_to_major",):
                found = decide(facts, action, WHY, MANAGER, NOW, SETTINGS)
                if isinstance(found, Decision):
                    assert found.status not in DESK_STATUSES, (step.code, action)


@pytest.mark.parametrize(
    ("severity", "sent", "action", "expected"),
    [
        (GE, False, "raise_to_major", "emergency_response"),
        (GE, True, "raise_to_major", "investigate"),
        (GE, False, "raise_to_important", "check"),
        (GE, True, "raise_to_important", "investigate"),
        (IM, True, "raise_to_major", "investigate"),
    ],
)
def test_R17_an_outcome_that_was_fixed_is_taken_back(severity, sent, action, expected):
    order = {"order_sent": True, "order": OrderFacts(OrderStatus.ANSWERED, NETWORK, HANDLER.staff_id)} if sent else {}
    facts = at_step("explain", severity, outcome=Outcome.NOT_ESTABLISHED, round=2, **order)
    decision = done(facts, action, MANAGER, **WHY)
    assert (decision.outcome, decision.to_step, decision.round) == (None, expected, 2)
    assert decision.order is None if not sent else decision.order.status is OrderStatus.APPOINTED


def test_R6_R17_what_was_solved_at_first_contact_is_handled_from_the_emergency_response_on():
    facts = at_step(
        "call_back", outcome=Outcome.FIRST_CONTACT_RESOLVED, order_sent=False, order=None, departments_had=()
    )
    decision = done(facts, "raise_to_major", MANAGER, **WHY)
    assert (decision.outcome, decision.to_step, decision.runs) == (None, "emergency_response", "first_response")


def test_R11_R17_an_open_dispute_falls_away_and_the_department_has_its_order_again():
    facts = at_step("dispute", dispute=OpenDispute(HEAD.staff_id, NETWORK))
    decision = done(facts, "raise_to_major", MANAGER, **WHY)
    assert (decision.order.status, decision.order.department_id) == (OrderStatus.SENT, None)
    assert decision.events == (ClockEvent.REGRADED, ClockEvent.ORDER_SENT)


@pytest.mark.parametrize(
    ("who", "code"), [(SHIFT_LEAD, True), (DISPATCHER, True), (MANAGER, True), (SENIOR, True), (HANDLER, False), (INTAKE, False)]
)  # fmt: skip
def test_R17_whoever_may_regrade_raises_and_nobody_else(who, code):
    facts = at_step("approve", subject=replace(at_step("approve").subject, departments=frozenset({who.department_id})))
    assert ("raise_to_major" in offered(facts, who)) is code


def test_R17_raising_needs_its_reason_and_is_not_there_once_closed_or_major():
    assert why_not(at_step("plan"), "raise_to_major", MANAGER) == ["workflow.refused.field_missing"]
    assert "raise_to_major" not in offered(at_step("archive"), MANAGER)
    assert why_not(at_step("plan", MA), "raise_to_major", MANAGER, **WHY) == ["workflow.refused.not_now"]
    assert why_not(at_step(END), "raise_to_major", MANAGER, **WHY) == ["workflow.refused.archived"]


def test_R3_where_the_process_regrades_that_is_the_way_to_important():
    assert why_not(at_step("check"), "raise_to_important", MANAGER, **WHY) == ["regrading.refused.regrade_instead"]
    assert done(at_step("approve"), "raise_to_important", MANAGER, **WHY).to_step == "approve"
    assert done(at_step("feed_back"), "raise_to_important", MANAGER, **WHY).to_step == "executive_feedback"


# Down: one proposes, another approves


def proposed(severity=IM, to=GE, by=DISPATCHER):
    proposal = Proposal(by.staff_id, to, {"impact": "low", "regrade_reason": "单户"})
    return at_step("check", severity, proposal=proposal)


def test_R3_who_may_not_lower_proposes_and_who_may_does_it():
    assert "propose_regrade" in offered(at_step("check", IM), SHIFT_LEAD)
    assert "propose_regrade" not in offered(at_step("check", IM), MANAGER)
    decision = done(at_step("check", IM), "propose_regrade", SHIFT_LEAD, severity="general", regrade_reason="单户")
    assert (decision.to_step, decision.severity, decision.events, decision.moves) == ("check", IM, (), False)


@pytest.mark.parametrize(
    ("severity", "entered", "reason"),
    [
        (IM, "major", "regrading.refused.needs_no_approval"),
        (IM, "important", "regrading.refused.needs_no_approval"),
        (MA, "major", "regrading.refused.needs_no_approval"),
    ],
)
def test_R3_only_a_lower_severity_is_proposed(severity, entered, reason):
    facts = at_step("check", severity)
    assert why_not(facts, "propose_regrade", SHIFT_LEAD, severity=entered, regrade_reason="x") == [reason]


def test_R3_one_proposal_at_a_time_and_only_where_the_process_regrades():
    assert why_not(proposed(), "propose_regrade", SHIFT_LEAD, severity="general", regrade_reason="x") == [
        "regrading.refused.proposed_already"
    ]
    assert why_not(at_step("plan", IM), "propose_regrade", DISPATCHER, severity="general", regrade_reason="x") == [
        "regrading.refused.not_at_this_step"
    ]


@pytest.mark.parametrize(
    ("severity", "who", "by", "expected"),
    [
        (IM, MANAGER, DISPATCHER, None),
        (IM, SENIOR, DISPATCHER, None),
        (IM, DISPATCHER, SHIFT_LEAD, "regrading.refused.not_an_approver"),
        (MA, MANAGER, DISPATCHER, "regrading.refused.not_an_approver"),
        (MA, SENIOR, DISPATCHER, None),
        (MA, SENIOR, SENIOR, "regrading.refused.own_proposal"),
    ],
)
def test_R3_lowering_is_approved_by_the_manager_from_major_by_a_senior_manager_and_never_by_the_proposer(
    severity, who, by, expected
):
    facts = proposed(severity, GE, by)
    for action, values in (("confirm_regrade", {}), ("decline_regrade", {"reason": "仍涉多户"})):
        found = decide(facts, action, values, who, NOW, SETTINGS)
        assert (None if isinstance(found, Decision) else found[0].key) == expected, action


def test_R3_what_is_confirmed_is_what_was_proposed():
    decision = done(proposed(), "confirm_regrade", MANAGER)
    assert (decision.process.code, decision.to_step, decision.severity) == ("process_general", "check", GE)
    assert decision.given == {"severity": GE, "impact": "low", "regrade_reason": "单户"}
    assert why_not(at_step("check", IM), "confirm_regrade", MANAGER) == ["regrading.refused.nothing_proposed"]


def test_R3_a_proposal_whose_complaint_has_moved_on_can_only_be_declined():
    facts = replace(proposed(), step="plan")
    assert why_not(facts, "confirm_regrade", MANAGER) == ["regrading.refused.moved_on"]
    assert not done(facts, "decline_regrade", MANAGER, reason="已在拟方案").moves


def test_R3_regrading_by_the_process_s_own_way_begins_a_major_complaint_with_the_emergency_response_too():
    decision = done(filled(at_step("check")), "regrade", SHIFT_LEAD, severity="major", **WHY)
    assert decision.to_step == "emergency_response"
