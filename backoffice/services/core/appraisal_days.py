"""Whose days a locked sheet stands for by the posts as they are written down now (R33).

Posts are put right after a month was locked, too: somebody came later than was written down, moved earlier, or was
never there. A locked sheet then answers to the part of the month that its days lie in now. Where there is none it
cannot be reckoned again, and whoever checks decides what is to be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from backoffice.models.appraisal import AppraisalSheet
from backoffice.services.core.appraisal_plan import Key, Plan, Planned, key_of

NO_DAYS = 0


@dataclass
class Placed:
    """``ids``: the parts of a month as they are now, with the locked sheet of each; ``moved``: staff with other days
    than their sheets say; ``gone``: sheets that no part of the month stands behind any more.
    """

    ids: dict[Key, int] = field(default_factory=dict)
    parts: dict[int, Planned] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    gone: list[AppraisalSheet] = field(default_factory=list)

    def other_days(self, sheet: AppraisalSheet) -> tuple[date, date] | None:
        """The days that a sheet has now, where they are other than it says."""
        part = self.parts.get(sheet.id)
        if part is None or (part.from_day, part.until_day) == (sheet.from_day, sheet.until_day):
            return None
        return part.from_day, part.until_day


def place(sheets: Mapping[int, AppraisalSheet], made: Plan) -> Placed:
    """Give each locked sheet its part: the one of its key, else the one of the same person with most of its days."""
    found = Placed()
    left = []
    for sheet in sheets.values():
        part = made.by_key.get(key_of(sheet))
        if part is None:
            left.append(sheet)
        else:
            _keep(found, sheet, part)
    for sheet in sorted(left, key=lambda one: one.id):
        if sheet.staff_id is None:
            continue
        part = _nearest(sheet, [one for one in made.parts(sheet.staff_id) if one.key not in found.ids])
        if part is None:
            found.gone.append(sheet)
        else:
            _keep(found, sheet, part)
    return found


def _keep(found: Placed, sheet: AppraisalSheet, part: Planned) -> None:
    found.ids[part.key], found.parts[sheet.id] = sheet.id, part
    if sheet.staff_id is not None and found.other_days(sheet) is not None:
        found.moved.add(sheet.staff_id)


def _nearest(sheet: AppraisalSheet, parts: list[Planned]) -> Planned | None:
    """Of its department before another one."""

    def common(one: Planned) -> tuple[bool, int]:
        days = (min(one.until_day, sheet.until_day) - max(one.from_day, sheet.from_day)).days + 1
        return one.department_id == sheet.department_id, days

    near = [one for one in parts if common(one)[1] > NO_DAYS]
    return max(near, key=common, default=None)
