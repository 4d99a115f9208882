"""The office's own flow chart of a process, printed on A4 (R14): head, diagram, and the steps as a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from backoffice.reports.pdf import Pdf, write_pdf
from backoffice.reports.process_diagram import PAPER, Diagram, draw_pages

STYLE = "print/flow_chart.css"
TALLEST = 860  # px of the picture on one page, so that its letters stay large enough to read
SCALE = 0.26  # mm for a px
Say = Callable[..., str]


@dataclass(frozen=True)
class ChartStep:
    """A step as a line of the list."""

    number: str
    name: str
    role: str
    share: str
    fields: Sequence[str]
    evidence: Sequence[str]
    ways: Sequence[str]


@dataclass(frozen=True)
class Chart:
    """What is printed, in words: whose process, which version, since when, its picture and its steps."""

    office: str
    title: str
    state: str
    made: str
    diagram: Diagram
    steps: Sequence[ChartStep]


def print_chart(chart: Chart, say: Say, language: str) -> Pdf:
    """The flow chart as a PDF; raises ``DomainError`` where nothing can be printed."""
    return write_pdf(chart_html(chart, say, language), [STYLE])


def chart_html(chart: Chart, say: Say, language: str) -> str:
    """The paper as HTML: the picture on pages of its own, the list after it."""
    columns = ("step", "role", "share", "fields", "ways")
    heads = "".join(f"<th>{escape(say(f'process_editor.chart.{column}'))}</th>" for column in columns)
    rows = "".join(_row(step, say("layout.list.separator")) for step in chart.steps)
    drawn = draw_pages(chart.diagram, PAPER, TALLEST, SCALE)
    pictures = "".join(f'<div class="picture">{picture}</div>' for picture in drawn)
    tongue = "zh-CN" if language == "zh_Hans" else "en"
    return (
        f'<!DOCTYPE html><html lang="{tongue}"><head><meta charset="utf-8"><title>{escape(chart.title)}</title></head>'
        f'<body><header data-foot="{escape(chart.title)} · {escape(chart.made)}"><p class="office">'
        f"{escape(chart.office)}</p><h1>{escape(chart.title)}</h1>"
        f'<p class="state">{escape(chart.state)} · {escape(chart.made)}</p></header>'
        f"{pictures}"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></body></html>"
    )


def _row(step: ChartStep, separator: str) -> str:
    needs = separator.join((*step.fields, *step.evidence))
    ways = "<br>".join(escape(way) for way in step.ways)
    cells = [escape(f"{step.number} {step.name}"), escape(step.role), escape(step.share), escape(needs), ways]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
