"""Appeals against inspections (R29): ``appeal`` and ``appeal_results`` of the office's scorecards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.appeal import (
    Inspected,
    Remark,
    Standing,
    correction_period,
    fitting_results,
    may_decide,
    next_decider,
    period_of,
    refuse_appeal,
    refuse_appellant,
    refuse_decision,
    refuse_lower_score,
    refuse_to_decide,
)
from policies.vocabulary_inspection import AppealResult, InspectionStatus

HANDLER, CLERK, INSPECTOR, OTHER, THIRD, STRANGER = 31, 5, 23, 22, 24, 13
HALL, QUALITY = 1, 2
UNTIL = datetime(2026, 10, 16, 10, 0, tzinfo=UTC)
FULL, HALF, NONE = Decimal(100), Decimal(50), Decimal(0)
HOLDERS = {INSPECTOR: QUALITY, OTHER: QUALITY, THIRD: QUALITY}

PUBLISHED = Inspected(
    status=InspectionStatus.PUBLISHED,
    subject_id=HANDLER,
    inspector_id=INSPECTOR,
    appeal_until=UNTIL,
    marks={
        "rec_5w1h": Standing(HALF, CLERK),
        "rec_class": Standing(FULL, CLERK),
        "rec_read_back": Standing(None, CLERK),
        "tim_steps": Standing(NONE, HANDLER),
        "res_solved": Standing(HALF, HANDLER),
    },
    workers=frozenset({HANDLER, CLERK}),
    department_id=HALL,
)


def key(refusal):
    return None if refusal is None else refusal.key.removeprefix("appeals.refused.")


@pytest.mark.parametrize(
    ("who", "change", "refused", "status"),
    [
        (HANDLER, {}, None, None),
        (CLERK, {}, None, None),
        (STRANGER, {}, "not_inspected", 403),
        (INSPECTOR, {}, "not_inspected", 403),
        (None, {}, "not_inspected", 403),
        (HANDLER, {"status": InspectionStatus.SCORED}, "not_published", 409),
        (HANDLER, {"status": InspectionStatus.CANCELLED}, "not_published", 409),
        (STRANGER, {"status": InspectionStatus.DRAWN}, "not_published", 409),
        (HANDLER, {"appellant_id": HANDLER, "status": InspectionStatus.UNDER_APPEAL}, "once", 409),
        (HANDLER, {"appellant_id": HANDLER, "status": InspectionStatus.FINAL}, "once", 409),
        (HANDLER, {"appellant_id": CLERK, "status": InspectionStatus.UNDER_APPEAL}, "once_by_other", 409),
        (HANDLER, {"status": InspectionStatus.FINAL}, "late", 409),
        (HANDLER, {"is_second": True}, "second_scoring", 409),
        (HANDLER, {"marks": {"res_solved": Standing(FULL, HANDLER)}}, "nothing_to_contest", 409),
    ],
)
def test_R29_the_inspected_objects_once_after_publication(who, change, refused, status):
    refusal = refuse_appellant(replace(PUBLISHED, **change), who, UNTIL - timedelta(hours=1))
    assert (key(refusal), refusal and refusal.status) == (refused, status)


def test_R29_the_minute_in_which_the_period_ends_still_counts_and_the_next_does_not():
    assert refuse_appellant(PUBLISHED, HANDLER, UNTIL + timedelta(seconds=59)) is None
    assert key(refuse_appellant(PUBLISHED, HANDLER, UNTIL + timedelta(seconds=60))) == "late"


def test_R29_the_inspected_contests_what_is_not_met_and_others_only_what_counts_for_them():
    assert PUBLISHED.contestable(HANDLER) == ("rec_5w1h", "rec_read_back", "tim_steps", "res_solved")
    assert PUBLISHED.contestable(CLERK) == ("rec_5w1h",)
    assert PUBLISHED.contestable(STRANGER) == PUBLISHED.contestable(None) == ()


@pytest.mark.parametrize(
    ("who", "items", "reasons", "refused"),
    [
        (HANDLER, ["res_solved"], "致歉与补偿均已落实", []),
        (HANDLER, ["res_solved", "tim_steps"], "Both were done", []),
        (HANDLER, [], "？？", ["items", "reasons"]),
        (HANDLER, ["res_solved"], "  — ", ["reasons"]),
        (HANDLER, ["rec_class"], "met in full", ["foreign_item"]),
        (HANDLER, ["no_such_item"], "why", ["foreign_item"]),
        (CLERK, ["res_solved"], "not mine", ["foreign_item"]),
    ],
)
def test_R29_an_appeal_names_what_it_contests_and_says_why(who, items, reasons, refused):
    assert [key(one) for one in refuse_appeal(PUBLISHED, who, items, reasons)] == refused


@pytest.mark.parametrize(
    ("who", "change", "refused"),
    [
        (OTHER, {}, None),
        (INSPECTOR, {}, "access.duty.no_own_appeal_decision"),
        (HANDLER, {}, "own_score"),
        (CLERK, {}, "own_score"),
        (OTHER, {"appellant_id": OTHER}, "own_score"),
        (OTHER, {"workers": frozenset({OTHER})}, "access.duty.no_own_inspection"),
        (OTHER, {"second_scorers": frozenset({OTHER})}, "second_scorer"),
        (OTHER, {"second_scorers": frozenset({OTHER, THIRD})}, None),
        (OTHER, {"department_id": QUALITY}, None),
        (STRANGER, {}, "access.refused.permission"),
        (None, {}, "nobody_decides"),
    ],
)
def test_R29_an_appeal_is_decided_by_another_inspector_without_a_part_in_it(who, change, refused):
    refusal = refuse_to_decide(replace(PUBLISHED, **change), who, HOLDERS)
    assert key(refusal) == refused
    assert refusal is None or refusal.status == 403


def test_R29_who_has_a_weaker_part_in_it_decides_only_where_nobody_else_can():
    holders = {**HOLDERS, 40: HALL}
    assert may_decide(PUBLISHED, holders) == (OTHER, THIRD)
    both = replace(PUBLISHED, second_scorers=frozenset({OTHER}), workers=frozenset({THIRD}))
    assert may_decide(both, holders) == (OTHER, 40)
    assert may_decide(replace(both, workers=frozenset({OTHER, THIRD, 40})), holders) == ()


def test_R29_deciders_take_turns():
    monday, tuesday = (datetime(2026, 10, day, tzinfo=UTC) for day in (12, 13))
    assert next_decider([], {}, {}) is None
    assert next_decider([22, 24], {}, {}) == 22
    assert next_decider([22, 24], {}, {22: monday}) == 24
    assert next_decider([22, 24], {}, {22: monday, 24: tuesday}) == 22
    assert next_decider([22, 24], {22: 1}, {22: monday, 24: tuesday}) == 24


KEPT, RAISED, MET = Remark(HALF, HALF), Remark(NONE, HALF), Remark(HALF, FULL)


@pytest.mark.parametrize(
    ("changes", "fitting"),
    [
        ([KEPT], ["dismissed"]),
        ([KEPT, KEPT], ["dismissed"]),
        ([MET], ["upheld"]),
        ([MET, Remark(None, FULL)], ["upheld"]),
        ([Remark(HALF, None)], ["upheld"]),
        ([MET, KEPT], ["partly_upheld"]),
        ([RAISED], ["upheld", "partly_upheld"]),
        ([RAISED, MET], ["upheld", "partly_upheld"]),
    ],
)
def test_R29_the_outcome_agrees_with_what_the_marks_do(changes, fitting):
    assert list(fitting_results(changes)) == fitting
    for result in AppealResult:
        refused = refuse_decision(result, "因为", dict(enumerate(changes)), range(len(changes)))
        assert [key(one) for one in refused] == ([] if result in fitting else [f"result_{result}"])


@pytest.mark.parametrize(
    ("result", "ground", "changes", "refused"),
    [
        ("upheld", "回访确认已落实", {"res_solved": MET}, []),
        ("upheld", " … ", {"res_solved": MET}, ["ground"]),
        (None, "为何", {"res_solved": MET}, ["result"]),
        ("upheld", "x", {"res_solved": MET, "tim_steps": MET}, ["not_contested"]),
        ("dismissed", "x", {}, ["not_contested"]),
        ("upheld", "x", {"res_solved": Remark(HALF, NONE)}, ["worse"]),
        ("upheld", "x", {"res_solved": Remark(None, HALF)}, ["worse"]),
    ],
)
def test_R29_a_decision_gives_its_ground_and_keeps_to_what_is_contested(result, ground, changes, refused):
    stated = None if result is None else AppealResult(result)
    found = [key(one) for one in refuse_decision(stated, ground, changes, ["res_solved"])]
    assert found == refused


def test_R29_an_appeal_never_lowers_the_whole():
    assert refuse_lower_score(Decimal("69.79"), Decimal("69.79")) is None
    assert key(refuse_lower_score(Decimal("69.79"), Decimal("69.78"))) == "lower_score"


@given(st.lists(st.sampled_from([None, NONE, HALF, FULL]).flatmap(
    lambda old: st.sampled_from([None, NONE, HALF, FULL]).map(lambda new: Remark(old, new))), min_size=1))  # fmt: skip
def test_R29_every_decision_has_an_outcome_and_only_an_unchanged_one_is_dismissed(changes):
    fitting = fitting_results(changes)
    assert fitting
    assert (AppealResult.DISMISSED in fitting) is not any(one.is_changed for one in changes)


@pytest.mark.parametrize(
    ("locked", "final_on", "period"),
    [
        ([], "2026-10-19", "2026-10"),
        (["2026-09"], "2026-10-19", "2026-10"),
        (["2026-10"], "2026-10-19", "2026-11"),
        (["2026-10", "2026-11"], "2026-10-19", "2026-12"),
        (["2026-12"], "2026-12-31", "2027-01"),
        (["2026-11", "2026-12", "2027-01"], "2026-11-30", "2027-02"),
    ],
)
def test_R33_a_locked_month_never_moves_its_correction_stands_in_the_next_open_one(locked, final_on, period):
    assert correction_period(locked, date.fromisoformat(final_on)) == period


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.sets(st.integers(0, 30)))
def test_R33_a_correction_never_stands_in_a_locked_month_nor_before_its_own(day, months):
    first = day.year * 12 + day.month - 1
    locked = {f"{(first + n) // 12:04d}-{(first + n) % 12 + 1:02d}" for n in months}
    period = correction_period(locked, day)
    assert period not in locked
    assert period >= period_of(day)
