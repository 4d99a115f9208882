"""Statistics of inspections (R28, R29, R31): heat map of departments and items, scores by group, fatal faults.

Every mean and rate stands with its interval and its number, and leads to the list of the inspections behind it. Below
``FEW`` no colour and no rank is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection, Scorecard
from backoffice.models.sampling import Draw
from backoffice.queries import choices, inspection_names
from backoffice.queries import inspection_figures as figures
from backoffice.queries.inspection_faults import MOST, FatalFault, fatal_faults
from backoffice.queries.inspection_figures import Asked, Cell, Scores
from backoffice.queries.inspection_filters import InspectionFilters, conditions, counting, within
from backoffice.queries.inspection_list import veil_of
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.chart import Point, Series, line_chart
from forms.inspection_filters import inspection_args, read_inspection_filters
from forms.period import read_period
from policies.card import Band, Scoring
from policies.inspection_reach import READERS, sees_persons
from policies.interval import FEW, Mean, Rate, said_mean
from policies.message import Message, Name
from views import context
from views.guard import needs
from views.language import say

blueprint = Blueprint("inspection_figures", __name__, url_prefix="/inspection")

MONTHS = 12


@dataclass(frozen=True)
class ShownScores:
    """A line of a table of scores: ``rank`` and ``band`` only where enough were inspected."""

    name: Name | date | None
    scores: Scores
    band: Band | None
    rank: int | None
    address: str
    fatal_address: str


@dataclass(frozen=True)
class ShownCell:
    """A cell of the heat map."""

    cell: Cell
    band: Band | None
    address: str


@dataclass(frozen=True)
class ShownRate:
    """A rate with its name and the list behind it."""

    name: Name | None
    rate: Rate
    address: str


class Page:
    """What one request asks and how its figures are named and linked."""

    def __init__(self, session: Session, filters: InspectionFilters) -> None:
        self.session = session
        self.filters = filters
        rules = Rulebook(session)
        self.scoring = scoring_rules(rules)
        self.limit = self.scoring.corrective_action_below
        self.asked = Asked(context.actor(), filters, rules.zone(), context.now())

    def band(self, mean: Mean) -> Band | None:
        """The result that a mean stands for; none for few."""
        return None if mean.is_few else self.scoring.result_of(mean.mean)

    def address(self, **narrower: Any) -> str:
        """The list of the final inspections behind a figure."""
        return list_address(replace(counting(self.filters), **narrower))

    def shown(self, rows: list[Scores], field: str, names: Mapping[Any, Name], *, ranked: bool = False) -> list[Any]:
        """Lines with their names; ``ranked``: the best first, few ones after them without a rank."""
        if ranked:
            rows = sorted(rows, key=lambda row: (row.mean.is_few, -row.mean.mean, str(row.key)))
        found = []
        for place, row in enumerate(rows, 1):
            name = names.get(row.key)
            reach = {field: row.key} if row.key else {}
            found.append(
                ShownScores(
                    name,
                    row,
                    self.band(row.mean),
                    place if ranked and not row.mean.is_few else None,
                    self.address(**reach) if reach else "",
                    self.address(**reach, fatal=True) if reach and row.fatal.hits else "",
                )
            )
        return found

    def rates(
        self, rates: Mapping[Any, Rate], field: str, names: Mapping[Any, Name], **narrower: Any
    ) -> list[ShownRate]:
        """Rates of groups with their names."""
        found = []
        for key, rate in rates.items():
            filters = replace(self.filters, **{field: key}, **narrower) if key else None
            found.append(ShownRate(names.get(key), rate, list_address(filters) if filters else ""))
        return found


def ranks(scoring: Scoring) -> dict[str, int]:
    """Code of a result → its place from the best, 1; how the heat map is coloured."""
    return {band.code: place for place, band in enumerate(scoring.bands, 1)}


def list_address(filters: InspectionFilters) -> str:
    """Where the list of these inspections is."""
    return url_for("inspection_list.index", **inspection_args(filters))


@blueprint.get("/statistics")
@needs(*READERS)
def statistics() -> Any:
    """The figures of a period, for one's own reach."""
    period = read_period(request.args, context.today())
    filters = replace(read_inspection_filters(request.args), since=period.first, until=period.last)
    filters = InspectionFilters(
        since=filters.since,
        until=filters.until,
        card=filters.card,
        plan=filters.plan,
        department_id=filters.department_id,
    )
    with context.reading() as session:
        page = Page(session, filters)
        names = {"card": inspection_names.card_names(session), "plan": inspection_names.plan_names(session)}
        whole = figures.overall(session, page.asked, page.limit)
        parts = _parts(page, names) if whole else {}
        done = figures.completion(session, page.asked, Draw.plan_code)
        return render_template(
            "inspection/statistics.html",
            period=period,
            filters=filters,
            whole=whole,
            band=page.band(whole.mean) if whole else None,
            ranks=ranks(page.scoring),
            limit=page.limit,
            few=FEW,
            done=_together(done.values()),
            done_address=list_address(replace(filters, when="due", in_time="any")),
            completed=page.rates(done, "plan", names["plan"], when="due", in_time="any"),
            address=page.address,
            names=names,
            departments=_choices(session, page),
            sees_persons=sees_persons(page.asked.actor),
            **{**EMPTY, **parts},
        )


