"""The warnings of one clock (R26): when each step of its ladder is due, and when the next one goes out."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow
from backoffice.queries import clocks as clock_queries
from backoffice.services.core.case import Case
from policies.message import Refusal
from policies.vocabulary import ClockCode, Unit
from policies.warning_ladder import WarningMoment, warnings
from policies.warning_plan import next_moment

SHARE, ROUND_THE_CLOCK = Unit.PERCENT_OF_RESOLVE.value, Unit.HOUR.value


def set_next(case: Case, row: ClockRow, rows: Sequence[ClockRow] | None = None) -> None:
    """Note on a clock when its next warning goes out, now that its deadline has been set.

    What is past at this moment counts as past (``policies/warning_plan.py``). ``rows``: the complaint's clocks.
    """
    if row.stopped_at is not None:
        row.warn_at = None
        return
    row.warn_at = next_moment(moments(case, row, rows), row.warned or (), case.work.recorded_at, row.warn_at)


def moments(case: Case, row: ClockRow, rows: Sequence[ClockRow] | None = None) -> tuple[WarningMoment, ...]:
    """All warnings of a clock by its deadline as it is, in the order of time; none for a clock without a ladder."""
    steps = clock_queries.book(case.rules, case.complaint.sla_id).ladders.get(ClockCode(row.code), ())
    if not steps:
        return ()
    found = warnings(
        steps, case.rules.calendar(), row.started_at, row.due_at, round_the_clock=_round_the_clock(case, row, rows)
    )
    if isinstance(found, Refusal):
        raise DomainError(found)
    return found


def _round_the_clock(case: Case, row: ClockRow, rows: Sequence[ClockRow] | None) -> bool:
    """Whether the clock runs in hours, be it as a share of a resolve clock that does."""
    if row.unit != SHARE:
        return row.unit == ROUND_THE_CLOCK
    for other in rows or ():
        if other.code == ClockCode.RESOLVE.value:
            return other.unit == ROUND_THE_CLOCK
    whole = sa.select(ClockRow.unit).where(
        ClockRow.complaint_id == case.complaint.id, ClockRow.code == ClockCode.RESOLVE.value
    )
    return case.work.session.scalar(whole.order_by(ClockRow.id).limit(1)) == ROUND_THE_CLOCK
