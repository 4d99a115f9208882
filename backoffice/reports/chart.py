"""Lines over time as SVG (R31, R35): values with the band of their intervals, made on the server, without scripts.

Takes plain, worded values. The looks come from the page's style sheet (classes ``chart …``), dark pages included; on
paper the caller gives ``PAPER`` along, since a printed picture knows no other rules. Series differ by dash and mark,
not by colour alone. The figures themselves belong into a table beside: the picture only says how they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from zlib import crc32

from backoffice.reports.process_diagram import measure

WIDTH, HEIGHT = 720, 260
TOP, RIGHT, FOOT, LEFT = 14, 18, 40, 46
TEXT, ROW = 12.0, 15
MOST_TICKS = 6
LEGEND = 22
MARK = 3.5
KINDS = 4  # dashes and marks that can be told from each other


@dataclass(frozen=True)
class Point:
    """One place on the axis below: its label, what stands ``under`` it (a year where one begins), and its value.

    ``value`` None: nothing was measured, and the line is broken there. ``low`` to ``high``: its interval, None where
    there is none. ``said``: the figure in words, with its interval and its number.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    under: str = ""
    said: str = ""


@dataclass(frozen=True)
class Series:
    """A line: its name and its points, one for each place of the axis below."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Span:
    """From where to where the axis at the side reaches, and the step between its marks."""

    low: float
    high: float
    step: float

    @property
    def ticks(self) -> list[float]:
        return [self.low + n * self.step for n in range(round((self.high - self.low) / self.step) + 1)]


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    description: str,
    within: tuple[float | None, float | None] = (None, None),
    limit: float | None = None,
    rules: str = "",
    said: Callable[[float], str] = "{:g}".format,
) -> str:
    """The picture as an ``<svg>`` element; empty where no series holds a value.

    ``title`` and ``description`` are for who cannot see it. ``within``: what the measure can be, so that the axis goes
    no farther; ``limit``: a line across; ``rules``: CSS to stand within it, for paper; ``said``: a number in words.
    """
    if len(series) > KINDS:
        raise ValueError(f"no more than {KINDS} series can be told apart")
    places = len(series[0].points) if series else 0
    if any(len(one.points) != places for one in series):
        raise ValueError("every series has a point for each place")
    values = [value for one in series for point in one.points for value in (point.value, point.low, point.high)]
    known = [value for value in values if value is not None]
    if not known:
        return ""
    return _Chart(series, span([*known, *([] if limit is None else [limit])], within), limit, said).svg(
        title, description, rules
    )


def span(values: Sequence[float], within: tuple[float | None, float | None] = (None, None)) -> Span:
    """An axis of round numbers that holds these values, of at most ``MOST_TICKS`` steps, not beyond what can be."""
    low, high = min(values), max(values)
    if low == high:
        low, high = low - 1, high + 1
    rough = (high - low) / MOST_TICKS
    unit = 10.0 ** floor(log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10, 20) if _steps(low, high, unit * times) <= MOST_TICKS)
    least, most = floor(low / step) * step, ceil(high / step) * step
    least = least if within[0] is None else max(least, within[0])
    most = most if within[1] is None else min(most, within[1])
    return Span(least, most, step)


def _steps(low: float, high: float, step: float) -> int:
    return ceil(high / step) - floor(low / step)


class _Chart:
    def __init__(self, series: Sequence[Series], axis: Span, limit: float | None, said: Callable[[float], str]) -> None:
        self.series, self.axis, self.limit, self.said = series, axis, limit, said
        self.places = len(series[0].points)
        self.legend = LEGEND if len(series) > 1 else 0
        self.height = HEIGHT + self.legend

    def svg(self, title: str, description: str, rules: str) -> str:
        name = f"chart-{crc32(title.encode()):08x}"
        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {WIDTH} {self.height}" '
                f'aria-labelledby="{name}-title {name}-desc">'
                f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
            ),
            f"<style>{rules}</style>" if rules else "",
            *self._grid(),
            *self._below(),
            *(self._band(number, one) for number, one in enumerate(self.series)),
            *(self._line(number, one) for number, one in enumerate(self.series)),
            *self._names(),
            "</svg>",
        ]
        return "".join(parts)

    def _x(self, place: int) -> float:
        room = WIDTH - LEFT - RIGHT
        return LEFT + room / 2 if self.places == 1 else LEFT + room * (place + 0.5) / self.places

    def _y(self, value: float) -> float:
        share = (value - self.axis.low) / (self.axis.high - self.axis.low)
        return HEIGHT - FOOT - share * (HEIGHT - FOOT - TOP)

    def _grid(self) -> Iterator[str]:
        for tick in self.axis.ticks:
            y = self._y(tick)
            yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
            said = escape(self.said(tick))
            yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{said}</text>'
        if self.limit is not None:
            yield f'<path class="limit" d="M{LEFT} {self._y(self.limit):.1f}H{WIDTH - RIGHT}"/>'

    def _below(self) -> Iterator[str]:
        """Labels, as many as there is room for; what stands under them is never left out."""
        points = self.series[0].points
        widest = max(measure(point.label, TEXT) for point in points) + 8
        every = max(1, ceil(widest * self.places / (WIDTH - LEFT - RIGHT)))
        for place, point in enumerate(points):
            x, y = self._x(place), HEIGHT - FOOT + ROW
            if place % every == 0:
                yield f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{escape(point.label)}</text>'
            if point.under:
                under = escape(point.under)
                yield f'<text class="tick under" x="{x:.1f}" y="{y + ROW}" text-anchor="middle">{under}</text>'

    def _runs(self, one: Series, *, banded: bool) -> Iterator[list[tuple[int, Point]]]:
        """Stretches without a gap."""
        run: list[tuple[int, Point]] = []
        for place, point in enumerate(one.points):
            there = point.value is not None and (not banded or (point.low is not None and point.high is not None))
            if there:
                run.append((place, point))
            elif run:
                yield run
                run = []
        if run:
            yield run

    def _band(self, number: int, one: Series) -> str:
        """The intervals of a stretch; those of a single value stand as a bar."""
        found = []
        for run in self._runs(one, banded=True):
            if len(run) == 1:
                place, point = run[0]
                bar = f"M{self._x(place):.1f} {self._y(point.low or 0):.1f}V{self._y(point.high or 0):.1f}"
                found.append(f'<path class="bar s{number}" d="{bar}"/>')
                continue
            upper = [f"{self._x(place):.1f} {self._y(point.high or 0):.1f}" for place, point in run]
            lower = [f"{self._x(place):.1f} {self._y(point.low or 0):.1f}" for place, point in reversed(run)]
            found.append(f'<path class="band s{number}" d="M{"L".join([*upper, *lower])}Z"/>')
        return "".join(found)

    def _line(self, number: int, one: Series) -> str:
        found = []
        for run in self._runs(one, banded=False):
            path = "L".join(f"{self._x(place):.1f} {self._y(point.value or 0):.1f}" for place, point in run)
            found.append(f'<path class="line s{number}" d="M{path}"/>' if len(run) > 1 else "")
            for place, point in run:
                told = f"<title>{escape(point.said)}</title>" if point.said else ""
                mark = _mark(number, self._x(place), self._y(point.value or 0))
                found.append(f'<path class="mark s{number}" d="{mark}">{told}</path>')
        return "".join(found)

    def _names(self) -> Iterator[str]:
        """Which line is which, where there is more than one."""
        x, y = float(LEFT), HEIGHT + LEGEND - 8
        for number, one in enumerate(self.series if self.legend else ()):
            yield f'<path class="line s{number}" d="M{x:.0f} {y - 4}h26"/>'
            yield f'<path class="mark s{number}" d="{_mark(number, x + 13, y - 4)}"/>'
            yield f'<text class="name" x="{x + 32:.0f}" y="{y}">{escape(one.name)}</text>'
            x += 32 + measure(one.name, TEXT) + 22


def _mark(number: int, x: float, y: float) -> str:
    """A circle, a square, a diamond, a triangle: to be told apart without colours."""
    size = MARK
    return (
        f"M{x - size:.1f} {y:.1f}a{size} {size} 0 1 0 {2 * size} 0a{size} {size} 0 1 0 {-2 * size} 0z",
        f"M{x - size:.1f} {y - size:.1f}h{2 * size}v{2 * size}h{-2 * size}z",
        f"M{x:.1f} {y - size - 1:.1f}l{size + 1} {size + 1}l{-size - 1} {size + 1}l{-size - 1} {-size - 1}z",
        f"M{x:.1f} {y - size - 1:.1f}l{size + 1} {2 * size}h{-2 * size - 2}z",
    )[number]


PAPER = (
    "text{font-family:'Noto Sans CJK SC','Noto Sans',sans-serif;fill:#111;font-size:12px}"
    ".grid{stroke:#ddd;fill:none}.limit{stroke:#555;fill:none;stroke-dasharray:2 3}"
    ".band{fill:#999;fill-opacity:.25}.bar{stroke:#999;stroke-width:5;stroke-opacity:.4}"
    ".line{fill:none;stroke:#111;stroke-width:1.5}.mark{fill:#fff;stroke:#111;stroke-width:1.5}"
    ".line.s1{stroke-dasharray:7 3}.line.s2{stroke-dasharray:2 3}.line.s3{stroke-dasharray:9 3 2 3}"
)
"""The looks on paper: black and white."""
