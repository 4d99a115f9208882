"""Indicators (R31): what each one is in words, whose figures it gives, and the records behind every figure.

Everybody sees the definitions and the own figures; heads those of their departments, some those of the office. No data
of a customer is shown: records stand with their number, which leads on where the reader may open the complaint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.queries import indicators as registry
from backoffice.queries.indicator_definitions import Definitions, definitions
from backoffice.queries.indicator_names import Behind, SubjectName, behind, subjects
from backoffice.queries.indicators import Contribution, Page, Part, Window
from backoffice.queries.kept import IndicatorQuestion, Moment
from backoffice.queries.kept.indicator import IndicatorFigures
from backoffice.queries.overview.measures import NOTHING
from backoffice.reports.xlsx import Kind
from backoffice.services.core.access_log import log_access
from forms.indicators import Asked, read_asked
from policies.access import Permission, Scope
from policies.indicator import Figure, Indicator, is_rated, shown, value_of
from policies.indicator_reach import Reach, may_enter_figures, reach_of
from policies.interval import Rate
from policies.message import Refusal
from policies.monthly_figure import shown_number
from policies.vocabulary_appraisal import SubjectKind
from views import context
from views.filters import field_time, named
from views.guard import needs, signed_in
from views.kept_figures import Counted, count_anew, figures_of, waits
from views.language import _
from views.reporting import reporting, reports
from views.tables import table

blueprint = Blueprint("indicators", __name__, url_prefix="/indicators")

COLUMNS = ("number", "record", "at", "numerator", "denominator", "left_out")
BATCH = 500


@dataclass(frozen=True)
class ShownFigure:
    """A line of the table: whose figure, its exact value, whether the sample is large enough, the way to its list.

    ``subject`` None: the whole office.
    """

    subject: SubjectName | None
    figure: Figure
    value: Any
    rate: Rate | None
    rated: bool
    numerator: str
    denominator: str
    address: str


@dataclass(frozen=True)
class ShownRow:
    """A record behind a figure, with its numbers as text."""

    row: Contribution
    behind: Behind
    numerator: str
    denominator: str


@blueprint.get("")
@signed_in
def index() -> str:
    """All indicators in words."""
    with context.reading() as session:
        known = definitions(session, context.today())
        return render_template(
            "indicators/index.html", known=known, words=_words(known), enters=may_enter_figures(context.actor())
        )


@blueprint.get("/<code>")
@signed_in
@reports
@waits
def show(code: str) -> str:
    """One indicator: its definition, the figures of a month within one's reach, the list behind one of them."""
    with reporting() as session:
        page = One(session, code)
        counted, people = page.counted(), page.subjects
        chosen = people.get(page.asked.subject) if page.asked.subject is not None else None
        if page.asked.subject is not None and chosen is None:
            abort(404)
        listed = page.listed() if chosen else None
        return render_template(
            "indicators/show.html",
            one=page.indicator,
            words=_words(page.known),
            asked=page.asked,
            levels=page.levels,
            figures=page.shown(counted.figures),
            whole=page.whole(counted.figures),
            counted=counted,
            chosen=chosen,
            page=listed,
            rows=page.rows(listed.rows) if listed else [],
            parts=page.parts(listed),
            page_address=lambda number: page.address(page=number),
            exports=context.actor().scope(Permission.DATA_EXPORT) is not Scope.NONE,
        )


@blueprint.post("/<code>/count")
@signed_in
def count(code: str) -> Any:
    """Have the figures of an indicator counted anew."""
    with context.reading() as session:
        page = One(session, code)
    count_anew(page.question)
    return redirect(page.address(), 303)


@blueprint.post("/<code>/export.csv")
@needs(Permission.DATA_EXPORT)
def export(code: str) -> Response:
    """The list behind one figure as a file; who took it is kept before its first line goes out."""
    desk, actor, at = context.desk(), context.actor(), context.now()
    with desk.database.writing() as session:
        page = One(session, code)
        subject, asked = page.asked.subject, page.asked
        if subject is None:
            raise DomainError(Refusal("indicators.refused.subject", status=422))
        if subject not in page.subjects or not _exportable(actor, page, subject):
            abort(404)
        facts = {"list": "indicator", "indicator": code, **{k: str(v) for k, v in asked.args().items()}}
        log_access(session, desk.keys, actor, at, "export", facts, address=request.remote_addr or "")

    def rows() -> Iterator[list[Any]]:
        with reporting(large=True) as session:
            batch: list[Contribution] = []
            for row in registry.every(session, code, page.window, asked.level, subject, asked.part):
                batch.append(row)
                if len(batch) == BATCH:
                    yield from _cells(session, batch)
                    batch = []
            yield from _cells(session, batch)

    head = [_("indicators.column." + column) for column in COLUMNS]
    kinds = (Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.EXACT, Kind.EXACT)
    return table(head, rows, f"{code}-{asked.month}", code, kinds)


def _exportable(actor: Any, page: One, subject: int) -> bool:
    """Exporting reaches as far as its own permission: a head's department, or the office."""
    if actor.scope(Permission.DATA_EXPORT) is Scope.ALL:
        return True
    within = Reach(actor.departments, actor.departments, None)
    return subject in subjects(page.session, within, page.asked.level)


