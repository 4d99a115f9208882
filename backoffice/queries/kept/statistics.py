"""Complaints by two dimensions (R35): the cells of a period by its months, and those of what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from backoffice.queries.kept.moment import Moment
from backoffice.queries.kept.packing import Packed, Told, narrow_said, read_narrow
from backoffice.queries.overview import crosstab
from backoffice.queries.overview.crosstab import SETS, Cells, Dimension
from backoffice.queries.overview.narrow import Narrow
from backoffice.queries.overview.volume import Flow
from policies.overview import Period, compared_with, read_period


@dataclass(frozen=True)
class StatisticsFigures:
    """(row, column) → how many: of the period, and of what it is compared with."""

    cells: Cells
    before: Cells


@dataclass(frozen=True)
class StatisticsQuestion:
    """A period, what it is narrowed to, what is counted by what."""

    period: Period
    narrow: Narrow
    flow: Flow
    rows: Dimension
    columns: Dimension
    view: ClassVar[str] = "statistics"
    parts: ClassVar[int] = 2

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> StatisticsQuestion:
        """As ``said`` wrote it down."""
        rows, columns = Dimension(said["rows"]), Dimension(said["columns"])
        period = read_period(said["period"], date.min)
        return cls(period, read_narrow(said["narrow"]), Flow(said["flow"]), rows, columns)

    def said(self) -> Packed:
        """As JSON."""
        return {
            "period": self.period.text,
            "narrow": narrow_said(self.narrow),
            "flow": self.flow.value,
            "rows": self.rows.value,
            "columns": self.columns.value,
        }

    def rules(self, session: Session, moment: Moment) -> Packed:
        """Counts rest on no rule but the office's time zone."""
        return {"zone": moment.zone.key}

    def count(self, session: Session, moment: Moment, told: Told) -> StatisticsFigures:
        """Both tables as of a moment."""
        windows = {month.text: moment.window(month) for month in self.period.months()}
        cells = crosstab.table(session, self.flow, windows, self.rows, self.columns, self.narrow)
        told(1)
        compared = {"": moment.window(compared_with(self.period, moment.today))}
        before = crosstab.table(session, self.flow, compared, self.rows, self.columns, self.narrow)
        told(2)
        return StatisticsFigures(cells, before)

    def pack(self, figures: StatisticsFigures) -> Packed:
        """Figures as JSON."""
        return {"cells": _said(figures.cells), "before": _said(figures.before)}

    def unpack(self, kept: Mapping[str, Any]) -> StatisticsFigures:
        """The same figures again."""
        return StatisticsFigures(self._read(kept["cells"]), self._read(kept["before"]))

    def _read(self, said: list[Any]) -> Cells:
        return {(_key(self.rows, row), _key(self.columns, column)): number for row, column, number in said}


def _said(cells: Cells) -> list[list[Any]]:
    return [[_plain(row), _plain(column), number] for (row, column), number in cells.items()]


def _plain(key: Any) -> Any:
    return key.value if isinstance(key, StrEnum) else key


def _key(dimension: Dimension, said: Any) -> Any:
    return SETS[dimension](said) if dimension in SETS and said is not None else said
