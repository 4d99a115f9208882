"""R7, R38: what is looked for while a complaint is written, and in which order the finds are shown."""

from __future__ import annotations

import pytest

from policies.similar import (
    GROUPS,
    HITS,
    MOST_RARE,
    MOST_SHOWN,
    MOST_WORDS,
    TOGETHER,
    Found,
    Wanted,
    asked_words,
    fts5_matches,
    likeness,
    ranked,
    tsqueries,
    wanted,
)


@pytest.mark.parametrize("text", ["", "网", "断网", "。！?"])
def test_R38_a_text_that_says_too_little_looks_for_nothing(text):
    assert asked_words(text, "云栖苑小区") == ()


def test_R38_a_text_is_looked_for_by_pairs_of_characters_and_by_what_else_was_said():
    assert asked_words("宽带断网", "云栖苑") == ("宽带", "带断", "断网", "云栖", "栖苑")


def test_R38_of_a_long_text_a_bounded_number_of_words_is_looked_at():
    text = "".join(chr(0x4E00 + n) for n in range(400))
    assert len(asked_words(text, text[300:], text[:5])) <= MOST_WORDS


def test_R38_words_that_stand_in_few_complaints_are_looked_for_singly_and_common_ones_together():
    seen = {"宽带": 60, "断网": 30, "晚上": 20, "云栖": 0, "栖苑": 1}
    what = wanted(list(seen), seen, sample=160, total=100_000)
    assert what == Wanted(("云栖", "栖苑"), (("晚上", "断网", "宽带"),))


def test_R38_in_a_small_office_every_word_is_looked_for():
    seen = {"宽带": 9, "断网": 9}
    assert set(wanted(list(seen), seen, sample=10, total=10).rare) == {"宽带", "断网"}


def test_R38_what_is_looked_for_stays_within_its_bounds_however_large_the_office():
    words = [chr(0x4E00 + n) * 2 for n in range(150)]
    seen = {word: n % 40 for n, word in enumerate(words)}
    for total in (1_000, 100_000, 10_000_000):
        what = wanted(words, seen, sample=160, total=total)
        assert 1 <= len(what.rare) <= MOST_RARE
        assert len(what.rare) == 1 or sum(total * max(seen[word], 0.5) / 160 for word in what.rare) <= HITS
        assert len(what.together) <= GROUPS
        assert all(len(group) == TOGETHER for group in what.together)


def test_R38_both_databases_are_asked_the_same():
    what = Wanted(("云栖", "栖苑"), (("晚上", "断网", "宽带"),))
    assert fts5_matches(what) == ('"云栖" OR "栖苑"', '("晚上" AND "断网" AND "宽带")')
    assert tsqueries(what) == ("'云栖' | '栖苑'", "('晚上' & '断网' & '宽带')")
    assert fts5_matches(Wanted()) == tsqueries(Wanted()) == ()


@pytest.mark.parametrize(
    "text", ["x' | 'y 断网断网", '" OR "* 断网断网', "a' & 'b:* <-> c 断网断网", "\\'\x00断网断网"]
)
def test_R38_what_is_typed_is_never_more_than_words(text):
    what = Wanted(asked_words(text))
    asked = fts5_matches(what)[0].replace('"', "").replace(" OR ", "") + tsqueries(what)[0].replace("'", "")
    assert set(asked) & set("*&\\<'\":()") == set()


def test_R38_the_same_words_are_wholly_alike_and_none_not_at_all():
    assert likeness(8, 8, 8) == 100
    assert likeness(0, 8, 8, same_category=True) == 0
    assert likeness(4, 8, 8, same_category=True) > likeness(4, 8, 8) > likeness(3, 8, 8)
    assert likeness(8, 8, 8, same_category=True) == 100


def test_R38_the_customers_own_come_first_then_the_likest_and_what_is_unlike_is_left_out():
    found = [Found(1, 90.0), Found(2, 10.0, same_customer=True), Found(3, 29.0), Found(4, 30.0), Found(5, 90.0)]
    assert [one.id for one in ranked(found)] == [2, 5, 1, 4]


def test_R38_a_bounded_number_is_shown():
    assert len(ranked(Found(n, 50.0) for n in range(50))) == MOST_SHOWN
