"""Closed complaints in plain rows, for tests of draws: whose, when, how they ended; many or few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel, ProcessVersion, SlaPolicy
from backoffice.models.office import Department, Staff

SEPTEMBER = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
BATCH = 5_000


class Office:
    """The keys of what complaints refer to, by code."""

    def __init__(self, database: Database) -> None:
        with database.reading() as session:

            def ids(model: Any) -> dict[str, int]:
                return {row.code: row.id for row in session.execute(sa.select(model.code, model.id))}

            self.staff, self.departments = ids(Staff), ids(Department)
            self.channels, self.categories = ids(Channel), ids(Category)
            self.process = session.scalars(sa.select(ProcessVersion.id)).first()
            self.sla = session.scalars(sa.select(SlaPolicy.id)).first()

    def row(
        self,
        number: str,
        closed_at: datetime = SEPTEMBER,
        *,
        owner: str | None = "S016",
        clerk: str | None = "S005",
        department: str | None = "technical_support",
        clerks: str | None = "hotline_centre",
        channel: str = "hotline",
        category: str = "net_broadband_slow",
        **columns: Any,
    ) -> dict[str, Any]:
        """A closed general complaint that was resolved, unless ``columns`` say otherwise."""
        return {
            "number": number, "channel_id": self.channels[channel], "category_id": self.categories[category],
            "severity": "general", "urgency": "low", "impact": "low", "priority": "low", "process_id": self.process,
            "sla_id": self.sla, "step": "closed", "round": 1, "status": "closed", "open": False, "outcome": "resolved",
            "received_at": closed_at - timedelta(days=3), "registered_at": closed_at - timedelta(days=3),
            "closed_at": closed_at, "department_id": self.departments.get(department or ""),
            "registered_department_id": self.departments.get(clerks or ""),
            "owner_id": self.staff.get(owner or ""), "registered_by_id": self.staff.get(clerk or ""),
            "completeness": 100, "read_back": [], "not_applicable": [], "confidential": False, "nth_complaint": 1,
            "first_contact": False, "transfers": 0, "revision": 0,
        } | columns  # fmt: skip


def put_in(database: Database, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows as they are, in batches."""
    with database.engine.begin() as connection:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                connection.execute(sa.insert(Complaint), batch)
                batch = []
        if batch:
            connection.execute(sa.insert(Complaint), batch)


def september(office: Office, count: int, handlers: tuple[str, ...] = ("S016", "S031", "S032")) -> Iterator[Any]:
    """So many complaints closed in September 2026, given to the handlers in turn, their numbers ascending."""
    step = timedelta(days=29) / max(count, 1)
    for place in range(count):
        at = SEPTEMBER + step * place
        yield office.row(f"TS{at:%Y%m}{place:08}", at, owner=handlers[place % len(handlers)])


def multiply(database: Database, there: int, wanted: int) -> None:
    """From so many of ``september`` to so many, by copying within the database; their numbers go on without a gap."""
    columns = [column for column in Complaint.__table__.columns if column.name not in ("id", "number")]
    digits = sa.cast(sa.func.substr(Complaint.number, 8), sa.BigInteger)  # TS20260|900000123
    with database.engine.begin() as connection:
        while there < wanted:
            number = sa.literal("TS20260").concat(sa.cast(digits + there, sa.String))
            some = Complaint.number < f"TS202609{min(there, wanted - there):08}"
            copies = sa.select(number, *columns).where(some)
            connection.execute(sa.insert(Complaint).from_select(["number", *(one.name for one in columns)], copies))
            there += min(there, wanted - there)
