"""A complaint and what belongs to it alone: the record, who and which departments are on it, clocks and orders.

Names, phones, addresses and free text are ciphertext under a key per complaint (R39): ``sealed_brief`` is what a list
shows, ``sealed_record`` the whole intake record. They are JSON objects, sealed by ``sealing.py``:

brief:  {"name", "phone", "summary"}
record: {"customer_name", "contact_phone", "address", "email", "preferred_contact", "what", "who", "where", "why",
"demand",
         "bought_on", "product", "symptom", "product_symptom", "elements": {code: value}, "severity_reason", …}
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, Hundredths, Money, UtcDateTime, closed_set, primary_key
from backoffice.models.configuration import Category, Channel, ProcessVersion, SlaPolicy
from backoffice.models.office import Department, Staff
from policies.vocabulary import CaseFunction, ComplaintStatus, Fault, Level, OrderStatus, Outcome, Priority, Severity

FOLLOWS = sa.text("previous_id IS NOT NULL")  # most follow no other one
ELSEWHERE = sa.text("external_number IS NOT NULL")
TIMED = sa.text("next_due_at IS NOT NULL")  # an archived one has no clock that runs
OPEN = {"sqlite_where": sa.text("open IS 1"), "postgresql_where": sa.text("open IS true")}
UNTAKEN = {name: sa.text(f"{where} AND registered_by_id IS NULL") for name, where in OPEN.items()}
UNACKNOWLEDGED = {name: sa.text(f"{where} AND acknowledged_at IS NULL") for name, where in OPEN.items()}
CURRENT = {"sqlite_where": sa.text("current IS 1"), "postgresql_where": sa.text("current IS true")}
"""What is worked on is a small part of what was ever received: indexes of that part alone serve the lists of work."""
SHAPE = ("department_id", "registered_department_id", "category_id", "channel_id", "severity")
"""What statistics are narrowed to (R35): in the index of a moment it spares them the rows."""


class Complaint(Base):
    """One matter in which a customer voices dissatisfaction. State = process version + step + round; status is derived.

    ``avoidable_dispatch``: what the review at closing says, null while nobody said (R36).
    ``next_due_at``/``next_due_clock`` repeat the earliest open deadline so that lists need no join; ``revision`` counts
    every change, so that two people who act at once are told.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        sa.Index(None, "status", "next_due_at", "id"),
        sa.Index(None, "open", "next_due_at", "id"),
        sa.Index(None, "received_at", "id"),
        sa.Index(None, "department_id", "open", "next_due_at"),
        sa.Index(None, "owner_id", "open", "next_due_at"),
        sa.Index(None, "registered_by_id", "received_at"),
        sa.Index(None, "category_id", "received_at"),
        sa.Index("ix_complaint_received_shape", "received_at", *SHAPE),
        sa.Index("ix_complaint_closed_shape", "closed_at", *SHAPE, "cause_code"),
        sa.Index(
            "ix_complaint_open_shape",
            "open",
            "received_at",
            "next_due_at",
            *SHAPE,
            **OPEN,
        ),
        sa.Index("ix_complaint_timed", "next_due_at", "id", sqlite_where=TIMED, postgresql_where=TIMED),
        sa.Index("ix_complaint_external", "external_number", sqlite_where=ELSEWHERE, postgresql_where=ELSEWHERE),
        sa.Index("ix_complaint_open_step", "step", "next_due_at", "id", **OPEN),
        sa.Index("ix_complaint_open_category", "category_id", "next_due_at", "id", **OPEN),
        sa.Index("ix_complaint_open_channel", "channel_id", "next_due_at", "id", **OPEN),
        sa.Index("ix_complaint_open_severity", "severity", "next_due_at", "id", **OPEN),
        sa.Index("ix_complaint_open_registered_by", "registered_by_id", "next_due_at", "id", **OPEN),
        sa.Index("ix_complaint_open_registered_in", "registered_department_id", "next_due_at", "id", **OPEN),
        sa.Index("ix_complaint_untaken", "registered_by_id", "received_at", "id", **UNTAKEN),
        sa.Index(
            "ix_complaint_unacknowledged", "open", "registered_by_id", "registered_department_id", **UNACKNOWLEDGED
        ),
        sa.Index(None, "previous_id", sqlite_where=FOLLOWS, postgresql_where=FOLLOWS),
        sa.UniqueConstraint("source", "source_key"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    channel_id: Mapped[int] = mapped_column(sa.ForeignKey("channel.id"))
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("category.id"))
    symptom: Mapped[str | None] = mapped_column(sa.String(64))
    severity: Mapped[Severity] = mapped_column(closed_set(Severity))
    urgency: Mapped[Level] = mapped_column(closed_set(Level, name="urgency"))
    impact: Mapped[Level] = mapped_column(closed_set(Level, name="impact"))
    priority: Mapped[Priority] = mapped_column(closed_set(Priority))

    process_id: Mapped[int] = mapped_column(sa.ForeignKey("process_version.id"))
    sla_id: Mapped[int] = mapped_column(sa.ForeignKey("sla_policy.id"))
    step: Mapped[str] = mapped_column(sa.String(64))
    round: Mapped[int] = mapped_column(default=1)
    status: Mapped[ComplaintStatus] = mapped_column(closed_set(ComplaintStatus))
    open: Mapped[bool] = mapped_column(default=True)
    outcome: Mapped[Outcome | None] = mapped_column(closed_set(Outcome))
    fault: Mapped[Fault | None] = mapped_column(closed_set(Fault))
    cause_code: Mapped[str | None] = mapped_column(sa.String(64))
    first_contact: Mapped[bool] = mapped_column(default=False)
    transfers: Mapped[int] = mapped_column(default=0)
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    satisfaction: Mapped[int | None]
    compensation: Mapped[Decimal | None] = mapped_column(Money)
    avoidable_dispatch: Mapped[bool | None]

    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    call_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    call_seconds: Mapped[int | None]
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_due_clock: Mapped[str | None] = mapped_column(sa.String(32))

    registered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    registered_department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    caller_back_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    completeness: Mapped[Decimal] = mapped_column(Hundredths)
    read_back: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    not_applicable: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    confidential: Mapped[bool] = mapped_column(default=False)
    external_number: Mapped[str | None] = mapped_column(sa.String(120))
    nth_complaint: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    source: Mapped[str | None] = mapped_column(sa.String(64))
    source_key: Mapped[str | None] = mapped_column(sa.String(120))
    submission: Mapped[str | None] = mapped_column(sa.String(64), unique=True)

    sealed_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sealed_brief: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sealed_record: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0)

    channel: Mapped[Channel] = relationship()
    category: Mapped[Category] = relationship()
    process: Mapped[ProcessVersion] = relationship()
    sla: Mapped[SlaPolicy] = relationship()
    department: Mapped[Department | None] = relationship(foreign_keys=[department_id])
    owner: Mapped[Staff | None] = relationship(foreign_keys=[owner_id])
    registered_by: Mapped[Staff | None] = relationship(foreign_keys=[registered_by_id])
    caller_back: Mapped[Staff | None] = relationship(foreign_keys=[caller_back_id])

    __mapper_args__ = {"version_id_col": revision}


