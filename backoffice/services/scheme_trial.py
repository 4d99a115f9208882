"""A scheme tried on a month that was computed (R32): from the sheets' own figures, and counted where they lack one.

It reads only, and reckons as the month itself was reckoned (``policies/appraisal_outcome.py``): with the lines outside
the formula that counted, the parts of the month, and the grades of the months before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from backoffice.models.appraisal import AppraisalPeriod, AppraisalRules, AppraisalScheme, AppraisalSheet
from backoffice.models.office import Department
from backoffice.queries import appraisal_rules, indicators
from backoffice.queries.appraisal_parts import month_parts
from backoffice.queries.indicators import Window
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import appraisal_plan as planning
from backoffice.services.core.appraisal_counted import count_rows, figures_of
from backoffice.services.core.appraisal_plan import Key, Plan
from backoffice.services.core.appraisal_reckoning import Around, add_past, beside, share_out, with_counts
from policies.appraisal import Rules, Scheme, parse_rules, parse_scheme, sheet_of
from policies.appraisal_outcome import come_to, known_to
from policies.appraisal_rules import at_most_whole
from policies.appraisal_trial import Came, Tried
from policies.indicator import Figure, Indicator, figure_of, parse_indicators
from policies.message import Name
from policies.vocabulary_appraisal import EffectKind, PeriodState, SubjectKind

MONTHS = 36
NOTHING = Decimal(0)


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


def tried(session: Session, asked: Question, now: datetime) -> list[Tried]:
    """Each sheet that the scheme made, or would now make, before and after. Raises ValueError for a draft whose scoring
    lacks a parameter.
    """
    sheets = _sheets(session, asked)
    if not sheets:
        return []
    at = Around(appraisal_rules.book(session, asked.period.rules_id or 0))
    add_past(session, asked.period, sheets, at)
    at.figures = {one.id: figures_of(one) for one in sheets}
    for sheet_id, code, figure in _missing(session, asked, sheets, at.figures, now):
        at.figures[sheet_id][code] = figure
    graded = {one.id: _is_graded(asked, at.figures[one.id]) for one in sheets if _is_for(asked.scheme, one)}
    parts = month_parts(session, asked.period.id, (one.staff_id for one in sheets), graded)
    share_out(session, asked.period.month, sheets, at, parts)
    return [_tried(asked, one, at) for one in sheets]


def _sheets(session: Session, asked: Question) -> list[AppraisalSheet]:
    scheme = asked.scheme
    rows = (
        sa.select(AppraisalSheet)
        .join(AppraisalScheme, AppraisalScheme.id == AppraisalSheet.scheme_id)
        .outerjoin(Department, Department.id == AppraisalSheet.department_id)
        .where(
            AppraisalSheet.period_id == asked.period.id,
            AppraisalSheet.subject == scheme.subject,
            AppraisalSheet.body != "",
        )
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


# What a sheet has no line for


def _missing(
    session: Session,
    asked: Question,
    sheets: Sequence[AppraisalSheet],
    there: Mapping[int, Mapping[str, Figure]],
    now: datetime,
) -> Iterator[tuple[int, str, Figure]]:
    """Figures of indicators that a sheet had no line for, counted as the month would have counted them."""
    lacking: dict[str, dict[Key, int]] = defaultdict(dict)
    for sheet in sheets:
        for item in asked.scheme.items:
            if item.indicator not in there[sheet.id] and _is_counted(asked, item.indicator):
                lacking[item.indicator][planning.key_of(sheet)] = sheet.id
    if not lacking:
        return
    made = planning.plan(session, asked.period.month)
    at = asked.period.computed_at or now
    window = indicators.window_of(session, asked.period.month, Rulebook(session).zone(), at)
    for code, ids in lacking.items():
        for sheet_id, figure in _counted(session, asked, code, window, made, ids):
            yield sheet_id, code, figure


def _is_counted(asked: Question, code: str) -> bool:
    known = asked.indicators.get(code)
    return known is not None and asked.scheme.subject in known.levels


def _counted(
    session: Session, asked: Question, code: str, window: Window, made: Plan, ids: Mapping[Key, int]
) -> Iterator[tuple[int, Figure]]:
    """For whoever has one sheet the sum of the month; for who has several what happened in the days of each."""
    level = asked.scheme.subject
    whole = {_whose(key): sheet_id for key, sheet_id in ids.items() if _is_whole(key, made)}
    found = indicators.figures(session, code, window, level, sorted(whole))
    yield from ((whole[subject], figure) for subject, figure in found.items())
    parts = {key: sheet_id for key, sheet_id in ids.items() if _whose(key) not in whole and key in made.by_key}
    if parts:
        people = {_whose(key) for key in parts}
        rows = count_rows(session, code, window, level, made, parts, people)
        for sheet_id, one in rows:
            yield sheet_id, figure_of(code, one.numerator, one.denominator, one.sample)


def _whose(key: Key) -> int:
    return (key[1] if key[0] is None else key[0]) or 0


def _is_whole(key: Key, made: Plan) -> bool:
    return key[0] is None or (key in made.by_key and made.people[key[0]].is_whole)


# Before and after


def _is_graded(asked: Question, counted: Mapping[str, Figure]) -> bool:
    return sheet_of(asked.scheme, asked.rules, asked.indicators, with_counts(counted)).grade is not None


def _tried(asked: Question, sheet: AppraisalSheet, at: Around) -> Tried:
    counted = at.figures[sheet.id]
    after = None
    if _is_for(asked.scheme, sheet):
        lines = known_to(asked.rules, beside(at.lines.get(sheet.id, [])))
        came = come_to(
            asked.scheme, asked.rules, asked.indicators, with_counts(counted), lines, asked.period.month,
            at.grades.get(sheet.id, {}), bears=at.bears.get(sheet.id, True),
        )  # fmt: skip
        after = Came(came.sheet.final_score, came.sheet.grade, came.bonus, came.reduction)
    whose = sheet.staff if sheet.subject is SubjectKind.PERSON else sheet.department
    place = sheet.department if sheet.subject is SubjectKind.PERSON else None
    return Tried(
        sheet.id,
        sheet.number,
        Name(whose.name_zh, whose.name_en) if whose is not None else Name("", ""),
        Name(place.name_zh, place.name_en) if place is not None else None,
        Came(sheet.final_score, sheet.grade, sheet.amount, _reduction(sheet.effects)),
        after,
        tuple(item.indicator for item in asked.scheme.items if item.indicator not in counted),
    )


def _reduction(effects: Collection[Mapping[str, object]]) -> Decimal:
    reduced = [one["amount"] for one in effects if one["kind"] == EffectKind.BONUS_REDUCTION]
    return at_most_whole(sum((Decimal(str(one)) for one in reduced if one), NOTHING))


def _is_for(scheme: Scheme, sheet: AppraisalSheet) -> bool:
    if scheme.subject is SubjectKind.PERSON:
        return sheet.role_code in scheme.roles
    return sheet.department is not None and sheet.department.code in scheme.departments
