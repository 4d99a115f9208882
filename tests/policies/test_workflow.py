"""What can be done to a complaint, by whom and what follows (R4, R6, R11, R12, R14–R22), rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from policies.access import SYSTEM
from policies.action import ActionKind
from policies.actions import ACTIONS
from policies.casefacts import FlowSettings, OrderFacts
from policies.process import END
from policies.teamwork import Ballot, Teamwork
from policies.vocabulary import (
    CaseFunction,
    ClockCode,
    ClockEvent,
    ComplaintStatus,
    ContactWay,
    Fault,
    OrderStatus,
    Outcome,
    Severity,
)
from policies.vocabulary_teamwork import PlanVote
from policies.workflow import Decision, available, decide
from tests.support.flow import (
    ARCHIVIST,
    CALLER,
    COLLEAGUE,
    DESK,
    DISPATCHER,
    FIELD,
    FRONT,
    HANDLER,
    HEAD,
    INTAKE,
    IT,
    MANAGER,
    NETWORK,
    NOW,
    OTHER_HANDLER,
    OTHER_HEAD,
    RECEIVERS,
    SENIOR,
    SETTINGS,
    SHIFT_LEAD,
    actor,
    at_step,
    filled,
)
from tests.support.told_cases import office

HOUR = timedelta(hours=1)


def done(facts, action, who, **values) -> Decision:
    """The decision, which must not be a refusal."""
    found = decide(facts, action, values, who, NOW, SETTINGS)
    assert isinstance(found, Decision), [f"{one.key} {one.field}" for one in found]
    return found


def why_not(facts, action, who, **values) -> list[str]:
    """The keys of the refusals, without the room's name."""
    found = decide(facts, action, values, who, NOW, SETTINGS)
    assert not isinstance(found, Decision), "it was allowed"
    return [one.key.removeprefix("workflow.refused.") for one in found]


def offered(facts, who) -> set[str]:
    return {offer.action for offer in available(facts, who, SETTINGS) if offer.is_open}


# The table


def test_R14_every_action_of_the_office_is_in_the_table():
    assert {row["code"] for row in office("processes")["actions"]} <= set(ACTIONS)


def test_R14_every_action_has_a_permission():
    assert [code for code, rule in ACTIONS.items() if not rule.permissions] == []


def test_R6_R11_R21_the_figures_are_the_office_s():
    figures = office("processes")["settings"]
    assert figures["first_contact_compensation_cny"] == SETTINGS.first_contact_compensation_cny
    assert figures["transfers_before_escalation"] == SETTINGS.transfers_before_escalation
    assert figures["unreachable_attempts"] == SETTINGS.unreachable_attempts
    assert figures["unreachable_min_gap_hours"] * HOUR == SETTINGS.unreachable_min_gap
    assert figures["satisfied_from_score"] == SETTINGS.satisfied_from_score
    for row in office("processes")["faults"]:
        rule = SETTINGS.faults[Fault(row["code"])]
        assert (rule.usual_limit_cny, rule.apology_required, rule.corrective_action_required) == (
            row["usual_limit_cny"], row["apology_required"], row["corrective_action_required"],
        )  # fmt: skip
    assert FlowSettings() == SETTINGS  # what an office does not say is as the default office says


# Buttons and endpoint ask the same


@pytest.mark.parametrize("who", [INTAKE, DISPATCHER, HEAD, HANDLER, CALLER, MANAGER, SENIOR, actor("S030")])
@pytest.mark.parametrize("step", ["register", "check", "dispatch", "appoint", "investigate", "approve", "call_back"])
def test_R14_what_is_not_offered_is_refused_and_what_is_refused_is_not_offered(step, who):
    facts = filled(at_step(step))
    offers = {offer.action: offer for offer in available(facts, who, SETTINGS)}
    for code, rule in ACTIONS.items():
        if rule.kind is ActionKind.START:
            continue
        found = decide(facts, code, {}, who, NOW, SETTINGS)
        offer = offers.get(code)
        if offer is None or not offer.is_open:
            assert not isinstance(found, Decision)
            assert offer is None or found == (offer.refusal,)
        else:
            assert isinstance(found, Decision) or all(one.status in (409, 422) for one in found)


def test_R14_the_next_thing_to_do_is_primary():
    offers = available(filled(at_step("plan")), HANDLER, SETTINGS)
    assert [offer.action for offer in offers if offer.primary] == ["submit_plan"]


def test_R39_what_is_not_a_person_s_business_is_hidden():
    hidden = {offer.action for offer in available(at_step("plan"), actor("S030"), SETTINGS) if offer.is_hidden}
    assert "submit_plan" in hidden


# At intake (R4, R6)


def test_R14_registering_needs_category_and_grade_before_the_check():
    facts = replace(at_step("register"), fields=frozenset({"category", "severity"}))
    assert why_not(facts, "start_check", INTAKE) == ["field_missing", "field_missing"]
    assert done(at_step("register"), "start_check", INTAKE).to_step == "check"


