"""Trials on past complaints (R14, R23, R24): what was asked, how far it has come, what it found.

Nothing here says anything of a complaint that its own rows do not; a trial can be thrown away.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import ProcessVersion, SlaPolicy
from backoffice.models.office import Department, Staff
from policies.vocabulary import WhatIfKind


class WhatIfRun(Base):
    """One trial: a version, or days that would be otherwise, over the closed complaints received in a period.

    ``parameters`` keep what was tried as it stood then, since a draft goes on changing: {"definition"} or {"days",
    "weekly_hours"}. ``result`` is that of ``policies/what_if_tally.py``, complete once ``finished_at`` is set.
    """

    __tablename__ = "what_if_run"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    kind: Mapped[WhatIfKind] = mapped_column(closed_set(WhatIfKind))
    sla_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sla_policy.id"))
    process_id: Mapped[int | None] = mapped_column(sa.ForeignKey("process_version.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    parameters: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    listed: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    sla: Mapped[SlaPolicy | None] = relationship()
    process: Mapped[ProcessVersion | None] = relationship()
    asked_by: Mapped[Staff | None] = relationship()


class WhatIfChange(Base):
    """A clock (or step) of a complaint that would have been judged otherwise; or where its course would have ended.

    ``what`` is the clock's or the step's code. ``why`` (``policies/what_if_course.Stop``) is filled for a course that
    could not have been walked; ``action`` is then the one that was not offered.
    """

    __tablename__ = "what_if_change"
    __table_args__ = (sa.Index(None, "run_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("what_if_run.id", ondelete="CASCADE"))
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    what: Mapped[str] = mapped_column(sa.String(64))
    occurrence: Mapped[int] = mapped_column(default=1)
    before: Mapped[bool | None]
    after: Mapped[bool | None]
    due_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(sa.String(16), default="")
    action: Mapped[str] = mapped_column(sa.String(64), default="")

    complaint: Mapped[Complaint] = relationship()
    department: Mapped[Department | None] = relationship()
