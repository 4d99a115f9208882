"""How sure a figure from a sample is (R27, R31): the Wilson score interval of a rate, Student's interval of a mean.

A rate from a sample is never shown alone: it carries its interval and its number. Formulas: E. B. Wilson (1927), in the
form that R. G. Newcombe (1998) calls method 3; the quantile of Student's t by the incomplete beta function.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from math import exp, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

from policies.message import Message

CONFIDENCE = 0.95
FEW = 10
"""Below this number neither a colour nor a rank is given: chance alone would set it (said on the page)."""

PLACES = Decimal("0.000001")
ONE_PLACE = Decimal("0.1")


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``, both included, in the unit of what was counted or measured (a rate: a share 0 to 1)."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Rate:
    """``hits`` of ``n``."""

    hits: int
    n: int

    @property
    def share(self) -> Decimal | None:
        """The share, 0 to 1; None where nothing was counted."""
        return Decimal(self.hits) / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.hits, self.n)

    @property
    def percent(self) -> Decimal | None:
        """In percent, one decimal; None where nothing was counted."""
        return None if self.share is None else tenths(self.share * 100)

    @property
    def is_few(self) -> bool:
        """Whether so few were counted that no colour and no rank may be given."""
        return self.n < FEW


@dataclass(frozen=True)
class Mean:
    """A mean of ``n`` measures; ``interval`` is None where one measure says nothing about how they scatter."""

    mean: Decimal
    n: int
    interval: Interval | None

    @property
    def is_few(self) -> bool:
        return self.n < FEW


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> Interval | None:
    """The Wilson score interval of ``hits`` in ``n`` as shares, six decimals; None where nothing was counted.

    Raises ValueError for numbers that no count can have.
    """
    if not 0 <= hits <= n or not 0 < confidence < 1:
        raise ValueError(f"{hits} of {n} at {confidence} is no count")
    if n == 0:
        return None
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    middle = 2 * hits + z2
    reach = sqrt(z2 * (z2 + 4 * hits * (n - hits) / n))
    low = 0.0 if hits == 0 else (middle - reach) / (2 * (n + z2))
    high = 1.0 if hits == n else (middle + reach) / (2 * (n + z2))
    return Interval(_places(low), _places(high))


def mean_of(
    n: int,
    total: Decimal,
    squares: Decimal,
    *,
    within: tuple[Decimal, Decimal] | None = None,
    confidence: float = CONFIDENCE,
) -> Mean | None:
    """The mean of ``n`` measures from their sum and the sum of their squares, with Student's interval.

    ``within`` cuts the interval to what the measure can be (a score: 0 to 100). None where nothing was measured; the
    interval of one measure alone is None.
    """
    if n <= 0:
        return None
    mean = total / n
    if n == 1:
        return Mean(mean, n, None)
    variance = max(Decimal(0), (squares - total * total / n) / (n - 1))
    half = Decimal(t_quantile((1 + confidence) / 2, n - 1)) * (variance / n).sqrt()
    low, high = mean - half, mean + half
    if within is not None:
        low, high = max(low, within[0]), min(high, within[1])
    return Mean(mean, n, Interval(low.quantize(PLACES), high.quantize(PLACES)))


def t_quantile(probability: float, freedom: int) -> float:
    """The value below which Student's t with ``freedom`` degrees lies with ``probability`` (above one half)."""
    if not 0.5 < probability < 1 or freedom < 1:
        raise ValueError("a quantile is asked for above the middle, with one degree of freedom or more")
    return _t_quantile(probability, freedom)


@cache
def _t_quantile(probability: float, freedom: int) -> float:
    """By halving: the tail of t beyond x is half the incomplete beta of freedom / (freedom + x²)."""
    tail = 2 * (1 - probability)
    low, high = 0.0, 1.0
    for _step in range(200):
        middle = (low + high) / 2
        if _incomplete_beta(middle, freedom / 2, 0.5) < tail:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 * high:
            break
    share = (low + high) / 2
    return sqrt(freedom * (1 - share) / share) if share > 0 else inf


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction on the side where that converges fast."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, evaluated forwards (Lentz)."""
    least = 1e-300
    above, below = 1.0, 1 - (a + b) * x / (a + 1)
    below = 1 / (below if abs(below) > least else least)
    value = below
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            below = 1 + part * below
            below = 1 / (below if abs(below) > least else least)
            above = 1 + part / above
            above = above if abs(above) > least else least
            change = above * below
            value *= change
        if abs(change - 1) < 1e-16:
            break
    return value


def said_rate(rate: Rate) -> Message:
    """A rate for people: always with its interval and its number; in words where nothing was counted."""
    interval = rate.interval
    if interval is None:
        return Message("interval.none")
    return Message(
        "interval.rate",
        {
            "percent": rate.percent,
            "low": tenths(interval.low * 100),
            "high": tenths(interval.high * 100),
            "count": rate.n,
        },
    )


def said_mean(mean: Mean | None) -> Message:
    """A mean score for people, two decimals, with its interval and its number."""
    if mean is None:
        return Message("interval.none")
    shown = mean.mean.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if mean.interval is None:
        return Message("interval.mean_of_one", {"mean": shown})
    return Message(
        "interval.mean",
        {"mean": shown, "low": tenths(mean.interval.low), "high": tenths(mean.interval.high), "count": mean.n},
    )


def tenths(value: Decimal) -> Decimal:
    """Rounded half up to one decimal, as figures are shown."""
    return value.quantize(ONE_PLACE, ROUND_HALF_UP)


def _places(value: float) -> Decimal:
    return Decimal(value).quantize(PLACES)
