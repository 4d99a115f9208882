"""Everything that the manager's view counts (R35, R36), part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from backoffice.queries.kept.moment import Moment
from backoffice.queries.kept.packing import (
    Packed,
    Told,
    figure_said,
    narrow_said,
    pairs,
    read_figure,
    read_narrow,
    read_pairs,
)
from backoffice.queries.overview import measures, volume
from backoffice.queries.overview.narrow import Narrow
from backoffice.queries.overview.steps import Step, steps
from backoffice.queries.overview.targets import versions_on
from backoffice.queries.overview.volume import Flow, OpenCases
from policies.indicator import Figure
from policies.overview import Period, Span, Stretch, around, compared_with, months_up_to, read_period, weeks_up_to
from policies.vocabulary import ClockCode

TILES = ("on_time_rate", "satisfaction_score", "repeat_rate", "first_contact_rate", "first_response_hours")
MONTHS_OF_CATEGORIES = 6
MAP_MONTHS = 6


@dataclass(frozen=True)
class Flows:
    """Received in the period and in what it is compared with; received and closed of each stretch; of past months."""

    received: int
    before: int
    course: list[int]
    closed: list[int]
    past: list[int]


@dataclass(frozen=True)
class OverviewFigures:
    """What the view shows but for what waits. ``tiles``: of each its figure and that of before; ``map``: of each month
    department → figure; ``cases``: department → what is open.
    """

    flows: Flows
    trunks: list[dict[int, int]]
    causes: dict[str, int]
    leaves: dict[int, int]
    tiles: list[Figure]
    steps: list[Step]
    ages: list[tuple[int, int]]
    map: list[dict[int | None, Figure]]
    cases: dict[int | None, OpenCases]


@dataclass(frozen=True)
class OverviewQuestion:
    """A period, what it is narrowed to, the indicator of the map."""

    period: Period
    narrow: Narrow
    map: str
    view: ClassVar[str] = "overview"
    parts: ClassVar[int] = 9

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> OverviewQuestion:
        """As ``said`` wrote it down."""
        return cls(read_period(said["period"], date.min), read_narrow(said["narrow"]), said["map"])

    def said(self) -> Packed:
        """As JSON."""
        return {"period": self.period.text, "narrow": narrow_said(self.narrow), "map": self.map}

    def rules(self, session: Session, moment: Moment) -> Packed:
        """Versions of the shared rules and the schemes, and when the sheets of months were computed."""
        versions = list(versions_on(session, self.period.first))
        return {"zone": moment.zone.key, "versions": versions, "computed": moment.computed_said()}

    def count(self, session: Session, moment: Moment, told: Told) -> OverviewFigures:
        """All parts as of a moment."""
        period, narrow = self.period, self.narrow
        window, found = moment.window(period), []
        compared = compared_with(period, moment.today)
        asked = [(code, moment.window(one, code)) for code in TILES for one in (period, compared)]
        trunks = [moment.window(month) for month in months_up_to(period, MONTHS_OF_CATEGORIES)]
        months = [moment.window(month, self.map) for month in months_up_to(period, MAP_MONTHS)]
        for part in (
            lambda: self._flows(session, moment),
            lambda: volume.trunks(session, trunks, narrow),
            lambda: volume.causes(session, window, narrow),
            lambda: volume.leaves(session, window, narrow),
            lambda: measures.several(session, asked, narrow),
            lambda: steps(session, window, narrow),
            lambda: volume.ages(session, narrow, moment.at),
            lambda: measures.by_department(session, self.map, months, narrow),
            lambda: volume.by_department(session, narrow, moment.at),
        ):
            found.append(part())
            told(len(found))
        return OverviewFigures(*found)

    def _flows(self, session: Session, moment: Moment) -> Flows:
        """Everything that is received and closed, in one statement."""
        course = course_of(self.period, moment.today)
        past = past_months(moment.today)
        wanted = [(Flow.RECEIVED, self.period), (Flow.RECEIVED, compared_with(self.period, moment.today))]
        wanted += [(flow, one) for flow in Flow for one in course]
        wanted += [(Flow.RECEIVED, month) for month in past]
        found = volume.counts(session, [(flow, moment.window(one)) for flow, one in wanted], self.narrow)
        size = len(course)
        return Flows(found[0], found[1], found[2 : 2 + size], found[2 + size : 2 + 2 * size], found[2 + 2 * size :])

    def pack(self, figures: OverviewFigures) -> Packed:
        """Figures as JSON."""
        return {
            "flows": [getattr(figures.flows, name) for name in Flows.__dataclass_fields__],
            "trunks": [pairs(one) for one in figures.trunks],
            "causes": pairs(figures.causes),
            "leaves": pairs(figures.leaves),
            "tiles": [figure_said(one) for one in figures.tiles],
            "steps": [_step_said(one) for one in figures.steps],
            "ages": [list(one) for one in figures.ages],
            "map": [pairs(one, figure_said) for one in figures.map],
            "cases": pairs(figures.cases, lambda one: [one.open, one.overdue]),
        }

    def unpack(self, kept: Mapping[str, Any]) -> OverviewFigures:
        """The same figures again."""
        return OverviewFigures(
            flows=Flows(*kept["flows"]),
            trunks=[read_pairs(one) for one in kept["trunks"]],
            causes=read_pairs(kept["causes"]),
            leaves=read_pairs(kept["leaves"]),
            tiles=[read_figure(one) for one in kept["tiles"]],
            steps=[_read_step(one) for one in kept["steps"]],
            ages=[(count, overdue) for count, overdue in kept["ages"]],
            map=[read_pairs(one, read_figure) for one in kept["map"]],
            cases=read_pairs(kept["cases"], lambda one: OpenCases(*one)),
        )


def course_of(period: Period, today: date) -> Sequence[Stretch]:
    """Weeks of a month, months of what is longer."""
    if period.span is Span.MONTH:
        return weeks_up_to(min(period.end - timedelta(days=1), max(today, period.first)))
    return months_up_to(period)


def past_months(today: date) -> Sequence[Stretch]:
    """The months that are over, for a forecast."""
    return months_up_to(around(Span.MONTH, today).previous)


def _step_said(step: Step) -> list[Any]:
    hours = None if step.hours is None else str(step.hours)
    return [step.code.value, str(step.percent), hours, step.count, step.late]


def _read_step(said: list[Any]) -> Step:
    code, percent, hours, count, late = said
    return Step(ClockCode(code), Fraction(percent), None if hours is None else Fraction(hours), count, late)