def test_R4_accepting_decides_the_check_by_itself():
    decision = done(at_step("check"), "accept", INTAKE)
    assert (decision.to_step, decision.status) == ("dispatch", ComplaintStatus.ACCEPTED)
    assert decision.given == {"check_decision": "accepted"}


def test_R4_not_established_needs_its_reason():
    assert why_not(at_step("check"), "find_not_established", INTAKE) == ["field_missing"]
    decision = done(at_step("check"), "find_not_established", INTAKE, check_reason="已签字")
    assert (decision.to_step, decision.outcome) == ("explain", Outcome.NOT_ESTABLISHED)


def test_R4_not_established_is_reviewed_by_the_shift_lead_before_it_is_explained():
    facts = filled(at_step("explain", outcome=Outcome.NOT_ESTABLISHED, check_decided_by_id=INTAKE.staff_id))
    assert why_not(facts, "explain", INTAKE) == ["check_not_reviewed"]
    assert CaseFunction.CHECK_REVIEWER in dict(done(facts, "review_check", SHIFT_LEAD, text="同意").functions)
    decision = done(replace(facts, check_reviewed=True), "explain", INTAKE)
    assert decision.events == (ClockEvent.RESOLVED, ClockEvent.CLOSED)
    assert decision.runs is ClockCode.ARCHIVE


def test_R4_the_review_is_the_shift_lead_s_and_never_one_s_own():
    facts = filled(at_step("explain", outcome=Outcome.NOT_ESTABLISHED, check_decided_by_id=SHIFT_LEAD.staff_id))
    assert why_not(facts, "review_check", SHIFT_LEAD, text="同意") == ["access.duty.decision_reviewed_by_other"]
    assert why_not(facts, "review_check", MANAGER, text="同意") == ["approvers_only"]


def test_R4_referring_out_needs_no_review():
    facts = filled(at_step("explain", outcome=Outcome.REFERRED_OUT))
    assert done(facts, "explain", INTAKE).outcome is Outcome.REFERRED_OUT


def test_R18_new_evidence_turns_a_refusal_into_an_acceptance_or_resumes_the_investigation():
    before = filled(at_step("explain", outcome=Outcome.NOT_ESTABLISHED))
    accepted = done(before, "accept", INTAKE)
    assert (accepted.to_step, accepted.outcome) == ("dispatch", None)
    after = replace(before, order_sent=True, order=OrderFacts(OrderStatus.ANSWERED, NETWORK, HANDLER.staff_id))
    assert why_not(after, "accept", INTAKE) == ["order_sent"]
    resumed = done(after, "resume", INTAKE)
    assert (resumed.to_step, resumed.order.status) == ("investigate", OrderStatus.APPOINTED)


@pytest.mark.parametrize(("amount", "refused"), [("50", None), ("50.01", "first_contact_limit"), (None, None)])
def test_R6_at_first_contact_at_most_fifty_yuan(amount, refused):
    values = {"solution": "核减", "customer_opinion": "认可"}
    if amount:
        values["compensation_amount"] = Decimal(amount)
    if refused:
        assert why_not(at_step("check"), "solve_at_first_contact", INTAKE, **values) == [refused]
    else:
        decision = done(at_step("check"), "solve_at_first_contact", INTAKE, **values)
        assert decision.outcome is Outcome.FIRST_CONTACT_RESOLVED
        assert (decision.events, decision.runs) == ((ClockEvent.RESOLVED,), ClockCode.CALL_BACK)


def test_R4_a_withdrawn_complaint_is_closed_with_its_reason_and_its_order_ends():
    facts = at_step("investigate")
    assert why_not(facts, "withdraw", HANDLER) == ["field_missing"]
    decision = done(facts, "withdraw", HANDLER, closing_reason_text="客户来电撤回")
    assert (decision.outcome, decision.order.status) == (Outcome.WITHDRAWN, OrderStatus.CANCELLED)
    assert decision.events == (ClockEvent.CLOSED,)


# When the severity changes: R3


def test_R3_a_regraded_complaint_goes_on_at_the_like_step_of_the_new_process():
    decision = done(at_step("check"), "regrade", SHIFT_LEAD, severity="important", regrade_reason="信息泄露")
    assert (decision.process.code, decision.to_step) == ("process_important", "check")
    assert (decision.severity, decision.events) == (Severity.IMPORTANT, (ClockEvent.REGRADED,))


@pytest.mark.parametrize(
    ("severity", "who", "allowed"),
    [
        (Severity.IMPORTANT, SHIFT_LEAD, False),
        (Severity.IMPORTANT, MANAGER, True),
        (Severity.MAJOR, MANAGER, False),
        (Severity.MAJOR, SENIOR, True),
    ],
)
def test_R3_downgrading_needs_the_manager_and_from_major_a_senior_manager(severity, who, allowed):
    values = {"severity": "general", "regrade_reason": "单户"}
    if allowed:
        assert done(at_step("check", severity), "regrade", who, **values).severity is Severity.GENERAL
    else:
        assert why_not(at_step("check", severity), "regrade", who, **values) == ["downgrade"]


