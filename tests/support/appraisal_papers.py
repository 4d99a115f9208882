"""A month whose sheets are written down as told, for papers and exports; locked, with everybody's names."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.keys import Keys
from backoffice.models.appraisal import (
    AppraisalLine,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalRules,
    AppraisalScheme,
    AppraisalSheet,
)
from backoffice.models.office import Department, Staff
from backoffice.office import document
from backoffice.sealing import seal_for_office
from backoffice.services.core.work import Work
from policies.appraisal import Sheet, bonus_of, parse_rules, parse_scheme, sheet_of
from policies.appraisal_ranking import ranks
from policies.chain import encode_body
from policies.indicator import Figure, parse_indicators, shown
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SheetStatus, SubjectKind
from tests.support.offices import actor_of

MONTH = "2026-09"
LOCKED = datetime(2026, 10, 28, 2, 0, tzinfo=UTC)
AT = datetime(2026, 10, 29, 2, 0, tzinfo=UTC)
ANALYST, QUALITY, SENIOR, HR = "S023", "S024", "S001", "S025"
PHONE = "13900004172"
HASH = "5e90c2b7a41f8d3360e7b2f91c84da0567f3ae1298bd40c6e75a1f08c39d62b4"


def worked_example() -> list[dict[str, Any]]:
    """The told sheets of ``office/appraisal.yaml``."""
    return list(document("appraisal")["worked_example"]["sheets"])


def told_figures(told: Mapping[str, Any]) -> dict[str, Figure]:
    """Numerators, denominators and samples of a told sheet."""
    return {
        row["indicator"]: Figure(Fraction(str(row["numerator"])), Fraction(str(row["denominator"])), row["sample"])
        for row in told["rows"]
    }


@dataclass
class Papers:
    """Writes sheets down and asks for papers as somebody."""

    database: Database
    keys: Keys
    folder: Path
    status: SheetStatus = SheetStatus.LOCKED
    at: datetime = AT
    month_name: str = MONTH
    written: list[int] = field(default_factory=list)

    def work(self, session: Session, code: str) -> Work:
        return Work(session, self.keys, actor_of(session, code), self.at, self.at, self.folder, "192.0.2.7")

    def do(self, code: str, service: Any, *args: Any, **more: Any) -> Any:
        """One command of somebody, in a transaction of its own."""
        with self.database.writing() as session:
            return service(self.work(session, code), *args, **more)

    def month(self) -> None:
        """The three told sheets and one of a department that the best grade crowns, ranked and locked."""
        for told in worked_example():
            points = [(row["code"], Decimal(row["points"])) for row in told["adjustments"]]
            self.sheet(told["staff"], told["scheme"], told_figures(told), points, told["vetoes"])
        self.sheet("network", "department_2026", full_marks("department_2026"))
        self.rank()

    def sheet(
        self, code: str, scheme: str, figures: Mapping[str, Figure],
        points: Iterable[tuple[str, Decimal]] = (), vetoes: Iterable[str] = (), *, more: Iterable[dict[str, Any]] = (),
    ) -> str:  # fmt: skip
        """One sheet of a person or a department (by code), reckoned by the rules; its number."""
        points, vetoes = list(points), list(vetoes)
        with self.database.writing() as session:
            period, rules = _period(session, self.month_name, self.status)
            row = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == scheme)).one()
            person = session.scalars(sa.select(Staff).where(Staff.code == code)).one_or_none()
            place = (
                session.scalars(sa.select(Department).where(Department.code == code)).one()
                if person is None
                else session.get_one(Department, person.department_id)
            )
            known, first = parse_indicators(rules.definition), date.fromisoformat(f"{self.month_name}-01")
            last = first.replace(day=monthrange(first.year, first.month)[1])
            result = sheet_of(
                parse_scheme(row.definition), parse_rules(rules.definition), known, figures, points, vetoes
            )
            number = f"KH{self.month_name.replace('-', '')}-{len(self.written) + 1:03d}"
            sheet = AppraisalSheet(
                number=number, period=period, subject=SubjectKind.DEPARTMENT if person is None else SubjectKind.PERSON,
                staff=person, department=place, scheme=row,
                role_code=None if person is None else (parse_scheme(row.definition).roles or (None,))[0],
                from_day=first, until_day=last, days=22, status=self.status,
                rated_weight=result.rated_weight, weighted_sum=result.weighted_sum, base_score=result.base_score,
                adjustment=result.adjustment, final_score=result.final_score, grade_by_score=result.grade_by_score,
                grade=result.grade, vetoes=list(result.vetoes), computed_at=LOCKED, body="-", sha256=HASH,
                **_signatures(session, self.status),
            )  # fmt: skip
            sheet.effects = [*_effects(result), *more]
            sheet.amount = bonus_of(result.effects) + _bonus(more)
            sheet.lines = _lines(result)
            session.add(sheet)
            session.flush()
            lines = [
                *(self._by_hand(session, sheet, LineKind.ADJUSTMENT, one, value) for one, value in points),
                *(self._by_hand(session, sheet, LineKind.VETO, one, Decimal(0)) for one in vetoes),
            ]
            sheet.body = encode_body({"number": number, "lines": lines})
            self.written.append(sheet.id)
            return number

    def _by_hand(
        self, session: Session, sheet: AppraisalSheet, kind: LineKind, code: str, points: Decimal
    ) -> dict[str, Any]:
        ground = seal_for_office(self.keys, json.dumps({"ground": f"客户来电 {PHONE} 说明"}), "appraisal")
        checker = session.scalars(sa.select(Staff.id).where(Staff.code == QUALITY)).one()
        row = AppraisalManualLine(
            month=self.month_name, staff_id=sheet.staff_id, department_id=sheet.department_id, kind=kind, code=code,
            points=points, state=LineState.APPROVED, proposed_at=LOCKED, decided_at=LOCKED, decided_by_id=checker,
            sealed=ground,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return {"id": row.id, "kind": kind, "code": code, "points": str(points), "amount": "0", "corrects": None}

    def rank(self) -> None:
        """Rank by scheme, among those who have a grade."""
        with self.database.writing() as session:
            sheets = list(session.scalars(sa.select(AppraisalSheet).where(AppraisalSheet.id.in_(self.written))))
            for scheme in {sheet.scheme_id for sheet in sheets}:
                mine = [sheet for sheet in sheets if sheet.scheme_id == scheme]
                places = ranks([sheet.final_score if sheet.grade is not None else None for sheet in mine])
                for sheet, place in zip(mine, places, strict=True):
                    sheet.rank = place
                    sheet.rank_of = None if place is None else sum(one is not None for one in places)


def full_marks(scheme: str) -> dict[str, Figure]:
    """Figures with which each indicator of a scheme scores a hundred."""
    whole = document("appraisal")
    known = parse_indicators(whole)
    row = next(one for one in whole["schemes"] if one["code"] == scheme)
    found = {}
    for item in row["items"]:
        best = {"percent": 1, "score_5": 5, "points": 100}.get(known[item["indicator"]].unit, 0)
        best = 0 if known[item["indicator"]].better == "lower" else best
        found[item["indicator"]] = Figure(Fraction(best * 50), Fraction(50), 50)
    return found


def _period(session: Session, month: str, status: SheetStatus) -> tuple[AppraisalPeriod, AppraisalRules]:
    rules = session.scalars(sa.select(AppraisalRules)).one()
    period = session.scalars(sa.select(AppraisalPeriod).where(AppraisalPeriod.month == month)).one_or_none()
    if period is None:
        locked = status is SheetStatus.LOCKED
        period = AppraisalPeriod(
            month=month, rules=rules, computed_at=LOCKED, locked_at=LOCKED if locked else None,
            state=PeriodState.LOCKED if locked else PeriodState.COMPUTED,
        )  # fmt: skip
        session.add(period)
        session.flush()
    return period, rules


def _signatures(session: Session, status: SheetStatus) -> dict[str, Any]:
    if status is not SheetStatus.LOCKED:
        return {}
    ids = dict(session.execute(sa.select(Staff.code, Staff.id).where(Staff.code.in_([QUALITY, SENIOR]))).all())
    return {
        "checked_at": LOCKED, "checked_by_id": ids[QUALITY], "published_at": LOCKED, "acknowledged_at": LOCKED,
        "acknowledged_silently": True, "approved_at": LOCKED, "approved_by_id": ids[SENIOR], "locked_at": LOCKED,
    }  # fmt: skip


def _effects(result: Sheet) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code, "kind": one.kind.value, "amount": None if one.amount is None else str(one.amount),
            "unit": one.unit, "cause": one.cause,
        }
        for one in result.effects
    ]  # fmt: skip


def _bonus(more: Iterable[dict[str, Any]]) -> Decimal:
    return sum((Decimal(one["amount"]) for one in more if one["unit"] == "CNY"), Decimal(0))


def _lines(result: Sheet) -> list[AppraisalLine]:
    return [
        AppraisalLine(
            indicator=row.indicator, position=place, weight=row.weight,
            target=None if row.target is None else str(row.target), numerator=_text(row.figure.numerator),
            denominator=_text(row.figure.denominator), sample=row.figure.sample,
            value=None if row.value is None else str(shown(row.value)), score=row.score,
            contribution=None if row.contribution is None else str(row.contribution), why_not=row.why_not,
            inputs_sha256=HASH,
        )
        for place, row in enumerate(result.rows)
    ]  # fmt: skip


def _text(value: Fraction) -> str:
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
