"""Appraisal sheets for the access matrix (R33): published ones of P, of a colleague of P's department and of a stranger,
and for each of them a proposed line with a file.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.integrations.files import Upload
from backoffice.models.appraisal import (
    AppraisalFile,
    AppraisalLine,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalRules,
    AppraisalScheme,
    AppraisalSheet,
)
from backoffice.models.office import Staff
from backoffice.services import appraisal_lines
from policies.appraisal_lines import Proposal
from policies.vocabulary_appraisal import LineKind, PeriodState, SheetStatus, SubjectKind
from tests.support.played import Play

MONTH, LATER = "2026-09", "2026-10"
PROPOSER = "S024"
PROPOSED = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
UPLOAD = Upload("来信.txt", b"thank you", "text/plain")
Made = tuple[str, int, int]


def add(database: Database, play: Play, codes: dict[str, str], at: datetime) -> dict[str, Made]:
    """Kind → number of the sheet, id of the line, id of its file."""
    made = {}
    for kind, code in codes.items():
        with database.writing() as session:
            staff_id = session.scalars(sa.select(Staff.id).where(Staff.code == code)).one()
            asked = appraisal_lines.Asked(
                LATER, staff_id, None, Proposal(LineKind.ADJUSTMENT, "commendation_letter", "来信")
            )
            line = appraisal_lines.propose(replace(play.work(session, PROPOSER), at=PROPOSED), asked, [UPLOAD])
            file_id = session.scalars(sa.select(AppraisalFile.id).where(AppraisalFile.line_id == line.id)).one()
            made[kind] = (f"KH202609-{code}", line.id, file_id)
    with database.writing() as session:
        rules = session.scalars(sa.select(AppraisalRules.id)).first()
        period = AppraisalPeriod(month=MONTH, state=PeriodState.PUBLISHED, rules_id=rules, computed_at=at)
        session.add(period)
        session.flush()
        scheme = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == "handler_2026")).one()
        for kind, code in codes.items():
            person = session.scalars(sa.select(Staff).where(Staff.code == code)).one()
            session.add(_sheet(period.id, made[kind][0], person, scheme.id, at))
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AppraisalManualLine)) == len(codes)
    return made


def _sheet(period_id: int, number: str, person: Staff, scheme_id: int, at: datetime) -> AppraisalSheet:
    return AppraisalSheet(
        number=number,
        period_id=period_id,
        subject=SubjectKind.PERSON,
        staff_id=person.id,
        department_id=person.department_id,
        scheme_id=scheme_id,
        role_code="handler",
        from_day=date(2026, 9, 1),
        until_day=date(2026, 9, 30),
        days=22,
        status=SheetStatus.PUBLISHED,
        rated_weight=Decimal(100),
        weighted_sum=Decimal(9000),
        base_score=Decimal(90),
        final_score=Decimal(90),
        grade_by_score="B",
        grade="B",
        computed_at=at,
        published_at=at,
        acknowledge_until=datetime(2099, 1, 1, tzinfo=at.tzinfo),
        body="{}",
        sha256="0" * 64,
        lines=[
            AppraisalLine(
                indicator="on_time_rate", position=1, weight=Decimal(20), numerator="10", denominator="10", sample=10,
                inputs_sha256="0" * 64,
            )
        ],
    )  # fmt: skip
