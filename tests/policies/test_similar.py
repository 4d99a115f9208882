"""R7, R38: what is looked for while a complaint is written, and in which order the finds are shown."""

from __future__ import annotations

import pytest

from policies.similar import MOST_PIECES, MOST_SHOWN, Found, fts5_match, pieces, ranked, tsquery


@pytest.mark.parametrize("text", ["", "网", "断网", "。！?"])
def test_R38_a_text_that_says_too_little_looks_for_nothing(text):
    assert pieces(text) == ()
    assert fts5_match(text) == tsquery(text) == ""


def test_R38_a_text_is_looked_for_by_three_characters_at_a_time():
    assert pieces("宽带断网") == (("宽带", "带断"), ("带断", "断网"))
    assert fts5_match("宽带断网") == '"宽带 带断" OR "带断 断网"'
    assert tsquery("宽带断网") == "('宽带' <-> '带断') | ('带断' <-> '断网')"


def test_R38_of_a_long_text_a_bounded_number_of_pieces_is_asked_spread_over_it():
    text = "".join(chr(0x4E00 + n) for n in range(400))
    found = pieces(text)
    assert 1 < len(found) <= MOST_PIECES
    assert found[-1][0] > chr(0x4E00 + 300)


@pytest.mark.parametrize("text", ["x' | 'y", '" OR "*', "a' & 'b:* <-> c", "\\'\x00断网断网"])
def test_R38_what_is_typed_is_never_more_than_words(text):
    asked = fts5_match(text) + tsquery(text)
    assert "*" not in asked
    assert "&" not in asked
    assert "\\" not in asked


def test_R38_the_customers_own_come_first_then_the_likest_and_what_is_unlike_is_left_out():
    found = [Found(1, 90.0), Found(2, 10.0, same_customer=True), Found(3, 29.0), Found(4, 30.0), Found(5, 90.0)]
    assert [one.id for one in ranked(found)] == [2, 5, 1, 4]


def test_R38_a_bounded_number_is_shown():
    assert len(ranked(Found(n, 50.0) for n in range(50))) == MOST_SHOWN
