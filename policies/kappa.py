"""Agreement beyond chance (R28): Cohen's kappa, plain and weighted, for two raters, Fleiss' kappa for several.

Reckoned in fractions, so that what cannot be said (all marks on one level) is known exactly and never comes out as a
number. Standard errors: for two raters Fleiss, Cohen & Everitt (1969); for several raters that of the hypothesis "no
more than chance" by Fleiss, Nee & Landis (1979), and for the interval the one by linearisation (Gwet 2021), which also
holds where records have different numbers of raters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

Number = int | Decimal | Fraction
CONFIDENCE = Decimal("0.95")


@unique
class Weighting(StrEnum):
    """How much of an agreement two different levels still are: none, or less the further they are apart."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@unique
class Undefined(StrEnum):
    """Why there is no kappa: nothing was compared, or chance alone agrees always, since all marks are of one level."""

    NOTHING = "nothing"
    ONE_LEVEL = "one_level"


@dataclass(frozen=True)
class Kappa:
    """A kappa of ``n`` comparisons, with its large-sample standard error and interval.

    ``value`` is None where ``undefined`` says why. ``error`` 0, as with perfect agreement, gives no interval: ``low``
    and ``high`` are None. ``null_error`` is the error if there were no agreement beyond chance.
    """

    n: int
    observed: float | None = None
    expected: float | None = None
    value: float | None = None
    error: float | None = None
    null_error: float | None = None
    low: float | None = None
    high: float | None = None
    undefined: Undefined | None = None

    @property
    def strength(self) -> str | None:
        """The band of Landis & Koch (1977), as a help for reading only: poor, slight, fair … almost_perfect."""
        if self.value is None:
            return None
        if self.value < 0:
            return "poor"
        return next((name for upto, name in _BANDS if self.value <= upto), "almost_perfect")


_BANDS = ((0.20, "slight"), (0.40, "fair"), (0.60, "moderate"), (0.80, "substantial"))


def cohen(
    pairs: Iterable[tuple[Number, Number]],
    weighting: Weighting = Weighting.NONE,
    *,
    levels: Iterable[Number] = (),
    confidence: Decimal = CONFIDENCE,
) -> Kappa:
    """Cohen's kappa of pairs of marks, each the first rater's and the second's.

    A weight goes by the distance of two marks, measured on all ``levels`` that could have been given.
    """
    cells = Counter((Fraction(one), Fraction(other)) for one, other in pairs)
    n = cells.total()
    if not n:
        return Kappa(0, undefined=Undefined.NOTHING)
    scale = sorted({Fraction(level) for level in levels} | {mark for cell in cells for mark in cell})
    table = _Table(scale, {cell: Fraction(count, n) for cell, count in cells.items()}, weighting)
    if table.expected == 1:
        return Kappa(n, float(table.observed), 1.0, undefined=Undefined.ONE_LEVEL)
    value = (table.observed - table.expected) / (1 - table.expected)
    share = n * (1 - table.expected) ** 2
    return _kappa(
        n,
        table.observed,
        table.expected,
        value,
        table.variance(value) / share,
        null=table.null_variance() / share,
        confidence=confidence,
    )


class _Table:
    """Two raters' marks as shares of all comparisons, and what they weigh."""

    def __init__(
        self, scale: Sequence[Fraction], cells: Mapping[tuple[Fraction, Fraction], Fraction], weighting: Weighting
    ) -> None:
        self.scale, self.cells, self.weighting = scale, cells, weighting
        self.width = (scale[-1] - scale[0]) or Fraction(1)
        self.first = {level: self._margin(0, level) for level in scale}
        self.second = {level: self._margin(1, level) for level in scale}
        self.first_mean = {i: sum((self.second[j] * self.weight(i, j) for j in scale), Fraction(0)) for i in scale}
        self.second_mean = {j: sum((self.first[i] * self.weight(i, j) for i in scale), Fraction(0)) for j in scale}
        self.observed = sum((share * self.weight(i, j) for (i, j), share in cells.items()), Fraction(0))
        self.expected = sum((self.first[i] * self.first_mean[i] for i in scale), Fraction(0))

    def _margin(self, rater: int, level: Fraction) -> Fraction:
        return sum((share for cell, share in self.cells.items() if cell[rater] == level), Fraction(0))

    def weight(self, one: Fraction, other: Fraction) -> Fraction:
        """1 for the same level, 0 for the two ends of the scale."""
        if self.weighting is Weighting.NONE:
            return Fraction(int(one == other))
        apart = abs(one - other) / self.width
        return 1 - (apart if self.weighting is Weighting.LINEAR else apart**2)

    def variance(self, value: Fraction) -> Fraction:
        """Fleiss, Cohen & Everitt (1969), equation 13, before it is divided by n(1 − Pe)²."""
        total = sum(
            share * (self.weight(i, j) - (self.first_mean[i] + self.second_mean[j]) * (1 - value)) ** 2
            for (i, j), share in self.cells.items()
        )
        return total - (value - self.expected * (1 - value)) ** 2

    def null_variance(self) -> Fraction:
        """The same if the two did not agree beyond chance (equation 9)."""
        total = sum(
            self.first[i] * self.second[j] * (self.weight(i, j) - (self.first_mean[i] + self.second_mean[j])) ** 2
            for i in self.scale
            for j in self.scale
        )
        return total - self.expected**2


