"""Lines over time with the limits of chance (R35, R36): one or two measures, what lies outside its limits marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from backoffice.reports.chart_frame import (
    SIGN,
    WIDTH,
    Frame,
    Said,
    axis_over,
    legend,
    legend_rows,
)

DOT = 2.6
RING = 5.5


@dataclass(frozen=True)
class Place:
    """A value at a place; None: nothing was measured. ``said``: in words; ``outside``: beyond the limits."""

    value: float | None
    said: str = ""
    outside: bool = False


@dataclass(frozen=True)
class Line:
    """A measure by its name; the second and third are told apart by their dashes."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Across:
    """A line across: ``kind`` is "limit", "centre" or "target", each with its own dash; named in the legend."""

    name: str
    value: float
    kind: str


def line_plot(
    labels: Sequence[str],
    lines: Sequence[Line],
    *,
    title: str,
    description: str,
    across: Sequence[Across] = (),
    said: Said = "{:g}".format,
    from_nought: bool = True,
    most: float | None = None,
) -> str:
    """The picture; empty where no line holds a value. Every line has a place for each label.

    ``most``: what the measure cannot go beyond (a share: 100).
    """
    if any(len(line.places) != len(labels) for line in lines):
        raise ValueError("every line has a place for each label")
    known = [place.value for line in lines for place in line.places if place.value is not None]
    if not known:
        return ""
    axis = axis_over([*known, *(one.value for one in across)], from_nought=from_nought, most=most)
    names = _names(lines, across)
    frame = Frame(len(labels), axis, legend_rows(names))
    parts = [
        *frame.grid(said),
        *frame.below(labels),
        *(_across(frame, one) for one in across),
        *(part for number, line in enumerate(lines) for part in _line(frame, number, line)),
        *legend(names, lambda number, x, y: _sign(lines, across, number, x, y)),
    ]
    return frame.svg(parts, title=title, description=description)


def _names(lines: Sequence[Line], across: Sequence[Across]) -> list[str]:
    """The legend; two lines across of one name (both limits) stand in it once."""
    return [line.name for line in lines] + list(dict.fromkeys(one.name for one in across))


def _sign(lines: Sequence[Line], across: Sequence[Across], number: int, x: float, y: float) -> str:
    if number < len(lines):
        return f'<path class="line s{number}" d="M{x:.1f} {y:.1f}h{SIGN}"/>'
    name = list(dict.fromkeys(one.name for one in across))[number - len(lines)]
    kind = next(one.kind for one in across if one.name == name)
    return f'<path class="{kind}" d="M{x:.1f} {y:.1f}h{SIGN}"/>'


def _across(frame: Frame, one: Across) -> str:
    y = frame.y(one.value)
    return f'<path class="{one.kind}" d="M{frame.x(-0.5):.1f} {y:.1f}H{WIDTH - frame.right}"/>'


def _line(frame: Frame, number: int, line: Line) -> Iterator[str]:
    for run in _runs(line):
        path = "L".join(f"{frame.x(place):.1f} {frame.y(value):.1f}" for place, value, _one in run)
        if len(run) > 1:
            yield f'<path class="line s{number}" d="M{path}"/>'
        for place, value, one in run:
            told = f"<title>{escape(one.said)}</title>" if one.said else ""
            x, y = frame.x(place), frame.y(value)
            yield f'<circle class="dot s{number}" cx="{x:.1f}" cy="{y:.1f}" r="{DOT}">{told}</circle>'
            if one.outside:
                yield f'<circle class="outside" cx="{x:.1f}" cy="{y:.1f}" r="{RING}"/>'


def _runs(line: Line) -> Iterator[list[tuple[int, float, Place]]]:
    """Stretches without a gap."""
    run: list[tuple[int, float, Place]] = []
    for place, one in enumerate(line.places):
        if one.value is None:
            if run:
                yield run
            run = []
        else:
            run.append((place, one.value, one))
    if run:
        yield run