def test_R3_regrading_to_the_same_severity_is_none():
    assert why_not(at_step("check"), "regrade", MANAGER, severity="general", regrade_reason="x") == ["same_severity"]


# Dispatch (R10–R12)

ORDER = {
    "department": NETWORK, "requirements": "查明", "deadline": NOW + 48 * HOUR, "handover_reason": "须现场",
    "promised_time": NOW + 96 * HOUR,
}  # fmt: skip


def test_R10_a_complete_order_goes_to_its_department():
    decision = done(at_step("dispatch"), "send_order", DISPATCHER, **ORDER)
    assert (decision.to_step, decision.order.department_id) == ("appoint", NETWORK)
    assert decision.events == (ClockEvent.ORDER_SENT,)


@pytest.mark.parametrize("field", sorted(ORDER))
def test_R10_an_order_without_one_of_its_fields_is_refused(field):
    values = {key: value for key, value in ORDER.items() if key != field}
    assert why_not(at_step("dispatch"), "send_order", DISPATCHER, **values) == ["field_missing"]


def test_R10_an_order_without_its_elements_is_refused():
    facts = at_step("dispatch", missing_elements=("故障时间", "故障地点"))
    assert why_not(facts, "send_order", DISPATCHER, **ORDER) == ["elements_missing"]


def test_R2_a_record_below_sixty_is_not_dispatched():
    assert why_not(at_step("dispatch", completeness=Decimal("59.9")), "send_order", DISPATCHER, **ORDER) == [
        "record_incomplete"
    ]
    assert done(at_step("dispatch", completeness=Decimal(60)), "send_order", DISPATCHER, **ORDER)


def test_R10_the_desk_itself_receives_no_orders():
    assert why_not(at_step("dispatch"), "send_order", DISPATCHER, **{**ORDER, "department": DESK}) == [
        "dispatch_rules.department.takes_no_orders"
    ]


def test_R12_the_department_that_has_the_order_appoints_and_no_other():
    facts = at_step("appoint")
    decision = done(facts, "appoint", HEAD, owner=13, co_handlers=[14])
    assert set(decision.functions) == {(CaseFunction.OWNER, 13), (CaseFunction.CO_HANDLER, 14)}
    assert decision.order.owner_id == 13
    assert why_not(facts, "appoint", OTHER_HEAD, owner=16)[0].startswith("access.refused")
    moved = replace(
        facts, order=OrderFacts(OrderStatus.SENT, FIELD), departments_had=(NETWORK, FIELD),
        subject=replace(facts.subject, departments=frozenset({FRONT, NETWORK, FIELD})),
    )  # fmt: skip
    assert why_not(moved, "appoint", HEAD, owner=13) == ["not_your_order"]
    assert done(moved, "appoint", OTHER_HEAD, owner=16)
    assert done(moved, "appoint", actor("S009"), owner=16)  # the duty manager appoints everywhere


# Never backwards (R11)


def test_R11_a_transfer_needs_a_reason_and_a_department():
    assert why_not(at_step("appoint"), "transfer", HEAD) == ["field_missing", "field_missing"]


def test_R11_the_first_transfer_is_allowed_and_the_second_is_not():
    facts = at_step("appoint")
    decision = done(facts, "transfer", HEAD, department=IT, handover_reason="平台问题")
    assert decision.order.status is OrderStatus.TRANSFERRED
    assert (decision.order.department_id, decision.to_step) == (IT, "appoint")
    again = replace(facts, transfers=1, departments_had=(FIELD, NETWORK))
    assert why_not(again, "transfer", HEAD, department=IT, handover_reason="不属本部门") == [
        "dispatch_rules.transfer.cap_reached"
    ]
    assert "raise_dispute" in offered(again, HEAD)


@pytest.mark.parametrize(
    ("target", "reason"), [(FIELD, "transfer.backwards"), (NETWORK, "transfer.backwards"), (DESK, "transfer.to_desk")]
)
def test_R11_no_transfer_to_the_desk_or_to_a_department_that_had_it(target, reason):
    facts = replace(at_step("appoint"), departments_had=(FIELD, NETWORK))
    settings = replace(SETTINGS, transfers_before_escalation=5)
    found = decide(facts, "transfer", {"department": target, "handover_reason": "不属本部门"}, HEAD, NOW, settings)
    assert [one.key for one in found] == [f"dispatch_rules.{reason}"]


def test_R11_a_decision_may_name_an_earlier_department_and_binds():
    disputed = filled(at_step("dispute", departments_had=(FIELD, NETWORK), transfers=1))
    decision = done(disputed, "decide_dispute", MANAGER, department=FIELD, decision_reason="日志")
    assert (decision.to_step, decision.order.department_id) == ("appoint", FIELD)
    assert decision.order.status is OrderStatus.TRANSFERRED
    assert (CaseFunction.DECIDER, MANAGER.staff_id) in decision.functions
    bound = at_step("appoint", dispute_decided=True)
    assert why_not(bound, "transfer", HEAD, department=IT, handover_reason="不属本部门") == [
        "dispatch_rules.transfer.bound"
    ]
    assert why_not(bound, "raise_dispute", HEAD, handover_reason="不属本部门") == [
        "dispatch_rules.dispute.decided_before"
    ]


