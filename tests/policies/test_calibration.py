"""R27, R28: who may be called to a calibration session, and who may do what in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies.access import SYSTEM, Actor, Permission, Scope
from policies.calibration import (
    CalibrationAct,
    Member,
    Session,
    leads,
    refuse_act,
    refuse_call,
    refuse_text,
    sees_all_marks,
)
from policies.message import Name
from policies.vocabulary_inspection import CalibrationState

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
DUE = NOW + timedelta(days=7)
A = CalibrationAct
SCORING, DISCUSSING, CLOSED, CANCELLED = CalibrationState
CALLER, MEMBER, OTHER, MANAGER, STRANGER = 1, 2, 3, 4, 5


def actor(staff_id):
    grants = {Permission.INSPECTION_SCORE: Scope.ALL}
    if staff_id == MANAGER:
        grants[Permission.SHEET_CHECK] = Scope.ALL
    return Actor(staff_id=staff_id, code=f"P{staff_id}", grants=grants)


def session(state=SCORING, scored=()):
    return Session(state, CALLER, frozenset({MEMBER, OTHER}), frozenset(scored))


def member(staff_id, **facts):
    return Member(staff_id, Name(f"员{staff_id}", f"Member {staff_id}"), **facts)


@pytest.mark.parametrize(
    ("members", "due", "refused"),
    [
        ([member(2), member(3)], DUE, []),
        ([member(2)], DUE, ["members"]),
        ([], DUE, ["members"]),
        ([member(one) for one in range(12)], DUE, []),
        ([member(one) for one in range(13)], DUE, ["members"]),
        ([member(2), member(3, is_inspector=False)], DUE, ["no_inspector"]),
        ([member(2), member(3, worked=True)], DUE, ["worked_on_it"]),
        ([member(2), member(3)], None, ["no_due"]),
        ([member(2), member(3)], NOW, ["due_past"]),
        ([member(2), member(3)], NOW + timedelta(days=400), ["due_far"]),
        ([member(2, worked=True)], None, ["members", "worked_on_it", "no_due"]),
    ],
)
def test_R28_a_session_is_called_of_two_inspectors_or_more_without_a_part_in_the_record(members, due, refused):
    assert [one.key for one in refuse_call(members, NOW, due)] == [f"calibration.refused.{one}" for one in refused]


def test_R27_who_worked_on_the_record_is_named():
    refusals = refuse_call([member(2), member(3, worked=True)], NOW, DUE)
    assert refusals[0].params["names"] == (Name("员3", "Member 3"),)


@pytest.mark.parametrize(
    ("act", "who", "state", "scored", "refused", "status"),
    [
        (A.SCORE, MEMBER, SCORING, (), None, None),
        (A.SCORE, MEMBER, SCORING, (OTHER,), None, None),
        (A.SCORE, MEMBER, SCORING, (MEMBER,), "scored_already", 409),
        (A.SCORE, CALLER, SCORING, (), "no_member", 403),
        (A.SCORE, MANAGER, SCORING, (), "no_member", 403),
        (A.SCORE, MEMBER, DISCUSSING, (), "score_not_now", 409),
        (A.END_SCORING, CALLER, SCORING, (MEMBER, OTHER), None, None),
        (A.END_SCORING, MANAGER, SCORING, (MEMBER, OTHER), None, None),
        (A.END_SCORING, MEMBER, SCORING, (MEMBER, OTHER), "leads_not", 403),
        (A.END_SCORING, CALLER, SCORING, (MEMBER,), "too_few_scored", 409),
        (A.END_SCORING, CALLER, DISCUSSING, (MEMBER, OTHER), "end_scoring_not_now", 409),
        (A.CLOSE, CALLER, DISCUSSING, (), None, None),
        (A.CLOSE, CALLER, SCORING, (), "close_not_now", 409),
        (A.CLOSE, CALLER, CLOSED, (), "close_not_now", 409),
        (A.CLOSE, STRANGER, DISCUSSING, (), "leads_not", 403),
        (A.CANCEL, CALLER, SCORING, (), None, None),
        (A.CANCEL, MANAGER, DISCUSSING, (), None, None),
        (A.CANCEL, CALLER, CLOSED, (), "cancel_not_now", 409),
        (A.CANCEL, CALLER, CANCELLED, (), "cancel_not_now", 409),
        (A.CANCEL, OTHER, SCORING, (), "leads_not", 403),
    ],
)
def test_R28_members_score_once_and_who_leads_does_the_rest(act, who, state, scored, refused, status):
    found = refuse_act(act, session(state, scored), actor(who))
    assert (found and found.key) == (refused and f"calibration.refused.{refused}")
    assert (found and found.status) == status


def test_R27_who_came_to_work_on_the_record_meanwhile_does_not_score():
    assert refuse_act(A.SCORE, session(), actor(MEMBER), {MEMBER}).key == "access.duty.no_own_inspection"
    assert refuse_act(A.SCORE, session(), actor(MEMBER), {OTHER}) is None


@pytest.mark.parametrize(("who", "does"), [(CALLER, True), (MANAGER, True), (MEMBER, False), (STRANGER, False)])
def test_R28_the_caller_and_the_quality_manager_lead(who, does):
    assert leads(session(), actor(who)) is does


def test_R28_the_system_leads_nothing_even_what_nobody_called():
    assert leads(Session(SCORING, None, frozenset(), frozenset()), SYSTEM) is (
        SYSTEM.scope(Permission.SHEET_CHECK) is Scope.ALL
    )


@pytest.mark.parametrize(("state", "open_"), [(SCORING, False), (DISCUSSING, True), (CLOSED, True), (CANCELLED, False)])
def test_R28_marks_lie_open_only_when_scoring_has_ended(state, open_):
    assert sees_all_marks(session(state, (MEMBER, OTHER))) is open_


@pytest.mark.parametrize(
    ("text", "key"), [("", "missing"), (" — ", "missing"), ("口径已统一", None), ("x" * 4001, "long")]
)
def test_R28_what_was_discussed_must_be_said(text, key):
    found = [one.key for one in refuse_text(text, "discussion")]
    expected = {"missing": ["calibration.refused.discussion_missing"], "long": ["calibration.refused.text_long"]}
    assert found == (expected[key] if key else [])
