"""The worked example of ``office/appraisal.yaml`` as a month of locked sheets, for tests that read sheets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import (
    AppraisalLine,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalRules,
    AppraisalScheme,
    AppraisalSheet,
)
from backoffice.models.office import Staff
from backoffice.office import document
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SheetStatus, SubjectKind

MONTH = "2026-09"
COMPUTED = datetime(2026, 10, 12, 2, tzinfo=UTC)


def lock_worked_month(session: Session, month: str = MONTH, state: PeriodState = PeriodState.LOCKED) -> AppraisalPeriod:
    """September 2026 with the sheets of the three sample staff, as the office's document tells them."""
    whole = document("appraisal")
    rules = session.scalars(sa.select(AppraisalRules).where(AppraisalRules.version == 1)).one()
    period = AppraisalPeriod(
        month=month, state=state, rules=rules, computed_at=COMPUTED, runs=1,
        locked_at=COMPUTED if state is PeriodState.LOCKED else None,
    )  # fmt: skip
    session.add(period)
    known = {row["code"]: row for row in [*whole["rewards"], *whole["penalties"]]}
    for told in whole["worked_example"]["sheets"]:
        session.add(_sheet(session, period, told, known))
        session.add_all(_beside(session, month, told, whole))
    session.flush()
    return period


def _beside(session: Session, month: str, told: dict[str, Any], whole: dict[str, Any]) -> list[AppraisalManualLine]:
    """The lines outside the formula that counted on a told sheet."""
    staff_id = session.scalars(sa.select(Staff.id).where(Staff.code == told["staff"])).one()
    points = {row["code"]: row["points"] for row in whole["adjustments"]}
    said = [(LineKind.ADJUSTMENT, one["code"]) for one in told["adjustments"]]
    said += [(LineKind.VETO, code) for code in told["vetoes"]]
    return [
        AppraisalManualLine(
            month=month, staff_id=staff_id, kind=kind, code=code, points=Decimal(points.get(code, 0)),
            state=LineState.APPROVED, proposed_at=COMPUTED, decided_at=COMPUTED, sealed=b"",
        )
        for kind, code in said
    ]  # fmt: skip


def _sheet(session: Session, period: AppraisalPeriod, told: dict[str, Any], known: dict[str, Any]) -> AppraisalSheet:
    staff = session.scalars(sa.select(Staff).where(Staff.code == told["staff"])).one()
    newest = sa.select(AppraisalScheme).where(AppraisalScheme.code == told["scheme"], AppraisalScheme.version == 1)
    scheme = session.scalars(newest).one()
    targets = {row["indicator"]: row["target"] for row in scheme.definition["items"]}
    effects = [_effect(known[code]) for code in told["effects"]]
    return AppraisalSheet(
        number=f"{period.month}-{told['staff']}",
        period=period,
        subject=SubjectKind.PERSON,
        staff_id=staff.id,
        department_id=staff.department_id,
        scheme=scheme,
        role_code=scheme.definition["roles"][0],
        from_day=date.fromisoformat(f"{period.month}-01"),
        until_day=date.fromisoformat(f"{period.month}-30"),
        status=SheetStatus.LOCKED,
        rated_weight=Decimal(told["rated_weight"]),
        weighted_sum=Decimal(str(told["weighted_sum"])),
        base_score=Decimal(str(told["base_score"])),
        adjustment=sum((Decimal(one["points"]) for one in told["adjustments"]), Decimal(0)),
        final_score=Decimal(str(told["final_score"])),
        grade_by_score=told["grade_by_score"],
        grade=told["grade"],
        vetoes=list(told["vetoes"]),
        effects=effects,
        amount=sum((Decimal(one["amount"]) for one in effects if one["kind"] == "bonus"), Decimal(0)),
        computed_at=COMPUTED,
        body="{}",
        sha256="0" * 64,
        lines=[_line(place, row, targets) for place, row in enumerate(told["rows"])],
    )


def _effect(row: dict[str, Any]) -> dict[str, Any]:
    amount = None if row["amount"] is None else str(row["amount"])
    return {"code": row["code"], "kind": row["kind"], "amount": amount, "unit": row["unit"], "cause": "grade"}


def _line(place: int, row: dict[str, Any], targets: dict[str, Any]) -> AppraisalLine:
    return AppraisalLine(
        indicator=row["indicator"],
        position=place,
        weight=Decimal(row["weight"]),
        target=str(targets[row["indicator"]]),
        numerator=str(row["numerator"]),
        denominator=str(row["denominator"]),
        sample=row["sample"],
        value=str(row["value"]),
        score=None if not row["rated"] else Decimal(str(row["score"])),
        contribution=None if not row["rated"] else str(row["contribution"]),
        why_not=None if row["rated"] else "sample",
        inputs_sha256="0" * 64,
    )
