"""An office with many complaints over thirteen months, as bare rows: for looking at figures and for measuring them.

Everything is drawn from one seed; rows are copies of one complaint of ``Counted`` with its clocks, changed in what the
figures count. No words, no customers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Category, Channel, ListEntry
from backoffice.models.handling import CallBack
from policies.vocabulary import ComplaintStatus, Outcome, Severity
from tests.support.counted import Counted

DAYS = 395
AT_ONCE = 2000
UNITS = ("network", "technical_support", "billing", "market", "it_support", "service_hall")
HOURS = {"acknowledge": (24, 1), "first_response": (8, 4), "appoint": (4, 4), "answer": (72, 60), "resolve": (120, 70)}
"""Clock → hours until it is due, and what it mostly takes."""


def fill(session: Session, count: int, now: datetime, seed: int = 7) -> None:
    """``count`` complaints received over the thirteen months up to ``now``; what is younger than a week is mostly open."""
    chance = random.Random(seed)
    counted = Counted(session)
    first = counted.complaint()
    counted.call(first)
    pattern = _plain(session, Complaint, first.id)
    clock = _plain(session, ClockRow, None, ClockRow.complaint_id == first.id)
    call = _plain(session, CallBack, None, CallBack.complaint_id == first.id)
    leaves = list(session.scalars(sa.select(Category.id).where(Category.level == 3).order_by(Category.id)))[:40]
    channels = list(session.scalars(sa.select(Channel.id).order_by(Channel.id)))
    causes = list(session.scalars(sa.select(ListEntry.code).where(ListEntry.list == "causes").order_by(ListEntry.id)))
    units = [counted.department(code) for code in UNITS]
    start = session.scalar(sa.select(sa.func.max(Complaint.id))) or 0
    complaints: list[dict[str, Any]] = []
    clocks: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for number in range(start + 1, start + 1 + count):
        received = now - timedelta(days=DAYS * (1 - chance.random() ** 0.9), minutes=chance.randrange(1440))
        closed = received + timedelta(hours=chance.expovariate(1 / 80) + 2)
        is_open = closed > now or (now - received < timedelta(days=7) and chance.random() < 0.5)
        unit = units[min(int(chance.expovariate(0.5)), len(units) - 1)]
        severity = chance.choices(list(Severity), (80, 17, 3))[0]
        complaints.append(
            pattern
            | {
                "id": number, "number": f"TS{received:%Y%m%d}-{number:07}", "received_at": received,
                "registered_at": received, "closed_at": None if is_open else closed, "open": is_open,
                "status": ComplaintStatus.INVESTIGATING if is_open else ComplaintStatus.CLOSED,
                "outcome": None if is_open else Outcome.RESOLVED, "severity": severity, "department_id": unit,
                "category_id": leaves[min(int(chance.expovariate(0.12)), len(leaves) - 1)],
                "channel_id": chance.choice(channels), "satisfaction": chance.choices((5, 4, 3, 2), (60, 25, 10, 5))[0],
                "cause_code": None if is_open or not causes else causes[min(int(chance.expovariate(0.4)), len(causes) - 1)],
                "next_due_at": received + timedelta(days=5) if is_open else None, "submission": None, "source_key": None,
            }
        )  # fmt: skip
        for code, (due, usual) in HOURS.items():
            taken = chance.expovariate(1 / usual)
            stopped = received + timedelta(hours=taken)
            if stopped < now:
                clocks.append(
                    clock
                    | {
                        "complaint_id": number, "code": code, "started_at": received, "stopped_at": stopped,
                        "due_at": received + timedelta(hours=due), "met": taken <= due,
                        "worked_seconds": round(taken * 1200),
                    }
                )  # fmt: skip
        if not is_open:
            calls.append(call | {"complaint_id": number, "at": closed})
        if len(complaints) >= AT_ONCE:
            _put(session, complaints, clocks, calls)
    _put(session, complaints, clocks, calls)


def _plain(session: Session, model: Any, key: int | None, where: Any = None) -> dict[str, Any]:
    """A row as the values of its columns, without its key."""
    condition = model.id == key if where is None else where
    row = session.scalars(sa.select(model).where(condition)).first()
    return {one.key: getattr(row, one.key) for one in sa.inspect(model).column_attrs if one.key != "id"}


def _put(session: Session, *piles: Iterable[dict[str, Any]]) -> None:
    for model, pile in zip((Complaint, ClockRow, CallBack), piles, strict=True):
        rows = list(pile)
        if rows:
            session.execute(sa.insert(model), rows)
        pile.clear()  # type: ignore[attr-defined]
    session.flush()