def test_R11_a_decision_never_names_the_desk_even_where_a_desk_takes_orders():
    disputed = filled(at_step("dispute", receivers=RECEIVERS | {DESK}))
    found = why_not(disputed, "decide_dispute", MANAGER, department=DESK, decision_reason="日志")
    assert found == ["dispatch_rules.transfer.to_desk"]


def test_R11_an_order_is_not_sent_to_a_desk_either_even_where_it_takes_orders():
    ready = filled(at_step("dispatch", receivers=RECEIVERS | {DESK}))
    found = why_not(ready, "send_order", DISPATCHER, department=DESK, deadline=NOW + timedelta(days=3))
    assert "dispatch_rules.department.takes_no_orders" in found


def test_R11_a_dispute_is_decided_by_a_manager_with_the_departments_opinion():
    assert why_not(at_step("dispute"), "decide_dispute", MANAGER, department=FIELD) == ["evidence_missing"]
    assert why_not(at_step("dispute"), "decide_dispute", HEAD, department=FIELD)[0].startswith("access.refused")


@pytest.mark.parametrize("step", sorted({"appoint", "investigate", "plan", "carry_out", "call_back", "rework"}))
def test_R11_nothing_leads_a_dispatched_complaint_back_to_the_desk(step):
    facts = filled(at_step(step))
    for code in ("send_order", "accept", "hand_over", "solve_at_first_contact", "start_check"):
        assert not isinstance(decide(facts, code, {}, MANAGER, NOW, SETTINGS), Decision)


def test_R11_even_a_process_that_offers_a_way_back_does_not_open_it():
    facts = filled(at_step("plan"))
    steps = tuple(
        replace(step, next=(*step.next, replace(step.next[0], action="return_plan", to="dispatch")))
        if step.code == "plan"
        else step
        for step in facts.process.steps
    )
    bent = replace(facts, process=replace(facts.process, steps=steps))
    assert why_not(bent, "return_plan", MANAGER, approval_opinion_text="x") == ["no_way_back"]


# Handling (R12, R18–R20)


@pytest.mark.parametrize(
    ("who", "refused"),
    [(HANDLER, None), (HEAD, None), (COLLEAGUE, "access"), (OTHER_HEAD, "access"), (INTAKE, "access")],
)
def test_R12_handling_is_for_the_owner_and_the_head_of_the_department(who, refused):
    facts = filled(at_step("investigate", fault=Fault.OUR_FAULT))
    if refused is None:
        assert done(facts, "submit_facts", who).to_step == "plan"
    else:
        assert why_not(facts, "submit_facts", who)[0].startswith(refused)


def test_R12_a_department_that_had_the_order_before_does_not_handle_it():
    facts = filled(at_step("investigate"))
    moved = replace(
        facts, order=OrderFacts(OrderStatus.APPOINTED, FIELD, OTHER_HANDLER.staff_id),
        subject=replace(facts.subject, departments=facts.subject.departments | {FIELD}),
    )  # fmt: skip
    assert why_not(moved, "submit_facts", HEAD) == ["not_order_holder"]
    assert done(moved, "submit_facts", OTHER_HEAD)


def test_R18_the_facts_need_evidence_first():
    assert why_not(at_step("investigate"), "submit_facts", HANDLER) == ["evidence_missing"]


def test_R18_an_unreasonable_complaint_is_explained_and_not_planned_for():
    facts = filled(at_step("investigate", fault=Fault.UNREASONABLE))
    assert why_not(facts, "submit_facts", HANDLER) == ["explain_instead"]
    decision = done(facts, "find_not_established", HANDLER, check_reason="无事实")
    assert (decision.to_step, decision.order.status) == ("explain", OrderStatus.ANSWERED)


def plan(**changes):
    return {
        "root_cause": "方位", "measures": ["调整"], "owner": 13, "expected_completion": NOW + 48 * HOUR,
        "alternatives": "加装", "compensation_amount": Decimal(0), "improvements": "复测", **changes,
    }  # fmt: skip


def test_R19_the_plan_is_its_own_document_and_answers_the_order():
    decision = done(at_step("plan", fault=Fault.OUR_FAULT), "submit_plan", HANDLER, **plan())
    assert decision.evidence == ("plan_document",)
    assert (decision.events, decision.order.status) == ((ClockEvent.PLAN_SUBMITTED,), OrderStatus.ANSWERED)


