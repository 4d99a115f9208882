"""Kappas and differences of scores in words (R28): never a figure alone, and where there is none, why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from policies.agreement import Alike
from policies.drift import Sums
from policies.interval import Rate, mean_of, said_mean, said_rate
from policies.kappa import Kappa
from policies.message import Message

TWO, ONE = Decimal("0.01"), Decimal("0.1")


@dataclass(frozen=True)
class Worded:
    """What a table says of an agreement."""

    rate: Message
    kappa: Message
    strength: Message | None
    alike: Alike


def worded(alike: Alike, kappa: Kappa) -> Worded:
    """An agreement for a table: the rate with its interval and number, the kappa with its own."""
    strength = None if kappa.strength is None else Message(f"agreement.strength.{kappa.strength}")
    return Worded(said_rate(Rate(alike.same, alike.both)), said_kappa(kappa), strength, alike)


def said_kappa(kappa: Kappa) -> Message:
    """A kappa with its interval; in words where it cannot be reckoned."""
    if kappa.undefined is not None or kappa.value is None:
        return Message(f"agreement.kappa.{kappa.undefined or 'nothing'}")
    value = rounded(kappa.value)
    if kappa.low is None or kappa.high is None:
        return Message("agreement.kappa.alone", {"value": value})
    return Message("agreement.kappa.value", {"value": value, "low": rounded(kappa.low), "high": rounded(kappa.high)})


def said_difference(sums: Sums) -> Message:
    """The mean of signed differences with Student's interval and their number."""
    return said_mean(mean_of(sums.n, sums.total, sums.squares))


def said_scores(sums: Sums) -> Message:
    """The mean of scores with Student's interval, cut to what a score can be."""
    return said_mean(mean_of(sums.n, sums.total, sums.squares, within=(Decimal(0), Decimal(100))))


def signed(value: Decimal) -> str:
    """A difference with its sign, two decimals."""
    shown = value.quantize(TWO, ROUND_HALF_UP)
    return f"{shown:+f}" if shown else f"{abs(shown):f}"


def rounded(value: float) -> Decimal:
    """A kappa with two decimals, half up; no minus before nothing."""
    shown = Decimal(str(value)).quantize(TWO, ROUND_HALF_UP)
    return shown or TWO * 0


def spread(values: Sequence[Decimal]) -> Decimal | None:
    """From the lowest to the highest of several scores; None of fewer than two."""
    return max(values) - min(values) if len(values) > 1 else None
