"""A drawn inspection on a played complaint, for tests of what comes after the draw: hand-made rows, no sampling."""

from __future__ import annotations

import base64
import json
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.keys import FILE_NAME, FORMAT, Keys, SealKey
from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection, InspectionEvent, Scorecard
from backoffice.models.office import Department, Staff
from backoffice.models.sampling import Draw, SamplingPlan
from backoffice.services.core.inspections import Inspecting, look_at_inspection
from backoffice.services.core.work import Work
from backoffice.services.inspection import Entered
from policies.card import Mark
from policies.vocabulary_inspection import DrawState, InspectionStatus, UnitKind
from tests.support.databases import with_default_office
from tests.support.live import give_passwords
from tests.support.played import RECEIVED, Play

INSPECTOR, SECOND, MANAGER = "S022", "S023", "S024"
HANDLER, HEAD, DEPARTMENT = "S016", "S015", "technical_support"
CARD, CALL_CARD = "record_process_card", "call_quality_card"

_SECRETS = [bytes([number]) * 32 for number in range(1, 5)]
KEYS = Keys((SealKey(_SECRETS[0]),), *_SECRETS[1:])
"""The keys of ``with_an_archived_complaint``: the same in every process, since all copy one database."""


def with_an_archived_complaint(database: Database) -> None:
    """A filling for ``Templates.copy``: the default office, its passwords, one complaint from intake to archive.

    Played once a run and copied for each test (fixture ``archived_database``), which is ten times as fast as playing.
    """
    with_default_office(database)
    give_passwords(database)
    with tempfile.TemporaryDirectory() as folder:
        Inspected(database, KEYS, Path(folder)).archived()


def put_keys(data_dir: Path) -> None:
    """Lay these keys into an application's folder before it is opened over such a database."""
    folder = data_dir / "keys"
    folder.mkdir(mode=0o700, parents=True)
    seal, blind, chain, session = (base64.b64encode(secret).decode() for secret in _SECRETS)
    content = {"format": FORMAT, "seal": [seal], "blind": blind, "chain": chain, "session": session}
    (folder / FILE_NAME).write_text(json.dumps(content))
    (folder / FILE_NAME).chmod(0o600)


