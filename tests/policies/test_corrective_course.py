"""R30: the course of a corrective action: whose act it is, from where to where, what it must say, when one is reminded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from policies.corrective import opens_by_rule, parse_corrective, refuse_new
from policies.corrective_course import (
    COURSE,
    NOT_DONE,
    Asker,
    CorrectiveAct,
    Facts,
    effect_days,
    fields_of,
    in_time,
    offers,
    refuse_act,
    refuse_values,
)
from policies.corrective_reminders import Moments, Step, due_now
from policies.vocabulary_teamwork import CorrectiveStatus
from tests.support.told_cases import office

WRITTEN = office("corrective_actions")
RULES = parse_corrective(WRITTEN)
A, S = CorrectiveAct, CorrectiveStatus
OWNER, HELPER, ASSIGNER, VERIFIER, OTHER = Asker(1), Asker(2), Asker(3, assigns=True), Asker(4, verifies=True), Asker(9)
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY, LATER = date(2026, 11, 23), date(2026, 12, 21)
FACTS = Facts(S.ASSIGNED, 1, date(2026, 12, 18), "resample", frozenset({2}), 3)
HOURS = timedelta(hours=1)


def why(act, facts, asker, at=AT):
    refusal = refuse_act(act, facts, asker, at)
    return None if refusal is None else refusal.key.rpartition(".")[2]


def wrong(act, values, facts=FACTS, staff=None):
    return [(one.field, one.key.rpartition(".")[2]) for one in refuse_values(act, facts, values, TODAY, staff)]


@pytest.mark.parametrize(
    ("act", "status", "asker", "leads_to"),
    [
        (A.ACCEPT, S.ASSIGNED, OWNER, S.ACCEPTED), (A.START, S.ACCEPTED, OWNER, S.IN_PROGRESS),
        (A.FINISH, S.ACCEPTED, OWNER, S.DONE), (A.FINISH, S.IN_PROGRESS, OWNER, S.DONE),
        (A.FINISH, S.REOPENED, OWNER, S.DONE), (A.VERIFY, S.DONE, VERIFIER, S.VERIFIED),
        (A.REJECT, S.DONE, VERIFIER, S.REOPENED), (A.CAME_BACK, S.VERIFIED, VERIFIER, S.REOPENED),
        (A.CANCEL, S.IN_PROGRESS, ASSIGNER, S.CANCELLED), (A.HAND_OVER, S.IN_PROGRESS, ASSIGNER, S.ASSIGNED),
        (A.REPORT, S.IN_PROGRESS, HELPER, None),
    ],
)  # fmt: skip
def test_R30_an_act_leads_from_its_status_to_the_next(act, status, asker, leads_to):
    assert why(act, replace(FACTS, status=status), asker) is None
    assert COURSE[act].target == leads_to


@pytest.mark.parametrize(
    ("act", "status", "asker", "reason"),
    [
        (A.ACCEPT, S.ASSIGNED, OTHER, "not_owner"), (A.ACCEPT, S.ASSIGNED, HELPER, "not_owner"),
        (A.ACCEPT, S.ACCEPTED, OWNER, "not_in_status"), (A.FINISH, S.ASSIGNED, OWNER, "not_in_status"),
        (A.REPORT, S.IN_PROGRESS, OTHER, "not_worker"), (A.VERIFY, S.DONE, OTHER, "not_verifier"),
        (A.VERIFY, S.IN_PROGRESS, VERIFIER, "not_in_status"), (A.CANCEL, S.ACCEPTED, OWNER, "not_assigner"),
        (A.HAND_OVER, S.DONE, ASSIGNER, "not_in_status"), (A.CANCEL, S.CANCELLED, ASSIGNER, "closed"),
        (A.VERIFY, S.DONE, Asker(1, verifies=True), "no_own_verification"),
        (A.VERIFY, S.DONE, Asker(2, verifies=True), "helper_verifies"),
        (A.GRANT_EXTENSION, S.ACCEPTED, ASSIGNER, "no_extension_asked"),
    ],
)  # fmt: skip
def test_R30_what_is_not_theirs_or_not_now_is_refused_with_its_reason(act, status, asker, reason):
    assert why(act, replace(FACTS, status=status), asker) == reason


@pytest.mark.parametrize("act", list(A))
@pytest.mark.parametrize("verifies", [True, False])
def test_R30_owner_and_helpers_never_verify_whatever_else_they_may(act, verifies):
    """The office's rule ``owner_not_verifier``."""
    for staff_id in (1, 2):
        asker = Asker(staff_id, assigns=True, verifies=verifies)
        for status in S:
            if COURSE[act].who == "verifier":
                assert refuse_act(act, replace(FACTS, status=status), asker, AT) is not None


