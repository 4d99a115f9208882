"""The texts are written as the house writes: one word for one thing, the language's own signs, sentences that end."""

import re

import pytest

from tests.support.catalogue import LANGUAGES, PLACE, texts

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"

# Not this word, but that one: what the glossary names otherwise, or what is no word of an office.
NOT_THIS_BUT = {
    "zh_Hans": {
        "主承办人": "主办人",
        "办结结果": "办理结果",
        "结案方式": "办理结果",
        "紧急程度": "紧急度",
        "影响程度": "影响度",
        "(?<!打)开整改": "下达整改",
        "延期告知": "延误告知",
        "掩码": "脱敏",
        "隐名": "盲评",
        "母体": "总体",
        "控制台": "工作台",
        "裁决": "裁定",
        "销号": "勾销",
        "别人": "其他人",
        "你": "您",
        "看不懂": "无法识别",
        "读不懂": "无法识别",
    },
    "en": {
        "anew": "again",
        "reckon": "calculate",
        "nought": "0",
        "whomever": "the person whom",
        "an own": "their own",
        "somebody": "someone",
        "anybody": "anyone",
        "everybody": "everyone",
        "SLA": "clock policy",
        "fallen away": "ended",
        "falls away": "ends",
        "lies behind": "has passed",
        "small letters": "lower-case letters",
        "clock row": "special rule",
        "special row": "special rule",
        "actor": "person",
        "payload": "content",
        "console": "desk",
    },
}


def _all(language):
    return [(key, text) for key, forms in texts(language).items() for text in forms]


@pytest.mark.parametrize(
    ("language", "word", "instead"),
    [(language, word, instead) for language, words in NOT_THIS_BUT.items() for word, instead in words.items()],
)
def test_a_thing_has_one_name_and_it_is_the_glossarys(language, word, instead):
    pattern = re.compile(word if language == "zh_Hans" else rf"\b{word}", re.IGNORECASE if word.islower() else 0)
    assert [key for key, text in _all(language) if pattern.search(PLACE.sub("", text))] == [], f"write: {instead}"


def test_chinese_has_its_own_punctuation():
    half = re.compile(rf"{HAN}[,;!?]|[,;!?]{HAN}|{HAN}[(:](?={HAN})")
    typed = re.compile(r"“[^”]*”|[a-z0-9+]+://\S+|分:秒")  # what is to be typed as it is
    assert [key for key, text in _all("zh_Hans") if half.search(typed.sub("", text))] == []


def test_english_has_no_punctuation_of_chinese():
    assert [key for key, text in _all("en") if re.search("[，。；：！？（）、《》]", text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_out_is_written_with_the_sign_for_it(language):
    assert [key for key, text in _all(language) if "..." in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_quoted_with_curly_marks(language):
    """Straight marks stand only where something is to be typed as it is, such as JSON."""
    assert [key for key, text in _all(language) if '"' in text and not re.search(r"[\[{]", text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_a_whole_sentence(language):
    ends = ("。", "！", "？", "”。", "）。") if language == "zh_Hans" else (".", "!", "?")
    inside = re.compile(r"(?:^|\.)(?:refused|refusal)\.")
    faults = [
        key for key, text in _all(language)
        if inside.search(key) and not key.startswith("import.") and not text.rstrip("”’").endswith(ends)
        and not PLACE.search(text[-20:])
    ]  # fmt: skip
    assert faults == []
