"""Where figures pile up in the manager's view (R35, R36): causes, leaves, steps, ages, departments over months."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from backoffice.queries.inspection_names import category_names, department_names
from backoffice.queries.kept.overview import MAP_MONTHS
from backoffice.queries.overview.steps import Step
from backoffice.queries.overview.volume import OpenCases
from backoffice.reports.chart_bars import Heap, pareto_plot
from policies.indicator import Figure, Indicator
from policies.message import Name
from policies.overview import AGES, Period, months_up_to, rate_band
from policies.trend import Share, pareto, vital_few
from views.filters import named
from views.language import _
from views.overview.asking import Asking
from views.overview.tiles import enough, rounded, said

MOST = 10
LATE, SOON = 100, 80
"""Percent of its limit from which a step is over it, and from which it is near."""


@dataclass(frozen=True)
class Pile:
    """A row of a Pareto: name, count, cumulated percent, whether it is one of those that make most of all."""

    name: str
    count: int
    cumulated: Decimal
    few: bool
    address: str


def causes(ask: Asking) -> list[Pile]:
    """Causes of the complaints closed in the period."""
    found = ask.figures.causes
    names = {one.code: named(one) for one in ask.rulebook.entries("causes", retired=True)}
    return _piles(found, lambda code: names.get(code, code), lambda code: ask.records("closed", cause=code))


def leaves(ask: Asking) -> list[Pile]:
    """Leaves of the tree under which the complaints of the period were received."""
    found = ask.figures.leaves
    shown = [row.key for row in pareto(found)[:MOST]]
    names = category_names(ask.session, [int(str(key)) for key in shown])
    return _piles(
        found, lambda key: named(names[key]) if key in names else "", lambda key: ask.records("received", leaf=key)
    )


def _piles(found: dict[Any, int], name: Callable[[Any], str], address: Callable[[Any], str]) -> list[Pile]:
    """The largest ten; what is left as one row that leads nowhere."""
    rows = pareto(found)
    few = vital_few(rows)
    piles = [
        Pile(name(row.key), row.count, _percent(row.cumulated), place < few, address(row.key))
        for place, row in enumerate(rows[:MOST])
    ]
    if rest := rows[MOST:]:
        piles.append(_rest(rest))
    return piles


def _rest(rows: list[Share]) -> Pile:
    return Pile(_("overview.others"), sum(row.count for row in rows), Decimal("100.0"), few=False, address="")


def _percent(share: Fraction) -> Decimal:
    return rounded(share * 100, "0.1")


def pile_plot(piles: list[Pile], title: str) -> str:
    """The same as a picture."""
    heaps = [
        Heap(pile.name, pile.count, float(pile.cumulated), pile.few, f"{pile.name} {pile.count:,}") for pile in piles
    ]
    return pareto_plot(heaps, title=title, description=pile_said(piles), said=lambda value: f"{value:,.0f}")


def pile_said(piles: list[Pile]) -> str:
    """How few make how much."""
    few = [pile for pile in piles if pile.few]
    if not few:
        return ""
    return _("overview.pareto_said", n=len(few), percent=few[-1].cumulated)


@dataclass(frozen=True)
class ShownStep:
    """A step with its bar: ``kind`` ok, soon or late."""

    step: Step
    percent: int
    hours: Decimal | None
    kind: str
    address: str


def slow_steps(ask: Asking) -> list[ShownStep]:
    """Every step, what used most of its limit first."""
    found = []
    for step in ask.figures.steps:
        percent = int(rounded(step.percent, "1"))
        kind = "late" if percent >= LATE else "soon" if percent >= SOON else "ok"
        hours = None if step.hours is None else rounded(step.hours, "0.1")
        found.append(ShownStep(step, percent, hours, kind, ask.records("step", clock=step.code.value)))
    return found


@dataclass(frozen=True)
class Age:
    """Open complaints of an age, and how many of them are overdue."""

    name: str
    count: int
    overdue: int
    address: str
    late_address: str


def ages(ask: Asking) -> list[Age]:
    """What is open, by its age."""
    return [
        Age(age_name(place), count, late, ask.records("open", age=place), ask.records("open", age=place, overdue=1))
        for place, (count, late) in enumerate(ask.figures.ages)
    ]


def age_name(place: int) -> str:
    """``3–5 天``."""
    if place == 0:
        return _("overview.age.first", n=AGES[0])
    if place == len(AGES):
        return _("overview.age.last", n=AGES[-1])
    return _("overview.age.between", least=AGES[place - 1], most=AGES[place])


@dataclass(frozen=True)
class Cell:
    """A cell of the map; ``band`` 0: nothing to be judged."""

    said: str
    n: int
    band: int
    address: str


@dataclass(frozen=True)
class DepartmentRow:
    """A department: what is open, what is overdue, and the map's indicator month by month."""

    name: Name | None
    open: OpenCases
    open_address: str
    late_address: str
    cells: list[Cell]


@dataclass(frozen=True)
class Map:
    """Departments and months."""

    indicator: Indicator
    target: Decimal | None
    months: list[Period]
    rows: list[DepartmentRow]


def department_map(ask: Asking) -> Map:
    """Open, overdue, and an indicator over the months up to the period, for each department."""
    code = ask.asked.map
    indicator, target = ask.aims.indicators[code], ask.aims.targets.get(code)
    months = months_up_to(ask.asked.period, MAP_MONTHS)
    found, cases = ask.figures.map, ask.figures.cases
    ids = {key for one in found for key in one} | set(cases)
    names = department_names(ask.session, ids)
    rows = []
    for key in [*names, *([None] if None in ids and ask.asked.narrow.departments is None else [])]:
        reach = {"department": key} if key is not None else None
        rows.append(
            DepartmentRow(
                names.get(key) if key is not None else None,
                cases.get(key, OpenCases(0, 0)),
                ask.records("open", **reach) if reach else "",
                ask.records("open", overdue=1, **reach) if reach else "",
                [
                    _cell(
                        indicator, target, one.get(key), ask.records(code, period=month.text, **reach) if reach else ""
                    )
                    for month, one in zip(months, found, strict=True)
                ],
            )
        )
    return Map(indicator, target, months, rows)


def _cell(indicator: Indicator, target: Decimal | None, figure: Figure | None, address: str) -> Cell:
    if figure is None or not figure.sample:
        return Cell("", 0, 0, "")
    value = enough(indicator, figure)
    if value is None:
        return Cell("", figure.sample, 0, address)
    band = 0 if target is None else rate_band(value, target, indicator.better)
    return Cell(said(indicator, value), figure.sample, band, address)
