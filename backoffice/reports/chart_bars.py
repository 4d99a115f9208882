"""Bars made on the server (R35, R36): stacked over time, and a Pareto with the line of what has piled up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from backoffice.reports.chart import Span
from backoffice.reports.chart_frame import (
    LEFT,
    SIGN,
    WIDTH,
    Frame,
    Said,
    axis_over,
    legend,
    legend_rows,
    text,
)

GAP = 0.18  # of a place, at either side of its bar
SERIES = 6
"""So many fillings can be told from each other."""
SHARES = 34  # room for the axis of shares at the right
HUNDRED = Span(0, 100, 20)


@dataclass(frozen=True)
class Stack:
    """One series of a stacked chart: its name and a value for each place; ``said``: each in words."""

    name: str
    values: tuple[float, ...]
    said: tuple[str, ...] = ()


def stacked_plot(
    labels: Sequence[str], stacks: Sequence[Stack], *, title: str, description: str, said: Said = "{:g}".format
) -> str:
    """Series upon each other, the first at the foot; empty where all values are nought. No value is below nought."""
    if len(stacks) > SERIES:
        raise ValueError(f"no more than {SERIES} series can be told apart")
    totals = [sum(values) for values in zip(*(stack.values for stack in stacks), strict=True)]
    if not any(totals):
        return ""
    names = [stack.name for stack in stacks]
    frame = Frame(len(labels), axis_over(totals), legend_rows(names))
    foot = [0.0] * len(labels)
    parts = [*frame.grid(said), *frame.below(labels)]
    for number, stack in enumerate(stacks):
        for place, value in enumerate(stack.values):
            if value > 0:
                words = stack.said[place] if stack.said else ""
                parts.append(_bar(frame, place, foot[place], value, f"f{number}", words))
                foot[place] += value
    parts += legend(names, lambda number, x, y: _box(x, y, f"f{number}"))
    return frame.svg(parts, title=title, description=description)


@dataclass(frozen=True)
class Heap:
    """A bar of a Pareto: ``cumulated`` in percent with those before it; ``few``: one of those that make the most."""

    label: str
    value: float
    cumulated: float
    few: bool
    said: str = ""


def pareto_plot(
    heaps: Sequence[Heap], *, title: str, description: str, cut: float = 80, said: Said = "{:g}".format
) -> str:
    """Bars from the largest down, numbered below; the line says what they are together, in percent at the right."""
    if not heaps:
        return ""
    frame = Frame(len(heaps), axis_over([heap.value for heap in heaps]), 0, SHARES)
    shares = Frame(len(heaps), HUNDRED, 0, SHARES)
    parts = [*frame.grid(said), *frame.below([str(place) for place in range(1, len(heaps) + 1)])]
    parts += _shares(shares)
    for place, heap in enumerate(heaps):
        parts.append(_bar(frame, place, 0, heap.value, "f0" if heap.few else "f2", heap.said))
    parts.append(f'<path class="limit" d="M{LEFT} {shares.y(cut):.1f}H{WIDTH - SHARES}"/>')
    path = "L".join(f"{shares.x(place):.1f} {shares.y(heap.cumulated):.1f}" for place, heap in enumerate(heaps))
    if len(heaps) > 1:
        parts.append(f'<path class="line s1" d="M{path}"/>')
    for place, heap in enumerate(heaps):
        parts.append(f'<circle class="dot s1" cx="{shares.x(place):.1f}" cy="{shares.y(heap.cumulated):.1f}" r="2.6"/>')
    return frame.svg(parts, title=title, description=description)


def _shares(frame: Frame) -> Iterator[str]:
    for tick in HUNDRED.ticks:
        yield text(WIDTH - SHARES + 5, frame.y(tick) + 3.5, f"{tick:g}%")


def _bar(frame: Frame, place: int, foot: float, value: float, kind: str, said: str) -> str:
    x, width = frame.x(place) - frame.room * (0.5 - GAP), frame.room * (1 - 2 * GAP)
    top, bottom = frame.y(foot + value), frame.y(foot)
    told = f"<title>{escape(said)}</title>" if said else ""
    size = f'width="{width:.1f}" height="{bottom - top:.1f}"'
    return f'<rect class="{kind}" x="{x:.1f}" y="{top:.1f}" {size}>{told}</rect>'


def _box(x: float, y: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y - SIGN / 2:.1f}" width="{SIGN}" height="{SIGN}"/>'
