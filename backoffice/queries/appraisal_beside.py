"""What a paper says beside the figures of a sheet (R33): names of people, department and post, the score before.

Until a month is locked they are read as they are; locking writes them into the sheet's text, so that a locked paper
stays the same when somebody marries, a department is renamed or the month before is locked later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from backoffice.models.office import Staff
from backoffice.queries.rulebook import Rulebook
from policies.appraisal_course import compared_with
from policies.appraisal_rules import months_before
from policies.message import Name
from policies.vocabulary_appraisal import SheetStatus

BESIDE = "beside"
"""Under which key the text of a locked sheet holds it."""
Key = tuple[str, int | None, int | None, str]


@dataclass(frozen=True)
class Beside:
    """``code``: the employee's number or the department's code. ``people``: by id, who checked, approved or decided.
    ``before``: the score of the month before, ``is_provisional``: it is not locked; a locked sheet keeps none such.
    """

    code: str
    subject: Name
    department_code: str
    department: Name
    role: Name | None = None
    people: Mapping[int, Name] = field(default_factory=dict)
    before: Decimal | None = None
    is_provisional: bool = False

    def text(self) -> dict[str, Any]:
        """As the text of a sheet holds it."""
        return {
            "code": self.code,
            "department_code": self.department_code,
            "subject": _pair(self.subject),
            "department": _pair(self.department),
            "role": None if self.role is None else _pair(self.role),
            "people": {str(one): _pair(name) for one, name in sorted(self.people.items())},
            "before": None if self.before is None else f"{self.before:.2f}",
        }


def kept(text: Mapping[str, Any]) -> Beside:
    """What the text of a locked sheet holds."""
    return Beside(
        text["code"],
        Name(*text["subject"]),
        text["department_code"],
        Name(*text["department"]),
        None if text["role"] is None else Name(*text["role"]),
        {int(one): Name(*name) for one, name in text["people"].items()},
        None if text["before"] is None else Decimal(text["before"]),
    )


def names_now(
    session: Session, sheets: Sequence[AppraisalSheet], named: Mapping[int, Iterable[int | None]]
) -> dict[int, Beside]:
    """Sheet id → what is said beside it now, in two queries; ``named``: whose names each sheet has on it besides."""
    roles, before = Rulebook(session).role_names(), scores_before(session, sheets)
    wanted = {one.id: {*named.get(one.id, ()), one.checked_by_id, one.approved_by_id} - {None} for one in sheets}
    people = people_named(session, {one for ids in wanted.values() for one in ids})
    found = {}
    for sheet in sheets:
        whose, role = sheet.staff or sheet.department, roles.get(sheet.role_code or "")
        found[sheet.id] = Beside(
            "" if whose is None else whose.code,
            _name(whose),
            "" if sheet.department is None else sheet.department.code,
            _name(sheet.department),
            None if role is None else Name(role["zh"], role["en"]),
            {one: people[one] for one in wanted[sheet.id] if one in people},
            *before.get(sheet.id, (None, False)),
        )
    return found


def lines_by_id(session: Session, ids: Iterable[int]) -> dict[int, AppraisalManualLine]:
    """Lines outside the formula that sheets name."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = sa.select(AppraisalManualLine).where(AppraisalManualLine.id.in_(wanted))
    return {row.id: row for row in session.scalars(rows)}


def _pair(name: Name) -> list[str]:
    return [name.zh, name.en]


def _name(row: Any) -> Name:
    return Name("", "") if row is None else Name(row.name_zh, row.name_en)


def people_named(session: Session, ids: Iterable[int | None]) -> dict[int, Name]:
    """Names of staff by id."""
    wanted = sorted({one for one in ids if one is not None})
    columns = sa.select(Staff.id, Staff.name_zh, Staff.name_en).where(Staff.id.in_(wanted))
    return {row[0]: Name(row[1], row[2]) for row in session.execute(columns)} if wanted else {}


def scores_before(session: Session, sheets: Sequence[AppraisalSheet]) -> dict[int, tuple[Decimal, bool]]:
    """By sheet the score of the month before, of the same subject and scheme, the last part of it, and whether it may
    change yet.
    """
    months = {months_before(sheet.period.month, 1) for sheet in sheets}
    people = sorted({sheet.staff_id for sheet in sheets if sheet.staff_id is not None})
    places = sorted({sheet.department_id for sheet in sheets if sheet.staff_id is None and sheet.department_id})
    whose = sa.or_(
        AppraisalSheet.staff_id.in_(people),
        sa.and_(AppraisalSheet.staff_id.is_(None), AppraisalSheet.department_id.in_(places)),
    )
    rows = (
        sa.select(AppraisalSheet)
        .join(AppraisalPeriod, AppraisalPeriod.id == AppraisalSheet.period_id)
        .where(AppraisalPeriod.month.in_(sorted(months)), AppraisalSheet.final_score.is_not(None), whose)
        .options(joinedload(AppraisalSheet.scheme), joinedload(AppraisalSheet.period), defer(AppraisalSheet.body))
        .order_by(AppraisalSheet.from_day)
    )
    past: dict[Key, list[AppraisalSheet]] = defaultdict(list)
    for row in session.scalars(rows):
        past[_key(row, row.period.month)].append(row)
    found = {}
    for sheet in sheets:
        allowed = compared_with(sheet.status)
        for row in past[_key(sheet, months_before(sheet.period.month, 1))]:
            if row.status in allowed and row.final_score is not None:
                found[sheet.id] = (row.final_score, row.status is not SheetStatus.LOCKED)
    return found


def _key(sheet: AppraisalSheet, month: str) -> Key:
    department = None if sheet.staff_id is not None else sheet.department_id
    return month, sheet.staff_id, department, sheet.scheme.code
