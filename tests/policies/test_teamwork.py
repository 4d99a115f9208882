"""R16, R17: the rules of team, review, required acts, statements and follow-up as tables over plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from policies.process import END, ProcessFormError, parse_process
from policies.teamwork import Ballot, Doing, FollowUpFacts, StatementFacts, Teamwork, acts_done
from policies.vocabulary import ContactWay, Outcome, Severity
from policies.vocabulary_teamwork import PlanVote, StatementKind, StatementState
from policies.workflow import Decision, available, decide
from tests.support.flow import (
    CALLER,
    FIELD,
    HANDLER,
    MANAGER,
    NETWORK,
    NOW,
    OTHER_HEAD,
    PROCESSES,
    SENIOR,
    SETTINGS,
    actor,
    at_step,
    filled,
)
from tests.support.told_cases import process

YES, CHANGES, NO = PlanVote.AGREE, PlanVote.AGREE_WITH_CHANGES, PlanVote.DISAGREE
SPEAKER, QUALITY, DUTY = actor("S028"), actor("S024"), actor("S009")


def refused(facts, action, who, at=NOW, **values):
    """The refusals as keys without their room; empty when it is done."""
    found = decide(facts, action, values, who, at, SETTINGS)
    return [] if isinstance(found, Decision) else [one.key.rpartition(".refused.")[2] for one in found]


def work(severity, step, **teamwork):
    return filled(at_step(step, severity, teamwork=Teamwork(**teamwork)))


# The acts of a process are data


def test_R16_R17_the_office_s_acts_are_read_as_they_are_written():
    acts = {act.code: act for act in PROCESSES[Severity.MAJOR].acts}
    written = {row["code"]: row for row in process(Severity.MAJOR)["acts"]}
    assert acts.keys() == written.keys()
    assert {code: act.required for code, act in acts.items()} == {
        code: row["required"] for code, row in written.items()
    }
    assert acts["satisfaction_follow_up"].after_days == 30
    assert acts["emergency_response"].role == "senior_manager"


@pytest.mark.parametrize(
    "fault",
    [{"role": ""}, {"name": {"zh": "x"}}, {"after_days": -1}, {"after_days": 999999999}, {"after_days": "soon"}],
)
def test_R14_an_act_that_cannot_be_read_is_named(fault):
    broken = process(Severity.IMPORTANT)
    broken = {**broken, "acts": [{**broken["acts"][0], **fault}]}
    with pytest.raises(ProcessFormError) as error:
        parse_process(broken)
    assert error.value.where in ("task_force", "process_important")


# Review by votes


@pytest.mark.parametrize(
    ("votes", "why"),
    [
        ([], ["votes_few"]),
        ([YES], ["votes_few"]),
        ([YES, YES], []),
        ([YES, CHANGES], []),
        ([YES, NO], ["votes_against"]),
        ([NO, NO], ["votes_against"]),
        ([YES, CHANGES, NO], []),
        ([YES, NO, NO], ["votes_against"]),
        ([YES, YES, None], ["votes_open"]),
    ],
)
def test_R16_a_review_passes_with_all_opinions_enough_of_them_and_more_for_than_against(votes, why):
    ballots = tuple(Ballot(100 + n, vote) for n, vote in enumerate(votes))
    assert refused(work(Severity.IMPORTANT, "review_plan", ballots=ballots), "pass_review", MANAGER) == why


def test_R16_a_released_reviewer_is_not_waited_for_and_not_counted():
    ballots = (Ballot(101, YES), Ballot(102, CHANGES), Ballot(103, NO, released=True), Ballot(104, released=True))
    assert refused(work(Severity.IMPORTANT, "review_plan", ballots=ballots), "pass_review", MANAGER) == []


def test_R16_the_office_sets_how_many_opinions_it_wants():
    facts = work(Severity.IMPORTANT, "review_plan", ballots=(Ballot(101, YES), Ballot(102, YES)))
    three = replace(SETTINGS, plan_reviewers=3)
    assert [one.key for one in decide(facts, "pass_review", {}, MANAGER, NOW, three)] == ["teamwork.refused.votes_few"]


@pytest.mark.parametrize(
    ("who", "named", "why"),
    [
        (OTHER_HEAD, (15,), []),
        (OTHER_HEAD, (), ["not_a_reviewer"]),
        (OTHER_HEAD, (21,), ["not_a_reviewer"]),
        (HANDLER, (13,), ["no_own_plan_approval"]),
    ],
)
def test_R16_only_who_was_named_gives_an_opinion_and_nobody_on_an_own_plan(who, named, why):
    facts = work(Severity.IMPORTANT, "review_plan", ballots=tuple(Ballot(one) for one in named))
    facts = replace(facts, subject=replace(facts.subject, people=facts.subject.people | {15, 13}))
    found = decide(facts, "vote_on_plan", {"vote": YES, "text": "可行"}, who, NOW, SETTINGS)
    keys = [] if isinstance(found, Decision) else [one.key.rpartition(".")[2] for one in found]
    assert keys == why


def test_R16_there_is_nothing_to_vote_on_while_the_plan_is_written():
    facts = work(Severity.IMPORTANT, "plan", ballots=(Ballot(15),))
    assert refused(facts, "name_reviewers", MANAGER, reviewers=[15]) == ["no_review_now"]


# Required acts


@pytest.mark.parametrize(
    ("severity", "step", "action", "who", "done", "why"),
    [
        (Severity.IMPORTANT, "approve", "approve", MANAGER, set(), ["acts_missing"]),
        (Severity.IMPORTANT, "approve", "approve", MANAGER, {"task_force"}, []),
        (Severity.MAJOR, "approve", "approve", SENIOR, {"task_force"}, ["acts_missing"]),
        (Severity.MAJOR, "approve", "approve", SENIOR, {"task_force", "emergency_response"}, []),
        (Severity.IMPORTANT, "executive_feedback", "tell_result", SENIOR, {"task_force"}, ["acts_missing"]),
        (Severity.IMPORTANT, "executive_feedback", "tell_result", SENIOR, {"task_force", "progress_report"}, []),
        (Severity.GENERAL, "approve", "approve", actor("S015"), set(), []),
    ],
)
def test_R16_R17_what_is_required_is_done_before_approval_and_before_the_result(severity, step, action, who, done, why):
    facts = work(severity, step, acts_done=frozenset(done))
    approver_of_field = (
        replace(facts, order=replace(facts.order, department_id=FIELD)) if severity is Severity.GENERAL else facts
    )
    if severity is Severity.GENERAL:
        approver_of_field = replace(
            approver_of_field, subject=replace(facts.subject, departments=facts.subject.departments | {FIELD})
        )
    assert refused(approver_of_field, action, who) == why


def test_R16_a_dossier_of_a_told_result_needs_the_executive_s_feedback():
    done = frozenset({"task_force", "progress_report"})
    facts = replace(work(Severity.IMPORTANT, "archive", acts_done=done), outcome=Outcome.RESOLVED)
    assert refused(facts, "archive", actor("S028"), lesson="x") == ["acts_missing"]
    assert refused(replace(facts, outcome=Outcome.WITHDRAWN), "archive", actor("S028"), lesson="x") == []


def test_R16_telling_the_result_is_an_executive_s_feedback_only_at_its_own_step():
    at_its_step, elsewhere = (Doing("tell_result", step, 1, NOW) for step in ("executive_feedback", "feed_back"))
    assert acts_done(PROCESSES[Severity.IMPORTANT], [at_its_step]) == {"executive_feedback": at_its_step}
    assert acts_done(PROCESSES[Severity.IMPORTANT], [elsewhere]) == {}
    assert acts_done(PROCESSES[Severity.GENERAL], [elsewhere]) == {}


@pytest.mark.parametrize(
    ("action", "who", "step", "done", "why"),
    [
        ("form_team", MANAGER, "investigate", set(), []),
        ("form_team", MANAGER, "investigate", {"task_force"}, ["act_done"]),
        ("form_team", MANAGER, "set_up_team", set(), ["act_at_its_step"]),
        ("report_emergency", DUTY, "investigate", set(), []),
        ("report_emergency", SENIOR, "emergency_response", set(), ["act_at_its_step"]),
        ("report_emergency", MANAGER, "investigate", set(), ["step_role"]),
    ],
)
def test_R17_an_act_is_made_up_by_its_role_once_and_only_when_its_step_lies_behind(action, who, step, done, why):
    values = {"task_force_leader": 3, "task_force_members": [13], "containment_measures": "抢修"}
    facts = work(Severity.MAJOR, step, acts_done=frozenset(done))
    assert refused(facts, action, who, **values) == why


# The team


@pytest.mark.parametrize(
    ("leader", "department", "why"),
    [(12, NETWORK, ["leader_heads"]), (15, NETWORK, []), (15, FIELD, ["leader_heads"])],
)
def test_R16_the_head_of_the_department_that_has_the_order_does_not_lead(leader, department, why):
    facts = work(Severity.IMPORTANT, "investigate", leader_id=3, heads={NETWORK: 12, FIELD: 15})
    facts = replace(facts, order=replace(facts.order, department_id=department))
    values = {"task_force_leader": leader, "task_force_members": [13], "reason": "调整"}
    assert refused(facts, "change_team", MANAGER, **values) == why


# Statements


def test_R17_statements_are_no_business_of_other_processes():
    for severity in (Severity.GENERAL, Severity.IMPORTANT):
        offered = {offer.action for offer in available(work(severity, "investigate"), SPEAKER, SETTINGS)}
        assert not offered & {"draft_statement", "approve_statement", "publish_statement", "decide_statement"}


@pytest.mark.parametrize(
    ("step", "why"), [("register", ["too_early_to_speak"]), ("emergency_response", []), ("archive", [])]
)
def test_R17_statements_are_made_from_the_emergency_response_until_the_archive(step, why):
    values = {"statement_kind": StatementKind.MEDIA, "addressee": "媒体", "text": "正在抢修"}
    assert refused(work(Severity.MAJOR, step), "draft_statement", SPEAKER, **values) == why


@pytest.mark.parametrize(
    ("state", "action", "who", "why"),
    [
        (StatementState.DRAFT, "approve_statement", SENIOR, []),
        (StatementState.DRAFT, "publish_statement", SPEAKER, ["no_approved"]),
        (StatementState.APPROVED, "publish_statement", SPEAKER, []),
        (StatementState.PUBLISHED, "approve_statement", SENIOR, ["no_draft"]),
        (StatementState.PUBLISHED, "publish_statement", SPEAKER, ["no_approved"]),
        (StatementState.RETURNED, "publish_statement", SPEAKER, ["no_approved"]),
    ],
)
def test_R17_a_statement_goes_from_draft_to_approved_to_published_and_no_other_way(state, action, who, why):
    facts = work(Severity.MAJOR, "contain", statements=(StatementFacts(7, StatementKind.MEDIA, state, 28),))
    assert refused(facts, action, who, statement="7", publication_way="官网") == why


@pytest.mark.parametrize(
    ("needed", "out", "why"), [(True, 0, ["statement_missing"]), (True, 1, []), (False, 0, []), (None, 0, [])]
)
def test_R17_a_plan_that_asks_for_a_statement_holds_the_result(needed, out, why):
    one = StatementFacts(7, StatementKind.MEDIA, StatementState.PUBLISHED, 28)
    facts = work(Severity.MAJOR, "executive_feedback", statement_needed=needed, statements=(one,) * out)
    assert refused(facts, "tell_result", SENIOR) == why


# The follow-up


ANSWERED = {
    "callback_method": ContactWay.PHONE,
    "reached": True,
    "resolved_flag": True,
    "satisfaction": 5,
    "customer_opinion": "好",
}


@pytest.mark.parametrize(
    ("call", "values", "why"),
    [
        (None, ANSWERED, ["no_follow_up"]),
        (FollowUpFacts(NOW, done=True), ANSWERED, ["follow_up_done"]),
        (FollowUpFacts(NOW + timedelta(minutes=1)), ANSWERED, ["follow_up_early"]),
        (FollowUpFacts(NOW), ANSWERED, []),
        (FollowUpFacts(NOW), {"callback_method": ContactWay.PHONE, "reached": False}, []),
        (FollowUpFacts(NOW), {**ANSWERED, "satisfaction": None}, ["field_missing"]),
        (FollowUpFacts(NOW), {**ANSWERED, "satisfaction": 3}, ["field_missing"]),
        (FollowUpFacts(NOW), {**ANSWERED, "satisfaction": 3, "new_demand": "修好"}, []),
        (FollowUpFacts(NOW), {**ANSWERED, "callback_method": ContactWay.SMS}, ["call_in_person"]),
    ],
)
def test_R16_a_follow_up_is_made_once_on_its_day_in_person_and_complete(call, values, why):
    facts = replace(at_step(END, Severity.IMPORTANT, teamwork=Teamwork(follow_up=call)), outcome=Outcome.RESOLVED)
    given = {name: value for name, value in values.items() if value is not None}
    assert refused(facts, "follow_up", CALLER, **given) == why
