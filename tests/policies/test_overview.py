"""R35: periods of the manager's view, what they are compared with, and how a figure stands."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from policies.overview import (
    AGES,
    Span,
    Stretch,
    age_of,
    around,
    compared_with,
    is_better,
    meets,
    months_up_to,
    rate_band,
    read_period,
    weeks_up_to,
)
from policies.vocabulary_appraisal import Better

TODAY = date(2026, 9, 17)


@pytest.mark.parametrize(
    ("text", "first", "end", "span"),
    [
        ("2026-08", date(2026, 8, 1), date(2026, 9, 1), Span.MONTH),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1), Span.MONTH),
        ("2026-Q3", date(2026, 7, 1), date(2026, 10, 1), Span.QUARTER),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1), Span.QUARTER),
        ("2025", date(2025, 1, 1), date(2026, 1, 1), Span.YEAR),
    ],
)
def test_R35_a_period_is_read_from_an_address_and_written_back(text, first, end, span):
    found = read_period(text, TODAY)
    assert (found.first, found.end, found.span, found.text) == (first, end, span, text)


@pytest.mark.parametrize("text", [None, "", "2026-13", "2026-Q5", "26", "2026-9", "٢٠٢٦", "2026-09\n", "x" * 500])
def test_R35_what_names_no_period_is_the_present_month(text):
    assert read_period(text, TODAY).text == "2026-09"


def test_R35_a_period_that_is_over_is_compared_with_the_whole_one_before():
    assert compared_with(read_period("2026-08", TODAY), TODAY) == Stretch(date(2026, 7, 1), date(2026, 8, 1))
    assert compared_with(read_period("2026-Q1", TODAY), TODAY) == Stretch(date(2025, 10, 1), date(2026, 1, 1))


def test_R35_a_period_that_runs_is_compared_with_as_many_days_of_the_one_before():
    assert compared_with(read_period("2026-09", TODAY), TODAY) == Stretch(date(2026, 8, 1), date(2026, 8, 18))
    assert compared_with(read_period("2026-03", date(2026, 3, 30)), date(2026, 3, 30)).end == date(2026, 3, 1)


def test_R35_months_and_weeks_of_a_trend_end_with_the_period():
    months = months_up_to(read_period("2026-02", TODAY))
    assert (len(months), months[0].text, months[-1].text) == (13, "2025-02", "2026-02")
    weeks = weeks_up_to(date(2026, 9, 17))
    assert (len(weeks), weeks[-1]) == (12, Stretch(date(2026, 9, 14), date(2026, 9, 21)))
    assert all(one.first.weekday() == 0 for one in weeks)


def test_R35_the_quarter_and_the_year_around_a_day():
    assert around(Span.QUARTER, TODAY).text == "2026-Q3"
    assert around(Span.YEAR, TODAY).text == "2026"


def test_R35_a_target_is_met_by_the_indicators_own_direction():
    assert meets(Fraction(98), Decimal(98), Better.HIGHER)
    assert not meets(Fraction(979, 10), Decimal(98), Better.HIGHER)
    assert meets(Fraction(5), Decimal(5), Better.LOWER)
    assert not meets(Fraction(51, 10), Decimal(5), Better.LOWER)
    assert is_better(Fraction(6), Fraction(7), Better.LOWER) is True
    assert is_better(Fraction(6), Fraction(7), Better.HIGHER) is False
    assert is_better(Fraction(6), Fraction(6), Better.HIGHER) is None


@pytest.mark.parametrize(
    ("value", "target", "better", "band"),
    [(98, 98, "higher", 1), (89, 98, "higher", 2), (80, 98, "higher", 3), (70, 98, "higher", 4),
     (5, 5, "lower", 1), ("5.5", 5, "lower", 2), (6, 5, "lower", 3), (7, 5, "lower", 4), (1, 0, "lower", 4)],
)  # fmt: skip
def test_R35_a_cell_of_the_map_stands_by_its_distance_from_the_target(value, target, better, band):
    assert rate_band(Fraction(value), Decimal(target), Better(better)) == band


def test_R36_ages_have_no_gap():
    assert [age_of(days) for days in (0, 1, 2, 3, 29, 30, 400)] == [0, 1, 1, 2, 5, len(AGES), len(AGES)]