def test_R19_an_important_plan_answers_when_its_review_is_passed():
    facts = at_step("plan", Severity.IMPORTANT, fault=Fault.OUR_FAULT)
    assert done(facts, "submit_plan", HANDLER, **plan()).events == ()
    for_it = Teamwork(ballots=(Ballot(2, PlanVote.AGREE), Ballot(15, PlanVote.AGREE_WITH_CHANGES)))
    review = filled(at_step("review_plan", Severity.IMPORTANT, teamwork=for_it))
    assert done(review, "pass_review", MANAGER).events == (ClockEvent.PLAN_SUBMITTED,)


@pytest.mark.parametrize(
    ("fault", "amount", "refused", "warned"),
    [
        (Fault.UNREASONABLE, "1", "no_compensation", False),
        (Fault.UNREASONABLE, "0", None, False),
        (Fault.CUSTOMER_FAULT, "50", None, False),
        (Fault.CUSTOMER_FAULT, "51", None, True),
        (Fault.BOTH_FAULT, "501", None, True),
        (Fault.OUR_FAULT, "5000", None, False),
        (Fault.OUR_FAULT, "5001", None, True),
        (Fault.OUR_FAULT, "-1", "amount_negative", False),
    ],
)
def test_R18_each_fault_has_its_usual_limit(fault, amount, refused, warned):
    facts, values = at_step("plan", fault=fault), plan(compensation_amount=Decimal(amount))
    if refused:
        assert why_not(facts, "submit_plan", HANDLER, **values) == [refused]
    else:
        warnings = done(facts, "submit_plan", HANDLER, **values).warnings
        assert [one.key for one in warnings] == (["workflow.warning.beyond_usual"] if warned else [])


@pytest.mark.parametrize("fault", list(Fault))
def test_R18_our_fault_is_put_right_and_apologised_for(fault):
    ours = fault in (Fault.OUR_FAULT, Fault.BOTH_FAULT)
    without = plan()
    del without["improvements"]
    found = decide(at_step("plan", fault=fault), "submit_plan", without, HANDLER, NOW, SETTINGS)
    assert isinstance(found, Decision) is not ours
    told = filled(at_step("feed_back", fault=fault))
    found = decide(told, "tell_result", {}, HANDLER, NOW, SETTINGS)
    assert isinstance(found, Decision) is not ours
    assert done(told, "tell_result", HANDLER, apologised=True)
    assert done(replace(told, apology_given=True), "tell_result", HANDLER)


def approved(who, amount, severity=Severity.GENERAL, **changes):
    facts = filled(at_step("approve", severity, plan_compensation=Decimal(amount), fault=Fault.OUR_FAULT))
    values = {"approval_opinion_text": "同意"}
    found = decide(replace(facts, fields=frozenset(), **changes), "approve", values, who, NOW, SETTINGS)
    return "approved" if isinstance(found, Decision) else found[0].key.rsplit(".", 1)[-1]


@pytest.mark.parametrize(
    ("who", "amount", "severity", "expected"),
    [
        (HEAD, 500, Severity.GENERAL, "approved"),
        (HEAD, 501, Severity.GENERAL, "amount_too_high"),
        (MANAGER, 501, Severity.GENERAL, "approved"),
        (MANAGER, 5001, Severity.GENERAL, "amount_too_high"),
        (SENIOR, 5001, Severity.GENERAL, "approved"),
        (MANAGER, 2000, Severity.IMPORTANT, "approved"),
        (MANAGER, 2001, Severity.IMPORTANT, "amount_too_high"),
        (SENIOR, 2001, Severity.IMPORTANT, "approved"),
        (HEAD, 0, Severity.IMPORTANT, "approvers_only"),
        (MANAGER, 0, Severity.MAJOR, "approvers_only"),
        (SENIOR, 46800, Severity.MAJOR, "approved"),
    ],
)
def test_R19_a_plan_is_approved_within_the_amount_of_the_role(who, amount, severity, expected):
    assert approved(who, amount, severity) == expected


def test_R19_nobody_approves_an_own_plan_and_the_approver_outranks_the_writer():
    assert approved(HEAD, 0, plan_author_id=HEAD.staff_id, plan_author_roles=HEAD.roles) == "no_own_plan_approval"
    other_head = {"plan_author_id": OTHER_HEAD.staff_id, "plan_author_roles": OTHER_HEAD.roles}
    assert approved(HEAD, 0, **other_head) == "approver_outranks_writer"
    assert approved(MANAGER, 0, **other_head) == "approved"


def test_R18_beyond_the_usual_limit_a_higher_one_approves():
    assert approved(HEAD, 60, fault=Fault.CUSTOMER_FAULT) == "beyond_usual"
    assert approved(MANAGER, 60, fault=Fault.CUSTOMER_FAULT) == "approved"


def test_R19_an_approval_has_an_opinion_and_so_has_a_return():
    facts = filled(at_step("approve"))
    assert why_not(facts, "return_plan", HEAD) == ["field_missing"]
    decision = done(facts, "return_plan", HEAD, approval_opinion_text="请比较其他方案")
    assert (decision.to_step, decision.given) == ("plan", {"approval_decision": "returned"})
    bare = replace(facts, fields=frozenset(), evidence=frozenset())
    assert why_not(bare, "approve", HEAD) == ["field_missing"]


