"""How the manager's view says periods, weeks and moments on an axis (R35), in the reader's language."""

from __future__ import annotations

from datetime import date

from policies.overview import Period, Span, Stretch, around
from views.filters import month_name
from views.language import _


def period_name(period: Period) -> str:
    """``2026年9月``, ``2026年三季度``, ``2026年``."""
    if period.span is Span.YEAR:
        return _("overview.period.year", year=period.first.year)
    if period.span is Span.QUARTER:
        return _("overview.period.quarter." + str((period.first.month + 2) // 3), year=period.first.year)
    return month_name(period.first)


def stretch_name(stretch: Stretch) -> str:
    """The same of a whole period; of a part of one its days."""
    if isinstance(stretch, Period):
        return period_name(stretch)
    for span in Span:
        found = around(span, stretch.first)
        if (found.first, found.end) == (stretch.first, stretch.end):
            return period_name(found)
    last = date.fromordinal(stretch.end.toordinal() - 1)
    return _("overview.period.days", first=stretch.first, last=last)


def short_name(stretch: Stretch) -> str:
    """As an axis says it: a month by its short name, a week by its Monday."""
    month = _("layout.month_short." + str(stretch.first.month))
    if isinstance(stretch, Period):
        return month
    return _("overview.week", month=stretch.first.month, month_name=month, day=stretch.first.day)
