"""September 2026 counted from a few complaints and locked, and what may happen to it afterwards (R33).

Each later act writes what the records, the office or the rules would hold after it; none of them may move the month.
"""

from __future__ import annotations

import copy
import itertools
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalRules, AppraisalScheme, MonthlyFigure, StaffPost
from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.handling import CallBack
from backoffice.models.inspection import Inspection
from backoffice.models.office import Department, Role, Staff
from backoffice.services import appraisal_appeal, appraisal_compute, appraisal_lines, appraisal_lock, monthly_figures
from policies.appraisal_course import SheetAct
from policies.appraisal_lines import Proposal
from policies.monthly_figure import Entered
from policies.vocabulary import Outcome, VersionState
from policies.vocabulary_appraisal import LineKind
from tests.support.appraised import ANALYST, MONTH, QUALITY, Month
from tests.support.counted import RECEIVED, Counted
from tests.support.databases import with_default_office
from tests.support.inspected_past import InspectedPast
from tests.support.inspections import KEYS

SUBJECT, OTHER = "S013", "S014"
AFTERWARDS = datetime(2026, 11, 4, 2, 0, tzinfo=UTC)
GROUND = "有书面依据，已核实"


def with_a_locked_september(database: Database) -> None:
    """A filling for ``Templates.copy``: two handlers with six complaints each, their department, an outside figure."""
    with_default_office(database)
    with database.writing() as session:
        made, past = Counted(session), InspectedPast(session)
        for code in (SUBJECT, OTHER):
            for place in range(6):
                missed = ("resolve",) if place == 0 else ()
                made.whole(owner_id=made.staff(code), missed=missed, satisfaction=(5, 4, 4)[place % 3])
            past.inspection("91.5", subject=code)
        session.add(figure(session, "900"))
    with tempfile.TemporaryDirectory() as folder:
        month = Month(database, KEYS, Path(folder))
        line = month.do(ANALYST, appraisal_lines.propose, asked(month, LineKind.ADJUSTMENT, "commendation_letter")).id
        month.do(QUALITY, appraisal_lines.decide, line, approve=True)
        month.to_lock()
        month.do(QUALITY, appraisal_lock.lock, MONTH)


def figure(session: Session, numerator: str) -> MonthlyFigure:
    desk = session.scalars(sa.select(Department.id).where(Department.code == "front_desk")).one()
    return MonthlyFigure(
        month=MONTH, indicator="hotline_connection_rate", department_id=desk, numerator=numerator, denominator="1000",
        entered_at=AFTERWARDS - timedelta(days=30),
    )  # fmt: skip


def asked(month: Month, kind: LineKind, code: str) -> appraisal_lines.Asked:
    return appraisal_lines.Asked(MONTH, month.staff(SUBJECT), None, Proposal(kind, code, GROUND))


# What the records may say later


def complaints(session: Session) -> list[Complaint]:
    """Those that count, without the one that inspections hang on."""
    return list(session.scalars(sa.select(Complaint).where(Complaint.received_at >= RECEIVED).order_by(Complaint.id)))


def of_complaint(change: Callable[[Session, Complaint], None]) -> Callable[[Session, Random], None]:
    """Something that happens to one of them."""

    def act(session: Session, chance: Random) -> None:
        if rows := complaints(session):
            change(session, chance.choice(rows))
        session.flush()

    return act


def reopened(session: Session, row: Complaint) -> None:
    row.outcome, row.closed_at, row.resolved_at, row.open = None, None, None, True


def scored_anew(session: Session, row: Complaint) -> None:
    row.satisfaction = 1
    calls = sa.update(CallBack).where(CallBack.complaint_id == row.id)
    session.execute(calls.values(satisfaction=1, solved=False))


def late_after_all(session: Session, row: Complaint) -> None:
    mine = (ClockRow.complaint_id == row.id, ClockRow.code.in_(["resolve", "first_response", "answer"]))
    session.execute(sa.update(ClockRow).where(*mine).values(met=False))


def merged(session: Session, row: Complaint) -> None:
    row.outcome = Outcome.MERGED


def deleted(session: Session, row: Complaint) -> None:
    for model in (ClockRow, CallBack, WorkOrder):
        session.execute(sa.delete(model).where(model.complaint_id == row.id))
    session.delete(row)


def another_owner(session: Session, row: Complaint) -> None:
    row.owner_id = session.scalars(sa.select(Staff.id).where(Staff.code == OTHER)).one()


def brought_in_late(session: Session, chance: Random) -> None:
    """A complaint on paper, closed in September and entered now."""
    made = Counted(session)
    made._numbers = itertools.count(5000 + 10 * chance.randrange(400))
    made.whole(missed=("resolve",), satisfaction=1, owner_id=made.staff(SUBJECT))


def inspected_anew(session: Session, chance: Random) -> None:
    session.execute(sa.update(Inspection).values(score=40 + chance.randrange(50)))


