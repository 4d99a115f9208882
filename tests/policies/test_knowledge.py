"""R38: a draft is released by a second person; a case shows nobody; what fits is found by category and words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from policies.knowledge import (
    MOST_WORDS_ASKED,
    KnowledgeFacts,
    KnowledgeState,
    asked,
    check,
    is_form,
    refuse_release,
    refused_traces,
    words_of,
)

GOOD = KnowledgeFacts("光猫频繁离线", "", "先看光功率，再看分光器", "", ("net_broadband_slow",))


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
    ("state", "actor", "checked", "gone", "compares", "traces", "expected"),
    [
        (D, 2, True, False, True, [], None),
        (D, 1, True, False, True, [], "own"),
        (D, 2, False, False, True, [], "unchecked"),
        (D, 2, True, True, True, [], "erased"),
        (D, 2, True, False, False, [], "cannot_compare"),
        (D, 2, True, False, False, ["周㛃敏"], "cannot_compare"),
        (D, 2, True, False, True, ["周㛃敏"], "traces_named"),
        (R, 2, True, False, True, [], "not_draft"),
        (D, 3, True, False, True, [], "own"),
        (D, None, True, False, True, [], "own"),
    ],
)
def test_R38_a_second_person_releases_what_names_nobody(state, actor, checked, gone, compares, traces, expected):
    found = refuse_release(state, {1, 3}, actor, checked=checked, gone=gone, compares=compares, traces=traces)
    assert (found.key.rpartition(".")[2] if found else None) == expected


def test_R38_the_question_is_bounded_and_short_words_do_not_count():
    assert len(asked("宽带掉线的处理办法以及后续" * 200)) <= MOST_WORDS_ASKED
    assert asked("the of it") == []
    assert {"宽带", "router"} <= words_of("宽带 router is on")


def test_R38_the_pieces_are_named_to_who_may_read_the_complaint_and_counted_to_others():
    assert refused_traces(["周㛃敏", "4172"], "body_zh", shown=True).params["pieces"] == ("周㛃敏", "4172")
    assert refused_traces(["周㛃敏", "4172"], "body_zh", shown=False).params == {"n": 2}


@pytest.mark.parametrize(
    ("place", "expected"),
    [("form:" + "aB_-" * 8, True), ("form:x", False), ("form:" + "x" * 33, False), ("x" * 32, False), ("", False)],
)
def test_R38_a_form_is_named_by_its_whole_token(place, expected):
    assert is_form(place) is expected
