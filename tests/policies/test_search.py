"""Words for searching (R38): any part of two Chinese characters, words of the rest, and nothing that is not a word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.search import (
    LONGEST_WORD,
    MOST_GROUPS,
    MOST_WORDS,
    Phrase,
    fts5_match,
    fts5_words,
    index_words,
    phrases,
    refuse_question,
    tsquery,
    tsvector,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("室内无信号", ["室内", "内无", "无信", "信号", "号"]),
        ("坏", ["坏"]),
        ("光猫，掉线。", ["光猫", "猫", "掉线", "线"]),
        ("5G信号差", ["5g", "信号", "号差", "差"]),
        ("Broadband DOWN, again", ["broadband", "down", "again"]),
        ("ＴＳ２０２６１１２２－０００７", ["ts20261122", "0007"]),
        ("Ｗｉ－Ｆｉ　慢", ["wi", "fi", "慢"]),
        ("café Straße", ["cafe", "strasse"]),
        ("𠮷野家 㛃", ["𠮷野", "野家", "家", "㛃"]),
        ("ｶﾀｶﾅ", ["カタ", "タカ", "カナ", "ナ"]),
        ("", []),
        ("——?!…", []),
    ],
)
def test_R38_a_text_is_cut_into_pairs_and_words(text: str, words: list[str]) -> None:
    assert index_words(text) == words


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("信号", (Phrase(("信号",), prefix=False),)),
        ("无信号", (Phrase(("无信", "信号"), prefix=False),)),
        ("broad", (Phrase(("broad",), prefix=True),)),
        ("5G", (Phrase(("5g",), prefix=False),)),
        ("TS20261122-0007", (Phrase(("ts20261122", "0007"), prefix=True),)),
        ("5G信号", (Phrase(("5g", "信号"), prefix=False),)),
        ("信号5G", (Phrase(("信号", "号", "5g"), prefix=False),)),
        ("5G信", (Phrase(("5g", "信"), prefix=True),)),
        ("光猫 掉线", (Phrase(("光猫",), prefix=False), Phrase(("掉线",), prefix=False))),
        ("光猫　光猫", (Phrase(("光猫",), prefix=False),)),
        ("  ", ()),
    ],
)
def test_R38_a_question_is_a_phrase_per_group(question: str, expected: tuple[Phrase, ...]) -> None:
    assert phrases(question) == expected


@pytest.mark.parametrize(("question", "refused"), [("信", True), ("a", True), ("?", True), ("", True), ("信 号", True)])
def test_R38_a_single_character_is_too_little(question: str, refused: bool) -> None:
    refusal = refuse_question(question)
    assert (refusal is not None) is refused


@pytest.mark.parametrize("question", ["信号", "5g", "信 光猫", "ab"])
def test_R38_two_characters_are_enough(question: str) -> None:
    assert refuse_question(question) is None


def test_R38_a_question_for_each_database_says_the_same() -> None:
    assert fts5_match("无信号 broad") == '"无信 信号" AND "broad"*'
    assert tsquery("无信号 broad") == "('无信' <-> '信号') & ('broad':*)"
    assert fts5_words("光猫 5G") == "光猫 猫 5g"
    assert tsvector("光猫 5G") == "'光猫':1 '猫':2 '5g':3"


@given(st.text(max_size=80))
def test_R38_no_question_can_be_more_than_words(question: str) -> None:
    assert re.fullmatch(r'(?:"[^\W_]+(?: [^\W_]+)*"\*?(?: AND (?!$)|$))*', fts5_match(question))
    word = r"'[^\W_]+'(?::\*)?"
    group = rf"\({word}(?: <-> {word})*\)"
    assert re.fullmatch(rf"(?:{group}(?: & {group})*)?", tsquery(question))


@given(st.text(max_size=60), st.integers(0, 59), st.integers(2, 12))
def test_R38_every_part_of_a_run_of_characters_is_found_where_it_stands(text: str, start: int, length: int) -> None:
    run = re.sub(r"\s+", "", "".join(character for character in text if "一" <= character <= "鿿"))
    part = run[start : start + length]
    if len(part) < 2:
        return
    (phrase,) = phrases(part)
    assert _stands_in(phrase, index_words(run))


han = st.text(alphabet="网络无信号慢断", min_size=1, max_size=12)


@given(han, han)
def test_R38_what_is_found_does_stand_in_the_text(text: str, asked: str) -> None:
    (phrase,) = phrases(asked)
    assert _stands_in(phrase, index_words(text)) == (asked in text)


def _stands_in(phrase: Phrase, words: list[str]) -> bool:
    *whole, last = phrase.words
    for place in range(len(words) - len(phrase.words) + 1):
        here = words[place : place + len(phrase.words)]
        ends = here[-1].startswith(last) if phrase.prefix else here[-1] == last
        if here[:-1] == whole and ends:
            return True
    return False


def test_R38_texts_words_and_questions_are_bounded() -> None:
    assert len(index_words("断" * 40000)) == MOST_WORDS
    assert index_words("x" * 500) == ["x" * LONGEST_WORD]
    assert len(phrases(" ".join(f"g{number}" for number in range(50)))) == MOST_GROUPS
