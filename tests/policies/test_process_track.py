"""The way of a complaint through its processes (R14, R3): how often each way was gone, when it was where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from policies.process_track import Move, legs

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def at(hours):
    return START + timedelta(hours=hours)


def test_R14_stays_and_ways_of_a_complaint_that_went_round_twice():
    moves = [
        Move(at(0), "register", None, "register"),
        Move(at(1), "start_check", "register", "check"),
        Move(at(3), "submit_plan", "check", "approve"),
        Move(at(4), "return_plan", "approve", "plan"),
        Move(at(5), "submit_plan", "plan", "approve"),
        Move(at(6), "return_plan", "approve", "plan"),
        Move(at(7), "submit_plan", "plan", "approve"),
    ]
    [leg] = legs(moves, "general")
    assert leg.ways["approve", "return_plan"] == 2
    assert leg.ways["plan", "submit_plan"] == 2
    assert leg.ways["plan", "withdraw"] == 0
    assert [(visit.came, visit.left) for visit in leg.of("approve")] == [
        (at(3), at(4)), (at(5), at(6)), (at(7), None),
    ]  # fmt: skip
    assert leg.steps == {"register", "check", "approve", "plan"}


def test_R3_a_regraded_complaint_has_a_leg_for_each_process():
    moves = [
        Move(at(0), "register", None, "register"),
        Move(at(1), "start_check", "register", "check"),
        Move(at(2), "regrade", "check", "check", "general", "general"),
        Move(at(3), "regrade", "check", "check", "general", "major"),
        Move(at(4), "accept", "check", "set_up_team"),
    ]
    first, second = legs(moves, "major")
    assert (first.severity, second.severity) == ("general", "major")
    assert first.ways["check", "regrade"] == 2
    assert first.visits[-1].left == at(3)
    assert second.visits[0].step == "check"
    assert second.ways["check", "accept"] == 1
    assert second.visits[-1].left is None


def test_R14_a_complaint_that_has_just_come_in_is_at_its_first_step():
    [leg] = legs([Move(at(0), "register", None, "register")], "important")
    assert (leg.severity, leg.steps, sum(leg.ways.values())) == ("important", {"register"}, 0)
