"""The moment that figures are counted at: what day it is there, and which windows of time stretches of days are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.queries.indicators import COUNTING, Window, as_counted, computed_months
from policies.overview import Period, Span, Stretch


@dataclass(frozen=True)
class Moment:
    """A moment of an office, and what a session says of the windows as of then."""

    session: Session
    at: datetime
    zone: ZoneInfo

    @cached_property
    def today(self) -> date:
        """The office's day."""
        return self.at.astimezone(self.zone).date()

    @cached_property
    def computed(self) -> dict[str, datetime]:
        """Month → when its sheets were computed last."""
        return computed_months(self.session)

    def window(self, stretch: Stretch, code: str = "") -> Window:
        """A stretch of local days as moments, as of now; for an indicator of a whole month as its sheets count it."""
        if code in COUNTING and isinstance(stretch, Period) and stretch.span is Span.MONTH:
            return as_counted(stretch.text, self.zone, self.at, self.computed)
        since, until = (datetime.combine(day, time.min, self.zone) for day in (stretch.first, stretch.end))
        return Window(since, until, self.at)

    def computed_said(self) -> dict[str, str]:
        """When sheets were computed, as JSON: figures of a month are those of its sheets."""
        return {month: at.isoformat() for month, at in sorted(self.computed.items())}
