"""R31, R32, R33 with what the office's own document does not have: odd weights, long decimals, empty months, gaps, months
of 28 days, people who move twice. Expected values are worked out by hand from the words of ``office/appraisal.yaml``.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.appraisal import parse_item, parse_rules, parse_scheme, score_of, sheet_of
from policies.appraisal_check import KnownToSchemes, check_scheme
from policies.appraisal_posts import Parts, Post, Ranked, days_of
from policies.indicator import Figure, value_of
from policies.vocabulary_appraisal import SubjectKind
from tests.policies.test_appraisal import DOCUMENT, INDICATORS, RATES, RULES, SCHEMES, share

HIGHER, LOWER = INDICATORS["on_time_rate"], INDICATORS["rework_rate"]


def scheme_of(*items: dict, **more):
    rows = [{"scoring": {"kind": "as_is"}, "target": 90, **item} for item in items]
    return parse_scheme({"code": "x", "version": 1, "name": {}, "subject": "person", "items": rows, **more})


def as_they_are(*weights):
    return scheme_of(*({"indicator": code, "weight": weight} for code, weight in zip(RATES, weights, strict=False)))


def sheet(scheme, figures, points=(), vetoes=(), rules=RULES):
    said = [(code, Decimal(str(one))) for code, one in points]
    return sheet_of(scheme, rules, INDICATORS, figures, said, vetoes)


# Values


def test_R31_repeats_above_the_number_closed_are_shown_and_scored_as_100_per_cent():
    repeats = Figure(Fraction(7), Fraction(5), 5)
    assert value_of(INDICATORS["repeat_rate"], repeats) == 100
    item = {
        "indicator": "repeat_rate",
        "weight": 100,
        "target": 5,
        "scoring": {"kind": "minus_per_point", "per_point": 1},
    }
    assert sheet(scheme_of(item), {"repeat_rate": repeats}).base_score == Decimal("5.00")  # 100 - (100 - 5)


def test_R31_a_score_of_1_to_5_is_not_capped_and_without_anything_counted_there_is_no_value():
    assert value_of(INDICATORS["satisfaction_score"], Figure(Fraction(9), Fraction(2), 2)) == Fraction(9, 2)
    assert value_of(INDICATORS["satisfaction_score"], Figure(Fraction(0), Fraction(0), 0)) is None


# Scores: of the unrounded value, half up, 0 to 100


def test_R32_a_line_is_scored_from_the_value_before_four_decimals_are_shown():
    # 200 ÷ 300 is shown as 66.6667, which would be on target; it lies a 30,000th of a point below
    item = {"indicator": "on_time_rate", "weight": 100, "target": "66.6667",
            "scoring": {"kind": "minus_per_point", "per_point": 300}}  # fmt: skip
    assert sheet(scheme_of(item), {"on_time_rate": share(200, 300)}).rows[0].score == Decimal("99.99")


@pytest.mark.parametrize(
    ("scoring", "target", "indicator", "value", "score"),
    [
        ({"kind": "linear", "floor": 90}, 90, HIGHER, "90", "100.00"),  # nothing between floor and target
        ({"kind": "linear", "floor": 90}, 90, HIGHER, "89.9999", "0.00"),
        ({"kind": "linear", "floor": 5}, 5, LOWER, "5", "100.00"),
        ({"kind": "linear", "floor": 5}, 5, LOWER, "5.01", "0.00"),
        ({"kind": "linear", "floor": "3.125"}, "4.375", HIGHER, "3.127", "0.16"),  # 0.002 ÷ 1.25 = 0.16 %
        ({"kind": "ratio_to_target"}, 0, HIGHER, "0", "100.00"),  # a target of nought is always reached
        ({"kind": "ratio_to_target"}, "33.333", HIGHER, "11.111", "33.33"),
        ({"kind": "minus_per_point", "per_point": "0.125"}, 98, HIGHER, "97", "99.88"),  # 99.875: half up
        ({"kind": "minus_per_point", "per_point": "12.5"}, 98, HIGHER, "50", "0.00"),  # -500
        ({"kind": "minus_per_point", "per_point": 2}, "97.555", HIGHER, "97.5525", "100.00"),  # 99.995: half up
        ({"kind": "bands", "bands": [{"from": 90, "score": 100}, {"from": 70, "score": 40}]}, 90, HIGHER, "69", "0.00"),
        ({"kind": "bands", "bands": [{"up_to": 2, "score": 100}, {"up_to": 8, "score": 1}]}, 2, LOWER, "8.001", "0.00"),
        ({"kind": "bands", "bands": [{"from": 90, "score": "99.995"}]}, 90, HIGHER, "90", "100.00"),
    ],
)  # fmt: skip
def test_R32_a_score_by_parameters_that_nobody_has_used_yet(scoring, target, indicator, value, score):
    item = parse_item({"indicator": "x", "weight": 1, "target": target, "scoring": scoring})
    assert score_of(item, indicator, Fraction(value)) == Decimal(score)


# Weights


def test_R32_weights_with_three_decimals_and_weights_that_are_not_100_are_reckoned_exactly():
    figures = {"on_time_rate": share(91, 100), "first_response_rate": share(50, 100)}
    one = sheet(as_they_are("33.333", "16.667"), figures, rules=replace(RULES, minimum_rated_weight=Decimal(50)))
    assert one.rated_weight == Decimal("50.000")
    assert one.weighted_sum == Decimal("33.333") * 91 + Decimal("16.667") * 50
    assert one.base_score == Decimal("77.33")  # 3866.653 ÷ 50 = 77.33306
    assert one.grade == "C"
    assert [row.contribution for row in one.rows] == [Decimal("30.33303"), Decimal("8.33350")]


def test_R33_all_below_their_minimum_is_no_score_and_no_grade_whatever_else_is_said():
    few = {code: share(4, 4) for code in RATES}
    one = sheet(as_they_are(40, 30, 20, 10), few, [("lesson_adopted", 1)], ["veto_abuse"])
    assert (one.rated_weight, one.weighted_sum, one.base_score, one.final_score, one.grade, one.effects) == (
        0, 0, None, None, None, (),
    )  # fmt: skip
    assert {row.why_not for row in one.rows} == {"sample"}


@given(st.permutations(range(4)), st.lists(st.decimals("0.001", "60", places=3), min_size=4, max_size=4))
def test_R32_lines_with_weights_of_any_kind_come_to_the_same_in_any_order(order, weights):
    figures = {code: share(90 - 7 * place, 97) for place, code in enumerate(RATES)}
    straight = as_they_are(*weights)
    turned = replace(straight, items=tuple(straight.items[place] for place in order))
    rules = replace(RULES, minimum_rated_weight=Decimal("0.001"))
    one, other = (sheet(scheme, figures, rules=rules) for scheme in (straight, turned))
    assert (one.weighted_sum, one.rated_weight, one.base_score, one.grade) == (
        other.weighted_sum, other.rated_weight, other.base_score, other.grade,
    )  # fmt: skip
    assert {row.indicator: row for row in one.rows} == {row.indicator: row for row in other.rows}


@given(st.lists(st.integers(0, 200), min_size=4, max_size=4), st.integers(2, 9))
def test_R32_shares_of_weight_alone_matter_not_their_sum(hits, times):
    figures = {code: share(min(hit, 97), 97) for code, hit in zip(RATES, hits, strict=True)}
    rules = replace(RULES, minimum_rated_weight=Decimal(1))
    one, other = (
        sheet(as_they_are(*(weight * factor for weight in (4, 3, 2, 1))), figures, rules=rules) for factor in (1, times)
    )
    assert (one.base_score, one.grade) == (other.base_score, other.grade)


# Points, grades, vetoes, money


@pytest.mark.parametrize(
    ("base", "points", "final", "grade"),
    [
        (90, [("overdue_after_urge", -1)] * 9, "85.00", "B"),  # at most five off
        (3, [("corrective_overdue", -2)] * 3, "0", "E"),  # never below 0
        (99, [("lesson_adopted", 1)] * 3, "100.00", "A"),  # never above 100
        (95, [("lesson_adopted", "0.005")], "95.005", "A"),  # points are not rounded
        (95, [("correction", "-0.001")], "94.999", "B"),
    ],
)
def test_R32_points_more_or_less_are_limited_by_code_and_by_the_ends_of_the_scale(base, points, final, grade):
    one = sheet(as_they_are(100), {"on_time_rate": share(base, 100)}, points)
    assert (one.final_score, one.grade) == (Decimal(final), grade)


def test_R32_a_veto_caps_the_grade_and_takes_what_the_better_one_would_have_brought():
    points = [("lesson_adopted", 1)] * 3
    one = sheet(as_they_are(100), {"on_time_rate": share(99, 100)}, points, ["veto_data_leak"])
    assert (one.final_score, one.grade_by_score, one.grade) == (Decimal(100), "A", "D")
    assert one.bonus == 0
    assert [effect.code for effect in one.effects] == ["coaching_4h", "points_minus_5"]


def test_R32_a_veto_said_twice_counts_once():
    one = sheet(as_they_are(100), {"on_time_rate": share(99, 100)}, (), ["veto_abuse", "veto_abuse"])
    assert (one.vetoes, one.grade) == (("veto_abuse",), "D")


def test_R32_a_maximum_below_100_holds_for_the_score_with_its_points():
    scheme = replace(as_they_are(100), maximum_score=Decimal("97.5"))
    one = sheet(scheme, {"on_time_rate": share(97, 100)}, [("lesson_adopted", 1)])
    assert one.final_score == Decimal("97.5")


@pytest.mark.parametrize(("score", "grade"), [("95", "S"), ("94.999", "T"), ("70.001", "T"), ("70", "U"), ("0", "U")])
def test_R32_grades_of_another_office_are_found_whatever_their_names_and_order(score, grade):
    rows = [
        {"code": "U", "name": {}, "from_score": 0, "effects": []},
        {"code": "S", "name": {}, "from_score": 95, "effects": []},
        {"code": "T", "name": {}, "from_score": "70.001", "effects": []},
    ]
    assert parse_rules({**DOCUMENT, "grades": rows}).grade_of(Decimal(score)).code == grade


# What a console refuses, so that it never comes to a sheet


def faults(change) -> set[str]:
    definition = copy.deepcopy(next(row for row in DOCUMENT["schemes"] if row["code"] == "handler_2026"))
    change(definition)
    known = KnownToSchemes(INDICATORS, ["handler"], [])
    return {one.key.rpartition(".")[2] for one in check_scheme(definition, known)}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda one: one["items"][0].update(weight=24), "sum"),
        (lambda one: (one["items"][0].update(weight="24.5"), one["items"][1].update(weight="15.5")), "weight"),
        (lambda one: (one["items"][0].update(weight=45), one["items"][1].update(weight=-5)), "weight"),
        (lambda one: one["items"][0]["scoring"].update(floor=4.5), "floor_below"),
        (lambda one: one["items"][1]["scoring"].update(per_point=-3), "per_point"),
        (lambda one: one["items"][1].update(target=101), "target_range"),
        (lambda one: one["items"].append(dict(one["items"][0])), "twice"),
        (lambda one: one.update(items=[]), "no_items"),
    ],
)
def test_R32_a_scheme_that_could_not_be_reckoned_is_refused_beside_its_field(change, fault):
    assert fault in faults(change)
    assert faults(lambda one: None) == set()


# Days


RANKED = [Ranked(code, scheme.roles) for code, scheme in SCHEMES.items() if scheme.subject is SubjectKind.PERSON]


def in_february(*posts):
    first, last = days_of("2027-02")
    assert last == date(2027, 2, 28)
    return Parts(posts, first, last, RANKED)


def test_R33_a_person_who_moves_twice_in_28_days_and_returns_has_three_sheets():
    def day(number):
        return date(2027, 2, number)

    found = in_february(
        Post(7, 1, ("handler",), date(2020, 1, 1), day(9)), Post(7, 2, ("handler",), day(10), day(18)),
        Post(7, 1, ("handler",), day(19)),
    )  # fmt: skip
    assert [(part.department_id, part.from_day.day, part.until_day.day) for part in found.all] == [
        (1, 1, 9), (2, 10, 18), (1, 19, 28),
    ]  # fmt: skip
    assert [found.of_day(day(number)).from_day.day for number in (1, 9, 10, 18, 19, 28)] == [1, 1, 10, 10, 19, 19]
    # what is carried over from before the month, or closed after it, belongs to the nearest
    assert found.of_day(date(2027, 1, 27)).from_day == day(1)
    assert found.of_day(date(2027, 3, 1)).from_day == day(19)


def test_R33_a_person_who_was_away_between_two_posts_has_a_sheet_for_each():
    def day(number):
        return date(2027, 2, number)

    found = in_february(Post(7, 1, ("handler",), day(1), day(7)), Post(7, 1, ("handler",), day(15)))
    assert [(part.from_day.day, part.until_day.day) for part in found.all] == [(1, 7), (15, 28)]
    assert found.of_day(day(10)).from_day == day(1)


def test_R33_a_person_for_one_day_has_a_sheet_for_it():
    only = date(2027, 2, 28)
    (part,) = in_february(Post(7, 1, ("inspector",), only, only)).all
    assert (part.from_day, part.until_day, part.scheme) == (only, only, "inspector_2026")
