"""R1, R39, R40: what may arrive as a draft, who completes it, and what is kept of it."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.access import Actor, Permission, Scope
from policies.arrival import (
    DOOR,
    DraftState,
    moment_of,
    refuse_arrival,
    refuse_done,
    refuse_draft,
    refuse_reason,
    said_otherwise,
    to_the_second,
)

NOW = datetime(2026, 11, 23, 2, 0, 37, tzinfo=UTC)


def person(scope, departments=(1,)):
    return Actor(7, "S007", 1, frozenset(departments), grants={Permission.COMPLAINT_TAKE: scope})


@pytest.mark.parametrize(
    ("actor", "department", "key"),
    [
        (person(Scope.ALL), 9, None),
        (person(Scope.ALL), None, None),
        (person(Scope.DEPARTMENT), 1, None),
        (person(Scope.DEPARTMENT), 9, "arrivals.refused.unknown"),
        (person(Scope.DEPARTMENT), None, "arrivals.refused.unknown"),
        (person(Scope.OWN), 1, "arrivals.refused.unknown"),
        (person(Scope.NONE), 1, "access.refused.permission"),
        (DOOR, 1, "access.refused.permission"),
    ],
)
def test_R1_a_draft_is_for_those_who_take_over_what_came_in_by_itself(actor, department, key):
    refusal = refuse_draft(actor, department)
    assert (refusal.key if refusal else None) == key


def test_R39_a_door_where_nobody_stands_may_hand_in_and_nothing_else():
    assert [one for one in Permission if DOOR.scope(one) is not Scope.NONE] == [Permission.COMPLAINT_REGISTER]
    assert DOOR.is_system


@pytest.mark.parametrize(
    ("what", "received_at", "fields"),
    [
        ("断网", NOW, []),
        ("断网", NOW - timedelta(days=900), []),
        (" …?", NOW, ["what"]),
        ("断网", NOW + timedelta(seconds=1), ["received_at"]),
        ("", NOW + timedelta(days=1), ["what", "received_at"]),
    ],
)
def test_R1_a_draft_says_something_and_comes_from_the_past(what, received_at, fields):
    assert [one.field for one in refuse_arrival(what, received_at, NOW)] == fields


def test_R1_a_draft_that_is_done_stays_done_and_names_its_complaint():
    assert refuse_done(DraftState.WAITING, None) is None
    assert refuse_done(DraftState.COMPLETED, "TS20261123-0001").params == {"number": "TS20261123-0001"}
    assert refuse_done(DraftState.DISCARDED, None).status == 409


@pytest.mark.parametrize(("reason", "refused"), [("广告", False), ("x" * 400, False), ("x" * 401, True), (" -", True)])
def test_R1_it_is_discarded_with_a_reason(reason, refused):
    assert (refuse_reason(reason) is not None) is refused


def test_R40_what_the_clerk_put_otherwise_is_kept_and_blanks_are_nothing():
    arrived = {"what": "晚上 掉线\r\n每天", "demand": "修", "where": "", "call_seconds": 3}
    registered = {"what": "晚上 掉线\n每天", "demand": "彻底修复", "where": "家中", "who": ""}
    assert said_otherwise(arrived, registered) == {"demand": "修"}


def test_R1_the_second_of_a_moment_outlives_a_form_that_shows_minutes():
    minute = NOW.replace(second=0)
    assert to_the_second(minute, NOW) == NOW
    assert to_the_second(minute - timedelta(minutes=1), NOW) == minute - timedelta(minutes=1)
    assert to_the_second(None, NOW) is None
    assert to_the_second(minute, None) == minute


@pytest.mark.parametrize("text", ["2026-11-23T10:00:37+08:00", "2026-11-23T02:00:37Z"])
def test_R1_a_moment_comes_with_its_zone(text):
    assert moment_of(text) == NOW


@pytest.mark.parametrize("value", ["2026-11-23T10:00:37", "yesterday", "", None, 5, {}])
def test_R1_what_is_no_moment_with_a_zone_is_none(value):
    assert moment_of(value) is None
