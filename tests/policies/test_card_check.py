"""A scorecard is checked before it may be used (R28): weights sum to 100, fatal items weigh nothing, each fault named."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.card import parse_card
from policies.card_check import CardFormError, check_card, check_form, check_texts
from policies.card_form import (
    differences,
    moved_item,
    tidy,
    weights,
    with_groups,
    with_item,
    with_new_item,
    without_item,
)

OFFICE = Path(__file__).resolve().parents[2] / "backoffice/office"
ROWS = yaml.safe_load((OFFICE / "scorecards.yaml").read_text(encoding="utf-8"))["cards"]
CARD = ROWS[0]


@pytest.mark.parametrize("row", ROWS, ids=[row["code"] for row in ROWS])
def test_R28_the_offices_own_cards_pass(row):
    check_form(row)
    assert check_card(row) == []


def broken(item=None, groups=None, **more):
    """The record card with something of it said otherwise: of an item, of the groups' weights, or of the head."""
    card = {**deepcopy(CARD), **more}
    for code, said in (item or {}).items():
        next(row for row in card["items"] if row["code"] == code).update(said)
    for code, said in (groups or {}).items():
        next(row for row in card["groups"] if row["code"] == code).update(said)
    return card


def faults(card):
    return [one.key.removeprefix("card.refused.") for one in check_card(card)]


@pytest.mark.parametrize(("card", "expected"), [
    (broken({"rec_basic": {"weight": 7}}), ["group_sum"]),
    (broken(groups={"record": {"weight": 21}}), ["sum", "group_sum"]),
    (broken({"rec_basic": {"weight": 7}, "rec_5w1h": {"weight": 5}}), []),  # 7 + 5 is what 6 + 6 was
    (broken({"rec_basic": {"weight": 0}, "rec_5w1h": {"weight": 12}}), ["weight"]),
    (broken({"fat_false": {"weight": 1}}), ["fatal_weight"]),
    (broken({"fat_false": {"not_applicable_allowed": True}}), ["fatal_applies"]),
    (broken({"fat_false": {"levels_percent": [100, 50, 0]}}), ["fatal_levels"]),
    (broken({"fat_false": {"kind": "deduction", "percent_per_fault": 10}}), ["fatal_levels"]),
    (broken({"rec_basic": {"levels_percent": [100, 0, 50]}}), ["levels"]),
    (broken({"rec_basic": {"levels_percent": [100, 50, 50, 0]}}), ["levels"]),
    (broken({"rec_basic": {"levels_percent": [90, 0]}}), ["levels"]),
    (broken({"rec_basic": {"levels_percent": [100, 50]}}), ["levels"]),
    (broken({"rec_basic": {"levels_percent": ["x", 0]}}), ["levels"]),
    (broken({"rec_basic": {"kind": "stars"}}), ["kind"]),
    (broken({"rec_basic": {"kind": "yes_no"}}), ["yes_no_levels"]),
    (broken({"rec_basic": {"kind": "yes_no", "levels_percent": [100, 0]}}), []),
    (broken({"rec_basic": {"kind": "points"}}), ["max_points"]),
    (broken({"rec_basic": {"kind": "points", "max_points": 5}}), []),
    (broken({"rec_basic": {"kind": "deduction", "percent_per_fault": 101}}), ["per_fault"]),
    (broken({"rec_basic": {"kind": "deduction", "percent_per_fault": 12.5}}), []),
    (broken({"rec_basic": {"attributed_to": "cook"}}), ["attributed_to"]),
    (broken({"rec_basic": {"attributed_to": "speaker"}}), ["attributed_to"]),  # a closed complaint has no speaker
    (broken({"rec_basic": {"rules": ["R41"]}}), ["rules"]),
    (broken({"rec_basic": {"rules": []}}), ["no_rules"]),
    (broken({"rec_basic": {"evidence": ["tea_leaves"]}}), ["evidence"]),
    (broken({"rec_basic": {"comment_required_below_percent": 101}}), ["remark_below"]),
    (broken({"rec_basic": {"group": "nowhere"}}), ["group_sum", "unknown_group"]),
    (broken({"rec_basic": {"code": "rec_5w1h"}}), ["item_twice"]),
    (broken({"rec_basic": {"name": {"zh": "准确", "en": ""}}}), ["item_name"]),
    (broken({"rec_basic": {"judge": {"zh": "", "en": "right"}}}), ["judge"]),
    (broken(groups={"tone": {"name": {"zh": "语气", "en": " "}}}), ["group_name"]),
    (broken(groups={"tone": {"code": "result"}}), ["group_twice", "group_sum", "unknown_group", "unknown_group"]),
    (broken(name={"zh": "", "en": "Card"}), ["card_name"]),
    ({**CARD, "groups": [], "items": []}, ["no_groups"]),
    ({**CARD, "groups": [*CARD["groups"], {"code": "more", "weight": 0, "name": {"zh": "又", "en": "more"}}]}, ["group_empty"]),
])  # fmt: skip
def test_R28_a_card_that_cannot_be_used_says_why(card, expected):
    check_form(card)
    assert faults(card) == expected


