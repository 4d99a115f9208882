"""R34: what a post needs before somebody takes it, how long it holds, and when it lapses (office/training.yaml)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.office import document
from policies.access import Actor, Permission, refuse_unless
from policies.fitness import (
    Attempt,
    EntryRules,
    Fitness,
    Held,
    Module,
    check_rules,
    counts_since,
    fitness,
    lapse_day,
    progress,
    read_rules,
    refuse_exam,
    valid_until,
    withheld,
)
from policies.message import Name

P = Permission
RULES = EntryRules(roles=("intake_clerk", "dispatcher", "handler", "callback_clerk", "inspector"))
MODULES = [Module(row["code"], Decimal(row["hours"])) for row in document("training")["entry"]["modules"]]


def day(text):
    return date.fromisoformat(text)


def test_R34_the_office_asks_for_40_hours_80_points_and_24_months():
    rules = read_rules(document("training")["entry"])
    assert rules == RULES
    assert (rules.minimum_hours, rules.exam_pass, rules.retakes, rules.wait_days) == (40, 80, 1, 3)
    assert (rules.validity_months, rules.absence_days) == (24, 90)


def test_R34_an_office_without_the_setting_asks_for_nothing():
    assert not read_rules(None).required


HANDLER = Held("handler", date(2026, 1, 5), date(2028, 1, 4))


@pytest.mark.parametrize(
    ("held", "more", "on", "expected"),
    [
        ([HANDLER], {}, "2026-01-05", Fitness.FIT),
        ([HANDLER], {}, "2028-01-04", Fitness.FIT),
        ([HANDLER], {}, "2028-01-05", Fitness.EXPIRED),
        ([HANDLER], {}, "2026-01-04", Fitness.UNTRAINED),
        ([Held("inspector", date(2026, 1, 5), date(2028, 1, 4))], {}, "2026-06-01", Fitness.UNTRAINED),
        ([Held("handler", date(2026, 1, 5), date(2028, 1, 4), date(2026, 5, 1))], {}, "2026-04-30", Fitness.FIT),
        ([Held("handler", date(2026, 1, 5), date(2028, 1, 4), date(2026, 5, 1))], {}, "2026-05-01", Fitness.ENDED),
        ([HANDLER], {"retest": True}, "2026-06-01", Fitness.RETEST),
        ([], {"recognised": True}, "2026-06-01", Fitness.RECOGNISED),
        ([], {}, "2026-06-01", Fitness.UNTRAINED),
        ([HANDLER], {"recognised": True}, "2028-06-01", Fitness.EXPIRED),
    ],
)
def test_R34_a_qualification_holds_for_its_post_from_its_first_to_its_last_day(held, more, on, expected):
    found = fitness("handler", held, **{"recognised": False, "retest": False, **more}, on=day(on))
    assert found is expected
    assert found.is_fit is (expected in (Fitness.FIT, Fitness.RECOGNISED))


def test_R34_a_qualification_is_valid_for_24_months():
    assert valid_until(day("2026-11-22"), RULES) == day("2028-11-21")
    assert valid_until(day("2026-02-28"), RULES) == day("2028-02-27")


@pytest.mark.parametrize(
    ("away", "on", "expected"),
    [
        ([("2026-01-01", "2026-03-31")], "2026-06-01", None),  # exactly 90 days
        ([("2026-01-01", "2026-04-01")], "2026-06-01", "2026-04-01"),  # the 91st day
        ([("2026-01-01", "2026-04-30")], "2026-03-31", None),  # not yet
        ([("2026-01-01", "2026-02-15"), ("2026-02-16", "2026-04-30")], "2026-06-01", "2026-04-01"),
        ([("2026-01-01", "2026-02-15"), ("2026-02-18", "2026-04-30")], "2026-06-01", None),
        ([], "2026-06-01", None),
    ],
)
def test_R34_more_than_90_days_away_and_it_lapses(away, on, expected):
    found = lapse_day([(day(first), day(last)) for first, last in away], RULES, day(on))
    assert found == (expected and day(expected))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 300))
def test_R34_an_absence_lapses_it_exactly_when_it_is_longer_than_90_days(first, days):
    last = first + timedelta(days=days - 1)
    assert (lapse_day([(first, last)], RULES, last) is not None) == (days > 90)


def test_R34_every_module_its_hours_40_in_all_and_the_exam():
    whole = {module.code: module.hours for module in MODULES}
    assert progress(RULES, MODULES, whole, day("2026-11-20")).is_complete
    assert not progress(RULES, MODULES, whole, None).is_complete
    short = progress(RULES, MODULES, {**whole, "emergency": Decimal("1.5"), "company_products": Decimal(20)}, None)
    assert short.lacking == {"emergency": Decimal("0.5")}
    assert not short.enough
    assert progress(RULES, MODULES, {}, None).lacking == whole
    assert not progress(RULES, [], {"shadowing": Decimal("39.99")}, day("2026-11-20")).enough


FAILED, AGAIN = Attempt(date(2026, 11, 10), passed=False), Attempt(date(2026, 11, 13), passed=False)


@pytest.mark.parametrize(
    ("attempts", "on", "more", "expected"),
    [
        ([], "2026-11-10", {}, None),
        ([FAILED], "2026-11-12", {}, "fitness.refused.wait"),
        ([FAILED], "2026-11-13", {}, None),
        ([FAILED, AGAIN], "2026-11-30", {}, "fitness.refused.train_again"),
        ([FAILED, AGAIN], "2026-11-30", {"hours_enough": True}, None),
        ([FAILED, Attempt(date(2026, 11, 13), passed=True)], "2026-11-14", {}, None),
    ],
)
def test_R34_one_retake_after_three_days_then_the_training_anew(attempts, on, more, expected):
    refusal = refuse_exam(RULES, attempts, day(on), Name("新", "New"), **{"hours_enough": False, **more})
    assert (refusal and refusal.key) == expected


def test_R34_after_a_failed_retake_only_later_hours_count():
    assert counts_since(RULES, [FAILED]) is None
    assert counts_since(RULES, [FAILED, AGAIN]) == date(2026, 11, 13)
    assert counts_since(RULES, [FAILED, Attempt(date(2026, 11, 13), passed=True), AGAIN]) is None


@pytest.mark.parametrize(
    ("grants", "unfit", "expected"),
    [
        ([("handler", P.PLAN_WRITE), ("handler", P.COMPLAINT_VIEW)], {"handler"}, {P.PLAN_WRITE}),
        ([("handler", P.PLAN_WRITE), ("department_head", P.PLAN_WRITE)], {"handler"}, set()),
        ([("handler", P.PLAN_WRITE)], set(), set()),
        ([("handler", P.PLAN_WRITE), ("inspector", P.PLAN_WRITE)], {"handler", "inspector"}, {P.PLAN_WRITE}),
    ],
)
def test_R34_a_post_for_which_somebody_is_not_fit_grants_no_doing_and_keeps_the_reading(grants, unfit, expected):
    assert withheld(grants, unfit) == expected


def test_R34_who_lacks_the_training_is_told_so_and_who_lacks_the_permission_is_told_that():
    actor = Actor(5, "S005", withheld=frozenset({P.COMPLAINT_REGISTER}))
    assert refuse_unless(actor, P.COMPLAINT_REGISTER).key == "access.refused.unfit"
    assert refuse_unless(actor, P.ORDER_SEND).key == "access.refused.permission"


@pytest.mark.parametrize(
    "more",
    [{"exam_pass": 101}, {"exam_pass": 0}, {"minimum_hours": -1}, {"validity_months": 0}, {"absence_days": 0}],
)
def test_R34_figures_out_of_reason_are_refused_beside_their_field(more):
    (refusal,) = check_rules(EntryRules(**more))
    assert [refusal.field] == list(more)