EMPTY: dict[str, Any] = {
    "map": None, "by_department": [], "by_person": [], "by_card": [], "by_plan": [], "by_inspector": [], "by_month": [],
    "trend": "",     "changed": Rate(0, 0), "changed_by_inspector": [],
}  # fmt: skip


def _parts(page: Page, names: Mapping[str, Mapping[str, Name]]) -> dict[str, Any]:
    """The tables, where anything is final."""
    session, asked, limit = page.session, page.asked, page.limit
    departments = figures.by_group(session, asked, Inspection.department_id, limit)
    cards = figures.by_group(session, asked, Scorecard.code, limit)
    named = inspection_names.department_names(session, [row.key for row in departments])
    changed = figures.overturned(session, asked, Inspection.inspector_id)
    found = {
        "map": _heat_map(page, [row.key for row in departments], named, cards),
        "by_department": page.shown(departments, "department_id", named, ranked=True),
        "by_card": page.shown(cards, "card", names["card"]),
        "by_plan": page.shown(figures.by_group(session, asked, Draw.plan_code, limit), "plan", names["plan"]),
        "by_month": (months := _by_month(page)),
        "trend": _trend(months, page.limit),
        "changed": _together(changed.values()),
    }
    if sees_persons(asked.actor):
        persons = figures.by_group(session, asked, Inspection.subject_id, limit)
        inspectors = figures.by_group(session, asked, Inspection.inspector_id, limit)
        staff = inspection_names.staff_names(session, [row.key for row in (*persons, *inspectors)])
        found["by_person"] = page.shown(persons, "subject_id", staff, ranked=True)
        found["by_inspector"] = page.shown(inspectors, "inspector_id", staff)
        counted = counting(page.filters)
        narrower = {"when": counted.when, "status": counted.status, "seconds": counted.seconds, "appeal": "overturned"}
        found["changed_by_inspector"] = page.rates(changed, "inspector_id", staff, **narrower)
    return found


def _heat_map(page: Page, ids: list[Any], named: Mapping[Any, Name], cards: list[Scores]) -> dict[str, Any] | None:
    """The map of one card: the one asked for, else the one by which most were inspected."""
    code = page.filters.card or max(cards, key=lambda row: row.mean.n).key
    filters = replace(page.filters, card=code)
    asked = replace(page.asked, filters=filters)
    cells = figures.heat_map(page.session, asked)
    together = figures.items_together(page.session, asked)
    units = [unit for unit in ids if unit is not None and any(key[0] == unit for key in cells)]
    items = [item for item in inspection_names.card_items(page.session, code) if item.code in together]

    def shown(cell: Cell | None, item: str, **unit: Any) -> ShownCell | None:
        if cell is None:
            return None
        mark = "below" if cell.below.hits else "applied"
        narrower = replace(counting(filters), item=item, mark=mark, **unit)
        return ShownCell(cell, page.band(cell.mean), list_address(narrower))

    rows = [
        (
            item,
            shown(together.get(item.code), item.code),
            [shown(cells.get((unit, item.code)), item.code, department_id=unit) for unit in units],
        )
        for item in items
    ]
    return {"card": code, "departments": [named.get(unit) for unit in units], "rows": rows} if rows else None