def test_R28_a_fault_names_its_item():
    found = check_card(broken({"tim_ack": {"weight": 0}, "tim_steps": {"weight": 15}}))
    assert found[0].params["item"] == (CARD["items"][9]["name"]["zh"], CARD["items"][9]["name"]["en"])


@pytest.mark.parametrize("card", [
    {}, {**CARD, "groups": "x"}, {**CARD, "items": [7]}, {**CARD, "applies_to": "dinner"}, {**CARD, "name": "x"},
    {**CARD, "items": [{**CARD["items"][0], "weight": "6"}]}, {**CARD, "items": [{**CARD["items"][0], "weight": True}]},
    {**CARD, "items": [{**CARD["items"][0], "rules": "R2"}]}, {**CARD, "items": [{**CARD["items"][0], "rules": [{}]}]},
    {**CARD, "groups": [{"code": "x", "weight": 1}]}, {**CARD, "groups": [{"code": 7, "weight": 1, "name": {}}]},
])  # fmt: skip
def test_R28_what_cannot_be_read_at_all_is_told_apart(card):
    with pytest.raises(CardFormError):
        check_form(card)


def test_R28_a_draft_may_be_wrong_but_not_without_end():
    assert [one.key for one in check_texts(broken({"rec_basic": {"name": {"zh": "x" * 121, "en": "x"}}}))] == [
        "reference.refused.too_long"
    ]
    many = {**CARD, "items": [{**CARD["items"][0], "code": f"i{n}"} for n in range(61)]}
    assert [one.key for one in check_texts(many)] == ["card.refused.too_many_items"]
    assert [one.key for one in check_texts(broken({"rec_basic": {"code": "../x"}}))] == ["card.refused.code"]


# The form


def order(card, group="record"):
    return [row["code"] for row in card["items"] if row["group"] == group]


def test_R28_an_item_moves_within_its_group_and_never_past_its_ends():
    assert order(moved_item(CARD, "rec_5w1h", -1))[:2] == ["rec_5w1h", "rec_basic"]
    assert order(moved_item(CARD, "rec_basic", -1)) == order(CARD)
    assert order(moved_item(CARD, "fat_conceal", 1)) == order(CARD)


def test_R28_an_item_changes_comes_and_goes():
    changed = with_item(CARD, "rec_basic", {"weight": 5})
    assert [weight.items for weight in weights(changed)] == [19, 30, 25, 15, 10]
    elsewhere = with_item(CARD, "rec_basic", {"group": "tone"})
    assert order(elsewhere, "tone")[-1] == "rec_basic"
    more = with_new_item(CARD, {**CARD["items"][0], "code": "", "weight": 1})
    assert order(more)[-1] == "record_1"
    assert check_form(more) is None
    assert order(without_item(more, "record_1")) == order(CARD)
    assert parse_card(tidy(CARD)) == parse_card(CARD)


def test_R28_a_new_group_gets_a_code_of_its_own():
    groups = with_groups(CARD, [*CARD["groups"], {"code": "", "name": {"zh": "又", "en": "more"}, "weight": 0}])[
        "groups"
    ]
    assert groups[-1]["code"] == "group_1"


def test_R28_two_versions_are_told_apart_part_by_part():
    after = moved_item(
        with_new_item(with_item(CARD, "rec_basic", {"weight": 5}), {**CARD["items"][0], "code": "own"}), "rec_5w1h", -1
    )
    found = [(one.part, one.key) for one in differences(CARD, after)]
    assert found == [(("item", "rec_basic"), "weight"), (("item", "own"), ""), (None, "item_order")]
    assert list(differences(CARD, tidy(CARD))) == []


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([row["code"] for row in CARD["items"]]), st.sampled_from([-1, 1])), max_size=20)
)
def test_R28_moving_loses_and_doubles_nothing(moves):
    card = CARD
    for code, by in moves:
        card = moved_item(card, code, by)
    assert sorted(row["code"] for row in card["items"]) == sorted(row["code"] for row in CARD["items"])
    assert check_card(card) == []
