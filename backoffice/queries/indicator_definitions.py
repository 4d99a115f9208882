"""The indicators as the office defines them (R31), with the words of its rules, by the version that holds on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalRules
from backoffice.queries.rulebook import Rulebook
from policies.indicator import Indicator, Names, parse_indicators
from policies.vocabulary import VersionState


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
    """Those that hold on a day; the first version where none had begun by then. Raises ``LookupError`` without any."""
    in_force = sa.select(AppraisalRules.id).where(
        AppraisalRules.state == VersionState.EFFECTIVE, AppraisalRules.retired_at.is_(None)
    )
    newest = in_force.where(AppraisalRules.valid_from <= day).order_by(
        AppraisalRules.valid_from.desc(), AppraisalRules.version.desc()
    )
    oldest = in_force.order_by(AppraisalRules.valid_from, AppraisalRules.version)
    version = session.scalar(newest.limit(1)) or session.scalar(oldest.limit(1))
    if version is None:
        raise LookupError("the office has no rules of appraisal")
    return Rulebook(session).keep_for_good(
        ("indicators", version), lambda: _parsed(session.get_one(AppraisalRules, version).definition)
    )


def _parsed(document: Mapping[str, Any]) -> Definitions:
    def words(key: str, name: str) -> dict[str, Names]:
        return {row["code"]: row[name] for row in document[key]}

    periods = words("period_rules", "text")
    return Definitions(
        indicators=parse_indicators(document),
        exclusions=words("exclusions", "text"),
        units=words("units", "name"),
        period_rules=periods,
        rules=(periods["month"], document["extension_rule"]),
    )