class BlindIndex(Base):
    """Keyed digests by which a phone, name or e-mail is found exactly without being stored in clear."""

    __tablename__ = "blind_index"
    __table_args__ = (sa.Index(None, "kind", "token", "complaint_id"),)

    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    token: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)


class ComplaintPerson(Base):
    """Who has (or had) which function on a complaint: the scope *own*, and the duties that exclude one another.

    ``current``: until the complaint is archived.
    """

    __tablename__ = "complaint_person"
    __table_args__ = (
        sa.Index(None, "staff_id", "complaint_id"),
        sa.Index("ix_complaint_person_current", "staff_id", "complaint_id", **CURRENT),
    )

    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    function: Mapped[CaseFunction] = mapped_column(closed_set(CaseFunction), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    current: Mapped[bool] = mapped_column(default=True, server_default=sa.true())


class ComplaintDepartment(Base):
    """Departments that registered the complaint or have or had its order: the scope *department*."""

    __tablename__ = "complaint_department"
    __table_args__ = (
        sa.Index(None, "department_id", "complaint_id"),
        sa.Index("ix_complaint_department_current", "department_id", "complaint_id", **CURRENT),
    )

    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("department.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    current: Mapped[bool] = mapped_column(default=True, server_default=sa.true())


class WorkOrder(Base):
    """The task sent to a department (R10–R12). ``sealed``: {"requirements", "elements", "handover_reason",
    "decision_reason"}. ``dispatch_seconds``: of a first order, the working time from acceptance to sending (R31).
    """

    __tablename__ = "work_order"
    __table_args__ = (
        sa.Index(None, "department_id", "status"),
        sa.Index(None, "complaint_id", "id"),
        sa.Index(None, "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("department.id"))
    status: Mapped[OrderStatus] = mapped_column(closed_set(OrderStatus))
    round: Mapped[int] = mapped_column(default=1)
    route: Mapped[str | None] = mapped_column(sa.String(64))
    sent_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    how: Mapped[str] = mapped_column(sa.String(16), default="dispatch")
    dispatch_seconds: Mapped[int | None] = mapped_column(sa.BigInteger)
    deadline: Mapped[datetime | None] = mapped_column(UtcDateTime)
    promised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    co_handler_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    appointed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    predecessor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("work_order.id"))
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    department: Mapped[Department] = relationship()
    owner: Mapped[Staff | None] = relationship(foreign_keys=[owner_id])
    sent_by: Mapped[Staff | None] = relationship(foreign_keys=[sent_by_id])


WAITS = sa.text("warn_at IS NOT NULL")  # what has no warning to come takes no room in the index
CALL_BACKS = sa.text("code = 'call_back'")  # of no other clock the month is asked for by itself (R21)


class ClockRow(Base):
    """A running or ended clock of a complaint (R23). ``met`` is null while it runs; clocks never pause.

    ``worked_seconds``: the working time from its start (of the first response: the receipt) to its stop (R31).
    ``warn_at`` is when its next warning goes out, null when there is none to come; ``warned`` the codes of the steps of
    its ladder that went out (R26).
    Of an extended one (R25) ``original_due_at`` is when it would be due without its extensions, ``extended_days`` how
    many working days they gave, and ``facts["extensions"]`` each of them: {"days", "reason"}.
    """

    __tablename__ = "clock"
    __table_args__ = (
        sa.UniqueConstraint("complaint_id", "code", "occurrence"),
        sa.Index(None, "stopped_at", "due_at"),
        sa.Index(None, "warn_at", "id", postgresql_where=WAITS, sqlite_where=WAITS),
        sa.Index("ix_clock_call_back_due", "due_at", postgresql_where=CALL_BACKS, sqlite_where=CALL_BACKS),
        sa.Index("ix_clock_call_back_stopped", "stopped_at", postgresql_where=CALL_BACKS, sqlite_where=CALL_BACKS),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    code: Mapped[str] = mapped_column(sa.String(32))
    occurrence: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=1)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("work_order.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    unit: Mapped[str] = mapped_column(sa.String(32))
    override: Mapped[str | None] = mapped_column(sa.String(64))
    phase: Mapped[str | None] = mapped_column(sa.String(32))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    original_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extended_days: Mapped[int] = mapped_column(default=0)
    provisional: Mapped[bool] = mapped_column(default=False)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    met: Mapped[bool | None]
    stopped_by: Mapped[str | None] = mapped_column(sa.String(32))
    worked_seconds: Mapped[int | None] = mapped_column(sa.BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    warn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    warned: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