def _by_month(page: Page) -> list[ShownScores]:
    """The last twelve months up to the end of the period, the newest first; months without any are left out."""
    last = page.filters.until or context.today()
    months = [_month_before(last, back) for back in range(MONTHS)]
    rows = figures.by_month(page.session, page.asked, months[::-1], page.limit)
    found = []
    for month in months:
        if month in rows:
            until = min(last, _last_day(month))
            address = page.address(since=month, until=until)
            row = rows[month]
            fatal = page.address(since=month, until=until, fatal=True) if row.fatal.hits else ""
            found.append(ShownScores(month, row, page.band(row.mean), None, address, fatal))
    return found


def _trend(rows: list[ShownScores], limit: Decimal) -> Markup:
    """The means month by month as a picture, from the oldest; a month without any leaves a gap. Empty for one month."""
    means = {row.name: row.scores.mean for row in rows if isinstance(row.name, date)}
    if len(means) < 2:
        return Markup("")
    last, first = max(means), min(means)
    months = [month for back in reversed(range(MONTHS)) if (month := _month_before(last, back)) >= first]
    points = tuple(_point(month, means.get(month), new=month == first or month.month == 1) for month in months)
    title = say(Message("inspection_figures.trend"))
    told = tuple(point.said for point in points if point.said)
    description = say(Message("inspection_figures.trend_said", {"months": told, "limit": limit}))
    series = [Series(title, points)]
    picture = line_chart(series, title=title, description=description, within=(0, 100), limit=float(limit))
    return Markup(picture)  # noqa: S704 - the chart escapes whatever it is given


def _point(month: date, mean: Mean | None, *, new: bool) -> Point:
    label = say(Message(f"layout.month.{month.month}"))
    under = str(month.year) if new else ""
    if mean is None:
        return Point(label, None, under=under)
    low, high = (float(mean.interval.low), float(mean.interval.high)) if mean.interval else (None, None)
    named = Message("inspection_figures.month", {"year": month.year, "month": month.month, "month_name": label})
    said = say(Message("inspection_figures.point", {"month": named, "mean": said_mean(mean)}))
    return Point(label, float(mean.mean), low, high, under, said)


def _month_before(day: date, back: int) -> date:
    """The first day of the month so many months before."""
    number = day.year * 12 + day.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def _last_day(month: date) -> date:
    return date.fromordinal(_month_before(month, -1).toordinal() - 1)


def _together(rates: Iterable[Rate]) -> Rate:
    """Rates of groups as one."""
    found = list(rates)
    return Rate(sum(rate.hits for rate in found), sum(rate.n for rate in found))


def _choices(session: Session, page: Page) -> list[choices.Choice]:
    """The departments among which this person may choose."""
    reach = page.asked.actor.departments if within(page.asked.actor) else None
    return [one for one in choices.departments(session) if reach is None or int(one.value) in reach]


@blueprint.get("/fatal")
@needs(*READERS)
def fatal() -> Any:
    """The records with a fatal fault in a period, and what follows from each."""
    period = read_period(request.args, context.today())
    filters = InspectionFilters(since=period.first, until=period.last)
    with context.reading() as session:
        page = Page(session, filters)
        where = [
            *conditions(replace(counting(filters), fatal=True), page.asked.zone, page.asked.at),
            *within(page.asked.actor),
            Inspection.complaint_id.not_in(sorted(veil_of(session, page.asked.actor).open)),  # scored by oneself first
        ]
        rows, more = fatal_faults(session, where)
        whole = figures.overall(session, page.asked, Decimal(0))
        return render_template(
            "inspection/fatal.html",
            period=period,
            rows=rows,
            more=more,
            most=MOST,
            rate=whole.fatal if whole else Rate(0, 0),
            items=_item_names(session, rows),
            sees_persons=sees_persons(page.asked.actor),
        )


def _item_names(session: Session, rows: list[FatalFault]) -> dict[tuple[str, str], Name]:
    """(card, item) → the item's name."""
    return {
        (card, item.code): item.name
        for card in sorted({row.card for row in rows})
        for item in inspection_names.card_items(session, card)
    }