def test_R20_measures_are_ticked_off_one_by_one():
    facts = filled(at_step("carry_out", measures=2, measures_open=1))
    assert why_not(facts, "complete_measures", HANDLER) == ["measures_open"]
    assert why_not(replace(facts, measures=0, measures_open=0), "complete_measures", HANDLER) == ["no_measure"]
    assert done(replace(facts, measures_open=0), "complete_measures", HANDLER).to_step == "feed_back"


def test_R15_the_result_ends_the_order_and_starts_the_call_back():
    facts = filled(at_step("feed_back", fault=Fault.CUSTOMER_FAULT))
    decision = done(facts, "tell_result", HANDLER, result_told_at=NOW - HOUR)
    assert (decision.events, decision.runs) == ((ClockEvent.RESOLVED,), ClockCode.CALL_BACK)
    assert (decision.order.status, decision.happened_at) == (OrderStatus.COMPLETED, NOW - HOUR)
    assert done(replace(facts, round=2), "tell_result", HANDLER).events == (ClockEvent.REWORK_RESOLVED,)


@pytest.mark.parametrize(("told", "refused"), [(NOW + HOUR, "in_the_future"), (NOW - 72 * HOUR, "too_early")])
def test_R24_a_result_is_not_told_before_its_step_nor_after_now(told, refused):
    facts = filled(at_step("feed_back", fault=Fault.CUSTOMER_FAULT))
    assert why_not(facts, "tell_result", HANDLER, result_told_at=told) == [refused]


def test_R16_a_senior_manager_tells_the_result_of_an_important_complaint_in_person():
    facts = filled(at_step("executive_feedback", Severity.IMPORTANT))
    assert why_not(facts, "tell_result", HANDLER) == ["step_role"]
    assert done(facts, "tell_result", SENIOR).to_step == "call_back"


# Call-back and rework: R21


def call(score=None, solved=True, way=ContactWay.PHONE, **more):
    return {"callback_method": way, "resolved_flag": solved, "satisfaction": score, **more}


@pytest.mark.parametrize(
    ("score", "solved", "allowed"), [(5, True, True), (4, True, True), (3, True, False), (5, False, False)]
)
def test_R21_satisfied_means_four_or_five_and_solved(score, solved, allowed):
    facts = at_step("call_back")
    wish = {"dissatisfaction_reason": "仍掉线", "new_demand": "修好"}
    if allowed:
        decision = done(facts, "confirm_satisfied", CALLER, **call(score, solved))
        assert (decision.outcome, decision.to_step) == (Outcome.RESOLVED, "archive")
        assert decision.events == (ClockEvent.CALLED_BACK, ClockEvent.CLOSED)
        assert why_not(facts, "report_unsatisfied", CALLER, **call(score, solved, **wish)) == ["is_satisfied"]
    else:
        assert why_not(facts, "confirm_satisfied", CALLER, **call(score, solved)) == ["not_satisfied"]
        decision = done(facts, "report_unsatisfied", CALLER, **call(score, solved, **wish))
        assert (decision.to_step, decision.round, decision.outcome) == ("rework", 2, None)
        assert decision.order.status is OrderStatus.APPOINTED


def test_R21_a_score_is_one_to_five():
    assert "score_range" in why_not(at_step("call_back"), "confirm_satisfied", CALLER, **call(6))


def test_R21_whoever_handled_it_in_any_round_does_not_call_back():
    facts = at_step("call_back", handlers_ever=frozenset({HANDLER.staff_id, CALLER.staff_id}))
    assert why_not(facts, "confirm_satisfied", CALLER, **call(5)) == ["access.duty.no_own_call_back"]
    assert why_not(at_step("call_back"), "assign_callback", CALLER, caller_back=13) == ["caller_is_handler"]


def test_R21_dissatisfaction_needs_its_reason_and_what_is_wanted():
    assert why_not(at_step("call_back"), "report_unsatisfied", CALLER, **call(2, False)) == ["field_missing"] * 2


FIRST_CONTACT = {"outcome": Outcome.FIRST_CONTACT_RESOLVED, "order_sent": False, "order": None, "departments_had": ()}


def test_R6_after_a_first_contact_solution_the_outcome_stays_or_it_is_handed_over():
    facts = at_step("call_back", **FIRST_CONTACT)
    decision = done(facts, "confirm_satisfied", SYSTEM, **call(5, way=ContactWay.SURVEY_LINK))
    assert decision.outcome is Outcome.FIRST_CONTACT_RESOLVED
    assert why_not(facts, "report_unsatisfied", CALLER) == ["no_order"]
    why = {"dissatisfaction_reason": "没减", "handover_reason": "须查账"}
    handed = done(facts, "hand_over", CALLER, **call(2, False, **why))
    assert (handed.to_step, handed.outcome, handed.round) == ("dispatch", None, 2)
    assert handed.events == (ClockEvent.UNSATISFIED_REPORTED,)


