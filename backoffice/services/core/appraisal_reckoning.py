"""A sheet from what was counted (R33): its lines, scores, grade and what that brings, and the text that is hashed.

Everything that changes a sheet before it is locked comes here: a computation, a line outside the formula, an appeal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, selectinload

from backoffice.models.appraisal import (
    AppraisalInput,
    AppraisalLine,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalScheme,
    AppraisalSheet,
)
from backoffice.models.office import Department, Staff
from backoffice.queries import appraisal_rules
from backoffice.queries.appraisal_parts import Parts, bearing, grades_by_month, month_parts
from backoffice.queries.appraisal_rules import Book
from backoffice.queries.appraisal_text import Codes, decimal_text, sheet_text
from backoffice.queries.indicators.registry import COUNTS
from backoffice.services.core.appraisal_counting import NOTHING
from policies.appraisal import NO_FIGURE, Effect, Row, sheet_of
from policies.appraisal_outcome import Beside, come_to, is_known
from policies.appraisal_rules import Rules, months_before
from policies.appraisal_seal import sha256_of
from policies.chain import encode_body
from policies.indicator import Figure, figure_of, shown
from policies.vocabulary_appraisal import LineKind, LineState

MONTHS_BACK = 12


@dataclass
class Around:
    """What a batch of sheets needs besides their own rows, read for all of them at once."""

    book: Book
    figures: dict[int, dict[str, Figure]] = field(default_factory=dict)
    hashes: dict[int, dict[str, str]] = field(default_factory=dict)
    lines: dict[int, list[AppraisalManualLine]] = field(default_factory=dict)
    bears: dict[int, bool] = field(default_factory=dict)
    grades: dict[int, dict[str, str | None]] = field(default_factory=dict)
    previous: dict[int, dict[str, str]] = field(default_factory=dict)
    staff: dict[int, str] = field(default_factory=dict)
    departments: dict[int, str] = field(default_factory=dict)


def load(session: Session, ids: Collection[int]) -> list[AppraisalSheet]:
    """Sheets with their lines, in order."""
    wanted = sa.select(AppraisalSheet).where(AppraisalSheet.id.in_(sorted(ids)))
    options = (selectinload(AppraisalSheet.lines),)
    return list(session.scalars(wanted.options(*options).order_by(AppraisalSheet.id)))


def around(
    session: Session, period: AppraisalPeriod, sheets: Sequence[AppraisalSheet], run: int | None = None
) -> Around:
    """What these sheets need; in eight queries. ``run``: the computation to take the inputs of, else each sheet's."""
    made = Around(appraisal_rules.book(session, period.rules_id or 0))
    inputs = sa.select(AppraisalInput).where(AppraisalInput.sheet_id.in_([one.id for one in sheets]))
    runs = {one.id: one.run if run is None else run for one in sheets}
    for row in session.scalars(inputs.options(defer(AppraisalInput.lines))):
        if row.run == runs[row.sheet_id]:
            figure = figure_of(row.indicator, row.numerator, row.denominator, row.sample)
            made.figures.setdefault(row.sheet_id, {})[row.indicator] = figure
            made.hashes.setdefault(row.sheet_id, {})[row.indicator] = row.sha256
    parts = month_parts(session, period.id, (one.staff_id for one in sheets))
    several = {staff_id for staff_id, mine in parts.items() if len(mine) > 1}
    if several:
        graded = {one.id: _is_graded(session, one, made) for one in sheets if one.staff_id in several}
        parts = month_parts(session, period.id, parts, graded)
    share_out(session, period.month, sheets, made, parts)
    made.lines = {one: _known(made.book.rules, rows) for one, rows in made.lines.items()}
    add_past(session, period, sheets, made)
    people = sorted({one.staff_id for one in sheets if one.staff_id is not None})
    places = sorted({one.department_id for one in sheets if one.department_id is not None})
    made.staff = dict(session.execute(sa.select(Staff.id, Staff.code).where(Staff.id.in_(people))).all())
    codes = sa.select(Department.id, Department.code).where(Department.id.in_(places))
    made.departments = dict(session.execute(codes).all())
    return made


def share_out(session: Session, month: str, sheets: Sequence[AppraisalSheet], made: Around, parts: Parts) -> None:
    """What counts on which sheet, and which of several of one person bears the month."""
    made.lines = lines_for(session, month, sheets, LineState.APPROVED, parts=parts)
    made.bears = bearing(parts)