def figure_changed(session: Session, chance: Random) -> None:
    session.execute(sa.update(MonthlyFigure).values(superseded_at=AFTERWARDS))
    session.add(figure(session, str(chance.randrange(1000))))


# What the office may change later


def moved(session: Session, chance: Random) -> None:
    """Somebody turns out to have gone elsewhere in the middle of September."""
    person = session.scalars(sa.select(Staff).where(Staff.code == SUBJECT)).one()
    if session.scalar(sa.select(sa.func.count()).where(StaffPost.staff_id == person.id)):
        return
    front = session.scalars(sa.select(Department.id).where(Department.code == "front_desk")).one()
    first = StaffPost(
        staff_id=person.id, department_id=person.department_id, roles=["handler"], from_day=date(2026, 1, 1)
    )
    first.until_day = date(2026, 9, 14)
    session.add_all([
        first, StaffPost(staff_id=person.id, department_id=front, roles=["intake_clerk"], from_day=date(2026, 9, 15)),
    ])  # fmt: skip
    person.department_id = front


def left(session: Session, chance: Random) -> None:
    session.execute(sa.update(Staff).where(Staff.code == OTHER).values(retired_at=AFTERWARDS))


def renamed(session: Session, chance: Random) -> None:
    for model in (Staff, Department, Role):
        session.execute(sa.update(model).values(name_zh="改名" + str(chance.randrange(90)), name_en="Renamed"))


def another_scheme(session: Session, chance: Random) -> None:
    """A version that holds from the first of September, entered when the month is locked."""

    def change(definition: dict[str, Any]) -> None:
        weights = [one["weight"] for one in definition["items"]]
        for item, weight in zip(definition["items"], reversed(weights), strict=True):
            item["weight"] = weight
        definition["items"].pop()

    _another(session, AppraisalScheme, change)


def other_rules(session: Session, chance: Random) -> None:
    def change(definition: dict[str, Any]) -> None:
        for grade in definition["grades"]:
            grade["effects"] = ["bonus_top"]
        definition["rewards"][0]["amount"] = 999
        for indicator in definition["indicators"]:
            indicator["minimum_sample"] = 1

    _another(session, AppraisalRules, change)


def _another(session: Session, model: Any, change: Callable[[dict[str, Any]], None]) -> None:
    newest = sa.select(model).order_by(model.code, model.version.desc())
    seen: set[str] = set()
    for row in list(session.scalars(newest)):
        if row.code in seen or row.version > 8:
            continue
        seen.add(row.code)
        definition = copy.deepcopy(row.definition)
        change(definition)
        given = {"subject": row.subject} if model is AppraisalScheme else {}
        if not definition.get("items", True):
            continue
        session.add(model(
            code=row.code, version=row.version + 1, name_zh="新", name_en="New", valid_from=date(2026, 9, 1),
            state=VersionState.EFFECTIVE, definition=definition, **given,
        ))  # fmt: skip


LATER: dict[str, Callable[[Session, Random], None]] = {
    "reopened": of_complaint(reopened),
    "scored_anew": of_complaint(scored_anew),
    "late_after_all": of_complaint(late_after_all),
    "merged": of_complaint(merged),
    "deleted": of_complaint(deleted),
    "another_owner": of_complaint(another_owner),
    "brought_in_late": brought_in_late,
    "inspected_anew": inspected_anew,
    "figure_changed": figure_changed,
    "moved": moved,
    "left": left,
    "renamed": renamed,
    "another_scheme": another_scheme,
    "other_rules": other_rules,
}


# What somebody may try


def refused(call: Callable[[], object]) -> str:
    """Why a command was refused; fails where it was not."""
    try:
        call()
    except DomainError as error:
        return error.refusals[0].key.rpartition(".")[2]
    raise AssertionError("what belongs to a locked month was done")


def everything_tried(month: Month) -> dict[str, str]:
    """Each command that could move the locked month, and why it was refused."""
    september = replace(month, month=MONTH)
    number, desk = september.sheet(SUBJECT).number, month.department("front_desk")
    tries = {act.value: lambda act=act: september.act(QUALITY, SUBJECT, act) for act in SheetAct}
    tries |= {
        "compute": lambda: month.do(ANALYST, appraisal_compute.ask, MONTH),
        "lock": lambda: month.do(QUALITY, appraisal_lock.lock, MONTH),
        "veto": lambda: month.do(ANALYST, appraisal_lines.propose, asked(month, LineKind.VETO, "veto_abuse")),
        "reward": lambda: month.do(ANALYST, appraisal_lines.propose, asked(month, LineKind.REWARD, "bonus_top")),
        "appeal": lambda: month.do(SUBJECT, appraisal_appeal.submit, number, ["on_time_rate"], "还有"),
        "figure": lambda: month.do(
            ANALYST, monthly_figures.enter, "hotline_connection_rate", desk, Entered(MONTH, "1", "1000")
        ),
    }
    return {what: refused(call) for what, call in tries.items()}
