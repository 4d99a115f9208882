"""The records behind the worked example of ``office/appraisal.yaml``: complaints, clocks, call-backs and inspections of
September 2026 that tell its three stories.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category
from backoffice.models.inspection import InspectionMark
from policies.vocabulary import Fault, Outcome
from tests.support.counted import CLOSED, Counted
from tests.support.inspected_past import InspectedPast

RECORD = {"rec_basic": 100, "rec_5w1h": 100, "rec_class": 100, "rec_read_back": 100}  # weights 6, 6, 4, 4
CALL = "call_quality_card"
CALLER = "S010"


def record(past: InspectedPast, subject: str, of: str, marks: dict[str, int | None]) -> None:
    """An inspection of the record whose marks count for the inspected."""
    row = past.inspection("90", marks, of=of, subject=subject)
    mine = InspectionMark.inspection_id == row.id
    past.session.execute(sa.update(InspectionMark).where(mine).values(staff_id=row.subject_id))


def handler(made: Counted, past: InspectedPast) -> None:
    """S013: 46 closed, 2 of them not established and 1 merged; of the 43 one was unreachable, two the customer's fault."""
    mine = {"registered_by_id": made.staff("S006"), "owner_id": made.staff("S013")}
    for outcome in (Outcome.NOT_ESTABLISHED, Outcome.NOT_ESTABLISHED, Outcome.MERGED):
        made.complaint(**mine, outcome=outcome, satisfaction=None)
    rows, fives = [], 15
    for place in range(43):
        missed = ("resolve",) if place in (3, 4) else ("first_response",) if place == 5 else ()
        more = {**mine, "round": 2 if 11 <= place <= 14 else 1, "missed": missed}
        if place == 0:
            made.complaint(**more, outcome=Outcome.CLOSED_UNREACHABLE, satisfaction=None)
            continue
        if place in (1, 2):
            more |= {"fault": Fault.CUSTOMER_FAULT, "satisfaction": 1}
        elif place in (9, 10):
            more |= {"satisfaction": None}
        else:
            more |= {"satisfaction": 5 if fives else 4}
            fives -= 1 if fives else 0
        row = made.complaint(**more)
        made.call(row, CALLER, solved=place not in (6, 7, 8))
        rows.append(row)
    for earlier in rows[20:23]:
        made.complaint(
            registered_by_id=made.staff("S006"), owner_id=made.staff("S014"), satisfaction=None,
            received_at=CLOSED + timedelta(days=4), category_id=earlier.category_id, previous_id=earlier.id,
        )  # fmt: skip
    for score in ("84.24", "91", "95.5"):
        past.inspection(score, of="network", subject="S013")


def clerk(made: Counted, past: InspectedPast) -> None:
    """S005: took 120 complaints, 92 that can be solved at first contact and 74 that were."""
    other = made.session.scalars(sa.select(Category.id).where(Category.first_contact_possible.is_(False))).first()
    for place in range(120):
        called = 60 <= place < 115
        first = place < 74
        row = made.complaint(
            dispatched=not first,
            registered_by_id=made.staff("S005"),
            category_id=made.leaf if place < 92 else other,
            outcome=Outcome.FIRST_CONTACT_RESOLVED if first else Outcome.RESOLVED,
            satisfaction=(5 if place < 71 else 4) if called else None,
            completeness=Decimal("89.7"),
            missed=("acknowledge",) if place in (80, 81) else (),
            **({} if first else {"owner_id": made.staff("S020"), "department_id": made.department("billing")}),
        )
        if called:
            made.call(row, CALLER)
    for score in ("92", "88.5", "95", "90"):
        past.inspection(score, of="front_desk", subject="S005", card=CALL)
    for place in range(16):
        marks = dict(RECORD)
        if place < 8:
            marks["rec_read_back"] = None  # did not apply: 16 of weight instead of 20
        if place >= 12:
            marks["rec_class"] = 0  # 4 of weight not obtained
        record(past, "S005", "front_desk", marks)


def caller(made: Counted, past: InspectedPast) -> None:
    """S011: a hundred call-backs, 97 in time and 88 reached."""
    for place in range(100):
        row = made.complaint(registered_by_id=made.staff("S035"), owner_id=made.staff("S016"), satisfaction=None)
        reached = place < 88
        call = made.call(row, "S011", reached=reached, solved=True if reached else None)
        made.call_back_clock(call, row, met=place < 97)
    for score in ("90", "91"):
        past.inspection(score, of="callback_group", subject="S011", card=CALL)
    for place in range(3):
        record(past, "S011", "callback_group", {**RECORD, "rec_class": 50} if place == 0 else RECORD)


def put_in(session: Session) -> Counted:
    """All three stories."""
    made, past = Counted(session), InspectedPast(session)
    for story in (handler, clerk, caller):
        story(made, past)
    return made
