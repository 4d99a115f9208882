"""A month of the appraisal played through the services, with contributions made up in place of the records.

``Told`` stands in for the registry of indicators: what it is told, the sheets are counted from.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalPeriod, AppraisalSheet
from backoffice.models.base import UtcDateTime
from backoffice.models.office import Department, Staff
from backoffice.models.work import Job
from backoffice.office import document
from backoffice.queries import indicators
from backoffice.services import appraisal, appraisal_compute
from backoffice.services.core.work import Work
from policies.appraisal_course import SheetAct
from policies.vocabulary_appraisal import SubjectKind
from tests.support.offices import actor_of

MONTH = "2026-09"
COMPUTED = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)  # Friday, the second working day of the month
WITHIN = datetime(2026, 9, 15, 4, 0, tzinfo=UTC)
ANALYST, QUALITY, HEAD, SENIOR = "S023", "S024", "S012", "S001"
NAMES = (
    "subject_id", "department_id", "unit", "complaint_id", "at", "numerator", "denominator", "sample", "left_out",
)  # fmt: skip
TABLE = sa.Table(
    "told_contribution",
    sa.MetaData(),
    sa.Column("code", sa.String(64)),
    sa.Column("level", sa.String(16)),
    sa.Column("subject_id", sa.BigInteger),
    sa.Column("department_id", sa.BigInteger),
    sa.Column("unit", sa.String(64)),
    sa.Column("complaint_id", sa.BigInteger),
    sa.Column("at", UtcDateTime),
    sa.Column("numerator", sa.BigInteger),
    sa.Column("denominator", sa.BigInteger),
    sa.Column("sample", sa.BigInteger),
    sa.Column("left_out", sa.String(32)),
)


@dataclass
class Told:
    """Contributions by indicator and level; amounts in ones, as they are read."""

    rows: dict[tuple[str, SubjectKind], list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    _units: int = 0

    def patch(self, monkeypatch: Any) -> Told:
        monkeypatch.setattr(indicators, "contributions", self.contributions)
        monkeypatch.setattr(import_module("backoffice.queries.indicators.figures"), "contributions", self.contributions)
        return self

    def contributions(self, code: str, window: Any, level: SubjectKind) -> Any:
        columns = [TABLE.c[name] for name in NAMES]
        inside = (TABLE.c.at >= window.since, TABLE.c.at < window.until)
        return sa.select(*columns).where(TABLE.c.code == code, TABLE.c.level == level.value, *inside)

    def write(self, database: Database) -> None:
        """Put everything that was told where the statement reads it."""
        rows = [
            {"code": code, "level": level.value, **dict(zip(NAMES, row, strict=True))}
            for (code, level), found in self.rows.items()
            for row in found
        ]
        with database.writing() as session:
            TABLE.create(session.connection(), checkfirst=True)
            session.execute(sa.delete(TABLE))
            if rows:
                session.execute(sa.insert(TABLE), rows)

    def add(
        self, code: str, subject_id: int, numerator: Any, denominator: Any = 1, *, sample: int = 1,
        at: datetime = WITHIN, level: SubjectKind = SubjectKind.PERSON, unit: str = "", left_out: str | None = None,
    ) -> str:  # fmt: skip
        self._units += 1
        name = unit or f"complaint:{self._units}"
        amounts = (int(Decimal(str(numerator)) * 100), int(Decimal(str(denominator)) * 100))
        self.rows[code, level].append((subject_id, None, name, None, at, *amounts, sample, left_out))
        return name

    def add_whole(self, code: str, subject_id: int, row: dict[str, Any], **more: Any) -> None:
        """A told line of a sheet: its sample in as many rows, that add up to numerator and denominator."""
        total, count = Decimal(str(row["numerator"])), int(row["sample"])
        over = Decimal(str(row["denominator"]))
        for place in range(count):
            last = place == count - 1
            share = total - (count - 1) * _part(total, count) if last else _part(total, count)
            part = over - (count - 1) * _part(over, count) if last else _part(over, count)
            self.add(code, subject_id, share, part, **more)


def _part(total: Decimal, count: int) -> Decimal:
    return (total / count).quantize(Decimal("0.01"))


@dataclass
class Month:
    """One month, acted on by the sample staff."""

    database: Database
    keys: Keys
    folder: Path
    clock: SetClock = field(default_factory=lambda: SetClock(COMPUTED))
    month: str = MONTH
    told: Told = field(default_factory=Told)

    def work(self, session: Session, code: str) -> Work:
        at = self.clock.now()
        return Work(session, self.keys, actor_of(session, code), at, at, self.folder / "files", "192.0.2.7")

    def tell_example(self) -> None:
        """What is counted of the worked example's people."""
        for sheet in worked_example():
            for row in sheet["rows"]:
                self.told.add_whole(row["indicator"], self.staff(sheet["staff"]), row)

    def staff(self, code: str) -> int:
        with self.database.reading() as session:
            return session.scalars(sa.select(Staff.id).where(Staff.code == code)).one()

    def department(self, code: str) -> int:
        with self.database.reading() as session:
            return session.scalars(sa.select(Department.id).where(Department.code == code)).one()

    def shop(self) -> Workshop:
        return Workshop(self.database, self.keys, self.clock, self.folder)

    def do(self, code: str, service: Any, *args: Any, **more: Any) -> Any:
        """One command of somebody, in a transaction of its own."""
        with self.database.writing() as session:
            return service(self.work(session, code), *args, **more)

    def compute(self, by: str = ANALYST) -> None:
        self.told.write(self.database)
        self.do(by, appraisal_compute.ask, self.month)
        worked = work_off(self.shop(), {"appraisal": HANDLERS["appraisal"]})
        assert (worked.done, worked.failed) == (1, 0)

    def sheet(self, code: str) -> AppraisalSheet:
        """The last sheet of a person, or the sheet of a department by its code."""
        with self.database.reading() as session:
            return find_sheet(session, self.month, code)

    def act(self, by: str, code: str, act: SheetAct, said: appraisal.Said | None = None) -> None:
        self.do(by, appraisal.act, self.sheet(code).number, act, said)

    def numbers(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(sa.select(AppraisalSheet.number).order_by(AppraisalSheet.number)))

    def all(self, by: str, act: SheetAct) -> list[appraisal.Outcome]:
        return self.do(by, appraisal.act_on_many, self.month, act, self.numbers())

    def publish(self) -> None:
        """Checked and published, all that can be."""
        self.all(QUALITY, SheetAct.CHECK)
        self.all(QUALITY, SheetAct.PUBLISH)

    def keep_silent(self) -> None:
        """Ten days pass, and the job writes it down."""
        self.clock.at += timedelta(days=10)
        with self.database.writing() as session:
            session.add(Job(kind="appraisal_watch", slot=self.clock.now().isoformat(), due_at=self.clock.now()))
        assert work_off(self.shop(), {"appraisal_watch": HANDLERS["appraisal_watch"]}).failed == 0

    def approve(self) -> None:
        """By a senior manager, whose approval reaches every department."""
        self.all(SENIOR, SheetAct.APPROVE)

    def to_lock(self) -> None:
        """Computed, checked, published, silent, approved."""
        self.compute()
        self.publish()
        self.keep_silent()
        self.approve()


def find_sheet(session: Session, month: str, code: str) -> AppraisalSheet:
    """A sheet by its person's or department's code, with its lines."""
    rows = (
        sa.select(AppraisalSheet)
        .join(AppraisalPeriod, AppraisalPeriod.id == AppraisalSheet.period_id)
        .outerjoin(Staff, Staff.id == AppraisalSheet.staff_id)
        .outerjoin(Department, Department.id == AppraisalSheet.department_id)
        .where(
            AppraisalPeriod.month == month,
            sa.or_(Staff.code == code, sa.and_(AppraisalSheet.staff_id.is_(None), Department.code == code)),
        )
        .order_by(AppraisalSheet.from_day.desc())
    )
    sheet = session.scalars(rows).first()
    assert sheet is not None, code
    sheet.lines  # noqa: B018 (read while there is a session)
    sheet.scheme, sheet.period, sheet.staff, sheet.department  # noqa: B018
    return sheet


def worked_example() -> list[dict[str, Any]]:
    """The told sheets of ``office/appraisal.yaml``."""
    return list(document("appraisal")["worked_example"]["sheets"])
