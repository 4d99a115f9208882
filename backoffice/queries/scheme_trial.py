"""A scheme tried on a month that was computed (R32): from the sheets' own lines, and counted anew where they lack one.

It reads only. Points more or less and vetoes are those that counted on the sheet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from backoffice.models.appraisal import AppraisalLine, AppraisalPeriod, AppraisalRules, AppraisalScheme, AppraisalSheet
from backoffice.models.office import Department
from backoffice.queries.indicators import figures, window_of
from policies.appraisal import Rules, Scheme, parse_rules, parse_scheme, sheet_of
from policies.appraisal_rules import BY_GRADE
from policies.appraisal_trial import Came, Tried
from policies.indicator import Figure, Indicator, parse_indicators
from policies.message import Name
from policies.vocabulary_appraisal import EffectKind, PeriodState, SubjectKind

MONTHS = 36
NOTHING = Decimal(0)
ALREADY = "already_counted"  # the points that counted on the sheet; the rules set them no limit once more


@dataclass(frozen=True)
class Question:
    """What is tried on what: a scheme and rules, read, on a month."""

    scheme: Scheme
    rules: Rules
    indicators: Mapping[str, Indicator]
    period: AppraisalPeriod


def months(session: Session) -> list[AppraisalPeriod]:
    """The months whose sheets were computed, the newest first."""
    computed = sa.select(AppraisalPeriod).where(AppraisalPeriod.computed_at.is_not(None))
    return list(session.scalars(computed.order_by(AppraisalPeriod.month.desc()).limit(MONTHS)))


def usual(periods: Sequence[AppraisalPeriod]) -> AppraisalPeriod | None:
    """The month to begin with: the newest that is locked, else the newest."""
    locked = [one for one in periods if one.state is PeriodState.LOCKED]
    return next(iter(locked or periods), None)


def versions(session: Session) -> list[AppraisalRules]:
    """Every version of the shared rules that is not thrown away, the newest first."""
    kept = sa.select(AppraisalRules).where(AppraisalRules.retired_at.is_(None))
    return list(session.scalars(kept.order_by(AppraisalRules.code, AppraisalRules.version.desc())))


def question(scheme: AppraisalScheme, rules: AppraisalRules, period: AppraisalPeriod) -> Question:
    """What is to be tried, read. Raises ValueError or KeyError for a draft that cannot be read."""
    return Question(
        parse_scheme(scheme.definition), parse_rules(rules.definition), parse_indicators(rules.definition), period
    )


def tried(session: Session, asked: Question, zone: ZoneInfo, now: datetime) -> list[Tried]:
    """Each sheet that the scheme made, or would now make, before and after. Raises ValueError for a draft whose scoring
    lacks a parameter.
    """
    sheets = _sheets(session, asked)
    stored = {one.id: {line.indicator: _figure(line) for line in one.lines} for one in sheets}
    _count_missing(session, asked, sheets, stored, zone, now)
    return [_tried(asked, one, stored[one.id]) for one in sheets]


def _sheets(session: Session, asked: Question) -> list[AppraisalSheet]:
    scheme = asked.scheme
    rows = (
        sa.select(AppraisalSheet)
        .join(AppraisalScheme, AppraisalScheme.id == AppraisalSheet.scheme_id)
        .outerjoin(Department, Department.id == AppraisalSheet.department_id)
        .where(AppraisalSheet.period_id == asked.period.id, AppraisalSheet.subject == scheme.subject)
    )
    if scheme.subject is SubjectKind.PERSON:
        rows = rows.where(sa.or_(AppraisalScheme.code == scheme.code, AppraisalSheet.role_code.in_(scheme.roles)))
    else:
        rows = rows.where(sa.or_(AppraisalScheme.code == scheme.code, Department.code.in_(scheme.departments)))
    read = (
        defer(AppraisalSheet.body),
        defer(AppraisalSheet.sealed),
        joinedload(AppraisalSheet.staff),
        joinedload(AppraisalSheet.department),
        selectinload(AppraisalSheet.lines),
    )
    return list(session.scalars(rows.options(*read).order_by(AppraisalSheet.id)))


def _figure(line: AppraisalLine) -> Figure:
    return Figure(Fraction(line.numerator), Fraction(line.denominator), line.sample)


def _count_missing(
    session: Session,
    asked: Question,
    sheets: Sequence[AppraisalSheet],
    stored: Mapping[int, dict[str, Figure]],
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Figures of indicators that a sheet had no line for; one question to the records for each such indicator."""
    lacking: dict[str, list[AppraisalSheet]] = defaultdict(list)
    for sheet in sheets:
        for item in asked.scheme.items:
            if item.indicator not in stored[sheet.id] and item.indicator in asked.indicators:
                lacking[item.indicator].append(sheet)
    if not lacking:
        return
    window = window_of(session, asked.period.month, zone, asked.period.computed_at or now)
    for code, those in lacking.items():
        if asked.scheme.subject not in asked.indicators[code].levels:
            continue
        found = figures(session, code, window, asked.scheme.subject, {_whose(one) for one in those})
        for sheet in those:
            if _whose(sheet) in found:
                stored[sheet.id][code] = found[_whose(sheet)]


def _whose(sheet: AppraisalSheet) -> int:
    return (sheet.staff_id if sheet.subject is SubjectKind.PERSON else sheet.department_id) or 0


def _tried(asked: Question, sheet: AppraisalSheet, counted: Mapping[str, Figure]) -> Tried:
    by_grade = [one for one in sheet.effects if one["cause"] == BY_GRADE]
    otherwise = sheet.amount - _sum(by_grade, EffectKind.BONUS)
    reduced = _sum(sheet.effects, EffectKind.BONUS_REDUCTION)
    after = None
    if _is_for(asked.scheme, sheet):
        vetoes = [code for code in sheet.vetoes if code in asked.rules.vetoes]
        points = [(ALREADY, sheet.adjustment)]
        result = sheet_of(asked.scheme, asked.rules, asked.indicators, counted, points, vetoes)
        after = Came(
            result.final_score,
            result.grade,
            result.bonus + otherwise,
            result.bonus_reduction + reduced - _sum(by_grade, EffectKind.BONUS_REDUCTION),
        )
    whose = sheet.staff if sheet.subject is SubjectKind.PERSON else sheet.department
    place = sheet.department if sheet.subject is SubjectKind.PERSON else None
    return Tried(
        sheet.id,
        sheet.number,
        Name(whose.name_zh, whose.name_en) if whose is not None else Name("", ""),
        Name(place.name_zh, place.name_en) if place is not None else None,
        Came(sheet.final_score, sheet.grade, sheet.amount, reduced),
        after,
        tuple(item.indicator for item in asked.scheme.items if item.indicator not in counted),
    )


def _sum(effects: Collection[Mapping[str, object]], kind: EffectKind) -> Decimal:
    return sum((Decimal(str(one["amount"])) for one in effects if one["kind"] == kind and one["amount"]), NOTHING)


def _is_for(scheme: Scheme, sheet: AppraisalSheet) -> bool:
    if scheme.subject is SubjectKind.PERSON:
        return sheet.role_code in scheme.roles
    return sheet.department is not None and sheet.department.code in scheme.departments
