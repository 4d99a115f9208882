"""R31: what an indicator counts is told in names that people know, not in the codes of the office's document."""

from __future__ import annotations

import re

import pytest

from backoffice.office import document
from policies.card import parse_card
from policies.indicator import parse_indicators
from policies.indicator_words import in_words

CARDS = [parse_card(card) for card in document("scorecards")["cards"]]
INDICATORS = parse_indicators(document("appraisal"))


def test_R31_the_population_of_record_accuracy_names_the_scorecard_and_its_section():
    found = in_words(INDICATORS["record_accuracy"], CARDS).population
    assert found["zh"] == "期间内定案的质检，评分表“投诉记录与过程评分表”的“记录准确”组中归属本人的项"
    assert found["en"] == (
        "Inspections final in the period: items of group “Record accuracy” on "
        "“Scorecard: record and process of a complaint” attributed to the person"
    )


@pytest.mark.parametrize("code", sorted(INDICATORS))
def test_R31_no_population_shows_a_code(code):
    found = in_words(INDICATORS[code], CARDS).population
    assert not [text for text in found.values() if re.search("[a-z]_[a-z]", text)]


def test_R31_a_word_that_is_a_section_of_no_card_named_there_stays():
    one = INDICATORS["inspection_score"]
    assert in_words(one, CARDS) is one