def test_R21_a_survey_without_an_answer_counts_once_its_time_is_over():
    facts = at_step("call_back", **FIRST_CONTACT, survey_due_at=NOW)
    survey = {"callback_method": ContactWay.SURVEY_LINK}
    assert done(facts, "confirm_satisfied", SYSTEM, **survey).outcome is Outcome.FIRST_CONTACT_RESOLVED
    assert "field_missing" in why_not(replace(facts, survey_due_at=NOW + HOUR), "confirm_satisfied", SYSTEM, **survey)
    assert "field_missing" in why_not(facts, "confirm_satisfied", CALLER, **survey)


def test_R21_a_survey_is_not_enough_after_handling_and_important_ones_are_called_in_person():
    assert why_not(at_step("call_back"), "confirm_satisfied", CALLER, **call(5, way=ContactWay.SURVEY_LINK)) == [
        "survey_only_first_contact"
    ]
    important = at_step("call_back", Severity.IMPORTANT)
    assert why_not(important, "confirm_satisfied", CALLER, **call(5, way=ContactWay.SMS)) == ["call_in_person"]


@pytest.mark.parametrize(
    ("hours", "enough"),
    [
        ((0, 4, 8), True),
        ((0, 4), False),
        ((0, 1, 2, 3), False),
        ((0, 3, 4, 7, 8), True),
        ((0, 4, 7.9), False),
        ((), False),
    ],
)
def test_R21_unreachable_means_three_attempts_four_hours_apart(hours, enough):
    facts = at_step("call_back", attempts=tuple(NOW - 24 * HOUR + hour * HOUR for hour in hours))
    if enough:
        decision = done(facts, "report_unreachable", CALLER)
        assert (decision.outcome, decision.events) == (Outcome.CLOSED_UNREACHABLE, (ClockEvent.CLOSED,))
    else:
        assert why_not(facts, "report_unreachable", CALLER) == ["attempts_missing"]


def test_R21_only_a_manager_ends_the_rounds_with_a_reason():
    facts = at_step("rework", dissatisfied=True, round=3)
    assert why_not(facts, "close_unsatisfied", HEAD)[0].startswith("access.refused")
    assert why_not(facts, "close_unsatisfied", MANAGER) == ["field_missing"]
    decision = done(facts, "close_unsatisfied", MANAGER, closing_reason_text="无依据")
    assert (decision.outcome, decision.events) == (Outcome.CLOSED_UNSATISFIED, (ClockEvent.CLOSED,))
    important = at_step("rework", Severity.IMPORTANT, dissatisfied=True)
    assert why_not(important, "close_unsatisfied", MANAGER, closing_reason_text="x") == ["approvers_only"]
    assert done(important, "close_unsatisfied", SENIOR, closing_reason_text="x")


def test_R21_nobody_is_closed_unsatisfied_who_was_not_asked():
    assert why_not(at_step("call_back"), "close_unsatisfied", MANAGER, closing_reason_text="x") == [
        "dissatisfaction_unknown"
    ]


def test_R21_a_changed_compensation_goes_to_approval_and_an_unchanged_one_is_carried_out():
    facts = filled(at_step("rework", approved_compensation=Decimal(100), round=2))
    assert why_not(facts, "carry_out_again", HANDLER, compensation_amount=Decimal(200)) == ["compensation_changed"]
    assert done(facts, "carry_out_again", HANDLER, compensation_amount=Decimal("100.00")).to_step == "carry_out"
    again = done(facts, "redo", HANDLER, compensation_amount=Decimal(200))
    assert (again.to_step, again.round, again.events) == ("approve", 2, ())
    assert (CaseFunction.PLAN_AUTHOR, HANDLER.staff_id) in again.functions


def test_R21_rework_begins_with_a_talk():
    facts = replace(filled(at_step("rework")), evidence=frozenset())
    assert why_not(facts, "redo", HANDLER) == ["evidence_missing"]


# At the archive: R22


def test_R22_somebody_else_archives_a_complete_dossier_with_its_lesson():
    facts = at_step("archive", outcome=Outcome.RESOLVED)
    assert why_not(facts, "archive", ARCHIVIST) == ["field_missing"]
    decision = done(facts, "archive", DISPATCHER, lesson="复测")
    assert (decision.to_step, decision.status) == (END, ComplaintStatus.ARCHIVED)
    assert (decision.events, decision.given) == ((ClockEvent.ARCHIVED,), {"outcome": Outcome.RESOLVED})
    own = replace(facts, handlers_ever=frozenset({MANAGER.staff_id}))
    assert why_not(own, "archive", MANAGER, lesson="x") == ["access.duty.dossier_checked_by_other"]
    lacking = replace(facts, missing_parts=("evidence",))
    assert why_not(lacking, "archive", ARCHIVIST, lesson="x") == ["dossier_incomplete"]