class One:
    """One indicator as one reader asks for it."""

    def __init__(self, session: Session, code: str) -> None:
        self.session, self.actor = session, context.actor()
        today = context.today()
        self.known = definitions(session, today)
        found = self.known.indicators.get(code)
        if found is None:
            abort(404)
        self.indicator: Indicator = found
        self.reach = reach_of(self.actor)
        self.levels = tuple(level for level in found.levels if self._sees(level)) or found.levels[:1]
        self.asked: Asked = read_asked(request.values, f"{today:%Y-%m}", self.levels)
        computed = registry.computed_months(session)
        self.window: Window = registry.as_counted(self.asked.month, context.zone(), context.now(), computed)
        self.subjects = subjects(session, self.reach, self.asked.level)

    def _sees(self, level: SubjectKind) -> bool:
        return level is SubjectKind.PERSON or self.reach.departments is None or bool(self.reach.departments)

    @property
    def question(self) -> IndicatorQuestion:
        """What this page counts: for all readers the same."""
        return IndicatorQuestion(self.indicator.code, self.asked.month, self.asked.level)

    def counted(self) -> Counted:
        """The figures of everybody within reach; those that are kept are everybody's, of which others' are left out."""
        found, wanted = figures_of(self.session, self.question, self._within), self._wanted()
        if not found.kept or wanted is None:
            return found
        return replace(found, figures=found.figures.within(self.indicator.code, wanted))

    def _wanted(self) -> list[int] | None:
        """Everybody within reach; who reads of all is not asked for by name."""
        everybody = self.reach.departments if self.asked.level is SubjectKind.DEPARTMENT else self.reach.persons_of
        return None if everybody is None else list(self.subjects)

    def _within(self, session: Session, _moment: Moment) -> IndicatorFigures:
        code, wanted = self.indicator.code, self._wanted()
        of = registry.figures(session, code, self.window, self.asked.level, wanted)
        return IndicatorFigures(of, registry.overall(session, code, self.window) if self.sees_whole else NOTHING)

    @property
    def sees_whole(self) -> bool:
        """Whether the reader sees the office's figure: who reads the statistics of all departments."""
        return self.reach.departments is None

    def whole(self, found: IndicatorFigures) -> ShownFigure | None:
        """The office's figure, for who sees it."""
        return self._shown(None, found.overall, "") if self.sees_whole else None

    def shown(self, found: IndicatorFigures) -> list[ShownFigure]:
        """The lines of the table, in the office's order and within reach: few records give no rank."""
        return [
            self._shown(name, found.of[key], self.address(subject=key, part=None))
            for key, name in self.subjects.items()
            if key in found.of
        ]

    def _shown(self, name: SubjectName | None, figure: Figure, address: str) -> ShownFigure:
        value = value_of(self.indicator, figure)
        return ShownFigure(
            name,
            figure,
            None if value is None else shown(value),
            self._rate(figure),
            is_rated(self.indicator, figure),
            _number(figure.numerator),
            _number(figure.denominator),
            address,
        )

    def _rate(self, figure: Figure) -> Rate | None:
        """A share of records, which has an interval; weights and sums have none."""
        counts = figure.denominator == figure.sample and figure.numerator.denominator == 1
        if not self.indicator.is_share or not counts or figure.numerator > figure.denominator:
            return None
        return Rate(int(figure.numerator), figure.sample)

    def listed(self) -> Page:
        """The page of the list that is asked for."""
        asked = self.asked
        code = self.indicator.code
        return registry.drill(self.session, code, self.window, asked.level, asked.subject, asked.part, asked.page)

    def rows(self, rows: list[Contribution]) -> list[ShownRow]:
        """Records with what they come from."""
        return _shown_rows(self.session, rows)

    def parts(self, listed: Page | None) -> list[dict[str, Any]]:
        """The tabs over a list; the open one says how many it holds."""
        return [
            {
                "text": _("indicators.part." + part.value),
                "address": self.address(part=part.value),
                "is_current": part is self.asked.part,
                "count": listed.count if listed and part is self.asked.part else None,
            }
            for part in Part
        ]

    def address(self, **other: Any) -> str:
        """This page with something else asked for."""
        return url_for("indicators.show", code=self.indicator.code, **self.asked.args(**other))


def _shown_rows(session: Session, rows: list[Contribution]) -> list[ShownRow]:
    found = behind(session, context.actor(), rows)
    return [ShownRow(row, found[row.unit], _number(row.numerator), _number(row.denominator)) for row in rows]


def _number(value: Fraction) -> str:
    """A contribution as text: it is whole hundredths, so that nothing is rounded."""
    return shown_number(shown(value))


def _cells(session: Session, rows: list[Contribution]) -> Iterator[list[Any]]:
    for one in _shown_rows(session, rows):
        record = " ".join(filter(None, (_kind(one.row), one.behind.number, named(one.behind.name))))
        why = _("indicators.left_out." + one.row.left_out.value) if one.row.left_out else ""
        yield [one.behind.complaint, record, field_time(one.row.at), one.numerator, one.denominator, why]


def _kind(row: Contribution) -> str:
    return _("indicators.unit." + row.unit.partition(":")[0])


def _words(known: Definitions) -> dict[str, Any]:
    """What the pages say with: units, exclusions and moments in the office's words."""
    return {"units": known.units, "exclusions": known.exclusions, "periods": known.period_rules, "rules": known.rules}
