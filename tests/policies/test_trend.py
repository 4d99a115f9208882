"""R35, R36: limits of chance, Pareto, medians and the forecast against published examples and by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.trend import Limits, forecast, limits_of, median_of, pareto, vital_few

NIST = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
"""NIST/SEMATECH e-Handbook 6.3.2.2, flow rates: centre 50.81, mean range 1.8778, limits 45.8159 and 55.8041."""


def test_R36_limits_are_those_of_the_handbook():
    found = limits_of(NIST)
    assert found.centre == pytest.approx(50.81)
    assert found.high == pytest.approx(55.8041, abs=1e-4)
    assert found.low == pytest.approx(45.8159, abs=1e-4)
    assert not any(found.is_outside(value) for value in NIST)
    assert found.is_outside(56)
    assert found.is_outside(45)


def test_R36_seven_values_say_too_little_for_limits():
    assert limits_of(NIST[:7]) is None
    assert limits_of(NIST[:8]) is not None


def test_R36_a_count_has_no_lower_limit_below_nought_and_a_share_none_above_a_hundred():
    assert limits_of([0, 9, 0, 9, 0, 9, 0, 9]).low == 0
    assert limits_of([100, 90, 100, 90, 100, 90, 100, 90], within=(0, 100)).high == 100


def test_R36_values_that_never_move_have_limits_at_themselves():
    assert limits_of([5.0] * 8) == Limits(5.0, 5.0, 5.0)


def test_R36_pareto_puts_the_largest_first_and_adds_up_exactly():
    rows = pareto({"wire": 42, "port": 137, "visit": 79, "notice": 58, "none": 0})
    assert [(row.key, row.count) for row in rows] == [("port", 137), ("visit", 79), ("notice", 58), ("wire", 42)]
    assert [row.cumulated for row in rows] == [
        Fraction(137, 316), Fraction(216, 316), Fraction(274, 316), Fraction(1),
    ]  # fmt: skip
    assert vital_few(rows) == 3  # 274 of 316 is the first at or above 80 %


@given(st.dictionaries(st.integers(), st.integers(0, 10_000)))
def test_R36_shares_of_a_pareto_never_rise_and_end_at_all(counts):
    rows = pareto(counts)
    assert [row.share for row in rows] == sorted((row.share for row in rows), reverse=True)
    assert sum(row.count for row in rows) == sum(counts.values())
    assert not rows or rows[-1].cumulated == 1


@pytest.mark.parametrize(
    ("tally", "median"),
    [({}, None), ({7: 1}, 7), ({1: 1, 4: 1}, Fraction(5, 2)), ({1: 3, 9: 2}, 1), ({2: 2, 3: 2}, Fraction(5, 2))],
)
def test_R36_a_median_of_tallied_values(tally, median):
    assert median_of(tally) == median


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60))
def test_R36_the_median_of_a_tally_is_that_of_the_list(values):
    from statistics import median

    tally = {value: values.count(value) for value in values}
    assert float(median_of(tally)) == median(values)


def test_R36_five_values_are_too_few_for_a_forecast():
    assert forecast([2, 4, 5, 4, 5]) is None


def test_R36_a_line_goes_on_without_any_doubt():
    found = forecast([10, 12, 14, 16, 18, 20])
    assert (found.value, found.low, found.high) == pytest.approx((22, 22, 22))


def test_R36_a_forecast_has_the_prediction_interval_of_regression():
    """By hand: y = 2, 4, 5, 4, 5, 4; slope 0.2857, rest 5.4286 − … : see the sums below."""
    values = [2, 4, 5, 4, 5, 4]
    places, mean = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], 4
    slope = sum(x * (y - mean) for x, y in zip(places, values, strict=True)) / 17.5
    rest = sum((y - mean - slope * x) ** 2 for x, y in zip(places, values, strict=True))
    error = (rest / 4 * (1 + 1 / 6 + 3.5**2 / 17.5)) ** 0.5
    found = forecast(values)
    assert found.value == pytest.approx(mean + 3.5 * slope)
    assert found.high - found.value == pytest.approx(1.533206 * error, rel=1e-5)  # t(0.90; 4), as tables have it


def test_R36_two_years_of_a_season_come_back():
    season = [100, 80, 120, 100, 100, 100, 160, 100, 100, 100, 60, 100]
    found = forecast(season * 2)
    assert found.value == pytest.approx(100, rel=0.06)  # January again
    assert forecast((season * 3)[:30]).value > 140  # July


def test_R36_a_forecast_of_counts_is_never_below_nought():
    found = forecast([50, 40, 30, 20, 10, 0])
    assert found.value == 0
    assert found.low == 0