def _known(rules: Rules, lines: Iterable[AppraisalManualLine]) -> list[AppraisalManualLine]:
    """What the rules do not have cannot count; ``appraisal_unknown.py`` holds the month up until it is refused."""
    return [row for row in lines if is_known(rules, row.kind, row.code)]


def _is_graded(session: Session, sheet: AppraisalSheet, at: Around) -> bool:
    """Whether its figures are enough for a grade; lines outside the formula have no part in that."""
    scheme = appraisal_rules.scheme(session, sheet.scheme_id)
    return sheet_of(scheme, at.book.rules, at.book.indicators, _figures(sheet, at)).grade is not None


def lines_for(
    session: Session, month: str, sheets: Sequence[AppraisalSheet], *states: LineState, parts: Parts | None = None
) -> dict[int, list[AppraisalManualLine]]:
    """Lines outside the formula by the sheet on which they count.

    Of who has several parts (``parts``, else as they are stored) a veto counts on each, everything else on the part
    that bears the month.
    """
    people = sorted({one.staff_id for one in sheets if one.staff_id is not None})
    places = {one.department_id: one.id for one in sheets if one.staff_id is None and one.department_id is not None}
    if parts is None:
        parts = month_parts(session, sheets[0].period_id, people) if people else {}
    bears = bearing(parts)
    mine = sa.or_(
        AppraisalManualLine.staff_id.in_(people),
        sa.and_(AppraisalManualLine.staff_id.is_(None), AppraisalManualLine.department_id.in_(sorted(places))),
    )
    rows = sa.select(AppraisalManualLine).where(
        AppraisalManualLine.month == month, AppraisalManualLine.state.in_(states), mine
    )
    found: dict[int, list[AppraisalManualLine]] = defaultdict(list)
    for row in session.scalars(rows.order_by(AppraisalManualLine.id)):
        if row.staff_id is None:
            found[places[row.department_id or 0]].append(row)
            continue
        for part in parts.get(row.staff_id, ()):
            if bears[part.sheet_id] or row.kind is LineKind.VETO:
                found[part.sheet_id].append(row)
    return found


def add_past(session: Session, period: AppraisalPeriod, sheets: Sequence[AppraisalSheet], made: Around) -> None:
    """Grades of the months before, by subject, and the values of the last one by subject and scheme."""
    months = [months_before(period.month, back) for back in range(1, MONTHS_BACK + 1)]
    people = sorted({one.staff_id for one in sheets if one.staff_id is not None})
    places = sorted({one.department_id for one in sheets if one.staff_id is None and one.department_id is not None})
    whose = sa.or_(
        AppraisalSheet.staff_id.in_(people),
        sa.and_(AppraisalSheet.staff_id.is_(None), AppraisalSheet.department_id.in_(places)),
    )
    columns = (
        AppraisalSheet.id, AppraisalSheet.staff_id, AppraisalSheet.department_id, AppraisalSheet.grade,
        AppraisalSheet.from_day, AppraisalSheet.days, AppraisalPeriod.month, AppraisalScheme.code,
    )  # fmt: skip
    past = (
        sa.select(*columns)
        .join(AppraisalPeriod, AppraisalPeriod.id == AppraisalSheet.period_id)
        .join(AppraisalScheme, AppraisalScheme.id == AppraisalSheet.scheme_id)
        .where(AppraisalPeriod.month.in_(months), whose, AppraisalSheet.body != "")
        .order_by(AppraisalPeriod.month, AppraisalSheet.from_day)
    )
    by_subject: dict[tuple[int | None, int | None], list[Any]] = defaultdict(list)
    for row in session.execute(past):
        by_subject[row.staff_id, None if row.staff_id else row.department_id].append(row)
    codes = dict(session.execute(sa.select(AppraisalScheme.id, AppraisalScheme.code)).all())
    last_ids: dict[int, int] = {}
    for one in sheets:
        mine = by_subject[one.staff_id, None if one.staff_id else one.department_id]
        made.grades[one.id] = grades_by_month(mine)
        for row in mine:
            if row.month == months[0] and row.code == codes[one.scheme_id]:
                last_ids[one.id] = row.id
    made.previous = _values(session, last_ids)


def _values(session: Session, last_ids: Mapping[int, int]) -> dict[int, dict[str, str]]:
    rows = session.execute(
        sa.select(AppraisalLine.sheet_id, AppraisalLine.indicator, AppraisalLine.value).where(
            AppraisalLine.sheet_id.in_(sorted(set(last_ids.values()))), AppraisalLine.value.is_not(None)
        )
    )
    by_sheet: dict[int, dict[str, str]] = defaultdict(dict)
    for sheet_id, indicator, value in rows:
        by_sheet[sheet_id][indicator] = str(value)
    return {one: by_sheet[last] for one, last in last_ids.items()}


