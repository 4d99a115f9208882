"""The words of an indicator without the codes that the office's document writes into them (R31).

A text may name a scorecard, and one of its sections beside it, by their codes. Who reads the page knows them by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from policies.card import Card
from policies.indicator import Indicator, Names
from policies.message import Name

GROUP = "\u7ec4"
"""What the Chinese texts write after a section's code."""


def in_words(one: Indicator, cards: Iterable[Card]) -> Indicator:
    """The indicator with the names of the scorecards, and of their sections, in the place of codes."""
    for card in cards:
        if any(card.code in text for text in one.population.values()):
            one = replace(one, population=_named(one.population, card))
    return one


def _named(texts: Names, card: Card) -> Names:
    return {language: _said(text, language, card) for language, text in texts.items()}


def _said(text: str, language: str, card: Card) -> str:
    """Only beside its card is a section's code one: "record" is a word as well."""
    text = _whole(card.code).sub(_quoted(card.name, language), text)
    for group in card.groups:
        beside = rf"(?<=group )\b{group.code}\b" if language == "en" else rf"{group.code}\s*(?={GROUP})"
        text = re.sub(beside, _quoted(group.name, language), text)
    return re.sub(r"(?<=[\u4e00-\u9fff”])\s+(?=[\u4e00-\u9fff“])", "", text) if language == "zh" else text


def _whole(code: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(code)}\b", re.ASCII)


def _quoted(name: Name, language: str) -> str:
    return f"“{name.zh if language == 'zh' else name.en}”".replace("\\", r"\\")  # as what is put in by a pattern