def test_R30_who_worked_on_it_does_not_verify_it_after_it_was_handed_over_either():
    done = replace(FACTS, status=S.DONE, worked=frozenset({1, 4, 7}))
    assert why(A.VERIFY, done, VERIFIER) == why(A.REJECT, done, VERIFIER) == "worker_verifies"
    assert why(A.VERIFY, done, Asker(8, verifies=True)) is None
    verified = replace(done, status=S.VERIFIED)
    assert why(A.CONFIRM_EFFECT, verified, VERIFIER) == why(A.CAME_BACK, verified, VERIFIER) == "worker_verifies"


def test_R30_extended_once_and_only_with_the_agreement_of_whoever_assigned_it():
    asked = replace(FACTS, status=S.ACCEPTED, asked_until=LATER)
    assert why(A.ASK_EXTENSION, asked, OWNER) == "extension_asked"
    assert why(A.GRANT_EXTENSION, asked, ASSIGNER) is None
    assert why(A.GRANT_EXTENSION, asked, Asker(8, assigns=True)) == "not_assigner"
    assert why(A.ASK_EXTENSION, replace(FACTS, extended=True), OWNER) == "extended_already"


@pytest.mark.parametrize(
    "facts",
    [replace(FACTS, assigned_by=None), replace(FACTS, assigner_there=False), replace(FACTS, assigned_by=1)],
    ids=["a rule opened it", "whoever assigned it has left", "the owner assigned it to themselves"],
)
def test_R30_somebody_else_who_may_assign_answers_where_nobody_else_can_and_never_the_owner(facts):
    facts = replace(facts, status=S.ACCEPTED, asked_until=LATER)
    assert why(A.GRANT_EXTENSION, facts, Asker(8, assigns=True)) is None
    assert why(A.GRANT_EXTENSION, facts, Asker(1, assigns=True)) == "not_assigner"


@pytest.mark.parametrize(
    ("verification", "values", "reasons"),
    [
        ("resample", {"result": "已抽 10 件"}, [("evidence", "evidence_needed")]),
        ("resample", {"result": "已抽 10 件", "evidence": "清单见系统"}, []),
        ("resample", {"result": "已抽 10 件", "file": ["清单.txt"]}, []),
        ("resample", {"evidence": "清单见系统"}, [("result", "field_missing")]),
        ("document_check", {"result": "已修订", "evidence": "见公告"}, [("file", "file_needed")]),
        ("document_check", {"result": "已修订", "file": ["修订稿.pdf"]}, []),
    ],
)
def test_R30_nothing_is_done_without_evidence(verification, values, reasons):
    assert wrong(A.FINISH, values, replace(FACTS, status=S.ACCEPTED, verification=verification)) == reasons


