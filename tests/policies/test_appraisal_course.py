"""R33: the course of a sheet, as ``sign_off`` and ``appeal`` of ``office/appraisal.yaml`` and the duties say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from policies.appraisal_course import (
    COURSE,
    Asker,
    SheetAct,
    SheetFacts,
    is_silent,
    offers,
    period_state,
    refuse_act,
    refuse_appeal,
    refuse_decision,
    refuse_named,
)
from policies.vocabulary_appraisal import PeriodState, SheetAppealResult, SheetStatus

A, S = SheetAct, SheetStatus
AT = datetime(2026, 10, 14, 2, 0, tzinfo=UTC)
UNTIL = AT + timedelta(days=1)
PERSON, OTHER = 5, 6
QUALITY = Asker(24, checks=True, decides=True, appeals=True)
HEAD = Asker(12, approves=True, appeals=True)
SENIOR = Asker(1, approves=True, senior=True)
INSPECTOR = Asker(22, decides=True, appeals=True)
SUBJECT = Asker(PERSON, appeals=True)


def sheet(status: SheetStatus, **more: object) -> SheetFacts:
    return replace(SheetFacts(status, PERSON, acknowledge_until=UNTIL, checked_by=24), **more)


def said(act: SheetAct, facts: SheetFacts, asker: Asker, at: datetime = AT) -> str | None:
    refusal = refuse_act(act, facts, asker, at)
    return None if refusal is None else refusal.key.rpartition(".")[2]


@pytest.mark.parametrize(
    ("act", "status", "asker"),
    [
        (A.CHECK, S.COMPUTED, QUALITY),
        (A.PUBLISH, S.CHECKED, QUALITY),
        (A.ACKNOWLEDGE, S.PUBLISHED, SUBJECT),
        (A.APPEAL, S.PUBLISHED, SUBJECT),
        (A.DECIDE, S.APPEALED, QUALITY),
        (A.NAME_DECIDER, S.APPEALED, SENIOR),
        (A.APPROVE, S.ACKNOWLEDGED, HEAD),
    ],
)
def test_R33_each_step_is_taken_by_whom_the_office_names_and_in_its_order(act, status, asker):
    assert said(act, sheet(status), asker) is None
    for other in S:
        if other not in (status, S.LOCKED):
            assert said(act, sheet(other), asker) == "not_in_status"


@pytest.mark.parametrize(
    ("act", "status", "asker", "why"),
    [
        (A.CHECK, S.COMPUTED, HEAD, "not_checker"),
        (A.CHECK, S.COMPUTED, INSPECTOR, "not_checker"),
        (A.ACKNOWLEDGE, S.PUBLISHED, QUALITY, "not_subject"),
        (A.APPEAL, S.PUBLISHED, HEAD, "not_subject"),
        (A.DECIDE, S.APPEALED, INSPECTOR, "not_decider"),
        (A.DECIDE, S.APPEALED, HEAD, "not_decider"),
        (A.NAME_DECIDER, S.APPEALED, QUALITY, "not_senior"),
        (A.APPROVE, S.ACKNOWLEDGED, QUALITY, "not_approver"),
    ],
)
def test_R33_nobody_else_takes_it(act, status, asker, why):
    refusal = refuse_act(act, sheet(status), asker, AT)
    assert (refusal.key.rpartition(".")[2], refusal.status) == (why, 403)


def test_R33_nobody_checks_or_approves_an_own_sheet():
    own = sheet(S.COMPUTED, answers_id=24)
    assert said(A.CHECK, own, QUALITY) == "no_own_sheet_approval"
    assert said(A.APPROVE, sheet(S.ACKNOWLEDGED, answers_id=12), HEAD) == "no_own_sheet_approval"
    assert said(A.APPROVE, sheet(S.ACKNOWLEDGED, answers_id=1), SENIOR) == "no_own_sheet_approval"


def test_R33_the_sheet_of_who_checks_is_checked_by_a_senior_manager():
    own = sheet(S.COMPUTED, answers_id=24, of_checker=True)
    assert said(A.CHECK, own, SENIOR) is None
    assert said(A.CHECK, sheet(S.COMPUTED), SENIOR) == "not_checker"


def test_R33_heads_and_departments_are_approved_by_a_senior_manager():
    of_head = sheet(S.ACKNOWLEDGED, of_head=True, answers_id=OTHER)
    assert said(A.APPROVE, of_head, HEAD) == "heads_by_senior_manager"
    assert said(A.APPROVE, of_head, SENIOR) is None


@pytest.mark.parametrize(
    ("act", "status", "asker"),
    [(A.CHECK, S.COMPUTED, QUALITY), (A.PUBLISH, S.CHECKED, QUALITY), (A.APPROVE, S.ACKNOWLEDGED, HEAD)],
)
def test_R33_what_is_proposed_for_a_sheet_is_decided_before_anybody_signs_it(act, status, asker):
    assert said(act, sheet(status, open_lines=2), asker) == "open_lines"


def test_R33_who_checked_a_sheet_does_not_approve_it_too():
    both = replace(SENIOR, staff_id=24)
    assert said(A.APPROVE, sheet(S.ACKNOWLEDGED), both) == "checked_it"
    assert said(A.APPROVE, sheet(S.ACKNOWLEDGED, checked_by=1), SENIOR) == "checked_it"
    assert said(A.APPROVE, sheet(S.ACKNOWLEDGED, checked_by=None), SENIOR) is None


def test_R33_one_objection_and_only_within_the_days():
    assert said(A.APPEAL, sheet(S.PUBLISHED, appealed=True), SUBJECT) == "once"
    assert said(A.APPEAL, sheet(S.PUBLISHED), SUBJECT, UNTIL) is None
    assert said(A.APPEAL, sheet(S.PUBLISHED), SUBJECT, UNTIL + timedelta(minutes=1)) == "late_appeal"
    assert said(A.APPEAL, sheet(S.PUBLISHED), Asker(PERSON)) == "permission"


def test_R33_a_department_speaks_through_its_head():
    whole = sheet(S.PUBLISHED, is_department=True, of_head=True, answers_id=12)
    assert said(A.APPEAL, whole, Asker(12)) is None
    assert said(A.ACKNOWLEDGE, whole, HEAD) is None


def test_R33_where_the_check_is_at_issue_somebody_else_is_named():
    against = sheet(S.APPEALED, appealed=True, against_check=True, appellant_id=PERSON)
    assert said(A.DECIDE, against, QUALITY) == "to_be_named"
    named = replace(against, decider_id=22)
    assert said(A.DECIDE, named, INSPECTOR) is None
    assert said(A.DECIDE, named, QUALITY) == "other_decider"
    assert said(A.DECIDE, sheet(S.APPEALED, appellant_id=24), QUALITY) == "own_appeal"


@pytest.mark.parametrize(
    ("staff_id", "why"),
    [(None, "decider_unknown"), (99, "decider_unknown"), (PERSON, "decider_involved"), (24, "decider_involved")],
)
def test_R33_nobody_involved_is_named(staff_id, why):
    refusal = refuse_named(staff_id, sheet(S.APPEALED, appellant_id=PERSON), {PERSON, 22, 24})
    assert refusal.key.endswith(why)
    assert refuse_named(22, sheet(S.APPEALED, appellant_id=PERSON), {PERSON, 22, 24}) is None


def test_R33_silence_counts_once_the_days_are_over():
    assert not is_silent(sheet(S.PUBLISHED), UNTIL)
    assert is_silent(sheet(S.PUBLISHED), UNTIL + timedelta(minutes=1))
    assert not is_silent(sheet(S.APPEALED), UNTIL + timedelta(days=9))


def test_R33_an_objection_names_what_and_why():
    keys = [one.key.rpartition(".")[2] for one in refuse_appeal([], ["a"], " ")]
    assert keys == ["items", "reasons"]
    assert [one.key.rpartition(".")[2] for one in refuse_appeal(["b"], ["a"], "因为")] == ["unknown_item"]
    assert refuse_appeal(["a"], ["a"], "两件不是本人承办") == ()


def test_R33_a_decision_agrees_with_what_it_changes():
    results = SheetAppealResult
    assert [one.field for one in refuse_decision(None, "", changes=False)] == ["result", "ground"]
    assert refuse_decision(results.DISMISSED, "依据充分", changes=False) == ()
    assert refuse_decision(results.DISMISSED, "依据充分", changes=True)
    assert refuse_decision(results.UPHELD, "依据充分", changes=False)
    assert refuse_decision(results.PARTLY_UPHELD, "一件剔除", changes=True) == ()


@pytest.mark.parametrize(
    ("statuses", "computed", "state"),
    [
        ([], False, PeriodState.OPEN),
        ([], True, PeriodState.COMPUTED),
        ([S.CHECKED, S.COMPUTED], True, PeriodState.COMPUTED),
        ([S.CHECKED, S.PUBLISHED], True, PeriodState.CHECKED),
        ([S.APPEALED, S.APPROVED], True, PeriodState.PUBLISHED),
        ([S.APPROVED], True, PeriodState.PUBLISHED),
        ([S.LOCKED], True, PeriodState.LOCKED),
    ],
)
def test_R33_a_month_stands_where_its_last_sheet_stands(statuses, computed, state):
    assert period_state(statuses, computed) is state


@given(st.sampled_from(S), st.booleans(), st.booleans(), st.sampled_from([QUALITY, HEAD, SENIOR, SUBJECT, INSPECTOR]))
def test_R33_what_a_page_offers_is_what_the_rules_allow(status, appealed, against, asker):
    facts = sheet(status, appealed=appealed, against_check=against, appellant_id=PERSON if appealed else None)
    for offer in offers(facts, asker, AT):
        assert offer.refusal == refuse_act(offer.act, facts, asker, AT)
    offered = {offer.act for offer in offers(facts, asker, AT) if offer.refusal is None}
    assert offered == {act for act in A if refuse_act(act, facts, asker, AT) is None}


class Course(RuleBasedStateMachine):
    """Anybody tries anything at any time; what comes of it is what the order of the steps allows."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = sheet(S.COMPUTED)
        self.appeals = 0
        self.locked_as: SheetFacts | None = None

    @rule(
        act=st.sampled_from(A),
        asker=st.sampled_from([QUALITY, HEAD, SENIOR, SUBJECT, INSPECTOR]),
        late=st.booleans(),
        against=st.booleans(),
    )
    def try_it(self, act: SheetAct, asker: Asker, late: bool, against: bool) -> None:
        at = UNTIL + timedelta(days=1) if late else AT
        if refuse_act(act, self.facts, asker, at) is not None:
            return
        target = COURSE[act].target or self.facts.status
        more: dict[str, object] = {}
        if act is A.APPEAL:
            self.appeals += 1
            more = {"appealed": True, "against_check": against, "appellant_id": asker.staff_id}
        if act is A.NAME_DECIDER:
            more = {"decider_id": INSPECTOR.staff_id}
        self.facts = replace(self.facts, status=target, **more)

    @rule()
    def days_pass(self) -> None:
        if is_silent(self.facts, UNTIL + timedelta(days=1)):
            self.facts = replace(self.facts, status=S.ACKNOWLEDGED)

    @rule()
    def lock(self) -> None:
        if self.facts.status is S.APPROVED:
            self.facts = replace(self.facts, status=S.LOCKED)
            self.locked_as = self.facts

    @invariant()
    def a_locked_sheet_never_changes(self) -> None:
        assert self.locked_as is None or self.facts == self.locked_as

    @invariant()
    def one_objection_at_most(self) -> None:
        assert self.appeals <= 1


TestCourse = Course.TestCase
