"""What the manager's view is narrowed to, as conditions on complaints and on the contributions of indicators (R35).

A complaint belongs to the department that is responsible for it, without an order to the one that registered it: so it
is counted by the indicators too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.queries.indicators.shape import responsible
from policies.vocabulary import Severity

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Narrow:
    """``departments``: those within the reader's reach, None for all. ``category``: a path that stands for its tree."""

    departments: frozenset[int] | None = None
    department_id: int | None = None
    category: str = ""
    channel_id: int | None = None
    severity: Severity | None = None

    @property
    def of_complaint(self) -> list[Condition]:
        """Category, channel and severity, as conditions on ``Complaint``."""
        found: list[Condition] = []
        if self.category:
            leaves = sa.select(Category.id).where(Category.path.startswith(self.category, autoescape=True))
            found.append(Complaint.category_id.in_(leaves))
        if self.channel_id is not None:
            found.append(Complaint.channel_id == self.channel_id)
        if self.severity is not None:
            found.append(Complaint.severity == self.severity)
        return found

    def of_department(self, column: Any) -> list[Condition]:
        """The reader's reach and the chosen department, as conditions on a column of departments."""
        found: list[Condition] = []
        if self.departments is not None:
            found.append(column.in_(sorted(self.departments)))
        if self.department_id is not None:
            found.append(column == self.department_id)
        return found

    @property
    def conditions(self) -> list[Condition]:
        """All of it on ``Complaint``."""
        return [*self.of_complaint, *self.of_department(responsible())]
