"""R28: agreement beyond chance, against published examples; every expected figure names where it was printed."""

from __future__ import annotations

from decimal import Decimal
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.kappa import Undefined, Weighting, cohen, fleiss

NONE, LINEAR, QUADRATIC = Weighting.NONE, Weighting.LINEAR, Weighting.QUADRATIC


def pairs(table):
    """The single comparisons of a table of counts, first rater down, second across."""
    return [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]


# Wikipedia, "Cohen's kappa": 50 grant proposals read by two readers, 0.40; the two further examples there.
GRANTS = [[20, 5], [10, 15]]
SAME_PERCENT_A, SAME_PERCENT_B = [[45, 15], [25, 15]], [[25, 35], [5, 35]]
# SAS/STAT User's Guide, PROC FREQ, "Agreement Study": two dermatologists, terrible, poor, marginal, clear.
SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
# Agresti (1990), Hout et al. (1987), 91 couples; figures printed by R, package vcd, Kappa(SexualFun).
COUPLES = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
# Fleiss, Levin & Paik (2003), table 18.1: 100 diagnoses by two clinicians, 0.68.
CLINICIANS = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
# Gwet, R package irrCAC, vignette "overview", cont3x3abstractors.
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
# A SAS printout kept among the tests of statsmodels.
SAS_10 = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]


@pytest.mark.parametrize(
    ("table", "weighting", "value", "error", "low", "high", "places"),
    [
        (GRANTS, NONE, 0.40, None, None, None, 2),
        (SAME_PERCENT_A, NONE, 0.1304, None, None, None, 4),
        (SAME_PERCENT_B, NONE, 0.2593, None, None, None, 4),
        (SKIN, NONE, 0.3449, 0.0724, 0.2030, 0.4868, 4),
        (SKIN, LINEAR, 0.5082, 0.0655, 0.3798, 0.6366, 4),
        (COUPLES, NONE, 0.1293, 0.0686, -0.0051, 0.2638, 4),
        (COUPLES, LINEAR, 0.2374, 0.0783, None, None, 4),
        (CLINICIANS, NONE, 0.68, None, None, None, 2),
        (ABSTRACTORS, NONE, 0.7964094, 0.0589107, 0.681, 0.912, 3),
        (SAS_10, NONE, 0.4842, 0.1380, 0.2137, 0.7547, 4),
        (SAS_10, LINEAR, 0.4701, 0.1457, 0.1845, 0.7558, 4),
    ],
)
def test_R28_cohens_kappa_with_its_error_and_interval_is_that_of_the_published_examples(
    table, weighting, value, error, low, high, places
):
    found = cohen(pairs(table), weighting)
    for mine, theirs in ((found.value, value), (found.error, error), (found.low, low), (found.high, high)):
        assert theirs is None or mine == pytest.approx(theirs, abs=0.51 * 10**-places)


@pytest.mark.parametrize(("weighting", "error"), [(NONE, 0.1484), (LINEAR, 0.1426)])
def test_R28_the_error_if_nobody_agreed_beyond_chance_is_that_of_the_printout(weighting, error):
    assert cohen(pairs(SAS_10), weighting).null_error == pytest.approx(error, abs=0.00005)


# R, package irr, data set anxiety, raters 2 and 3 (figures kept among the tests of statsmodels).
SECOND = [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4]
THIRD = [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2]


@pytest.mark.parametrize(
    ("weighting", "value", "z"),
    [(NONE, -0.006289308, -0.0604067), (LINEAR, 0.1459075, 1.282472), (QUADRATIC, 0.2520325, 1.437451)],
)
def test_R28_weights_go_by_the_place_on_the_scale(weighting, value, z):
    # irr counts the levels that occur (1, 2, 3, 4, 6) as five steps alike.
    steps = {level: step for step, level in enumerate((1, 2, 3, 4, 6))}
    found = cohen([(steps[one], steps[other]) for one, other in zip(SECOND, THIRD, strict=True)], weighting)
    assert found.value == pytest.approx(value, abs=1e-7)
    assert found.value / found.null_error == pytest.approx(z, abs=1e-5)


# Fleiss (1971): 30 patients, six psychiatrists, five diagnoses; as R, package irr, data set diagnoses, has them.
PSYCHIATRISTS = """
    444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445
    333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"""
# Wikipedia, "Fleiss' kappa": ten subjects, 14 raters, five levels; 0.210.
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_R28_fleiss_kappa_of_the_thirty_patients_is_0430_with_the_error_of_fleiss_nee_and_landis():
    found = fleiss([[int(mark) for mark in row] for row in PSYCHIATRISTS.split()])
    assert found.value == pytest.approx(0.4302445, abs=1e-7)  # R, irr, kappam.fleiss
    assert found.value / found.null_error == pytest.approx(17.65183, abs=1e-5)  # the same


def test_R28_fleiss_kappa_of_ten_subjects_and_fourteen_raters_is_0210():
    found = fleiss([[level for level, count in enumerate(row) for _ in range(count)] for row in FOURTEEN])
    assert found.value == pytest.approx(0.210, abs=0.0005)
    assert (found.observed, found.expected) == (pytest.approx(0.378, abs=0.0005), pytest.approx(0.213, abs=0.0005))


