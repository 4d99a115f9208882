"""The figures of one indicator in a month (R31): of everybody, and of the whole office.

They are counted once for all readers; who sees whose is decided when they are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from backoffice.queries import indicators
from backoffice.queries.kept.moment import Moment
from backoffice.queries.kept.packing import Packed, Told, figure_said, pairs, read_figure, read_pairs
from policies.indicator import Figure
from policies.vocabulary_appraisal import SubjectKind


@dataclass(frozen=True)
class IndicatorFigures:
    """Subject → figure, without those of whom nothing was counted; and the office's."""

    of: dict[int, Figure]
    overall: Figure

    def within(self, code: str, subjects: Collection[int]) -> IndicatorFigures:
        """Only those of these subjects, as ``indicators.figures`` has them."""
        of = {subject: figure for subject, figure in self.of.items() if subject in subjects}
        return replace(self, of=indicators.with_nothing(code, of, subjects))


@dataclass(frozen=True)
class IndicatorQuestion:
    """An indicator in a month ("2026-09"), by person or by department."""

    code: str
    month: str
    level: SubjectKind
    view: ClassVar[str] = "indicator"
    parts: ClassVar[int] = 2

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> IndicatorQuestion:
        """As ``said`` wrote it down."""
        return cls(said["code"], said["month"], SubjectKind(said["level"]))

    def said(self) -> Packed:
        """As JSON."""
        return {"code": self.code, "month": self.month, "level": self.level.value}

    def rules(self, session: Session, moment: Moment) -> Packed:
        """When the sheets of this month and of the one before were computed."""
        near = (indicators.previous_month(self.month), self.month)
        computed = {month: at for month, at in moment.computed_said().items() if month in near}
        return {"zone": moment.zone.key, "computed": computed}

    def count(self, session: Session, moment: Moment, told: Told) -> IndicatorFigures:
        """Both as of a moment."""
        window = indicators.as_counted(self.month, moment.zone, moment.at, moment.computed)
        of = indicators.figures(session, self.code, window, self.level)
        told(1)
        overall = indicators.overall(session, self.code, window)
        told(2)
        return IndicatorFigures(of, overall)

    def pack(self, figures: IndicatorFigures) -> Packed:
        """Figures as JSON."""
        return {"of": pairs(figures.of, figure_said), "overall": figure_said(figures.overall)}

    def unpack(self, kept: Mapping[str, Any]) -> IndicatorFigures:
        """The same figures again."""
        return IndicatorFigures(read_pairs(kept["of"], read_figure), read_figure(kept["overall"]))
