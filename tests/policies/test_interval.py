"""How sure a figure from a sample is (R27, R31): against published intervals, and what must hold of every one."""

from decimal import Decimal
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.interval import FEW, Interval, Rate, mean_of, said_mean, said_rate, t_quantile, wilson

# Newcombe, R. G. (1998), Statistics in Medicine 17:857-872, table I, method 3: score without continuity correction.
NEWCOMBE = [
    (81, 263, "0.2553", "0.3662"),
    (15, 148, "0.0624", "0.1605"),
    (0, 20, "0.0000", "0.1611"),
    (1, 29, "0.0061", "0.1718"),
]


@pytest.mark.parametrize(("hits", "n", "low", "high"), NEWCOMBE)
def test_R31_the_interval_of_a_rate_is_the_published_one(hits, n, low, high):
    found = wilson(hits, n)
    four = Decimal("0.0001")
    assert (found.low.quantize(four), found.high.quantize(four)) == (Decimal(low), Decimal(high))


def test_R31_a_rate_of_all_mirrors_a_rate_of_none():
    assert wilson(20, 20) == Interval(1 - wilson(0, 20).high, Decimal(1))


def test_R31_nothing_counted_has_no_interval_and_is_said_in_words():
    assert wilson(0, 0) is None
    assert Rate(0, 0).share is None
    assert said_rate(Rate(0, 0)).key == "interval.none"
    assert said_mean(None).key == "interval.none"


@pytest.mark.parametrize(
    ("hits", "n", "confidence"), [(-1, 3, 0.95), (4, 3, 0.95), (0, -1, 0.95), (1, 2, 0.0), (1, 2, 1.0)]
)
def test_R31_what_no_count_can_be_is_refused(hits, n, confidence):
    with pytest.raises(ValueError, match="no count"):
        wilson(hits, n, confidence)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_R31_every_interval_holds_its_rate_and_lies_between_nothing_and_all(counted):
    hits, n = counted
    found = wilson(hits, n)
    tiny = Decimal("0.000001")
    assert 0 <= found.low <= Decimal(hits) / n + tiny
    assert Decimal(hits) / n - tiny <= found.high <= 1
    wider = wilson(hits, n, 0.99)
    assert wider.low <= found.low
    assert found.high <= wider.high


def test_R31_a_rate_is_said_with_its_interval_and_its_number():
    said = said_rate(Rate(81, 263))
    assert (said.key, said.params) == (
        "interval.rate", {"percent": Decimal("30.8"), "low": Decimal("25.5"), "high": Decimal("36.6"), "count": 263})  # fmt: skip


def test_R31_few_are_known_to_be_few():
    assert Rate(1, FEW - 1).is_few
    assert not Rate(1, FEW).is_few


# Two-sided 95 % points of Student's t as every printed table has them (Fisher and Yates, table III).
STUDENT = [
    (1, 12.7062),
    (2, 4.3027),
    (3, 3.1824),
    (5, 2.5706),
    (10, 2.2281),
    (20, 2.0860),
    (30, 2.0423),
    (60, 2.0003),
    (120, 1.9799),
]


@pytest.mark.parametrize(("freedom", "value"), STUDENT)
def test_R31_the_quantile_of_t_is_the_one_of_the_printed_tables(freedom, value):
    assert t_quantile(0.975, freedom) == pytest.approx(value, abs=5.1e-5)


def test_R31_t_of_very_many_is_the_normal_one():
    assert t_quantile(0.975, 1_000_000) == pytest.approx(1.959964, abs=1e-5)


@pytest.mark.parametrize(("probability", "freedom"), [(0.5, 3), (1.0, 3), (0.9, 0)])
def test_R31_a_quantile_that_there_is_not_is_refused(probability, freedom):
    with pytest.raises(ValueError, match="quantile"):
        t_quantile(probability, freedom)


def sums(values):
    return len(values), sum(values, Decimal(0)), sum((one * one for one in values), Decimal(0))


def test_R31_the_interval_of_a_mean_is_the_published_one():
    """NIST/SEMATECH e-Handbook 1.3.5.2, heat flow meter: n 195, mean 9.261460, s 0.022789: 9.258242 to 9.264679."""
    n, mean, s = 195, Decimal("9.261460"), Decimal("0.022789")
    found = mean_of(n, mean * n, s * s * (n - 1) + mean * mean * n)
    assert float(found.interval.low) == pytest.approx(9.258242, abs=1.5e-6)
    assert float(found.interval.high) == pytest.approx(9.264679, abs=1.5e-6)


@given(st.lists(st.decimals(0, 100, places=2), min_size=2, max_size=40))
def test_R31_a_mean_from_sums_is_the_mean_of_the_measures(values):
    found = mean_of(*sums(values))
    numbers = [float(one) for one in values]
    assert float(found.mean) == pytest.approx(fmean(numbers))
    half = t_quantile(0.975, len(values) - 1) * stdev(numbers) / len(values) ** 0.5
    assert float(found.interval.high - found.interval.low) / 2 == pytest.approx(half, abs=2e-5)
    cut = mean_of(*sums(values), within=(Decimal(0), Decimal(100))).interval
    assert Decimal(0) <= cut.low <= cut.high <= Decimal(100)


def test_R31_one_measure_has_a_mean_and_no_interval():
    one = mean_of(1, Decimal("84.24"), Decimal("84.24") ** 2)
    assert one.interval is None
    assert said_mean(one).params == {"mean": Decimal("84.24")}
    assert mean_of(0, Decimal(0), Decimal(0)) is None
