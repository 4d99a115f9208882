"""R28: how far two scorings of one record are alike, and when a calibration session follows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.agreement import (
    AgreementRules,
    Alike,
    Concern,
    Scored,
    alike,
    among,
    by_item,
    compare,
    kappa_among,
    overall,
)
from policies.kappa import Undefined
from tests.support.told_cases import office

RULES = AgreementRules()
LEVELS = {item: (Decimal(100), Decimal(50), Decimal(0)) for item in "abcdefghijklmnopqrst"}


def percents(text):
    """Marks by item from a to t: + met, / partly, - not met, o does not apply, a blank is not marked."""
    values = {"+": Decimal(100), "/": Decimal(50), "-": Decimal(0), "o": None}
    return {item: values[sign] for item, sign in zip("abcdefghijklmnopqrst", text, strict=False) if sign != " "}


def test_R28_the_bounds_are_those_of_the_office():
    bounds = office("scorecards")["agreement"]
    assert (RULES.target_percent, RULES.max_difference) == (bounds["target_percent"], bounds["max_difference"])


@pytest.mark.parametrize(
    ("first", "second", "same", "both", "one_sided", "percent"),
    [
        ("+++++", "+++++", 5, 5, 0, "100.00"),
        ("+++++", "++++/", 4, 5, 0, "80.00"),
        ("+/-o+", "+/-o+", 4, 4, 0, "100.00"),
        ("++o++", "+++o+", 3, 3, 2, "100.00"),  # what applied to one alone counts for neither
        ("+++", "+/ ", 1, 2, 0, "50.00"),  # never marked is not compared
        ("++/", "+++", 2, 3, 0, "66.67"),  # rounded half up
        ("ooo", "+++", 0, 0, 3, None),
        ("", "", 0, 0, 0, None),
    ],
)
def test_R28_agreement_is_items_alike_of_items_that_both_applied(first, second, same, both, one_sided, percent):
    found = alike(percents(first), percents(second))
    assert found == Alike(same, both, one_sided)
    assert found.percent == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("second", "scores", "concerns"),
    [
        ("+" * 20, ("90", "90"), ()),
        ("+" * 17 + "---", ("90", "90"), ()),  # 17 of 20 are 85 %
        ("+" * 16 + "----", ("90", "90"), (Concern.AGREEMENT,)),
        ("+" * 20, ("90", "80"), ()),  # 10 points are not more than 10
        ("+" * 20, ("90", "79.99"), (Concern.DIFFERENCE,)),
        ("+" * 20, ("79.99", "90"), (Concern.DIFFERENCE,)),
        ("-" * 20, ("90", "0"), (Concern.AGREEMENT, Concern.DIFFERENCE)),
        ("o" * 20, ("90", None), ()),
    ],
)
def test_R28_below_85_percent_or_more_than_10_points_apart_calls_for_a_calibration(second, scores, concerns):
    one, other = (None if score is None else Decimal(score) for score in scores)
    found = compare(Scored(percents("+" * 20), one), Scored(percents(second), other), LEVELS)
    assert found.concerns(RULES) == concerns


def test_R28_not_the_rounded_share_is_held_against_the_bound():
    assert Alike(16_999, 20_000).percent == Decimal("85.00")
    assert not Alike(16_999, 20_000).reaches(Decimal(85))


def test_R28_the_difference_is_signed_the_second_less_the_first():
    found = compare(Scored(percents("+"), Decimal(80)), Scored(percents("+"), Decimal("84.24")), LEVELS)
    assert found.difference == Decimal("4.24")


def test_R28_the_kappa_of_two_scorings_weighs_a_half_mark_as_half_a_difference():
    found = compare(Scored(percents("++//--")), Scored(percents("+/+/-/")), LEVELS)
    assert found.kappa.observed == pytest.approx(1 - 3 * 0.5 / 6)
    assert compare(Scored(percents("+++")), Scored(percents("+++")), LEVELS).kappa.undefined is Undefined.ONE_LEVEL


def test_R28_items_are_counted_over_all_records_and_keep_the_cards_order():
    pairs = [(percents("+/o"), percents("++o")), (percents("-/+"), percents("-/o"))]
    found = by_item(pairs, {item: LEVELS[item] for item in "cab"})
    assert [one.item for one in found] == ["c", "a", "b"]
    assert [one.alike for one in found] == [Alike(0, 0, 1), Alike(2, 2), Alike(1, 2)]
    assert found[0].kappa.undefined is Undefined.NOTHING
    assert overall(pairs, {item: LEVELS[item] for item in "abc"}).alike == Alike(3, 4, 1)


def test_R28_among_several_each_pair_of_inspectors_is_one_comparison():
    found = among([percents("++o"), percents("+/o"), percents("+/+")], "abc")
    assert found == {"a": Alike(3, 3), "b": Alike(1, 3), "c": Alike(0, 0, 2)}


def test_R28_the_kappa_among_several_judges_each_item_by_those_to_whom_it_applied():
    # By hand: pairs alike 1, 1/3 (two of three the same) and 1; shares 5/9, 1/9, 3/9 over three items of three.
    found = kappa_among([percents("++-"), percents("++-"), percents("+/-")], "abc")
    observed, expected = (1 + 1 / 3 + 1) / 3, (25 + 1 + 9) / 81
    assert found.value == pytest.approx((observed - expected) / (1 - expected))


SIGNS = st.text("+/-o ", min_size=20, max_size=20)


@given(SIGNS, SIGNS)
def test_R28_it_makes_no_difference_who_scored_first(first, second):
    assert alike(percents(first), percents(second)) == alike(percents(second), percents(first))


@given(st.lists(st.tuples(SIGNS, SIGNS), max_size=6))
def test_R28_the_items_come_to_the_whole_card(texts):
    pairs = [(percents(first), percents(second)) for first, second in texts]
    parts = [one.alike for one in by_item(pairs, LEVELS)]
    whole = overall(pairs, LEVELS).alike
    assert (sum(one.same for one in parts), sum(one.both for one in parts)) == (whole.same, whole.both)
