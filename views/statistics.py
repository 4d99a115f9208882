"""Statistics (R35): complaints by any two dimensions in a period against the one before; table, picture, file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.queries import choices
from backoffice.queries.kept import StatisticsQuestion
from backoffice.queries.overview import crosstab
from backoffice.queries.overview.crosstab import Dimension
from backoffice.queries.overview.volume import Flow
from backoffice.reports.chart_bars import SERIES, Stack, stacked_plot
from backoffice.reports.xlsx import Kind
from backoffice.services.core.access_log import log_access
from forms.filters import member
from policies.access import Permission, may
from policies.message import Name
from policies.overview import read_period
from policies.vocabulary import Severity
from views import context
from views.filters import named
from views.guard import needs
from views.kept_figures import count_anew, figures_as_shown, figures_of, waits
from views.language import _, label
from views.overview.asking import Asking, asking
from views.overview.words import period_name, stretch_name
from views.reporting import reporting, reports
from views.tables import table

blueprint = Blueprint("statistics", __name__, url_prefix="/statistics")
MOST_BARS = 14
BY_SIZE = (Dimension.CATEGORY, Dimension.CHANNEL, Dimension.DEPARTMENT, Dimension.CAUSE)
"""Rows without an order of their own: the largest first."""
USUAL = (Dimension.CATEGORY, Dimension.SEVERITY)
NARROWED = {Dimension.CHANNEL: "channel", Dimension.SEVERITY: "severity", Dimension.DEPARTMENT: "department"}
"""Dimensions that the view itself can be narrowed to, by the name in its address."""


@dataclass(frozen=True)
class Line:
    """A row: its name, its cells with their lists, its total, and that of the period before."""

    name: str
    cells: list[tuple[int, str]]
    total: int
    address: str
    before: int


@dataclass(frozen=True)
class Pair:
    """What is counted, by what."""

    flow: Flow
    rows: Dimension
    columns: Dimension


@dataclass(frozen=True)
class Crosstab:
    """The whole table."""

    flow: Flow
    rows: Dimension
    columns: Dimension
    heads: list[str]
    lines: list[Line]
    totals: list[int]
    before: int

    @property
    def total(self) -> int:
        return sum(self.totals)


@blueprint.get("")
@needs(Permission.STATISTICS_VIEW)
@reports
@waits
def index() -> Any:
    """The table with its picture."""
    with reporting() as session:
        ask = asking(session)
        question = wanted(ask)
        ask = ask.showing(figures_of(session, question))
        found = made(ask, question)
        reach = ask.asked.narrow.departments
        return render_template(
            "overview/statistics.html",
            ask=ask,
            found=found,
            title=period_name(ask.asked.period),
            compared=stretch_name(ask.compared),
            plot=_plot(found),
            dimensions=list(Dimension),
            flows=list(Flow),
            departments=[one for one in choices.departments(session) if reach is None or int(one.value) in reach],
            categories=choices.categories(session),
            channels=choices.channels(session),
            severities=list(Severity),
            chosen=ask.asked.narrow,
            args=_args(ask, found),
            exports=may(ask.actor, Permission.DATA_EXPORT),
        )


@blueprint.post("/export.csv")
@needs(Permission.DATA_EXPORT)
def export() -> Response:
    """The table as a file; who took it is kept first."""
    desk, actor = context.desk(), context.actor()
    with desk.database.writing() as session:
        ask = asking(session)
        question = wanted(ask)
        ask = ask.showing(figures_as_shown(session, question))
        found = made(ask, question)
        facts = {"list": "statistics", **_args(ask, found)}
        log_access(session, desk.keys, actor, context.now(), "export", facts, address=request.remote_addr or "")
    head = [_dimension(found.rows), *found.heads, _("overview.stat.total")]
    if found.rows is not Dimension.MONTH:
        head.append(_("overview.column.before"))
    kinds = [Kind.TEXT, *(Kind.WHOLE for _column in head[1:])]
    return table(head, lambda: _cells(found), f"statistics-{ask.asked.period.text}", _("overview.stat.title"), kinds)


def _cells(found: Crosstab) -> Iterator[list[Any]]:
    """Months have no column of the period before: each stands beside the one before it."""
    by_month = found.rows is Dimension.MONTH
    for line in found.lines:
        numbers = [number for number, _address in line.cells]
        yield [line.name, *numbers, line.total, *([] if by_month else [line.before])]
    yield [_("overview.stat.total"), *found.totals, found.total, *([] if by_month else [found.before])]


@blueprint.post("/count")
@needs(Permission.STATISTICS_VIEW)
def count() -> Any:
    """Have the table counted anew."""
    with context.reading() as session:
        ask = asking(session)
        question = wanted(ask)
    count_anew(question)
    return redirect(url_for("statistics.index", **_args(ask, question)), 303)


def wanted(ask: Asking) -> StatisticsQuestion:
    """The table that an address asks for."""
    args = request.values
    flow = member(Flow, args.get("of")) or Flow.RECEIVED
    rows = member(Dimension, args.get("rows")) or USUAL[0]
    columns = member(Dimension, args.get("columns")) or USUAL[1]
    if rows is columns:
        columns = next(one for one in USUAL if one is not rows)
    return StatisticsQuestion(ask.asked.period, ask.asked.narrow, flow, rows, columns)


def made(ask: Asking, question: StatisticsQuestion) -> Crosstab:
    """The table with its names and the ways to its lists."""
    session, flow, rows, columns = ask.session, question.flow, question.rows, question.columns
    cells, past = ask.figures.cells, ask.figures.before
    month_rows = rows is Dimension.MONTH
    heads = _named(session, columns, [key for _row, key in cells])
    names = _named(session, rows, [key for key, _column in [*cells, *([] if month_rows else past)]])
    lines = [_line(ask, Pair(flow, rows, columns), row, cells, past, list(heads)) for row in names.items()]
    if rows in BY_SIZE:
        lines.sort(key=lambda line: -line.total)
    totals = [sum(number for (_row, key), number in cells.items() if key == column) for column in heads]
    return Crosstab(flow, rows, columns, list(heads.values()), lines, totals, sum(past.values()))


def _line(
    ask: Asking,
    pair: Pair,
    row: tuple[Any, str],
    cells: crosstab.Cells,
    past: crosstab.Cells,
    heads: list[Any],
) -> Line:
    (key, name), flow = row, pair.flow
    here = _reach(ask, pair.rows, key)
    shown = []
    for column in heads:
        number, there = cells.get((key, column), 0), _reach(ask, pair.columns, column)
        leads = number and here is not None and there is not None
        shown.append((number, ask.records(flow.value, **{**(here or {}), **(there or {})}) if leads else ""))
    total = sum(number for number, _address in shown)
    before = sum(number for (one, _column), number in past.items() if one == key)
    return Line(name, shown, total, ask.records(flow.value, **here) if here is not None and total else "", before)


def _reach(ask: Asking, dimension: Dimension, key: Any) -> dict[str, Any] | None:
    """What narrows a list to one value; None where no list can be."""
    if key is None:
        return None
    if dimension is Dimension.MONTH:
        return {"period": key}
    if dimension is Dimension.CATEGORY:
        return {"category": ask.within(f"/{key}/")}
    return {NARROWED.get(dimension, dimension.value): key.value if isinstance(key, StrEnum) else key}


def _named(session: Session, dimension: Dimension, keys: list[Any]) -> dict[Any, str]:
    """The keys that occur with their names, in order; what is not said last."""
    found = {key: _name(value) for key, value in crosstab.names(session, dimension, keys).items()}
    if dimension is Dimension.MONTH:
        found = {key: period_name(read_period(key, context.today())) for key in found}
    return found | ({None: _("overview.stat.unsaid")} if None in keys else {})


def _name(value: Name | StrEnum | str) -> str:
    if isinstance(value, Name):
        return named(value)
    return label(value) if isinstance(value, StrEnum) else value


def _dimension(dimension: Dimension) -> str:
    return _("overview.dimension." + dimension.value)


def _args(ask: Asking, found: Crosstab | StatisticsQuestion) -> dict[str, str]:
    """The address of this table."""
    chosen = {"of": found.flow.value, "rows": found.rows.value, "columns": found.columns.value, "map": None}
    return ask.asked.args(**chosen)


def _plot(found: Crosstab) -> str:
    """The largest rows, each stacked by its columns; columns beyond what can be told apart as one."""
    lines = (
        found.lines if found.rows is Dimension.MONTH else sorted(found.lines, key=lambda one: -one.total)[:MOST_BARS]
    )
    many = len(found.heads) > SERIES
    shown = SERIES - 1 if many else len(found.heads)
    stacks = [
        Stack(head, tuple(float(line.cells[place][0]) for line in lines))
        for place, head in enumerate(found.heads[:shown])
    ]
    if many:
        rest = tuple(float(sum(number for number, _address in line.cells[shown:])) for line in lines)
        stacks.append(Stack(_("overview.others"), rest))
    title = _("overview.stat.by", rows=_dimension(found.rows), columns=_dimension(found.columns))
    return stacked_plot(
        [str(place) for place in range(1, len(lines) + 1)], stacks, title=title,
        description=_("overview.stat.total_said", n=found.total), said=lambda value: f"{value:,.0f}",
    )  # fmt: skip
