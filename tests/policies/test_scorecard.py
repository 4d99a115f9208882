"""Scores of a card (R28): the office's worked examples, the told inspections, and the arithmetic on made-up cards."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.message import Name
from policies.scorecard import (
    Card,
    Group,
    Item,
    Mark,
    group_points,
    marks_of,
    parse_card,
    parse_scoring,
    percent_of,
    refuse_marks,
    score_card,
    settled,
)
from policies.vocabulary_inspection import ItemKind, UnitKind

OFFICE = Path(__file__).resolve().parents[2] / "backoffice/office"
DOCUMENT = yaml.safe_load((OFFICE / "scorecards.yaml").read_text(encoding="utf-8"))
CASES = yaml.safe_load((OFFICE / "inspection_cases.yaml").read_text(encoding="utf-8"))["cases"]
CARDS = {row["code"]: parse_card(row) for row in DOCUMENT["cards"]}
SCORING = parse_scoring(DOCUMENT)
RECORD_CARD = CARDS["record_process_card"]
TOLD = {
    **{example["code"]: example for example in DOCUMENT["scoring"]["worked_examples"]},
    **{case["code"]: case["inspection"] for case in CASES if "inspection" in case},
}


@pytest.mark.parametrize("name", TOLD)
def test_R28_a_told_inspection_has_its_told_score(name):
    told = TOLD[name]
    card = CARDS[told["card"]]
    score = score_card(card, marks_of(card, told["levels"], told["fatal_hits"]), SCORING)
    assert (score.applied_weight, score.weighted_points, score.score) == (
        told["applied_weight"], told["weighted_points"], Decimal(str(told["score"])),
    )  # fmt: skip
    assert score.fatal_hits == tuple(told["fatal_hits"])


def test_there_are_two_worked_examples_and_two_told_inspections():
    assert len(TOLD) == 4


@pytest.mark.parametrize(
    ("case", "clerk"), [(case["code"], row) for case in CASES if "inspection" in case
                        for row in case["indicators"] if row["indicator"] == "record_accuracy"]
)  # fmt: skip
def test_R31_record_accuracy_is_what_the_record_group_obtained_for_its_clerk(case, clerk):
    marks = marks_of(RECORD_CARD, TOLD[case]["levels"])
    found = group_points(RECORD_CARD, marks, "record", "intake_clerk")
    assert (found.points, found.applied_weight) == (Decimal(str(clerk["numerator"])), clerk["denominator"])
    assert group_points(RECORD_CARD, marks, "record", "handler").applied_weight == 0


@pytest.mark.parametrize(("score", "result"), [
    ("100", "excellent"), ("95", "excellent"), ("94.99", "good"), ("85", "good"), ("84.99", "pass"), ("75", "pass"),
    ("74.99", "fail"), ("0", "fail"),
])  # fmt: skip
def test_R28_a_score_has_the_result_of_its_band(score, result):
    assert SCORING.result_of(Decimal(score)).code == result


def test_R28_the_figures_of_the_day_stand_over_the_document():
    scoring = parse_scoring(
        DOCUMENT, {"good_from_score": 90, "corrective_action_below": 80, "comment_below_percent": 50}
    )
    assert (scoring.result_of(Decimal(89)).code, scoring.corrective_action_below) == ("pass", 80)
    assert scoring.remark_below == 50


def all_met(card):
    return marks_of(card, {item.code: 100 for item in card.weighed})


def refused(marks, card=RECORD_CARD, final=True):
    return [
        (one.key.removeprefix("scorecard.refused."), one.field)
        for one in refuse_marks(card, marks, SCORING, final=final)
    ]


def test_R28_a_card_marked_in_full_is_accepted():
    assert refused(all_met(RECORD_CARD)) == []


@pytest.mark.parametrize(("code", "mark", "expected"), [
    ("rec_basic", None, [("not_marked", "mark-rec_basic")]),
    ("fat_false", None, [("not_marked", "mark-fat_false")]),
    ("rec_basic", Mark(), [("must_apply", "mark-rec_basic")]),
    ("fat_false", Mark(), [("must_apply", "mark-fat_false")]),
    ("rec_read_back", Mark(), []),
    ("rec_basic", Mark(Decimal(75)), [("unknown_level", "mark-rec_basic"), ("remark_missing", "remark-rec_basic")]),
    ("tim_ack", Mark(Decimal(50), remark="late"), [("unknown_level", "mark-tim_ack")]),
    ("rec_basic", Mark(Decimal(50)), [("remark_missing", "remark-rec_basic")]),
    ("rec_basic", Mark(Decimal(50), remark="  "), [("remark_missing", "remark-rec_basic")]),
    ("rec_basic", Mark(Decimal(50), remark="the phone number is wrong"), []),
    ("fat_leak", Mark(Decimal(0)), [("fatal_without_remark", "remark-fat_leak")]),
    ("fat_leak", Mark(Decimal(0), remark="told a neighbour"), []),
    ("rec_basic", Mark(Decimal(50), remark="x" * 1001), [("remark_too_long", "remark-rec_basic")]),
    ("no_such", Mark(Decimal(100)), [("unknown_item", "marks")]),
])  # fmt: skip
def test_R28_what_a_final_marking_lacks_is_said_beside_its_field(code, mark, expected):
    marks = {**all_met(RECORD_CARD), code: mark}
    assert refused({item: one for item, one in marks.items() if one is not None}) == expected


def test_R28_a_draft_may_be_incomplete_but_not_contradictory():
    assert refused({"rec_basic": Mark(Decimal(50))}, final=False) == []
    assert refused({"rec_basic": Mark(Decimal(75))}, final=False) == [("unknown_level", "mark-rec_basic")]


def test_R28_where_nothing_applies_it_is_said_and_nothing_divided():
    card = a_card([item(0, 60, not_applicable_allowed=True), item(1, 40, not_applicable_allowed=True)])
    marks = {"i0": Mark(), "i1": Mark()}
    assert refused(marks, card) == [("nothing_applies", "marks")]
    assert score_card(card, marks, SCORING).score is None


def test_R28_points_and_deductions_come_to_percentages():
    points = item(0, 30, kind=ItemKind.POINTS, max_points=Decimal(3))
    deduction = item(1, 70, kind=ItemKind.DEDUCTION, percent_per_fault=Decimal(30))
    assert percent_of(points, Mark(value=Decimal(1))) == Decimal("33.33")
    assert percent_of(points, Mark(value=Decimal(2))) == Decimal("66.67")
    assert [percent_of(deduction, Mark(value=Decimal(faults))) for faults in range(5)] == [100, 70, 40, 10, 0]
    assert settled(deduction, Mark(value=Decimal(2), remark="two")) == Mark(Decimal(40), Decimal(2), "two")
    # 30 × 66.67 + 70 × 40 = 4800.1
    marks = {"i0": Mark(value=Decimal(2)), "i1": Mark(value=Decimal(2))}
    score = score_card(a_card([points, deduction]), marks, SCORING)
    assert (score.weighted_points, score.score) == (Decimal("4800.10"), Decimal("48.00"))
    assert score.needs_corrective_action


@pytest.mark.parametrize(("kind", "value", "expected"), [
    (ItemKind.POINTS, "3.01", [("points", "value-i0")]),
    (ItemKind.POINTS, "-1", [("points", "value-i0")]),
    (ItemKind.POINTS, "NaN", [("points", "value-i0")]),
    (ItemKind.POINTS, "2.555", [("points", "value-i0")]),
    (ItemKind.POINTS, "2.5", []),
    (ItemKind.DEDUCTION, "1.5", [("faults", "value-i0")]),
    (ItemKind.DEDUCTION, "1000", [("faults", "value-i0")]),
    (ItemKind.DEDUCTION, "2", []),
])  # fmt: skip
def test_R28_a_number_out_of_its_bounds_is_refused(kind, value, expected):
    card = a_card([item(0, 100, kind=kind, max_points=Decimal(3), percent_per_fault=Decimal(10))])
    assert refused({"i0": Mark(value=Decimal(value), remark="why")}, card, final=False) == expected


@pytest.mark.parametrize(("points", "weight", "score"), [
    ("50", 1, "50.00"), ("33.33", 3, "33.33"), ("0.005", 1, "0.01"), ("0.0049", 1, "0.00"), ("99.995", 7, "100.00"),
])  # fmt: skip
def test_R28_a_half_is_rounded_up(points, weight, score):
    card = a_card([item(0, weight)])
    assert score_card(card, {"i0": Mark(Decimal(points))}, SCORING).score == Decimal(score)


def item(number, weight, **more):
    return Item(f"i{number}", "g", weight, Name("项", "item"), Name("看", "look"), attributed_to="handler", **more)


def a_card(items):
    return Card(
        "c", 1, Name("表", "card"), UnitKind.CLOSED_COMPLAINT, (Group("g", Name("组", "g"), 100),), tuple(items)
    )


def exactly(items, percents):
    """The score by fractions, with its own rounding: the nearest hundredth, a half up."""
    applied = [
        (one.weight, Fraction(percent)) for one, percent in zip(items, percents, strict=True) if percent is not None
    ]
    whole = sum(weight for weight, _ in applied)
    value = sum(weight * percent for weight, percent in applied) / Fraction(whole)
    return Fraction((value * 100 + Fraction(1, 2)).__floor__(), 100)


PERCENTS = st.one_of(st.none(), st.sampled_from([Decimal(100), Decimal(50), Decimal(0)]),
                     st.decimals(0, 100, places=2))  # fmt: skip
LINES = st.lists(st.tuples(st.integers(1, 100), PERCENTS), min_size=1, max_size=25).filter(
    lambda lines: any(percent is not None for _, percent in lines)
)


def scored(lines):
    items = [item(number, weight) for number, (weight, _) in enumerate(lines)]
    marks = {one.code: Mark(percent) for one, (_, percent) in zip(items, lines, strict=True)}
    return items, marks, score_card(a_card(items), marks, SCORING)


@settings(max_examples=60)
@given(LINES)
def test_R28_the_score_is_exact_and_lies_between_0_and_100(lines):
    items, _, score = scored(lines)
    assert Fraction(score.score) == exactly(items, [percent for _, percent in lines])
    assert 0 <= score.score <= 100


@settings(max_examples=60)
@given(LINES, st.integers(2, 50))
def test_R28_only_the_proportion_of_the_weights_counts(lines, times):
    assert scored([(weight * times, percent) for weight, percent in lines])[2].score == scored(lines)[2].score


@settings(max_examples=60)
@given(LINES, st.randoms())
def test_R28_the_order_of_the_items_does_not_matter(lines, random):
    shuffled = random.sample(lines, len(lines))
    assert scored(shuffled)[2].score == scored(lines)[2].score


@settings(max_examples=60)
@given(LINES)
def test_R28_an_item_that_does_not_apply_changes_nothing(lines):
    assert scored([*lines, (17, None)])[2].score == scored(lines)[2].score


@settings(max_examples=60)
@given(LINES)
def test_R28_one_fatal_hit_makes_it_0(lines):
    items, marks, _ = scored(lines)
    card = a_card([*items, item(99, 0, fatal=True)])
    hit = score_card(card, {**marks, "i99": Mark(Decimal(0))}, SCORING)
    assert (hit.score, hit.fatal_hits, hit.result, hit.needs_corrective_action) == (0, ("i99",), "fail", True)
    assert score_card(card, {**marks, "i99": Mark(Decimal(100))}, SCORING).score == scored(lines)[2].score


@settings(max_examples=60)
@given(LINES, st.data())
def test_R28_a_better_mark_never_lowers_the_score(lines, data):
    place = data.draw(st.sampled_from([n for n, (_, percent) in enumerate(lines) if percent is not None]))
    better = [(weight, Decimal(100) if n == place else percent) for n, (weight, percent) in enumerate(lines)]
    assert scored(better)[2].score >= scored(lines)[2].score