def test_R22_an_archived_case_takes_additions_and_nothing_else():
    facts = at_step(END, outcome=Outcome.RESOLVED)
    everybody = (INTAKE, DISPATCHER, HEAD, HANDLER, CALLER, MANAGER, SENIOR, ARCHIVIST)
    allowed = {action for who in everybody for action in offered(facts, who)}
    assert allowed == {"reveal", "open_attachment", "print_dossier", "print_dossier_full", "add_supplement"}
    # a follow-up is made after archiving too, where a process has one; the general one has none
    for code in set(ACTIONS) - allowed - {"register", "bring_closed", "follow_up"}:
        assert why_not(facts, code, MANAGER) == ["archived"]
    assert why_not(at_step("archive"), "add_supplement", ARCHIVIST, title="x", text="y") == ["not_archived"]


# Acts


@pytest.mark.parametrize(
    ("action", "fact", "refused"),
    [
        ("acknowledge", "acknowledged", "already_acknowledged"),
        ("respond_first", "responded", "already_responded"),
    ],
)
def test_R5_what_is_told_once_is_told_once(action, fact, refused):
    values = {"way": ContactWay.PHONE, "text": "已说明", "at": NOW - HOUR}
    decision = done(at_step("check"), action, INTAKE, **values)
    assert (decision.to_step, decision.happened_at, decision.moves) == ("check", NOW - HOUR, False)
    assert why_not(at_step("check", **{fact: True}), action, INTAKE, **values) == [refused]


def test_R13_intake_urges_what_it_passed_on_and_the_department_reports():
    facts = at_step("investigate")
    assert done(facts, "urge", INTAKE)
    assert why_not(at_step("check"), "urge", INTAKE) == ["not_now"]
    assert done(facts, "note_progress", HANDLER, text="已测试")
    assert why_not(facts, "note_progress", INTAKE, text="x")[0].startswith("access.refused")


def test_R13_a_delay_that_is_told_counts_as_progress():
    values = {"way": ContactWay.SMS, "text": "道路封闭"}
    assert done(at_step("investigate"), "tell_delay", HANDLER, **values).events == (ClockEvent.PROGRESS_TOLD,)


def test_R16_only_important_and_major_complaints_have_reports():
    assert why_not(at_step("investigate"), "submit_report", MANAGER, text="x") == ["not_now"]
    facts = at_step("investigate", Severity.IMPORTANT)
    assert done(facts, "submit_report", MANAGER, text="x").events == (ClockEvent.REPORT_SUBMITTED,)


# Important and major run on the same engine


@pytest.mark.parametrize(
    ("severity", "step", "action", "who", "to_step", "events"),
    [
        (Severity.IMPORTANT, "set_up_task_force", "set_up_team", MANAGER, "dispatch", ()),
        (Severity.MAJOR, "emergency_response", "respond", SENIOR, "check", (ClockEvent.FIRST_RESPONDED,)),
        (Severity.MAJOR, "emergency_response", "respond", actor("S009"), "check", (ClockEvent.FIRST_RESPONDED,)),
        (Severity.MAJOR, "set_up_team", "set_up_team", SENIOR, "dispatch", ()),
        (Severity.MAJOR, "contain", "contain", HANDLER, "investigate", (ClockEvent.CONTAINED,)),
    ],
)
def test_R16_R17_their_own_steps_are_plain_moves(severity, step, action, who, to_step, events):
    decision = done(filled(at_step(step, severity)), action, who)
    assert (decision.to_step, decision.events) == (to_step, events)


def test_R16_coordination_leads_on_to_approval():
    facts = filled(at_step("coordinate", Severity.IMPORTANT))
    assert done(facts, "coordinate", SENIOR, coordination_needed=True).to_step == "approve"


def test_R17_a_post_review_closes_with_its_corrective_actions():
    row = {
        "title": "修订通报规则",
        "type": "rule_change",
        "root_cause": "无时限",
        "owner": 12,
        "expected_effect": "15 分钟内发布",
    }
    decision = done(
        filled(at_step("post_review", Severity.MAJOR)), "finish_review", actor("S024"), corrective_actions=[row]
    )
    assert (decision.to_step, decision.events) == ("archive", (ClockEvent.CLOSED,))


def test_R17_a_major_complaint_closes_at_its_call_back_and_archives_after_its_post_review():
    decision = done(at_step("call_back", Severity.MAJOR), "confirm_satisfied", CALLER, **call(4))
    assert (decision.to_step, decision.status, decision.runs) == ("post_review", ComplaintStatus.CLOSED, None)


@pytest.mark.parametrize("action", ["coordinate", "set_up_team", "respond"])
def test_R16_R17_what_seniors_do_in_person_managers_do_not(action):
    step = {"coordinate": "coordinate", "set_up_team": "set_up_team", "respond": "emergency_response"}[action]
    severity = Severity.IMPORTANT if action == "coordinate" else Severity.MAJOR
    assert why_not(filled(at_step(step, severity)), action, MANAGER) == ["step_role"]