def test_R28_of_two_raters_fleiss_kappa_is_scotts_pi_with_its_published_error():
    found = fleiss(pairs(ABSTRACTORS))
    assert found.value == pytest.approx(0.7962397, abs=1e-7)  # irrCAC, scott2.table
    assert found.error * (99 / 100) ** 0.5 == pytest.approx(0.05905473, abs=1e-6)  # it divides by n, not by n - 1


def test_R28_raters_may_be_more_or_fewer_and_a_record_with_one_mark_says_nothing():
    records = [[1, 1, 1], [2, 2], [1, 2, 2, 2], [2]]
    assert fleiss(records) == fleiss(records[:3])
    assert fleiss(records).n == 3
    assert fleiss(records).null_error is None


@pytest.mark.parametrize(
    ("found", "undefined"),
    [
        (cohen([]), Undefined.NOTHING),
        (cohen([(100, 100)] * 7), Undefined.ONE_LEVEL),
        (fleiss([]), Undefined.NOTHING),
        (fleiss([[1], [2]]), Undefined.NOTHING),
        (fleiss([[1, 1], [1, 1]]), Undefined.ONE_LEVEL),
    ],
)
def test_R28_what_cannot_be_said_is_no_number(found, undefined):
    assert (found.value, found.error, found.low, found.undefined) == (None, None, None, undefined)
    assert found.strength is None


def test_R28_perfect_agreement_is_one_and_has_no_interval():
    found = cohen([(0, 0), (50, 50), (100, 100)], LINEAR)
    assert (found.value, found.error, found.low, found.high) == (1.0, 0.0, None, None)


def test_R28_a_weight_is_measured_on_the_levels_that_could_have_been_given():
    seen = [(100, 50), (50, 50), (100, 100)]
    assert cohen(seen, LINEAR).observed == pytest.approx(2 / 3)
    assert cohen(seen, LINEAR, levels=(100, 50, 0)).observed == pytest.approx(5 / 6)


# Landis & Koch (1977), table 2.
@pytest.mark.parametrize(
    ("same", "of", "band"),
    [(0, 4, "poor"), (11, 20, "slight"), (13, 20, "fair"), (15, 20, "moderate"), (17, 20, "substantial"),
     (19, 20, "almost_perfect")],
)  # fmt: skip
def test_R28_the_bands_are_those_of_landis_and_koch(same, of, band):
    different = of - same
    marks = [(0, 0)] * (same // 2) + [(1, 1)] * (same - same // 2)
    marks += [(0, 1)] * (different // 2) + [(1, 0)] * (different - different // 2)
    assert cohen(marks).strength == band


MARKS = st.sampled_from([Decimal(0), Decimal(50), Decimal(100)])
PAIRS = st.lists(st.tuples(MARKS, MARKS), min_size=1, max_size=25)


@given(PAIRS, st.sampled_from(list(Weighting)))
def test_R28_who_is_called_the_first_rater_makes_no_difference(marks, weighting):
    one, other = cohen(marks, weighting), cohen([(second, first) for first, second in marks], weighting)
    assert one == other


@given(PAIRS)
def test_R28_other_names_for_the_levels_change_nothing(marks):
    names = {Decimal(0): 7, Decimal(50): -3, Decimal(100): 2}
    assert cohen(marks) == cohen([(names[one], names[other]) for one, other in marks])


@given(PAIRS, st.sampled_from([LINEAR, QUADRATIC]))
def test_R28_the_scale_read_from_its_other_end_changes_nothing(marks, weighting):
    assert cohen(marks, weighting) == cohen([(100 - one, 100 - other) for one, other in marks], weighting)


@given(PAIRS, st.sampled_from(list(Weighting)))
def test_R28_kappa_lies_between_minus_one_and_one_and_within_its_interval(marks, weighting):
    found = cohen(marks, weighting)
    assert (found.value is None) == (found.undefined is not None)
    if found.value is not None:
        assert -1 <= found.value <= 1
    if found.low is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1


@given(st.lists(MARKS, min_size=2, max_size=20), st.sampled_from(list(Weighting)))
def test_R28_who_agrees_always_has_one_or_nothing_can_be_said(marks, weighting):
    found = cohen([(mark, mark) for mark in marks], weighting)
    assert found.value == 1 if len(set(marks)) > 1 else found.undefined is Undefined.ONE_LEVEL


@given(st.lists(st.lists(MARKS, min_size=2, max_size=5), min_size=2, max_size=12))
def test_R28_fleiss_kappa_does_not_ask_who_gave_which_mark(records):
    assert fleiss(records) == fleiss([list(reversed(record)) for record in reversed(records)])
    value = fleiss(records).value
    assert value is None or value <= 1


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(MARKS, MARKS), min_size=2, max_size=6))
def test_R28_the_error_of_fleiss_kappa_is_that_of_leaving_out_one_record_at_a_time(marks):
    """The linearised error and the jackknife say much the same where one record does not decide everything."""
    wide = marks * 40
    found = fleiss(wide)
    if not found.error:
        return
    without = {pair: fleiss([*wide[:at], *wide[at + 1 :]]).value for at, pair in enumerate(wide[: len(marks)])}
    values = [without[pair] for pair in wide]
    mean = sum(values) / len(values)
    jackknife = ((len(values) - 1) / len(values) * sum((value - mean) ** 2 for value in values)) ** 0.5
    assert isclose(found.error, jackknife, rel_tol=0.15, abs_tol=1e-6)
