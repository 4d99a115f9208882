"""Complaints of September 2026 as bare rows, for tests of indicators: by default one that counts in all of them.

A general complaint of a leaf that can be solved at first contact; taken by S005 of the front desk, sent by S008 of the
dispatch desk to the network department, whose S013 has it; closed in time, called back by S010 with a score of 5.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.configuration import Category, Channel
from backoffice.models.handling import CallBack
from policies.vocabulary import OrderStatus, Outcome
from tests.support.scenes import complaint, department, staff
from tests.support.told_cases import local

RECEIVED = local("2026-09-07T10:00")
CLOSED = RECEIVED + timedelta(days=4)
ONCE = ("acknowledge", "first_response", "resolve", "answer")


class Counted:
    """Puts complaints, orders, clocks and call-backs into a database whose office is the default one."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = itertools.count(1)
        self.leaf = session.scalars(
            sa.select(Category.id).where(Category.first_contact_possible).order_by(Category.id)
        ).first()

    def staff(self, code: str) -> int:
        return staff(self.session, code).id

    def department(self, code: str) -> int:
        return department(self.session, code).id

    def channel(self, code: str) -> int:
        return self.session.scalars(sa.select(Channel.id).where(Channel.code == code)).one()

    def complaint(self, *, missed: tuple[str, ...] = (), dispatched: bool = True, **more: Any) -> Complaint:
        """A closed complaint; ``missed``: codes of its clocks that were not met."""
        received = more.pop("received_at", RECEIVED)
        closed = more.pop("closed_at", received + (CLOSED - RECEIVED))
        row = complaint(self.session, f"TS20260907-{next(self._numbers):04}", received)
        given = {
            "category_id": self.leaf, "channel_id": self.channel("hotline"), "outcome": Outcome.RESOLVED, "open": closed is None,
            "closed_at": closed, "resolved_at": closed, "registered_by_id": self.staff("S005"), "satisfaction": 5,
            "registered_department_id": self.department("front_desk"), "round": 1,
        }  # fmt: skip
        if dispatched:
            given |= {"department_id": self.department("network"), "owner_id": self.staff("S013")}
        for name, value in (given | more).items():
            setattr(row, name, value)
        self.session.flush()
        for code in ONCE if dispatched else ONCE[:-1]:
            self.clock(row, code, met=code not in missed)
        if dispatched:
            self.order(row)
        return row

    def clock(self, row: Complaint, code: str, *, met: bool | None = True, **more: Any) -> ClockRow:
        """A clock of a complaint; by default it ended the day after receipt and was due then."""
        end = row.received_at + timedelta(days=1)
        given = {
            "complaint_id": row.id, "code": code, "occurrence": 1, "round": 1, "started_at": row.received_at,
            "amount": Decimal(1), "unit": "working_day", "due_at": end, "stopped_at": end, "met": met,
            "worked_seconds": 5400, "facts": {},
        }  # fmt: skip
        clock = ClockRow(**(given | more))
        self.session.add(clock)
        self.session.flush()
        return clock

    def order(
        self, row: Complaint, of: str = "network", by: str = "S008", *, appointed: bool | None = True, **more: Any
    ) -> WorkOrder:
        """An order to a department, half an hour after receipt, with its appoint clock."""
        number = next(self._numbers)
        given = {
            "number": f"GD20260907-{number:04}", "complaint_id": row.id, "department_id": self.department(of),
            "status": OrderStatus.APPOINTED, "sent_by_id": self.staff(by), "sent_at": row.received_at + timedelta(minutes=30),
            "dispatch_seconds": 1800, "co_handler_ids": [],
        }  # fmt: skip
        order = WorkOrder(**(given | more))
        self.session.add(order)
        self.session.flush()
        self.clock(row, "appoint", met=appointed, occurrence=number, order_id=order.id)
        return order

    def call(self, row: Complaint, by: str | None = "S010", *, at: datetime | None = None, **more: Any) -> CallBack:
        """A call-back an hour before the complaint closed: reached, solved, with the complaint's score."""
        given = {
            "complaint_id": row.id, "round": row.round, "at": at or row.closed_at - timedelta(hours=1), "way": "phone",
            "reached": True, "solved": True, "satisfaction": row.satisfaction, "by_id": by and self.staff(by), "sealed": b"",
        }  # fmt: skip
        call = CallBack(**(given | more))
        self.session.add(call)
        self.session.flush()
        return call

    def call_back_clock(self, call: CallBack, row: Complaint, **more: Any) -> ClockRow:
        """The call-back clock that a call ended, a day before it was due."""
        given = {
            "started_at": call.at - timedelta(days=1), "stopped_at": call.at, "due_at": call.at + timedelta(days=1),
            "stopped_by": "called_back", "round": call.round,
        }  # fmt: skip
        return self.clock(row, "call_back", **(given | more))

    def whole(self, **more: Any) -> Complaint:
        """A complaint with its call-back and that clock."""
        row = self.complaint(**more)
        self.call_back_clock(self.call(row), row)
        return row
