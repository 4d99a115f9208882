"""Scores, grades and what they bring (R32): the office's worked sheets to the last digit, and the arithmetic."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policies.appraisal import (
    Item,
    Scheme,
    bonus_of,
    consecutive,
    effects_of,
    half_up,
    parse_item,
    parse_rules,
    parse_scheme,
    score_of,
    sheet_of,
)
from policies.indicator import Figure, parse_indicators, shown
from policies.vocabulary_appraisal import Better, EffectKind, ScoringKind, SubjectKind

OFFICE = Path(__file__).resolve().parents[2] / "backoffice/office"
DOCUMENT = yaml.safe_load((OFFICE / "appraisal.yaml").read_text(encoding="utf-8"))
INDICATORS = parse_indicators(DOCUMENT)
RULES = parse_rules(DOCUMENT)
SCHEMES = {row["code"]: parse_scheme(row) for row in DOCUMENT["schemes"]}
WORKED = {sheet["staff"]: sheet for sheet in DOCUMENT["worked_example"]["sheets"]}
HIGHER = INDICATORS["on_time_rate"]
LOWER = INDICATORS["dispatch_hours"]


def exactly(value) -> Fraction:
    return Fraction(str(value))


def told_sheet(staff: str):
    told = WORKED[staff]
    figures = {
        row["indicator"]: Figure(exactly(row["numerator"]), exactly(row["denominator"]), row["sample"])
        for row in told["rows"]
    }
    points = [(one["code"], Decimal(one["points"])) for one in told["adjustments"]]
    return told, sheet_of(SCHEMES[told["scheme"]], RULES, INDICATORS, figures, points, told["vetoes"])


@pytest.mark.parametrize("staff", ["S005", "S013", "S011"])
def test_R32_a_worked_sheet_comes_out_to_the_last_digit(staff):
    told, sheet = told_sheet(staff)
    for key in ("rated_weight", "weighted_sum", "base_score", "final_score"):
        assert getattr(sheet, key) == Decimal(str(told[key])), key
    assert (sheet.grade_by_score, list(sheet.vetoes), sheet.grade) == (
        told["grade_by_score"], told["vetoes"], told["grade"],
    )  # fmt: skip
    assert [effect.code for effect in sheet.effects] == told["effects"]


@pytest.mark.parametrize(("staff", "place"), [(s, n) for s in WORKED for n in range(len(WORKED[s]["rows"]))])
def test_R32_every_line_of_a_worked_sheet_comes_out_to_the_last_digit(staff, place):
    told, sheet = told_sheet(staff)
    row, wanted = sheet.rows[place], told["rows"][place]
    assert (row.indicator, row.weight, row.rated) == (wanted["indicator"], wanted["weight"], wanted["rated"])
    assert shown(row.value) == Decimal(str(wanted["value"]))
    told_score, told_part = wanted.get("score"), wanted.get("contribution")
    assert row.score == (None if told_score is None else Decimal(str(told_score)))
    assert row.contribution == (None if told_part is None else Decimal(str(told_part)))
    assert (row.why_not is None) == row.rated


def test_the_office_works_three_sheets_of_seventeen_lines():
    assert [len(WORKED[staff]["rows"]) for staff in ("S005", "S013", "S011")] == [6, 7, 4]


def item(kind: ScoringKind, **said) -> Item:
    bands = said.pop("bands", ())
    return parse_item({
        "indicator": "x", "weight": 10, "target": said.pop("target", None),
        "scoring": {"kind": kind.value, "bands": list(bands), **said},
    })  # fmt: skip


STEPS_DOWN = [{"from": "4.5", "score": 100}, {"from": "4.3", "score": 90}, {"from": 0, "score": 0}]
STEPS_UP = [{"up_to": 2, "score": 100}, {"up_to": 4, "score": 85}, {"up_to": None, "score": 0}]


@pytest.mark.parametrize(
    ("kind", "said", "indicator", "value", "score"),
    [
        (ScoringKind.AS_IS, {}, HIGHER, "91.375", "91.38"),  # half up, not half even
        (ScoringKind.AS_IS, {}, HIGHER, "91.365", "91.37"),
        (ScoringKind.AS_IS, {}, HIGHER, "120", "100.00"),
        (ScoringKind.RATIO_TO_TARGET, {"target": 85}, HIGHER, "42.5", "50.00"),
        (ScoringKind.RATIO_TO_TARGET, {"target": 85}, HIGHER, "90", "100.00"),
        (ScoringKind.MINUS_PER_POINT, {"target": 98, "per_point": 2}, HIGHER, "97.5", "99.00"),
        (ScoringKind.MINUS_PER_POINT, {"target": 98, "per_point": 2}, HIGHER, "99", "100.00"),
        (ScoringKind.MINUS_PER_POINT, {"target": 98, "per_point": 3}, HIGHER, "10", "0.00"),
        (ScoringKind.MINUS_PER_POINT, {"target": 5, "per_point": 2}, LOWER, "7.5", "95.00"),
        (ScoringKind.MINUS_PER_POINT, {"target": 5, "per_point": 2}, LOWER, "1", "100.00"),
        (ScoringKind.LINEAR, {"target": "4.5", "floor": "3.0"}, HIGHER, "3.75", "50.00"),
        (ScoringKind.LINEAR, {"target": "4.5", "floor": "3.0"}, HIGHER, "2", "0.00"),
        (ScoringKind.LINEAR, {"target": 2, "floor": 10}, LOWER, "4", "75.00"),
        (ScoringKind.BANDS, {"bands": STEPS_DOWN}, HIGHER, "4.5", "100.00"),
        (ScoringKind.BANDS, {"bands": STEPS_DOWN}, HIGHER, "4.4999", "90.00"),
        (ScoringKind.BANDS, {"bands": STEPS_DOWN}, HIGHER, "4.2", "0.00"),
        (ScoringKind.BANDS, {"bands": STEPS_UP}, LOWER, "2", "100.00"),
        (ScoringKind.BANDS, {"bands": STEPS_UP}, LOWER, "2.01", "85.00"),
        (ScoringKind.BANDS, {"bands": STEPS_UP}, LOWER, "400", "0.00"),
    ],
)
def test_R32_a_value_becomes_a_score_of_0_to_100_with_two_decimals(kind, said, indicator, value, score):
    assert score_of(item(kind, **said), indicator, Fraction(value)) == Decimal(score)


def test_R32_a_score_is_reckoned_from_the_value_before_it_is_rounded_for_showing():
    # Two thirds are shown as 66.6667 %, which would be on target; they lie a 30,000th of a point below it.
    fine = item(ScoringKind.MINUS_PER_POINT, target="66.6667", per_point=300)
    assert score_of(fine, HIGHER, Fraction(200, 3)) == Decimal("99.99")


# --- made-up schemes of percentages -------------------------------------------------------------------------------


RATES = ("on_time_rate", "first_response_rate", "resolution_rate", "satisfaction_rate")


def scheme_of(weights) -> Scheme:
    rows = [
        {"indicator": code, "weight": weight, "target": 98, "scoring": {"kind": "minus_per_point", "per_point": 2}}
        for code, weight in zip(RATES, weights, strict=False)
    ]
    return parse_scheme({"code": "x", "version": 1, "name": {}, "subject": "person", "items": rows})


def share(numerator: int, denominator: int, sample: int | None = None) -> Figure:
    return Figure(Fraction(numerator), Fraction(denominator), denominator if sample is None else sample)


def test_R32_below_its_minimum_sample_an_indicator_is_not_scored_and_its_weight_is_spread():
    figures = {"on_time_rate": share(0, 4), "first_response_rate": share(100, 100)}
    sheet = sheet_of(scheme_of([30, 70]), RULES, INDICATORS, figures)
    assert [(row.rated, row.why_not) for row in sheet.rows] == [(False, "sample"), (True, None)]
    assert (sheet.rated_weight, sheet.base_score, sheet.grade) == (70, Decimal("100.00"), "A")


@pytest.mark.parametrize(("rated", "grade"), [(60, "A"), (59, None)])
def test_R32_with_less_than_60_of_weight_rated_there_is_a_score_but_no_grade_and_nothing_follows(rated, grade):
    sheet = sheet_of(scheme_of([rated, 100 - rated]), RULES, INDICATORS, {"on_time_rate": share(98, 100)})
    assert (sheet.base_score, sheet.grade, sheet.grade_by_score) == (Decimal("100.00"), grade, grade)
    assert bool(sheet.effects) == (grade is not None)


def test_R32_without_any_rated_line_there_is_no_score():
    sheet = sheet_of(scheme_of([100]), RULES, INDICATORS, {}, [("commendation_letter", Decimal(1))], ["veto_abuse"])
    assert (sheet.base_score, sheet.final_score, sheet.grade, sheet.effects) == (None, None, None, ())
    assert (sheet.rows[0].value, sheet.weighted_sum, sheet.rated_weight) == (None, 0, 0)


@pytest.mark.parametrize(
    ("points", "counted"),
    [
        ([("lesson_adopted", 1)] * 3, 3),
        ([("lesson_adopted", 1)] * 5, 3),
        ([("overdue_after_urge", -1)] * 7, -5),
        ([("corrective_overdue", -2)] * 4, -6),
        ([("lesson_adopted", 1)] * 4 + [("overdue_after_urge", -1)] * 6, -2),  # each code has its own limit
        ([("correction", -40)], -40),  # the correction of a locked month is not an occurrence of this one
    ],
)
def test_R32_points_more_or_less_count_up_to_the_limit_of_their_code(points, counted):
    figures = {"on_time_rate": share(90, 100)}
    sheet = sheet_of(scheme_of([100]), RULES, INDICATORS, figures, [(code, Decimal(one)) for code, one in points])
    assert (sheet.adjustment, sheet.final_score) == (counted, sheet.base_score + counted)


@pytest.mark.parametrize(("points", "final"), [(3, "100.00"), (-200, "0")])
def test_R32_points_never_lift_a_score_above_100_nor_press_it_below_0(points, final):
    figures = {"on_time_rate": share(97, 100)}
    sheet = sheet_of(scheme_of([100]), RULES, INDICATORS, figures, [("correction", Decimal(points))])
    assert (sheet.base_score, sheet.final_score) == (Decimal("98.00"), Decimal(final))


@pytest.mark.parametrize(
    ("score", "grade"),
    [("100", "A"), ("95", "A"), ("94.99", "B"), ("85", "B"), ("84.99", "C"), ("75", "C"), ("74.99", "D"), ("60", "D"),
     ("59.99", "E"), ("0", "E")],
)  # fmt: skip
def test_R32_a_grade_holds_from_its_first_score_on(score, grade):
    assert RULES.grade_of(Decimal(score)).code == grade


@pytest.mark.parametrize(
    ("kept", "vetoes", "grade"),
    [
        (98, [], "A"),
        (98, ["veto_regulator_upheld"], "C"),
        (98, ["veto_regulator_upheld", "veto_data_leak"], "D"),
        (98, ["veto_false_record", "veto_data_leak"], "E"),
        (80, ["veto_regulator_upheld"], "D"),  # 64 points are a D, which is lower than the cap
    ],
)
def test_R32_a_veto_caps_the_grade_and_the_lower_one_holds(kept, vetoes, grade):
    sheet = sheet_of(scheme_of([100]), RULES, INDICATORS, {"on_time_rate": share(kept, 100)}, (), vetoes)
    assert sheet.grade == grade
    assert [effect.code for effect in sheet.effects] == list(RULES.grade(grade).effects)


def test_R32_a_veto_that_the_rules_do_not_have_is_not_passed_over():
    with pytest.raises(KeyError):
        sheet_of(scheme_of([100]), RULES, INDICATORS, {"on_time_rate": share(9, 10)}, (), ["no_such_veto"])


def test_R32_grade_a_brings_200_yuan_as_an_exact_amount_and_e_a_reduction_in_per_cent():
    best = sheet_of(scheme_of([100]), RULES, INDICATORS, {"on_time_rate": share(100, 100)})
    worst = sheet_of(scheme_of([100]), RULES, INDICATORS, {"on_time_rate": share(0, 100)})
    assert (best.bonus, best.bonus_reduction) == (Decimal(200), 0)
    assert isinstance(best.bonus, Decimal)
    assert (worst.bonus, worst.bonus_reduction) == (0, Decimal(20))
    reduction = next(one for one in worst.effects if one.kind is EffectKind.BONUS_REDUCTION)
    assert (reduction.amount, reduction.unit, reduction.cause) == (Decimal(20), "percent", "grade")


def with_effect(code: str, **said):
    return replace(RULES, effects={**RULES.effects, code: replace(RULES.effects[code], **said)})


def test_R32_what_is_switched_off_brings_nothing():
    rules = with_effect("bonus_top", enabled=False)
    sheet = sheet_of(scheme_of([100]), rules, INDICATORS, {"on_time_rate": share(100, 100)})
    assert (sheet.bonus, "bonus_top" in {one.code for one in sheet.effects}) == (0, False)


def test_R32_wages_are_not_deducted_by_the_office_s_rules():
    assert not RULES.effects["wage_deduction"].enabled
    assert effects_of(RULES, [("wage_deduction", "grade")]) == ()


@pytest.mark.parametrize("written", [Decimal(100), Decimal(-100)])
def test_R32_an_office_that_deducts_wages_takes_money_away_within_the_limit_of_a_month(written):
    ceiling = {"ceiling": Decimal(150)} if written > 0 else {"floor": Decimal(-150)}
    rules = with_effect("wage_deduction", enabled=True, amount=written, **ceiling)
    effects = effects_of(rules, [("wage_deduction", f"line:{number}") for number in range(3)])
    assert [one.amount for one in effects] == [-100, -50]
    assert bonus_of([*effects, *effects_of(rules, [("bonus_top", "grade")])]) == 50


@pytest.mark.parametrize(
    ("bounds", "causes", "amounts"),
    [
        ({}, 2, [8, 8]),
        ({"ceiling": Decimal(12)}, 2, [8, 4]),
        ({"ceiling": Decimal(8)}, 2, [8]),  # nothing is left of the second
        ({"floor": Decimal(10)}, 1, [10]),
        ({"floor": Decimal(10), "ceiling": Decimal(12)}, 3, [10, 2]),
    ],
)
def test_R32_what_one_code_brings_in_a_month_lies_between_its_floor_and_its_ceiling(bounds, causes, amounts):
    rules = with_effect("training_8h", **bounds)
    found = effects_of(rules, [("training_8h", f"cause {n}") for n in range(causes)])
    assert [effect.amount for effect in found] == amounts


def test_R32_points_taken_are_bounded_below():
    rules = with_effect("points_minus_5", floor=Decimal(-8))
    assert [one.amount for one in effects_of(rules, [("points_minus_5", "a"), ("points_minus_5", "b")])] == [-5, -3]


def months(last: str, grades: str):
    """Grades of months on end, the newest last; "-": none."""
    year, month = int(last[:4]), int(last[5:])
    found = {}
    for grade in reversed(grades):
        found[f"{year:04d}-{month:02d}"] = None if grade == "-" else grade
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found


@pytest.mark.parametrize(
    ("last", "grades", "brought"),
    [
        ("2026-09", "E", []),
        ("2026-09", "EE", ["two_e"]),
        ("2026-01", "EE", ["two_e"]),  # over the turn of the year
        ("2026-09", "E-E", []),  # a month without a grade ends the run
        ("2026-09", "EED", ["three_d"]),
        ("2026-09", "DDD", ["three_d"]),
        ("2026-09", "DDC", []),
        ("2026-09", "DDDD", []),  # three were said last month; the next three are not full yet
        ("2026-09", "EEE", ["three_d"]),
        ("2026-09", "EEEE", ["two_e"]),
        ("2026-09", "AAA", ["three_a"]),
        ("2026-10", "AAA", []),  # three on end, yet of two quarters
        ("2026-12", "A-AAA", ["three_a"]),
    ],
)
def test_R32_months_of_one_grade_bring_what_the_rules_over_months_say(last, grades, brought):
    effects = consecutive(RULES, months(last, grades))
    wanted = [code for rule in DOCUMENT["consecutive_rules"] if rule["code"] in brought for code in rule["effects"]]
    assert [one.code for one in effects] == wanted
    assert {one.cause for one in effects} == set(brought)


@pytest.mark.parametrize(
    ("last", "grades", "subject", "brought"),
    [
        ("2026-10", "AAAAAAAAAA", SubjectKind.DEPARTMENT, True),
        ("2026-12", "AABAAAABAAAA", SubjectKind.DEPARTMENT, True),
        ("2026-11", "AAAAAAAAAAA", SubjectKind.DEPARTMENT, False),  # said in the month of the tenth
        ("2026-03", "AAAAAAAAAA", SubjectKind.DEPARTMENT, False),  # seven of them were last year's
        ("2026-10", "AAAAAAAAAA", SubjectKind.PERSON, False),
    ],
)
def test_R32_ten_months_of_a_in_one_year_bring_a_department_its_award(last, grades, subject, brought):
    found = {one.code for one in consecutive(RULES, months(last, grades), subject)}
    assert ("department_flag" in found) == brought


def test_R32_no_month_brings_nothing():
    assert consecutive(RULES, {}) == ()


# --- arithmetic on anything ---------------------------------------------------------------------------------------

figure = st.integers(1, 500).flatmap(lambda whole: st.integers(0, whole).map(lambda part: share(part, whole)))
figures = st.fixed_dictionaries(dict.fromkeys(RATES, figure))
weights = st.lists(st.integers(1, 60), min_size=4, max_size=4)


@given(figures, weights, st.permutations(range(4)))
def test_R32_lines_in_another_order_come_to_the_same_score_and_grade(figures, weights, order):
    straight = scheme_of(weights)
    turned = replace(straight, items=tuple(straight.items[n] for n in order))
    one, other = (sheet_of(scheme, RULES, INDICATORS, figures) for scheme in (straight, turned))
    assert (one.weighted_sum, one.base_score, one.final_score, one.grade) == (
        other.weighted_sum, other.base_score, other.final_score, other.grade,
    )  # fmt: skip


def plainly(weights, figures) -> Fraction | None:
    """The base score reckoned in fractions, without the code under test; unrounded at the end."""
    rated = [(w, figures[code]) for w, code in zip(weights, RATES, strict=True) if figures[code].denominator >= 5]
    if not rated:
        return None
    points = []
    for weight, one in rated:
        score = max(Fraction(0), 100 - max(Fraction(0), 98 - one.numerator / one.denominator * 100) * 2)
        hundredths = score * 100
        points.append(weight * Fraction((hundredths + Fraction(1, 2)).__floor__(), 100))
    return sum(points) / sum(weight for weight, _ in rated)


@given(figures, weights)
def test_R32_the_score_is_that_of_plain_fractions_rounded_where_the_office_rounds(figures, weights):
    sheet = sheet_of(scheme_of(weights), RULES, INDICATORS, figures)
    plain = plainly(weights, figures)
    if plain is None:
        assert sheet.base_score is None
    else:
        assert Fraction(sheet.base_score) == Fraction((plain * 100 + Fraction(1, 2)).__floor__(), 100)
        assert 0 <= sheet.base_score <= 100
        assert Fraction(sheet.weighted_sum) == plain * Fraction(sheet.rated_weight)
        assert sum(row.contribution for row in sheet.rows if row.rated) * 100 == sheet.weighted_sum


@given(figures, weights, st.integers(-50, 50), st.integers(0, 50))
def test_R32_more_points_never_lower_a_score_or_a_grade(figures, weights, points, more):
    scheme = scheme_of(weights)
    one, other = (
        sheet_of(scheme, RULES, INDICATORS, figures, [("correction", Decimal(given))])
        for given in (points, points + more)
    )
    if one.final_score is not None:
        assert 0 <= one.final_score <= other.final_score <= 100
        if one.grade is not None:
            assert RULES.grade(one.grade).from_score <= RULES.grade(other.grade).from_score


ITEMS = [found for scheme in SCHEMES.values() for found in scheme.items]


@given(st.sampled_from(ITEMS), st.fractions(0, 200), st.fractions(0, 50))
def test_R32_a_better_value_never_scores_less_by_any_scheme_of_the_office(found, value, more):
    indicator = INDICATORS[found.indicator]
    better = value + more if indicator.better is Better.HIGHER else max(value - more, Fraction(0))
    worse, improved = score_of(found, indicator, value), score_of(found, indicator, better)
    assert Decimal(0) <= worse <= improved <= Decimal(100)
    assert worse == worse.quantize(Decimal("0.01"))


@given(st.fractions(-300, 300))
def test_R32_half_up_goes_to_the_nearest_hundredth_and_from_the_middle_away_from_nought(value):
    rounded = Fraction(half_up(value))
    assert abs(rounded - value) <= Fraction(1, 200)
    if abs(rounded - value) == Fraction(1, 200):
        assert abs(rounded) > abs(value)