@pytest.mark.parametrize(
    ("act", "values", "reasons"),
    [
        (A.REJECT, {"reason": "仍有 2 件"}, [("due_on", "field_missing")]),
        (A.REJECT, {"reason": "仍有 2 件", "due_on": date(2026, 11, 22)}, [("due_on", "new_date_past")]),
        (A.REJECT, {"reason": "仍有 2 件", "due_on": TODAY}, []),
        (A.ASK_EXTENSION, {"reason": "缺料", "due_on": date(2026, 12, 18)}, [("due_on", "extension_not_later")]),
        (A.ASK_EXTENSION, {"reason": " ", "due_on": LATER}, [("reason", "field_missing")]),
        (A.HAND_OVER, {"reason": "调岗", "owner": 1}, [("owner", "same_owner")]),
        (A.HAND_OVER, {"reason": "调岗", "owner": 77}, [("owner", "unknown_person")]),
        (A.SET_HELPERS, {"helpers": [1]}, [("helpers", "owner_helps")]),
        (A.SET_HELPERS, {}, []),
        (A.CANCEL, {}, [("reason", "field_missing")]),
    ],
)
def test_R30_an_act_says_what_it_must(act, values, reasons):
    assert wrong(act, values, staff={1, 2, 5}) == reasons


def test_R30_what_a_rule_opened_is_explained_by_who_accepts_it():
    bare = replace(FACTS, explained=False)
    assert fields_of(COURSE[A.ACCEPT], bare)[0] == ("root_cause", "expected_effect")
    assert wrong(A.ACCEPT, {"root_cause": "无复核"}, bare) == [("expected_effect", "field_missing")]
    assert fields_of(COURSE[A.ACCEPT], FACTS) == ((), ())


@pytest.mark.parametrize("row", WRITTEN["types"], ids=lambda row: row["code"])
def test_R30_the_effect_is_checked_after_the_figure_and_a_trend_after_two_months(row):
    assert effect_days(row["verification"], 60) == (62 if row["verification"] == "indicator_trend" else 60)
    assert effect_days(row["verification"], 90) == 90


def test_R30_the_effect_is_confirmed_from_its_day_on_but_what_came_back_is_reopened_at_once():
    facts = replace(FACTS, status=S.VERIFIED, effect_due_at=AT + HOURS)
    assert why(A.CONFIRM_EFFECT, facts, VERIFIER) == "effect_early"
    assert why(A.CAME_BACK, facts, VERIFIER) is None
    assert why(A.CONFIRM_EFFECT, facts, VERIFIER, AT + HOURS) is None


@pytest.mark.parametrize(
    ("score", "fatal", "opens"),
    [(None, True, True), (0, True, True), ("74.99", False, True), (75, False, False), (100, False, False)],
)
def test_R28_a_fatal_hit_or_less_than_75_opens_one(score, fatal, opens):
    from decimal import Decimal

    below = Decimal(office("scorecards")["scoring"]["corrective_action_below"])
    assert below == 75
    assert opens_by_rule(None if score is None else Decimal(score), fatal, below) is opens


NEW = {"source": "audit", "type": "rule_change", "title": "t1", "root_cause": "c1", "owner": 5, "expected_effect": "e1"}


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        *[({name: None}, [(name, "field_missing")]) for name in WRITTEN["required_fields"] if name != "due"],
        ({"source": "rumour"}, [("source", "unknown_source")]),
        ({"source": "post_review"}, [("source", "unknown_source")]),
        ({"source": "inspection"}, [("inspection", "field_missing")]),
        ({"source": "complaint"}, [("complaint", "field_missing")]),
        ({"type": "wish"}, [("type", "unknown_type")]),
        ({"owner": 6}, [("owner", "owner_not_yours")]),
        ({"due_on": date(2026, 11, 22)}, [("due_on", "new_date_past")]),
        ({"helpers": [5]}, [("helpers", "owner_helps")]),
    ],
)  # fmt: skip
def test_R30_one_that_is_assigned_by_the_form_says_everything(change, reasons):
    found = refuse_new({**NEW, **change}, RULES, TODAY, {5})
    assert [(one.field, one.key.rpartition(".")[2]) for one in found] == reasons


# Reminders

DUE = datetime(2026, 12, 18, 10, tzinfo=UTC)
MOMENTS = Moments(DUE - 33 * HOURS, DUE, DUE + 7 * 24 * HOURS, DUE + 60 * 24 * HOURS)