@dataclass
class Inspected:
    """One complaint played to the archive (or further, or less far) and inspections drawn on it.

    ``at`` is the play's own time: what is drawn and done afterwards goes on from there.
    """

    database: Database
    keys: Keys
    files: Path
    play: Play = field(init=False)
    numbers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.play = Play(self.database, self.keys, self.files)

    @property
    def number(self) -> str:
        """The number of the inspection that was drawn first."""
        return self.numbers[0]

    @property
    def at(self) -> datetime:
        return self.play.at

    def later(self, **span: float) -> datetime:
        """Let time pass: ``later(days=3)``; an hour when nothing is said."""
        self.play.at += timedelta(**(span or {"hours": 1}))
        return self.play.at

    def archived(self, at: datetime = RECEIVED) -> Inspected:
        """Play a complaint from ``at`` to its archive: taken by S005, sent by S008, handled by S016 of technical
        support (head S015), called back by S011, archived by S028.
        """
        self.play = Play(self.database, self.keys, self.files, at=at)
        self.play.whole_life()
        self.later(days=1)
        return self

    def resumed(self) -> Inspected:
        """Go on with the complaint of ``with_an_archived_complaint``, a day after its archiving."""
        with self.database.reading() as session:
            complaint = session.scalars(sa.select(Complaint).order_by(Complaint.id).limit(1)).one()
        self.play.complaint_id, self.play.number = complaint.id, complaint.number
        self.play.at = complaint.archived_at + timedelta(days=1)
        return self

    def drawn(self, inspector: str | None = INSPECTOR, **more: Any) -> str:
        """Draw the present complaint for an inspector (None: nobody yet); gives the inspection's number.

        ``card`` (code), ``subject`` and ``department`` (codes), ``unit`` ("", "intake", "talk:1" …), ``blind``,
        ``pair_of`` (number of the first one), ``due_at``, ``plan`` (code); other values are columns.
        """
        with self.database.writing() as session:
            row = self._row(session, inspector, **more)
            self.numbers.append(row.number)
        return self.numbers[-1]

    def _row(
        self,
        session: Session,
        inspector: str | None,
        *,
        card: str = CARD,
        subject: str | None = HANDLER,
        department: str | None = DEPARTMENT,
        plan: str = "monthly_regular",
        unit: str = "",
        pair_of: str | None = None,
        due_at: datetime | None = None,
        **columns: Any,
    ) -> Inspection:
        complaint = session.get_one(Complaint, self.play.complaint_id)
        draw = self._draw(session, plan, blind=bool(columns.get("blind", False)))
        draw.drawn_count += 1
        first = pair_of and session.scalars(sa.select(Inspection.id).where(Inspection.number == pair_of)).one()
        values: dict[str, Any] = {
            "number": f"{draw.plan_code.upper()}-{draw.sequence}-{draw.drawn_count:03d}",
            "draw_id": draw.id,
            "complaint_id": complaint.id,
            "unit": unit,
            "unit_key": f"{complaint.number}/{unit}" if unit else complaint.number,
            "position": draw.drawn_count,
            "card_id": session.scalars(sa.select(Scorecard.id).where(Scorecard.code == card)).first(),
            "subject_id": _id(session, Staff, subject),
            "department_id": _id(session, Department, department),
            "inspector_id": _id(session, Staff, inspector),
            "pair_of_id": first or None,
            "status": InspectionStatus.DRAWN,
            "assigned_at": self.at,
            "due_at": due_at or self.at + timedelta(days=14),
        }
        row = Inspection(**{**values, **columns})
        session.add(row)
        session.flush()
        session.add(InspectionEvent(inspection_id=row.id, sequence=1, at=self.at, kind="drawn", facts={}))
        return row

    def _draw(self, session: Session, plan: str, *, blind: bool) -> Draw:
        mine = sa.select(Draw).where(Draw.plan_code == plan, Draw.blind == blind, Draw.nonce == "hand-made")
        found = session.scalars(mine).first()
        if found is not None:
            return found
        number = session.scalar(sa.select(sa.func.count()).select_from(Draw).where(Draw.plan_code == plan)) or 0
        draw = Draw(
            plan_id=session.scalars(sa.select(SamplingPlan.id).where(SamplingPlan.code == plan)).first(),
            plan_code=plan,
            period_label="2026-11",
            period_from=date(2026, 11, 1),
            period_until=date(2026, 11, 30),
            sequence=number + 1,
            state=DrawState.DRAWN,
            query={"kind": UnitKind.CLOSED_COMPLAINT.value},
            method="sha256_sort",
            blind=blind,
            population_count=1,
            population_sha256="0" * 64,
            nonce="hand-made",
            seed=f"{plan}/2026-11/{number + 1}/hand-made",
            frozen_at=self.at,
            drawn_at=self.at,
        )
        session.add(draw)
        session.flush()
        return draw

    def work(self, session: Session, code: str) -> Work:
        """The unit of work of a member of staff at the present moment of the scene."""
        return self.play.work(session, code)

    def do(self, code: str, command: Any, *arguments: Any, **values: Any) -> Any:
        """A command of a service by a member of staff, an hour later: ``do("S022", inspection.start, number)``."""
        self.later()
        with self.database.writing() as session:
            return command(self.work(session, code), *arguments, **values)

    def row(self, number: str | None = None) -> Inspection:
        """An inspection as it stands."""
        with self.database.reading() as session:
            return session.scalars(sa.select(Inspection).where(Inspection.number == (number or self.number))).one()

    def look(self, session: Session, code: str, number: str | None = None) -> Inspecting:
        """An inspection with its sealed texts at hand."""
        return look_at_inspection(self.work(session, code), number or self.number)

    def events(self, number: str | None = None) -> list[str]:
        """What happened to an inspection, oldest first."""
        row = self.row(number)
        mine = sa.select(InspectionEvent.kind).where(InspectionEvent.inspection_id == row.id)
        with self.database.reading() as session:
            return list(session.scalars(mine.order_by(InspectionEvent.sequence)))

    def published(self, inspector: str | None = INSPECTOR, score: str = "84.24", **more: Any) -> str:
        """An inspection that was scored and published, by hand-made columns alone (no marks)."""
        columns = {
            "status": InspectionStatus.PUBLISHED,
            "started_at": self.at,
            "scored_at": self.at,
            "published_at": self.at,
            "appeal_until": self.at + timedelta(days=5),
            "score": Decimal(score),
            "result": "pass",
        }
        return self.drawn(inspector, **{**columns, **more})


def _id(session: Session, model: Any, code: str | None) -> int | None:
    return None if code is None else session.scalars(sa.select(model.id).where(model.code == code)).one()


# Marks as the office's worked example has them: 84.24, good (office/scorecards.yaml, scoring.worked_examples).
EXAMPLE: dict[str, int | None] = {
    "rec_basic": 100, "rec_5w1h": 50, "rec_class": 100, "rec_read_back": None, "pro_check": 100, "pro_elements": 100,
    "pro_no_reverse": None, "pro_investigate": 50, "pro_plan": 100, "tim_ack": 100, "tim_steps": 50, "tim_resolve": 100,
    "res_solved": 100, "res_lesson": 50, "ton_written": 100, "ton_progress": 100,
}  # fmt: skip
FATAL = ("fat_false", "fat_leak", "fat_conceal")


def entered(changes: dict[str, int | None] | None = None, hits: tuple[str, ...] = (), summary: str = "") -> Entered:
    """Complete marks: the worked example with some changed, each below the full one with a remark."""
    levels = {**EXAMPLE, **dict.fromkeys(FATAL, 100), **dict.fromkeys(hits, 0), **(changes or {})}
    marks = {item: _mark(percent) for item, percent in levels.items()}
    return Entered(marks, summary, {"mark-rec_basic": "100"})


def _mark(percent: int | None) -> Mark:
    if percent is None:
        return Mark()
    return Mark(Decimal(percent), remark="" if percent == 100 else "录音 02:40 处可查")
