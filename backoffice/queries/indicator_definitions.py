"""The indicators as the office defines them (R31), with the words of its rules, by the version that holds on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from backoffice.queries.appraisal_rules import rules_on
from backoffice.queries.rulebook import Rulebook
from policies.card import Card
from policies.indicator import Indicator, Names, parse_indicators
from policies.indicator_words import in_words


@dataclass(frozen=True)
class Definitions:
    """All indicators by code, in the office's order, and what its rules say in words ({"zh", "en"}).

    ``exclusions``, ``units``, ``period_rules``: code → words; ``rules``: what holds for all of them.
    """

    indicators: Mapping[str, Indicator]
    exclusions: Mapping[str, Names]
    units: Mapping[str, Names]
    period_rules: Mapping[str, Names]
    rules: tuple[Names, ...]


def definitions(session: Session, day: date) -> Definitions:
    """Those that hold on a day; the first version where none had begun by then. 409 without any."""
    row, rules = rules_on(session, day), Rulebook(session)
    cards = tuple(rules.cards_on(day).values())
    return rules.keep_for_good(
        ("indicators", row.id, cards), lambda: _parsed(row.definition, [rules.card(one) for one in cards])
    )


def _parsed(document: Mapping[str, Any], cards: Sequence[Card]) -> Definitions:
    def words(key: str, name: str) -> dict[str, Names]:
        return {row["code"]: row[name] for row in document[key]}

    periods = words("period_rules", "text")
    return Definitions(
        indicators={code: in_words(one, cards) for code, one in parse_indicators(document).items()},
        exclusions=words("exclusions", "text"),
        units=words("units", "name"),
        period_rules=periods,
        rules=(periods["month"], document["extension_rule"]),
    )
