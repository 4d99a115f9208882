"""The tiles of the manager's view (R35): a figure, how it moved against the period before, and its target."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from backoffice.queries.kept.overview import TILES
from policies.indicator import Figure, Indicator, value_of
from policies.overview import SMALL, is_better, meets
from policies.vocabulary_appraisal import IndicatorUnit
from views.filters import named, plain_number
from views.language import _
from views.overview.asking import Asking

UP, DOWN, SAME = "up", "down", "same"
PLACES = {IndicatorUnit.PERCENT: "0.1", IndicatorUnit.SCORE_5: "0.01", IndicatorUnit.WORKING_HOUR: "0.1"}


@dataclass(frozen=True)
class Tile:
    """``value`` None: nothing, or too little, was counted. ``good``: whether it went the right way, None: neither."""

    code: str
    name: str
    value: str | None
    unit: str
    move: str
    delta: str
    good: bool | None
    notes: tuple[str, ...]
    address: str
    figure: Figure | None = None
    before: Figure | None = None
    target: Decimal | None = None


def tiles(ask: Asking) -> list[Tile]:
    """Received, and the indicators that a manager looks at first."""
    found, flows = iter(ask.figures.tiles), ask.figures.flows
    received = _received(ask, flows.received, flows.before)
    return [received, *(_tile(ask, code, next(found), next(found)) for code in TILES)]


def _received(ask: Asking, received: int, before: int) -> Tile:
    change = received - before
    note = _("overview.no_before")
    if before:
        percent = rounded(Fraction(change * 100, before), "0.1")
        note = _("overview.change", percent=f"{percent:+}")
    return Tile(
        "received",
        _("overview.tile.received"),
        f"{received:,}",
        _("overview.unit.count"),
        _way(change),
        _("overview.delta.count", n=abs(change)),
        None,
        (note,),
        ask.records("received"),
    )


def _tile(ask: Asking, code: str, now: Figure, before: Figure) -> Tile:
    indicator = ask.aims.indicators[code]
    value, was = (enough(indicator, figure) for figure in (now, before))
    target = ask.aims.targets.get(code)
    change = _change(indicator, value, was)
    notes = [_target(indicator, value, target), _("overview.sample", n=now.sample)]
    return Tile(
        code,
        named(indicator.name),
        None if value is None else said(indicator, value),
        unit_of(indicator),
        "" if change is None else _way(change),
        "" if change is None else _delta(indicator, change),
        is_better(change, Fraction(0), indicator.better) if change else None,
        tuple(note for note in notes if note),
        ask.records(code),
        now,
        before,
        target,
    )


def _change(indicator: Indicator, value: Fraction | None, was: Fraction | None) -> Fraction | None:
    """How far it moved; a move too small to be shown is none."""
    if value is None or was is None:
        return None
    return value - was if rounded(abs(value - was), PLACES.get(indicator.unit, "0.1")) else Fraction(0)


def enough(indicator: Indicator, figure: Figure) -> Fraction | None:
    """Its value; None for too few cases (``small_numbers`` of report.yaml)."""
    return None if figure.sample < SMALL else value_of(indicator, figure)


def said(indicator: Indicator, value: Fraction) -> str:
    """A value as pages show it, without its unit."""
    return f"{rounded(value, PLACES.get(indicator.unit, '0.1')):,f}"


def rounded(value: Fraction, places: str) -> Decimal:
    """Half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(places), ROUND_HALF_UP)


def unit_of(indicator: Indicator) -> str:
    return _("overview.unit." + indicator.unit.value)


def _way(change: Fraction | int) -> str:
    return SAME if change == 0 else UP if change > 0 else DOWN


def _delta(indicator: Indicator, change: Fraction) -> str:
    size = said(indicator, abs(change))
    return _("overview.delta." + indicator.unit.value, n=size)


def _target(indicator: Indicator, value: Fraction | None, target: Decimal | None) -> str:
    if target is None:
        return _("overview.no_target")
    aim = _("overview.target", target=plain_number(target), unit=unit_of(indicator))
    if value is None:
        return aim
    return aim + _("overview.met" if meets(value, target, indicator.better) else "overview.missed")
