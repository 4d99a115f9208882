"""Indicators (R31): what each one is, as the office's document says it, and its value from numerator and denominator.

A definition is read once and serves sheets, the manager's view, lists and exports; ``backoffice/queries/indicators``
says in SQL which records it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from policies.vocabulary_appraisal import Better, IndicatorSource, IndicatorUnit, PeriodBy, SubjectKind

Names = Mapping[str, str]
WHOLE = Fraction(100)
SHOWN_DECIMALS = 4  # "values are shown with four decimals; scores are computed from unrounded values"


@dataclass(frozen=True)
class Indicator:
    """One indicator of ``office/appraisal.yaml``; texts are {"zh", "en"}. ``minimum_sample``: below it no score."""

    code: str
    name: Names
    population: Names
    numerator: Names
    denominator: Names
    note: Names
    unit: IndicatorUnit
    better: Better
    period_by: PeriodBy
    attributed_to: str
    exclusions: tuple[str, ...]
    minimum_sample: int
    source: IndicatorSource
    levels: tuple[SubjectKind, ...]
    rules: tuple[str, ...]

    @property
    def is_share(self) -> bool:
        """Whether its value is a share in percent, which carries an interval."""
        return self.unit is IndicatorUnit.PERCENT


@dataclass(frozen=True)
class Figure:
    """Numerator, denominator and sample of one indicator for one subject, exact; the minimum counts the sample."""

    numerator: Fraction
    denominator: Fraction
    sample: int


def parse_indicators(document: Mapping[str, Any]) -> dict[str, Indicator]:
    """Code → indicator, in the order of the document (``indicators`` of ``office/appraisal.yaml``)."""
    return {row["code"]: _parse(row) for row in document["indicators"]}


def _parse(row: Mapping[str, Any]) -> Indicator:
    return Indicator(
        code=row["code"],
        name=row["name"],
        population=row["population"],
        numerator=row["numerator"],
        denominator=row["denominator"],
        note=row.get("note", {}),
        unit=IndicatorUnit(row["unit"]),
        better=Better(row["better"]),
        period_by=PeriodBy(row["period_by"]),
        attributed_to=row["attributed_to"],
        exclusions=tuple(row["exclusions"]),
        minimum_sample=row["minimum_sample"],
        source=IndicatorSource(row["source"]),
        levels=tuple(SubjectKind(level) for level in row["levels"]),
        rules=tuple(row["rules"]),
    )


BEYOND_WHOLE = frozenset({"repeat_rate"})
"""Shares whose part may exceed the whole; their value is capped (note in the office's file)."""


def value_of(indicator: Indicator, figure: Figure) -> Fraction | None:
    """The exact value; None without a denominator. A share in percent is capped at 100 (``repeat_rate``'s note)."""
    if figure.denominator == 0:
        return None
    ratio = figure.numerator / figure.denominator
    return min(ratio * WHOLE, WHOLE) if indicator.is_share else ratio


def is_rated(indicator: Indicator, figure: Figure) -> bool:
    """Whether the sample is large enough for a score and there is a value at all."""
    return figure.sample >= indicator.minimum_sample and figure.denominator != 0


def shown(value: Fraction) -> Decimal:
    """A value as it is shown: four decimals, half up. Scores are never computed from it."""
    scaled = value * 10**SHOWN_DECIMALS
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if scaled >= 0 else -whole).scaleb(-SHOWN_DECIMALS)


def shown_text(number: str | Fraction) -> str:
    """A numerator as it is shown: the shortest writing of at most four decimals."""
    text = f"{shown(Fraction(number)):f}"
    return text.rstrip("0").rstrip(".")


INTAKE_ROLES = ("intake_clerk", "shift_lead", "account_manager")
"""Intake staff, as the office's scheme for them names its roles: satisfaction counts what they registered."""

# From what is added up to the figure

HUNDREDTHS = 100
SECONDS_AN_HOUR = 3600
IN_HOURS = frozenset({"first_response_hours", "dispatch_hours"})
"""Indicators of working hours: measured in whole seconds, which are added up before they are made hours."""


def numerator_of(code: str, added_up: int) -> Fraction:
    """A numerator from the whole hundredths that were added up; of working hours these are hundredths of seconds."""
    return Fraction(added_up, HUNDREDTHS * (SECONDS_AN_HOUR if code in IN_HOURS else 1))


def figure_of(code: str, numerator: int, denominator: int, sample: int) -> Figure:
    """The exact figure of what was added up in whole hundredths."""
    return Figure(numerator_of(code, numerator), Fraction(denominator, HUNDREDTHS), sample)


def added_up(code: str, figure: Figure) -> tuple[int, int]:
    """The numerator and denominator of a figure as they were added up: the other way round."""
    whole = HUNDREDTHS * (SECONDS_AN_HOUR if code in IN_HOURS else 1)
    return int(figure.numerator * whole), int(figure.denominator * HUNDREDTHS)


def whole_seconds(time: timedelta) -> int:
    """A span of time as it is measured and kept."""
    return time // timedelta(seconds=1)