# Reckoning


def reckon(session: Session, period: AppraisalPeriod, sheet: AppraisalSheet, at: Around) -> bool:
    """Write what a sheet comes to. Says whether its text changed. The caller has the sheet locked."""
    scheme, book = appraisal_rules.scheme(session, sheet.scheme_id), at.book
    lines = at.lines.get(sheet.id, [])
    came = come_to(
        scheme, book.rules, book.indicators, _figures(sheet, at), beside(lines), period.month,
        at.grades.get(sheet.id, {}), bears=at.bears.get(sheet.id, True),
    )  # fmt: skip
    result = came.sheet
    _write_lines(sheet, result.rows, at)
    sheet.rated_weight, sheet.weighted_sum = result.rated_weight, result.weighted_sum
    sheet.base_score, sheet.adjustment, sheet.final_score = result.base_score, result.adjustment, result.final_score
    sheet.grade_by_score, sheet.grade = result.grade_by_score, result.grade
    sheet.vetoes = list(result.vetoes)
    sheet.effects = [effect_text(one) for one in came.effects]
    sheet.amount = came.bonus
    return rewrite(sheet, period, at, lines)


def beside(lines: Iterable[AppraisalManualLine]) -> list[Beside]:
    """Lines outside the formula as the rules reckon with them."""
    return [Beside(line.id, line.kind, line.code, line.points, line.amount) for line in lines]


def _figures(sheet: AppraisalSheet, at: Around) -> dict[str, Figure]:
    """What was counted; where an appeal put other figures in their place, these."""
    found = with_counts(at.figures.get(sheet.id, {}))
    for line in sheet.lines:
        if line.corrected:
            found[line.indicator] = Figure(Fraction(line.numerator), Fraction(line.denominator), line.sample)
    return found


def with_counts(counted: Mapping[str, Figure]) -> dict[str, Figure]:
    """Figures with those that are a plain number: 1 is its denominator, and nothing counted is nought."""
    found = dict(counted)
    for code in COUNTS:
        one = found.get(code, NO_FIGURE)
        found[code] = Figure(one.numerator, Fraction(1), one.sample)
    return found


def effect_text(one: Effect) -> dict[str, Any]:
    """An effect as the sheet keeps it."""
    amount = None if one.amount is None else decimal_text(one.amount)
    return {"code": one.code, "kind": one.kind.value, "amount": amount, "unit": one.unit, "cause": one.cause}


def _write_lines(sheet: AppraisalSheet, rows: Sequence[Row], at: Around) -> None:
    known = {line.indicator: line for line in sheet.lines}
    previous, hashes = at.previous.get(sheet.id, {}), at.hashes.get(sheet.id, {})
    kept = []
    for position, row in enumerate(rows):
        line = known.get(row.indicator) or AppraisalLine(sheet_id=sheet.id, indicator=row.indicator, corrected=False)
        line.position, line.weight = position, row.weight
        line.target = None if row.target is None else decimal_text(row.target)
        line.numerator, line.denominator = fraction_text(row.figure.numerator), fraction_text(row.figure.denominator)
        line.sample = row.figure.sample
        line.value = None if row.value is None else str(shown(row.value))
        line.score = row.score
        line.contribution = None if row.contribution is None else decimal_text(row.contribution)
        line.why_not, line.previous = row.why_not, previous.get(row.indicator)
        line.inputs_sha256 = hashes.get(row.indicator, NOTHING.sha256)
        kept.append(line)
    sheet.lines = kept


def rewrite(sheet: AppraisalSheet, period: AppraisalPeriod, at: Around, lines: Iterable[AppraisalManualLine]) -> bool:
    """Make the text of a sheet anew from its columns and hash it; says whether it changed."""
    rules = at.book.row
    text = sheet_text(sheet, period.month, (rules.code, rules.version), Codes(at.staff, at.departments), lines)
    body = encode_body(text)
    changed = body != sheet.body
    sheet.body, sheet.sha256 = body, sha256_of(body)
    return changed


def fraction_text(value: Fraction) -> str:
    """A fraction as a decimal: exact for hundredths, to 28 places where it never ends (hours)."""
    return decimal_text(Decimal(value.numerator) / Decimal(value.denominator))
