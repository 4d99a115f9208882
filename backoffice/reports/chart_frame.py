"""The frame of a chart made on the server (R35): paper, axes, legend; no scripts, no inline looks.

Takes plain, worded values. The looks come from the page's style sheet (classes ``plot …``), dark pages and paper
included. Every chart has a title and a description; the figures themselves stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from math import ceil
from zlib import crc32

from backoffice.reports.chart import Span, span
from backoffice.reports.process_diagram import measure

WIDTH, HEIGHT = 360, 220
TOP, RIGHT, FOOT, LEFT = 10, 12, 26, 38
TEXT = 10.5
ROW = 15
SIGN = 10  # side of the sign before a name in the legend
Said = Callable[[float], str]


def axis_over(values: Sequence[float], *, from_nought: bool = True, most: float | None = None) -> Span:
    """An axis of round numbers that holds these values; ``most``: what the measure cannot go beyond."""
    return span([0.0, *values], (0.0, most)) if from_nought else span(values, (None, most))


@dataclass(frozen=True)
class Frame:
    """Where what stands: ``places`` along the axis below, the axis at the side, the rows of the legend."""

    places: int
    axis: Span
    legend: int = 0
    right: int = RIGHT

    @property
    def height(self) -> int:
        return HEIGHT + self.legend * ROW

    @property
    def room(self) -> float:
        """The width of one place."""
        return (WIDTH - LEFT - self.right) / self.places

    def x(self, place: float) -> float:
        """The middle of a place."""
        return LEFT + self.room * (place + 0.5)

    def y(self, value: float) -> float:
        share = (value - self.axis.low) / (self.axis.high - self.axis.low)
        return HEIGHT - FOOT - share * (HEIGHT - FOOT - TOP)

    def grid(self, said: Said) -> Iterator[str]:
        for tick in self.axis.ticks:
            y = self.y(tick)
            yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - self.right}"/>'
            yield text(LEFT - 5, y + 3.5, said(tick), "end")

    def below(self, labels: Sequence[str]) -> Iterator[str]:
        """The labels of the places, as many as there is room for; the last one always."""
        widest = max((measure(label, TEXT) for label in labels), default=0) + 6
        every = max(1, ceil(widest / self.room))
        last = len(labels) - 1
        for place, label in enumerate(labels):
            if (last - place) % every == 0:
                yield text(self.x(place), HEIGHT - FOOT + ROW, label, "middle")

    def svg(self, parts: Sequence[str], *, title: str, description: str) -> str:
        """The picture; its name comes from its content, so that two on one page are told apart."""
        name = f"plot-{crc32((title + description).encode()):08x}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" viewBox="0 0 {WIDTH} {self.height}" '
            f'aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(title)}</title>'
            f'<desc id="{name}-d">{escape(description)}</desc>{"".join(parts)}</svg>'
        )


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    """Words at a place; ``anchor``: which end of them stands there."""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def legend_rows(names: Sequence[str]) -> int:
    """How many rows the names take."""
    return max((row for _number, _x, row in _legend_places(names)), default=-1) + 1


def legend(names: Sequence[str], sign: Callable[[int, float, float], str]) -> Iterator[str]:
    """The names with their signs, in rows under the chart; ``sign``: number, x and middle → its picture."""
    for number, x, row in _legend_places(names):
        y = HEIGHT + row * ROW + 4
        yield sign(number, x, y - 4)
        yield text(x + SIGN + 5, y, names[number])


def _legend_places(names: Sequence[str]) -> Iterator[tuple[int, float, int]]:
    x, row = float(LEFT), 0
    for number, name in zip(count(), names, strict=False):
        width = SIGN + 5 + measure(name, TEXT) + 14
        if x > LEFT and x + width > WIDTH:
            x, row = float(LEFT), row + 1
        yield number, x, row
        x += width
