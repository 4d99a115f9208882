"""Very many closed complaints over many months as plain rows, for plans and times of indicators: each with its clocks,
its order and its call-back, told apart by their number alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.configuration import Category, Channel, ProcessVersion, SlaPolicy
from backoffice.models.handling import CallBack
from backoffice.models.office import Department, Staff

BATCH = 5_000
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
CLOCKS = ("acknowledge", "resolve", "appoint", "call_back")


@dataclass(frozen=True)
class Posts:
    """Who has which part in the complaints, by key; each in turn. ``departments`` go along with the owners."""

    departments: list[int]
    owners: list[int]
    clerks: list[int]
    senders: list[int]
    callers: list[int]


def put_in(
    database: Database,
    count: int,
    days: int,
    first_at: datetime = FIRST,
    clocks: tuple[str, ...] = CLOCKS,
    posts: Posts | None = None,
) -> None:
    """``count`` complaints received evenly over so many days from the first of 2025 on, and the statistics of it.

    Unless ``posts`` says otherwise everybody has a part in everything.
    """
    with database.reading() as session:
        ids = _Ids(session, posts, first_at, clocks)
    step = timedelta(days=days) / count
    for first in range(1, count + 1, BATCH):
        numbers = range(first, min(first + BATCH, count + 1))
        with database.engine.begin() as connection:
            if database.engine.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # no look at each key
            for model, rows in (
                (Complaint, _complaints),
                (WorkOrder, _orders),
                (ClockRow, _clocks),
                (CallBack, _calls),
            ):
                connection.execute(
                    sa.insert(model).returning(model.id), list(rows(ids, numbers, step))
                )  # many rows at once
    with database.engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))


class _Ids:
    """The keys of what complaints refer to."""

    def __init__(self, session: Any, posts: Posts | None, first: datetime, clocks: tuple[str, ...]) -> None:
        self.first, self.clocks = first, clocks
        self.channel = session.scalars(sa.select(Channel.id).where(Channel.code == "hotline")).one()
        self.leaf = session.scalars(sa.select(Category.id).where(Category.first_contact_possible)).first()
        self.process = session.scalars(sa.select(ProcessVersion.id)).first()
        self.sla = session.scalars(sa.select(SlaPolicy.id)).first()
        if posts is None:
            everybody = list(session.scalars(sa.select(Staff.id).order_by(Staff.id)))
            departments = list(session.scalars(sa.select(Department.id).order_by(Department.id)))
            posts = Posts(departments, everybody, everybody, everybody, everybody)
        self.posts, self.departments = posts, posts.departments

    def one(self, rows: list[int], number: int) -> int:
        return rows[number % len(rows)]


def _complaints(ids: _Ids, numbers: range, step: timedelta) -> Iterator[dict[str, Any]]:
    for number in numbers:
        at = ids.first + number * step
        yield {
            "id": number, "number": f"TS{number:012d}", "channel_id": ids.channel, "category_id": ids.leaf, "severity": "general",
            "urgency": "low", "impact": "low", "priority": "low", "process_id": ids.process, "sla_id": ids.sla, "step": "end",
            "round": 1 + (number % 11 == 0), "status": "archived", "open": False, "outcome": ("resolved", "merged")[number % 17 == 0],
            "fault": ("our_fault", "customer_fault")[number % 13 == 0], "satisfaction": 1 + number % 5, "received_at": at, "registered_at": at,
            "closed_at": at + timedelta(days=5), "department_id": ids.one(ids.departments, number), "owner_id": ids.one(ids.posts.owners, number),
            "registered_by_id": ids.one(ids.posts.clerks, number // 3), "registered_department_id": ids.one(ids.departments, number // 5),
            "previous_id": number - 7 if number % 10 == 0 and number > 7 else None, "completeness": 90, "read_back": [], "not_applicable": [],
        }  # fmt: skip


def _orders(ids: _Ids, numbers: range, step: timedelta) -> Iterator[dict[str, Any]]:
    for number in numbers:
        yield {
            "id": number, "number": f"GD{number:012d}", "complaint_id": number, "department_id": ids.one(ids.departments, number + number % 9 // 8),
            "status": "completed", "sent_by_id": ids.one(ids.posts.senders, number // 7), "sent_at": ids.first + number * step + timedelta(hours=1),
            "dispatch_seconds": 36, "co_handler_ids": [],
        }  # fmt: skip


def _clocks(ids: _Ids, numbers: range, step: timedelta) -> Iterator[dict[str, Any]]:
    for number in numbers:
        at = ids.first + number * step
        for place, code in enumerate(ids.clocks):
            due = at + timedelta(days=5 if code == "call_back" else 2)
            stopped = due + timedelta(hours=1 if (number + place) % 10 == 0 else -1)
            yield {
                "complaint_id": number, "code": code, "occurrence": 1, "round": 1, "order_id": number if code == "appoint" else None,
                "started_at": at, "amount": 1, "unit": "working_day", "due_at": due, "stopped_at": stopped, "met": stopped <= due,
                "worked_seconds": 108, "facts": {}, "warned": [],
            }  # fmt: skip


def _calls(ids: _Ids, numbers: range, step: timedelta) -> Iterator[dict[str, Any]]:
    for number in numbers:
        late = timedelta(hours=1 if (number + len(ids.clocks) - 1) % 10 == 0 else -1)
        yield {
            "complaint_id": number, "round": 1, "at": ids.first + number * step + timedelta(days=5) + late, "way": "phone",
            "reached": number % 8 > 0, "solved": number % 6 > 0 if number % 8 else None, "satisfaction": 1 + number % 5 if number % 8 else None,
            "by_id": ids.one(ids.posts.callers, number // 2), "sealed": b"",
        }  # fmt: skip
