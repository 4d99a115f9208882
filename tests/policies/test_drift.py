"""R28: whether an inspector has come to mark otherwise than the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from policies.drift import Lean, Sums, drift_of, month_of, welch

SEPTEMBER = date(2026, 9, 1)


def sums(*scores):
    return Sums(
        len(scores), Decimal(sum(scores)), Decimal(sum(one * one for one in scores)), sum(s < 75 for s in scores)
    )


# Welch's test of R's data set "sleep" (Student 1908), t.test(extra ~ group): interval -3.3654832 to 0.2054832,
# df = 17.776; with the degrees rounded down to 17 the quantile is 2.1098 instead of 2.1028.
DRUG_1 = (7, -16, -2, -12, -1, 34, 37, 8, 0, 20)
DRUG_2 = (19, 8, 11, 1, -1, 44, 55, 16, 46, 34)


def test_R28_the_interval_of_a_difference_is_welchs():
    found = welch(Decimal("-15.8"), sums(*DRUG_1), sums(*DRUG_2))
    stretched = Decimal("17.854832") * Decimal("2.109816") / Decimal("2.102792")
    assert float(found.low) == pytest.approx(float(Decimal("-15.8") - stretched), abs=0.001)
    assert float(found.high) == pytest.approx(float(Decimal("-15.8") + stretched), abs=0.001)


STRICT, USUAL, MILD = (70, 72, 71, 69, 73), (88, 90, 89, 91, 87, 90), (99, 98, 99, 100, 99)


@pytest.mark.parametrize(
    ("own", "lean"), [(STRICT, Lean.STRICTER), (MILD, Lean.MILDER), ((88, 90, 91, 89, 88), None), (STRICT[:4], None)]
)
def test_R28_a_month_leans_where_chance_does_not_explain_it_and_four_records_are_too_few(own, lean):
    assert month_of(SEPTEMBER, sums(*own), sums(*USUAL)).lean is lean


def test_R28_a_month_in_which_nobody_else_scored_is_compared_with_nobody():
    found = month_of(SEPTEMBER, sums(*STRICT), Sums())
    assert (found.difference, found.interval, found.lean) == (None, None, None)


def test_R28_few_records_have_a_difference_but_no_interval():
    found = month_of(SEPTEMBER, sums(80), sums(*USUAL))
    assert found.difference == Decimal(80) - Decimal(535) / 6
    assert found.interval is None


def test_R28_scores_all_alike_leave_nothing_to_chance():
    found = month_of(SEPTEMBER, sums(80, 80, 80, 80, 80), sums(90, 90, 90, 90, 90))
    assert (found.interval.low, found.interval.high, found.lean) == (-10, -10, Lean.STRICTER)


@pytest.mark.parametrize(
    ("months", "drift"),
    [
        ([STRICT, STRICT], Lean.STRICTER),
        ([MILD, MILD], Lean.MILDER),
        ([STRICT, MILD], None),  # to both sides
        ([STRICT, USUAL], None),  # back again
        ([STRICT], None),  # one month alone may be chance
        ([MILD, STRICT, STRICT], Lean.STRICTER),
        ([STRICT, (80,), STRICT], Lean.STRICTER),  # a month of too few records says nothing
        ([], None),
    ],
)
def test_R28_drift_is_two_months_running_to_the_same_side(months, drift):
    assert drift_of([month_of(SEPTEMBER, sums(*own), sums(*USUAL)) for own in months]) is drift


def test_R28_everybody_elses_figures_are_the_whole_less_ones_own():
    assert sums(70, 80, 90).less(sums(70)) == sums(80, 90)
    assert sums(80, 90).plus(sums(70)) == sums(70, 80, 90)
