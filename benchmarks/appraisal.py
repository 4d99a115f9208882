"""How long the sheets of a month take, and in how much memory, against the bare SQL aggregates of the same indicators.

    python -m benchmarks.appraisal [COMPLAINTS] [STAFF]

COMPLAINTS: default 100,000 closed ones of one month, each with six clocks and a call-back; STAFF: default 50 handlers
of the departments that receive orders. On SQLite.
Aim: memory that does not grow with their number, and a small multiple of the time that the figures alone take.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalInput, AppraisalSheet
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.handling import CallBack
from backoffice.models.office import Department, Role, Staff, StaffRole
from backoffice.queries import indicators
from backoffice.queries.rulebook import Rulebook
from backoffice.services import appraisal_compute
from backoffice.services.core import appraisal_plan
from backoffice.services.core.work import Work
from policies.vocabulary import Outcome
from policies.vocabulary_appraisal import SubjectKind
from tests.support.counted import CLOSED, RECEIVED, Counted
from tests.support.databases import with_default_office
from tests.support.offices import actor_of

MONTH, AT = "2026-09", datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
PIECE = 5000


def main() -> None:
    """Print figures of one month."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    people = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/desk.sqlite")
        with_default_office(database)
        put_in(database, count, people)
        with database.writing() as session:
            session.execute(sa.text("ANALYZE"))
        aggregate = bare(database)
        print(f"figures alone, one statement for each indicator and level: {aggregate:.1f} s")
        shop = Workshop(database, Keys.fresh(), SetClock(AT), Path(folder))
        with database.writing() as session:
            appraisal_compute.ask(Work(session, shop.keys, actor_of(session, "S023"), AT, AT), MONTH)
        before = memory()
        started = time.perf_counter()
        assert work_off(shop, {"appraisal": HANDLERS["appraisal"]}).done == 1
        seconds = time.perf_counter() - started
        with database.reading() as session:
            sheets = session.scalar(sa.select(sa.func.count()).select_from(AppraisalSheet))
            rows = session.scalar(sa.select(sa.func.sum(AppraisalInput.count)))
        print(f"{count:,} complaints, {sheets} sheets, {rows:,} inputs kept: {seconds:.1f} s")
        print(f"{seconds / aggregate:.1f} times the figures alone")
        print(f"memory: {before:.0f} MiB before, {memory():.0f} MiB at most")
        database.dispose()


def bare(database: Database) -> float:
    """Seconds for the figures of every indicator of the month's schemes, and nothing else."""
    started = time.perf_counter()
    with database.reading() as session:
        made = appraisal_plan.plan(session, MONTH)
        window = indicators.window_of(session, MONTH, Rulebook(session).zone(), AT)
        for level in SubjectKind:
            for code in made.indicators(level):
                indicators.figures(session, code, window, level)
    return time.perf_counter() - started


def put_in(database: Database, count: int, people: int) -> None:
    """Closed complaints like one that the tests make, spread over the month and over the staff."""
    with database.writing() as session:
        owners = staff(session, people)
        made = Counted(session)
        row = made.complaint(registered_by_id=made.staff("S005"))
        made.call_back_clock(made.call(row), row)
        session.flush()
        tables = (Complaint.__table__, ClockRow.__table__, CallBack.__table__)
        of = (Complaint.id == row.id, ClockRow.complaint_id == row.id, CallBack.complaint_id == row.id)
        models = [
            [dict(one._mapping) for one in session.execute(sa.select(table).where(where))]  # noqa: SLF001
            for table, where in zip(tables, of, strict=True)
        ]
    first = 1_000_000
    for start in range(0, count, PIECE):
        with database.writing() as session:
            for table, rows in zip(
                tables, pieces(models, start, min(count, start + PIECE), first, owners), strict=True
            ):
                session.execute(sa.insert(table), rows)


def pieces(
    models: list[list[dict[str, Any]]], start: int, end: int, first: int, owners: list[tuple[int, int]]
) -> Iterator[list[dict[str, Any]]]:
    """Rows of the tables, one after the other."""
    for place, model in enumerate(models):
        rows = []
        for number in range(start, end):
            owner, department = owners[number % len(owners)]
            shift = timedelta(minutes=number % (60 * 24 * 18))
            for inner, one in enumerate(model):
                row = {key: value + shift if isinstance(value, datetime) else value for key, value in one.items()}
                if place == 0:
                    row |= {
                        "id": first + number, "number": f"B{number:09}", "owner_id": owner, "department_id": department,
                        "satisfaction": 3 + number % 3, "outcome": Outcome.RESOLVED, "completeness": Decimal(90),
                    }  # fmt: skip
                else:
                    row |= {"id": first + number * len(model) + inner, "complaint_id": first + number}
                    row |= {"met": number % 20 != 0} if "met" in row and row["met"] is not None else {}
                    row |= {"order_id": None} if "order_id" in row else {}
                rows.append(row)
        yield rows


def staff(session: Any, people: int) -> list[tuple[int, int]]:
    """Handlers, spread over the departments that receive orders: (staff, department)."""
    role = session.scalars(sa.select(Role.id).where(Role.code == "handler")).one()
    places = list(session.scalars(sa.select(Department.id).where(Department.receives_orders).order_by(Department.id)))
    made = []
    for number in range(people):
        person = Staff(
            code=f"B{number:03}", login=f"b{number:03}", name_zh=f"员工{number}", name_en=f"Staff {number}",
            department_id=places[number % len(places)], joined=datetime(2020, 1, 1, tzinfo=UTC).date(),
        )  # fmt: skip
        session.add(person)
        session.flush()
        session.add(StaffRole(staff_id=person.id, role_id=role))
        made.append((person.id, places[number % len(places)]))
    session.flush()
    assert RECEIVED < CLOSED
    return made


def memory() -> float:
    """The most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
