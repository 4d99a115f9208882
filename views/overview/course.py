"""What goes on over time in the manager's view (R35, R36): received and closed with limits, categories, a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from backoffice.queries.inspection_names import category_names
from backoffice.queries.kept.overview import MONTHS_OF_CATEGORIES, course_of
from backoffice.reports.chart_bars import SERIES, Stack, stacked_plot
from backoffice.reports.chart_line import Across, Line, Place, line_plot
from policies.message import Name
from policies.overview import Stretch, months_up_to
from policies.trend import Forecast, Limits, forecast, limits_of
from views.filters import named
from views.language import _
from views.overview.asking import Asking
from views.overview.words import short_name


@dataclass(frozen=True)
class Volume:
    """Received and closed of each stretch, the limits of what is received, and what lies beyond them."""

    stretches: Sequence[Stretch]
    received: list[int]
    closed: list[int]
    limits: Limits | None
    today: date

    def is_outside(self, place: int) -> bool:
        """A stretch that is not over says nothing yet."""
        if self.limits is None or self.stretches[place].end > self.today:
            return False
        return self.limits.is_outside(self.received[place])


@dataclass(frozen=True)
class Course:
    """What goes on over time: received and closed, and how many will come."""

    volume: Volume
    forecast: Forecast | None


def course(ask: Asking) -> Course:
    """Everything that is received and closed."""
    today, flows = ask.moment.today, ask.figures.flows
    stretches = course_of(ask.asked.period, today)
    over = [value for value, one in zip(flows.course, stretches, strict=True) if one.end <= today]
    volume = Volume(stretches, flows.course, flows.closed, limits_of(over), today)
    return Course(volume, forecast(_from_the_first(flows.past)))


def _from_the_first(values: list[int]) -> list[int]:
    """Months before anything was received say nothing."""
    first = next((place for place, value in enumerate(values) if value), len(values))
    return values[first:]


def volume_plot(found: Volume) -> str:
    """Received and closed as a picture."""
    labels = [short_name(one) for one in found.stretches]

    def line(key: str, values: list[int], *, judged: bool) -> Line:
        name = _(key)
        places = (
            Place(float(value), f"{label} {name} {value:,}", judged and found.is_outside(place))
            for place, (label, value) in enumerate(zip(labels, values, strict=True))
        )
        return Line(name, tuple(places))

    lines = [
        line("overview.flow.received", found.received, judged=True),
        line("overview.flow.closed", found.closed, judged=False),
    ]
    across = []
    if found.limits is not None:
        across = [Across(_("overview.limits"), value, "limit") for value in (found.limits.high, found.limits.low)]
        across = [one for one in across if one.value > 0]
    return line_plot(
        labels,
        lines,
        title=_("overview.volume"),
        description=volume_said(found),
        across=across,
        said=lambda value: f"{value:,.0f}",
    )


def volume_said(found: Volume) -> str:
    """What the picture shows, in a sentence: what lies beyond the limits, else the most."""
    labels = [short_name(one) for one in found.stretches]
    outside = [place for place in range(len(labels)) if found.is_outside(place)]
    if outside and found.limits is not None:
        place = outside[-1]
        above = found.received[place] > found.limits.high
        limit = round(found.limits.high if above else found.limits.low)
        key = "overview.volume_above" if above else "overview.volume_below"
        return _(key, at=labels[place], count=found.received[place], limit=limit)
    most = max(range(len(labels)), key=lambda place: found.received[place])
    if found.limits is None:
        return _("overview.volume_most", at=labels[most], count=found.received[most])
    return _("overview.volume_within", at=labels[most], count=found.received[most], limit=round(found.limits.high))


@dataclass(frozen=True)
class Categories:
    """Trunks of the tree over months: names in the order of their number, the rest as one."""

    months: Sequence[Stretch]
    rows: list[tuple[Name | None, list[int], str]]


def categories(ask: Asking) -> Categories:
    """Received by trunk over the months up to the period, the largest first; ``address``: the month's list."""
    months = months_up_to(ask.asked.period, MONTHS_OF_CATEGORIES)
    found = ask.figures.trunks
    together: dict[int, int] = {}
    for one in found:
        for key, number in one.items():
            together[key] = together.get(key, 0) + number
    ordered = sorted(together, key=lambda key: (-together[key], key))
    shown = ordered if len(ordered) <= SERIES else ordered[: SERIES - 1]
    names = category_names(ask.session, shown)
    rows: list[tuple[Name | None, list[int], str]] = [
        (names[key], [one.get(key, 0) for one in found], ask.records("received", category=ask.within(f"/{key}/")))
        for key in shown
    ]
    if rest := ordered[len(shown) :]:
        rows.append((None, [sum(one.get(key, 0) for key in rest) for one in found], ""))
    return Categories(months, rows)


def trunk_name(name: Name | None) -> str:
    return _("overview.others") if name is None else named(name)


def category_plot(found: Categories) -> str:
    """The same as a picture."""
    labels = [short_name(month) for month in found.months]
    stacks = []
    for name, values, _address in found.rows:
        said = tuple(f"{label} {trunk_name(name)} {value:,}" for label, value in zip(labels, values, strict=True))
        stacks.append(Stack(trunk_name(name), tuple(float(value) for value in values), said))
    return stacked_plot(
        labels, stacks, title=_("overview.categories"), description=category_said(found),
        said=lambda value: f"{value:,.0f}",
    )  # fmt: skip


def category_said(found: Categories) -> str:
    """Which trunk moved most in the last month."""
    moves = {place: values[-1] - values[-2] for place, (_name, values, _address) in enumerate(found.rows)}
    if not moves or not any(moves.values()):
        return _("overview.categories_same")
    place = max(moves, key=lambda one: abs(moves[one]))
    name, values, _address = found.rows[place]
    key = "overview.categories_up" if moves[place] > 0 else "overview.categories_down"
    return _(key, name=trunk_name(name), before=values[-2], now=values[-1])
