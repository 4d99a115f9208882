"""The part of time that an indicator is counted over: a month of the office, as half-open moments (R31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalPeriod

OBSERVED_DAYS = 7
"""How long after its receipt a first-contact solution is watched (note of ``first_contact_rate``)."""
DAY_SECONDS = 86400
ANY_ZONE = timedelta(hours=14)
"""Added to a local midnight in UTC it gives a moment of the same local day, whatever the zone (-12 to +14 hours)."""


@dataclass(frozen=True)
class Window:
    """From ``since`` to before ``until``, as it stood at ``computed_at``; aware UTC.

    ``carried_from``: what was received after this moment and before ``since`` was not yet observed long enough when the
    month before was computed, and counts here (``first_contact_rate``). None: nothing is carried over.
    """

    since: datetime
    until: datetime
    computed_at: datetime
    carried_from: datetime | None = None

    @property
    def offset(self) -> int:
        """By how many seconds the office's clocks were ahead of UTC when the window began, at a local midnight."""
        past = self.since.astimezone(UTC)
        seconds = (past.hour * 60 + past.minute) * 60 + past.second
        ahead = DAY_SECONDS - seconds
        return -seconds if timedelta(seconds=ahead) > ANY_ZONE else ahead

    @property
    def months(self) -> list[str]:
        """The months ("2026-09") that begin in the window: outside figures are entered for whole months."""
        day, end = (self.since + ANY_ZONE).date(), (self.until + ANY_ZONE).date()
        found = []
        while day < end:
            if day.day == 1:
                found.append(f"{day:%Y-%m}")
            day = _next_month(day)
        return found


def month_of(month: str, zone: ZoneInfo, computed_at: datetime) -> Window:
    """The window of a month ("2026-09") of an office, without what the month before carried over.

    Raises ``ValueError`` for a text that names no month.
    """
    first = date.fromisoformat(f"{month}-01")
    return Window(_midnight(first, zone), _midnight(_next_month(first), zone), computed_at)


def window_of(session: Session, month: str, zone: ZoneInfo, computed_at: datetime) -> Window:
    """The same with what the sheets of the month before left to this one (note of ``first_contact_rate``)."""
    before = AppraisalPeriod.month == previous_month(month)
    return _carried(
        month_of(month, zone, computed_at), session.scalar(sa.select(AppraisalPeriod.computed_at).where(before))
    )


def computed_months(session: Session) -> dict[str, datetime]:
    """Month → when its sheets were computed last."""
    rows = sa.select(AppraisalPeriod.month, AppraisalPeriod.computed_at).where(AppraisalPeriod.computed_at.is_not(None))
    return dict(session.execute(rows).all())


def as_counted(month: str, zone: ZoneInfo, now: datetime, computed: Mapping[str, datetime]) -> Window:
    """The window as the sheets of a month were counted, so that pages show what stands on them; else as of now.

    ``computed``: ``computed_months``. Raises ``ValueError`` for a text that names no month.
    """
    return _carried(month_of(month, zone, computed.get(month, now)), computed.get(previous_month(month)))


def _carried(plain: Window, was: datetime | None) -> Window:
    """With what the month before, computed then, left to this one."""
    if was is None:
        return plain
    watched = was - timedelta(days=OBSERVED_DAYS)
    return replace(plain, carried_from=watched if watched < plain.since else None)


def previous_month(month: str) -> str:
    """The month before: "2026-12" of "2027-01"."""
    return f"{date.fromisoformat(f'{month}-01') - timedelta(days=1):%Y-%m}"


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