@pytest.mark.parametrize(
    ("after", "status", "told", "steps"),
    [
        (-40, S.ACCEPTED, (), []),
        (-33, S.ACCEPTED, (), [Step.BEFORE]),
        (-1, S.REOPENED, ("before:2026-12-18",), []),
        (0, S.ASSIGNED, (), [Step.DUE]),
        (200, S.IN_PROGRESS, (), [Step.DUE, Step.OVERDUE]),
        (200, S.IN_PROGRESS, ("due:2026-12-18",), [Step.OVERDUE]),
        (200, S.IN_PROGRESS, ("due:2026-11-30", "overdue:2026-11-30"), [Step.DUE, Step.OVERDUE]),
        (200, S.DONE, (), []),
        (200, S.CANCELLED, (), []),
        (200, S.VERIFIED, (), []),
        (60 * 24, S.VERIFIED, (), [Step.EFFECT]),
        (60 * 24, S.VERIFIED, ("effect:2027-02-16",), []),
    ],
)
def test_R30_each_reminder_goes_out_once_for_each_date(after, status, told, steps):
    assert [one.step for one in due_now(status, False, MOMENTS, DUE + after * HOURS, told)] == steps


def test_R31_in_time_is_done_by_its_date():
    assert in_time(DUE, DUE)
    assert not in_time(DUE + HOURS, DUE)
    assert not in_time(None, DUE)


# Walks


class Walk(RuleBasedStateMachine):
    """Anybody tries anything, at any time: what a course must keep holds whatever the order."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = replace(FACTS, assigned_by=3)
        self.at = AT
        self.closed_as: Facts | None = None
        self.extensions = 0

    @rule(
        act=st.sampled_from(list(A)),
        asker=st.sampled_from([OWNER, HELPER, ASSIGNER, VERIFIER, OTHER]),
        days=st.integers(0, 40),
    )
    def tries(self, act, asker, days):
        self.at += timedelta(days=days)
        before = self.facts
        offered = {one.act for one in offers(before, asker, self.at) if one.refusal is None}
        refusal = refuse_act(act, before, asker, self.at)
        assert (refusal is None) == (act in offered)
        if refusal is not None:
            return
        assert asker.staff_id not in (1, 2) or COURSE[act].who != "verifier"
        self.facts = self._after(act, before)
        if self.facts.closed:
            self.closed_as = self.closed_as or self.facts

    def _after(self, act, before):
        now = replace(before, status=COURSE[act].target or before.status)
        if act is A.VERIFY:
            return replace(now, effect_due_at=self.at + timedelta(days=60))
        if act is A.CONFIRM_EFFECT:
            return replace(now, effect_checked=True)
        if act in (A.REJECT, A.CAME_BACK):
            return replace(now, effect_due_at=None)
        if act is A.ASK_EXTENSION:
            return replace(now, asked_until=LATER)
        if act is A.GRANT_EXTENSION:
            self.extensions += 1
            return replace(now, asked_until=None, extended=True)
        return replace(now, asked_until=None) if act in (A.REFUSE_EXTENSION, A.FINISH, A.CANCEL, A.HAND_OVER) else now

    @invariant()
    def what_is_closed_never_changes(self):
        assert self.closed_as is None or self.facts == self.closed_as

    @invariant()
    def it_is_extended_once_at_most(self):
        assert self.extensions <= 1

    @invariant()
    def nothing_waits_for_an_answer_after_it_was_done(self):
        assert self.facts.asked_until is None or self.facts.status in NOT_DONE

    @invariant()
    def what_is_open_can_always_go_on(self):
        """No dead end: somebody of the office can do something, in time."""
        if not self.facts.closed:
            far = self.at + timedelta(days=400)
            people = (OWNER, HELPER, ASSIGNER, VERIFIER)
            assert any(one.refusal is None for asker in people for one in offers(self.facts, asker, far))


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
