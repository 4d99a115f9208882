"""How figures go over time and where they pile up (R35, R36): limits of chance, Pareto, medians, a simple forecast.

Plain arithmetic on counts and values. Limits are those of the chart of individuals with moving ranges (W. A. Shewhart;
NIST/SEMATECH e-Handbook 6.3.2.2); the forecast is the least-squares line with its prediction interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from typing import TypeVar

from policies.interval import t_quantile

Key = TypeVar("Key")

SIGMA = 3
"""``control_limit_sigma`` of ``office/report.yaml``."""
D2 = 1.128
"""The mean range of two values in standard deviations."""
LEAST_FOR_LIMITS = 8
"""Fewer values say too little about how they scatter."""
LEAST_FOR_FORECAST = 6
FORECAST_CONFIDENCE = 0.8
SEASON = 12
CUT = Fraction(80, 100)
"""Pareto goes up to 80 % cumulated (``office/report.yaml``, chapter ``causes``)."""


@dataclass(frozen=True)
class Limits:
    """Within which chance alone moves a figure; in the figure's unit. Counts do not go below nought."""

    centre: float
    low: float
    high: float

    def is_outside(self, value: float) -> bool:
        return value > self.high or value < self.low


def limits_of(
    values: Sequence[float], sigma: float = SIGMA, within: tuple[float | None, float | None] = (0.0, None)
) -> Limits | None:
    """The limits of values in the order of time; None for fewer than eight. ``within``: what the measure can be."""
    if len(values) < LEAST_FOR_LIMITS:
        return None
    centre = sum(values) / len(values)
    ranges = [abs(later - before) for before, later in pairwise(values)]
    reach = sigma * (sum(ranges) / len(ranges)) / D2
    low, high = centre - reach, centre + reach
    least, most = within
    return Limits(centre, low if least is None else max(low, least), high if most is None else min(high, most))


@dataclass(frozen=True)
class Share:
    """One row of a Pareto: ``count``, its share of all and what it is together with those before it (0 to 1)."""

    key: object
    count: int
    share: Fraction
    cumulated: Fraction


def pareto(counts: Mapping[Key, int]) -> list[Share]:
    """The largest first; equal ones in the order they came."""
    whole = sum(counts.values())
    found, so_far = [], 0
    for key, count in sorted(counts.items(), key=lambda item: -item[1]):
        if count <= 0:
            continue
        so_far += count
        found.append(Share(key, count, Fraction(count, whole), Fraction(so_far, whole)))
    return found


def vital_few(rows: Sequence[Share], cut: Fraction = CUT) -> int:
    """How many of the first rows it takes to reach the cut."""
    return next((place for place, row in enumerate(rows, 1) if row.cumulated >= cut), len(rows))


def median_of(tally: Mapping[int, int]) -> Fraction | None:
    """The median of values given as value → how often; between two values their mean; None where there is none."""
    whole = sum(tally.values())
    if not whole:
        return None
    lower, upper = (_nth(tally, place) for place in ((whole - 1) // 2, whole // 2))
    return Fraction(lower + upper, 2)


def _nth(tally: Mapping[int, int], place: int) -> int:
    seen = 0
    for value in sorted(tally):
        seen += tally[value]
        if place < seen:
            return value
    raise ValueError("there are not so many values")


@dataclass(frozen=True)
class Forecast:
    """What the next value will most likely be, and from where to where it lies with ``confidence``."""

    value: float
    low: float
    high: float
    confidence: float = FORECAST_CONFIDENCE


def forecast(values: Sequence[float], confidence: float = FORECAST_CONFIDENCE) -> Forecast | None:
    """The next of values in the order of time, by the line through them; None for fewer than six.

    With two whole years of months each is first freed of its season: what its month was, on average, against the line.
    """
    if len(values) < LEAST_FOR_FORECAST:
        return None
    if len(values) < 2 * SEASON:
        return _ahead(values, confidence)
    line = _line(values)
    ratios = [value / at if (at := line[0] + line[1] * place) > 0 else 1.0 for place, value in enumerate(values)]
    seasons = [_mean(ratios[start::SEASON]) for start in range(SEASON)]
    mean = _mean(seasons) or 1.0
    seasons = [season / mean if season > 0 else 1.0 for season in seasons]
    freed = [value / seasons[place % SEASON] for place, value in enumerate(values)]
    plain, next_season = _ahead(freed, confidence), seasons[len(values) % SEASON]
    return Forecast(plain.value * next_season, plain.low * next_season, plain.high * next_season, confidence)


def _ahead(values: Sequence[float], confidence: float) -> Forecast:
    n = len(values)
    start, slope = _line(values)
    middle = (n - 1) / 2
    spread = sum((place - middle) ** 2 for place in range(n))
    rest = sum((value - start - slope * place) ** 2 for place, value in enumerate(values))
    error = sqrt(rest / (n - 2) * (1 + 1 / n + (n - middle) ** 2 / spread))
    half = t_quantile((1 + confidence) / 2, n - 2) * error
    value = max(0.0, start + slope * n)
    return Forecast(value, max(0.0, start + slope * n - half), max(0.0, start + slope * n + half), confidence)


def _line(values: Sequence[float]) -> tuple[float, float]:
    """Where the least-squares line stands at place 0, and how much it rises a place."""
    n = len(values)
    middle, mean = (n - 1) / 2, _mean(values)
    slope = sum((place - middle) * (value - mean) for place, value in enumerate(values)) / sum(
        (place - middle) ** 2 for place in range(n)
    )
    return mean - slope * middle, slope


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
