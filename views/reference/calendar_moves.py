"""What a change of the calendar did to open clocks (R24): its page, the newest ones in short, and a look beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from backoffice.models.clock_change import CalendarChange
from backoffice.queries import clock_changes
from backoffice.queries.clock_changes import Change, Moved, MovesPage
from backoffice.services import calendar as service
from views import context
from views.language import _
from views.reference.base import reading
from views.reference.changes import ShownChange, shown_changes

DAYS_NAMED = 5  # in a heading; a whole year's list is named by its year


@dataclass(frozen=True)
class ShownChangePage:
    """One change: what was changed by whom, how far its job has come, and a page of what it moved."""

    row: CalendarChange
    title: str
    line: ShownChange | None
    moved: Moved
    left: tuple[int, bool]
    page: MovesPage


@dataclass(frozen=True)
class ShownRecent:
    """A change in short."""

    revision: int
    title: str
    row: CalendarChange
    moved: int


def change_page(revision: int, after: int) -> ShownChangePage | None:
    """Everything of one change as this reader may see it; None where there is none such."""
    session = reading()
    row = session.get(CalendarChange, revision)
    if row is None:
        return None
    running = row.finished_at is None
    change = Change.of({"revision": revision, "days": row.days, "years": row.years})
    left = clock_changes.spanning(session, change, context.zone(), row.last_id) if running else (0, False)
    lines = shown_changes([row.line]) if row.line is not None else []
    return ShownChangePage(
        row,
        title_of(row),
        lines[0] if lines else None,
        clock_changes.moved_by(session, revision),
        left,
        clock_changes.moves(session, revision, context.actor(), after),
    )


def recent() -> list[ShownRecent]:
    """The newest changes, for the list of calendars."""
    return [ShownRecent(row.revision, title_of(row), row, moved) for row, moved in clock_changes.recent(reading())]


def title_of(row: CalendarChange) -> str:
    """Which days were changed, in words."""
    if row.years:
        return _("calendar_moves.list_of", year=row.years[0])
    if row.days is None:
        return _("calendar_moves.every_week")
    days = [date.fromisoformat(day) for day in row.days]
    if not days:
        return _("calendar_moves.no_day")
    if len(days) > DAYS_NAMED:
        return _("calendar_moves.days", n=len(days), first=days[0], last=days[-1])
    return _("layout.list.separator").join(_("calendar_moves.day", day=day) for day in days)


def spanning(days: Iterable[date | None], *, public: bool = False) -> tuple[int, bool] | None:
    """How many open clocks a change of these days would touch; None where it would touch none by its nature.

    ``public``: the days are the country's, which a calendar may leave out of account.
    """
    calendar = service.deadline_calendar(reading())
    if calendar is None or (public and not calendar.use_public_holidays):
        return None
    known = tuple(sorted(day for day in days if day is not None))
    return clock_changes.spanning(reading(), Change(0, known), context.zone())


def shown_page(found: ShownChangePage) -> dict[str, Any]:
    """What the page of a change is filled with."""
    return {"change": found, "moves": found.page.rows}
