"""Training (R34): courses, sessions with who was there, what somebody has to do by when, who is fit for which post.

What was agreed in a coaching and what a drill brought to light speak of people: they are sealed under the office key.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, Hundredths, UtcDateTime, closed_set, primary_key
from backoffice.models.office import Staff
from policies.vocabulary_training import (
    CourseKind,
    DueKind,
    DueSource,
    DueState,
    Interval,
    QualificationEnd,
    TrainingForm,
)


class TrainingCourse(Base):
    """What is taught. ``role_code``: for holders of this role, null for everybody; ``every`` null: once, or on order.

    ``hours``: how long it is at least; ``exam_pass``: the score from which its exam is passed, null without one.
    """

    __tablename__ = "training_course"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[CourseKind] = mapped_column(closed_set(CourseKind))
    form: Mapped[TrainingForm] = mapped_column(closed_set(TrainingForm, name="course_form"))
    role_code: Mapped[str | None] = mapped_column(sa.String(64))
    hours: Mapped[Decimal] = mapped_column(Hundredths)
    every: Mapped[Interval | None] = mapped_column(closed_set(Interval))
    exam_pass: Mapped[int | None]
    content_zh: Mapped[str] = mapped_column(sa.String(400), default="")
    content_en: Mapped[str] = mapped_column(sa.String(400), default="")
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TrainingSession(Base):
    """One date of a course, or of a coaching (``course`` null). ``role_code``: the post that an entry exam is for.

    ``trainer_id`` or, from outside, ``trainer``. ``written_at``: when it was last written up.
    ``sealed``: {"findings"} of a drill or course, {"problem", "aim", "agreed"} of a coaching.
    """

    __tablename__ = "training_session"
    __table_args__ = (sa.Index(None, "held_on", "id"), sa.Index(None, "course_id", "held_on"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_course.id"))
    form: Mapped[TrainingForm] = mapped_column(closed_set(TrainingForm, name="session_form"))
    role_code: Mapped[str | None] = mapped_column(sa.String(64))
    held_on: Mapped[date]
    hours: Mapped[Decimal] = mapped_column(Hundredths)
    trainer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    trainer: Mapped[str] = mapped_column(sa.String(120), default="")
    place: Mapped[str] = mapped_column(sa.String(120), default="")
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    revision: Mapped[int] = mapped_column(default=0)

    course: Mapped[TrainingCourse | None] = relationship()
    trainer_staff: Mapped[Staff | None] = relationship(foreign_keys=[trainer_id])
    attendance: Mapped[list[Attendance]] = relationship(order_by="Attendance.id", back_populates="session")

    __mapper_args__ = {"version_id_col": revision}


class Attendance(Base):
    """Somebody on the list of a session. ``hours`` 0 and ``present`` false: was asked to come and did not.

    ``present`` null until the session is written up. ``order_id``: the ordered coaching or training that it counts for.
    ``excellent``: of a drill. ``signed_at``: when the person confirmed the entry.
    """

    __tablename__ = "training_attendance"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "staff_id"),
        sa.Index(None, "staff_id", "id"),
        sa.Index(None, "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("training_session.id"))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_order.id"))
    present: Mapped[bool | None]
    hours: Mapped[Decimal] = mapped_column(Hundredths, default=Decimal(0))
    exam_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    passed: Mapped[bool | None]
    excellent: Mapped[bool] = mapped_column(default=False)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    session: Mapped[TrainingSession] = relationship(back_populates="attendance")
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    order: Mapped[TrainingOrder | None] = relationship()


class TrainingOrder(Base):
    """What somebody has to do by ``due``: person by course, or hours of training or coaching, or the exam again.

    ``role_code``: the post whose exam is to be taken again, null where any is.
    The population of ``training_completion`` (R31) is these rows, by ``due``, but for cancelled ones. ``done_on`` is
    the day on which it was complete, ``passed`` whether with success. ``source_id``: the sheet, inspection, corrective
    action that ordered it. ``told``: reminders that went out. ``sealed``: of a coaching {"problem", "aim", "agreed"},
    and {"reason"} of what was cancelled; ``review_on``: when the coaching is looked at again, ``reviewed_on``: was.
    """

    __tablename__ = "training_order"
    __table_args__ = (
        sa.Index(None, "state", "due", "id"),
        sa.Index(None, "staff_id", "due"),
        sa.Index(None, "due", "state"),
        sa.Index(None, "course_id", "staff_id", "due"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    kind: Mapped[DueKind] = mapped_column(closed_set(DueKind))
    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_course.id"))
    role_code: Mapped[str | None] = mapped_column(sa.String(64))
    hours: Mapped[Decimal] = mapped_column(Hundredths)
    hours_done: Mapped[Decimal] = mapped_column(Hundredths, default=Decimal(0))
    due: Mapped[date]
    source: Mapped[DueSource] = mapped_column(closed_set(DueSource))
    source_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    key: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    ordered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[DueState] = mapped_column(closed_set(DueState), default=DueState.OPEN)
    done_on: Mapped[date | None]
    passed: Mapped[bool | None]
    told: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    review_on: Mapped[date | None]
    reviewed_on: Mapped[date | None]
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    revision: Mapped[int] = mapped_column(default=0)

    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    course: Mapped[TrainingCourse | None] = relationship()
    ordered_by: Mapped[Staff | None] = relationship(foreign_keys=[ordered_by_id])

    __mapper_args__ = {"version_id_col": revision}


class Qualification(Base):
    """That somebody is fit for a post (``role_code``), from ``from_day`` to ``until_day``, both included.

    ``ended_on``: from that day on no longer, with ``ended_why``. ``attendance_id`` is the exam that it rests on; null
    where an earlier training was recognised.
    """

    __tablename__ = "qualification"
    __table_args__ = (sa.Index(None, "staff_id", "role_code", "until_day"), sa.Index(None, "until_day"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    role_code: Mapped[str] = mapped_column(sa.String(64))
    from_day: Mapped[date]
    until_day: Mapped[date]
    ended_on: Mapped[date | None]
    ended_why: Mapped[QualificationEnd | None] = mapped_column(closed_set(QualificationEnd))
    attendance_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_attendance.id"))
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
