"""R38: a draft is released by a second person; a case shows nobody; what fits is found by category and words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from policies.knowledge import (
    MOST_WORDS_ASKED,
    Customer,
    KnowledgeFacts,
    KnowledgeState,
    anonymised,
    asked,
    check,
    customer_of,
    refuse_release,
    traces_in,
    words_of,
)

GOOD = KnowledgeFacts("光猫频繁离线", "", "先看光功率，再看分光器", "", ("net_broadband_slow",))
RECORD = {
    "customer_name": "周㛃敏", "contact_phone": "13900004172", "email": "zhou@example.com",
    "address": "浙江省杭州市西湖区文三路 18 号 3 栋 1102 室", "elements": {"customer_number": "KD13900004172"},
}  # fmt: skip
NUMBERS = ("TS20261123-0001", "GD20261123-0012")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"title_zh": " "}, ["title_zh"]),
        ({"body_zh": ""}, ["body_zh"]),
        ({"title_en": "x" * 121}, ["title_en"]),
        ({"categories": ()}, ["categories"]),
        ({"categories": ("gone",)}, ["categories"]),
        ({"valid_from": date(2026, 12, 1), "valid_until": date(2026, 12, 1)}, []),
        ({"valid_from": date(2026, 12, 2), "valid_until": date(2026, 12, 1)}, ["valid_until"]),
    ],
)
def test_R38_an_article_has_a_title_a_text_and_categories(change, expected):
    assert [one.field for one in check(replace(GOOD, **change), {"net_broadband_slow"}, "zh_Hans")] == expected


D, R = KnowledgeState.DRAFT, KnowledgeState.RELEASED


@pytest.mark.parametrize(
    ("state", "actor", "checked", "gone", "traces", "expected"),
    [
        (D, 2, True, False, [], None),
        (D, 1, True, False, [], "own"),
        (D, 2, False, False, [], "unchecked"),
        (D, 2, True, True, [], "erased"),
        (D, 2, True, False, ["周㛃敏"], "traces"),
        (R, 2, True, False, [], "not_draft"),
        (D, 3, True, False, [], "own"),
        (D, None, True, False, [], "own"),
    ],
)
def test_R38_a_second_person_releases_what_names_nobody(state, actor, checked, gone, traces, expected):
    found = refuse_release(state, {1, 3}, actor, checked=checked, gone=gone, traces=traces)
    assert (found.key.rpartition(".")[2] if found else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("宽带每晚掉线，周㛃敏本人电话 13900004172", "宽带每晚掉线，***本人电话 ***"),
        ("请打 139 1234 5678 找李工", "请打 *** 找李工"),
        ("住文三路 18 号 3 栋 1102 室", "住***"),
        ("邮箱 zhou@example.com 或 other@example.org", "邮箱 *** 或 ***"),
        ("证件 330102199001011234", "证件 ***"),
        ("并入 TS20261123-0001，工单 GD20261123-0012", "并入 ***，工单 ***"),
        ("客户号 KD13900004172", "客户号 ***"),
        ("近 7 日离线 41 次，降速到 3.1 Mbps", "近 7 日离线 41 次，降速到 3.1 Mbps"),
    ],
)
def test_R38_R39_a_case_hides_names_numbers_addresses_and_its_own_numbers_whole(text, expected):
    customer = customer_of(RECORD, NUMBERS)
    hidden = anonymised(text, customer)
    assert hidden == expected
    assert traces_in([hidden], customer) == []
    assert anonymised(hidden, customer) == hidden


def test_R38_what_still_names_the_customer_is_found():
    customer = customer_of(RECORD, NUMBERS)
    assert traces_in(["客户周㛃敏说", "好"], customer) == ["周㛃敏"]
    assert traces_in(["没有"], Customer()) == []


def test_R38_the_question_is_bounded_and_short_words_do_not_count():
    assert len(asked("宽带掉线的处理办法以及后续" * 200)) <= MOST_WORDS_ASKED
    assert asked("the of it") == []
    assert {"宽带", "router"} <= words_of("宽带 router is on")