def fleiss(records: Iterable[Iterable[Number]], *, confidence: Decimal = CONFIDENCE) -> Kappa:
    """Fleiss' kappa of records, each with the marks that its raters gave; the raters may be others every time.

    Records with fewer than two marks say nothing of agreement and are left out; ``n`` counts the others.
    ``null_error`` needs the same number of raters for every record and is None otherwise.
    """
    rows = [Counter(Fraction(mark) for mark in marks) for marks in records]
    rows = [row for row in rows if row.total() > 1]
    n = len(rows)
    if not n:
        return Kappa(0, undefined=Undefined.NOTHING)
    agreed = [_agreed(row) for row in rows]
    share: dict[Fraction, Fraction] = {}
    for row in rows:
        for level, count in row.items():
            share[level] = share.get(level, Fraction(0)) + Fraction(count, row.total()) / n
    observed = sum(agreed, Fraction(0)) / n
    expected = sum((one**2 for one in share.values()), Fraction(0))
    if expected == 1:
        return Kappa(n, float(observed), 1.0, undefined=Undefined.ONE_LEVEL)
    value = (observed - expected) / (1 - expected)
    return _kappa(
        n,
        observed,
        expected,
        value,
        _linearised(rows, agreed, share, value, expected),
        null=_null_variance(rows, share),
        confidence=confidence,
    )


def _agreed(row: Counter[Fraction]) -> Fraction:
    """The share of pairs of raters of one record that gave the same level."""
    raters = row.total()
    return Fraction(sum(count * (count - 1) for count in row.values()), raters * (raters - 1))


def _linearised(
    rows: Sequence[Counter[Fraction]],
    agreed: Sequence[Fraction],
    share: Mapping[Fraction, Fraction],
    value: Fraction,
    expected: Fraction,
) -> Fraction | None:
    """The variance of kappa by the records' own contributions (Gwet 2021); None of a single record."""
    if len(rows) < 2:
        return None
    terms = []
    for row, same in zip(rows, agreed, strict=True):
        chance = sum((share[level] * Fraction(count, row.total()) for level, count in row.items()), Fraction(0))
        own = (same - expected) / (1 - expected)
        terms.append(own - 2 * (1 - value) * (chance - expected) / (1 - expected))
    return sum(((term - value) ** 2 for term in terms), Fraction(0)) / (len(rows) * (len(rows) - 1))


def _null_variance(rows: Sequence[Counter[Fraction]], share: Mapping[Fraction, Fraction]) -> Fraction | None:
    """Fleiss, Nee & Landis (1979): the variance if nobody agreed beyond chance."""
    raters = {row.total() for row in rows}
    if len(raters) != 1:
        return None
    each = raters.pop()
    spread = {level: part * (1 - part) for level, part in share.items()}
    total = sum(spread.values(), Fraction(0))
    skew = sum((spread[level] * (1 - 2 * part) for level, part in share.items()), Fraction(0))
    return 2 * (total**2 - skew) / (total**2 * len(rows) * each * (each - 1))


def _kappa(
    n: int,
    observed: Fraction,
    expected: Fraction,
    value: Fraction,
    variance: Fraction | None,
    *,
    null: Fraction | None,
    confidence: Decimal,
) -> Kappa:
    error = None if variance is None else sqrt(max(variance, Fraction(0)))
    low = high = None
    if error:
        reach = NormalDist().inv_cdf(0.5 + float(confidence) / 2) * error
        low, high = max(float(value) - reach, -1.0), min(float(value) + reach, 1.0)
    return Kappa(
        n=n,
        observed=float(observed),
        expected=float(expected),
        value=float(value),
        error=error,
        null_error=None if null is None else sqrt(max(null, Fraction(0))),
        low=low,
        high=high,
    )
