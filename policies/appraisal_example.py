"""A scheme tried on made-up values (R32): what they would score, while the scheme is still being written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from policies.appraisal import Rules, Scheme, Sheet, parse_item, sheet_of
from policies.appraisal_check import NOTHING, WHOLE, check_item, number_of
from policies.indicator import Figure, Indicator
from policies.message import Refusal
from policies.vocabulary_appraisal import SubjectKind


@dataclass(frozen=True)
class Example:
    """What made-up values come to, or why nothing can be reckoned yet."""

    sheet: Sheet | None
    refusals: tuple[Refusal, ...] = ()


def example_of(
    definition: Mapping[str, Any],
    rules: Rules,
    indicators: Mapping[str, Indicator],
    values: Mapping[str, Decimal | None],
) -> Example:
    """The sheet of these values; an indicator without one counts as below its minimum sample.

    Items that name no indicator, or whose weight is none, are left out: a scheme half written has an example so far.
    """
    rows: Sequence[Mapping[str, Any]] = [
        row
        for row in definition.get("items") or ()
        if row.get("indicator") in indicators and (number_of(row.get("weight")) or NOTHING) > NOTHING
    ]
    faults = [found for n, row in enumerate(rows) for found in check_item(row, indicators[row["indicator"]], n)]
    if faults or not rows:
        return Example(None, tuple(replace(one, field=None) for one in faults))
    maximum = number_of(definition.get("maximum_score")) or WHOLE
    scheme = Scheme("", 0, {}, SubjectKind.PERSON, (), (), tuple(parse_item(row) for row in rows), min(maximum, WHOLE))
    figures = {code: figure_of(indicators[code], value) for code, value in values.items() if code in indicators}
    return Example(sheet_of(scheme, rules, indicators, figures))


def figure_of(indicator: Indicator, value: Decimal | None) -> Figure:
    """A figure that has this value with just enough of a sample; without a value, one that is not rated."""
    if value is None:
        return Figure(Fraction(0), Fraction(0), 0)
    whole = Fraction(100) if indicator.is_share else Fraction(1)
    return Figure(Fraction(value) / whole, Fraction(1), max(indicator.minimum_sample, 1))
