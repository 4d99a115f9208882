"""Where time is lost (R36): of each clock that ended in a period, how much of its time was used, and how long it took.

Used time is that from its start to its stop against that from its start to its deadline, so that 100 % is the deadline
itself whatever the limit, its unit, its calendar and its extensions. Tallies are bounded: whole percents, tenths of
working hours.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint
from backoffice.queries.indicators import Window
from backoffice.queries.indicators.shape import raw, seconds_between, within
from backoffice.queries.overview.narrow import Condition, Narrow
from policies.trend import median_of
from policies.vocabulary import ClockCode

MOST_PERCENT = 1000
"""More than ten times its limit is told as that."""
STEPS = (
    ClockCode.ACKNOWLEDGE,
    ClockCode.FIRST_RESPONSE,
    ClockCode.APPOINT,
    ClockCode.ANSWER,
    ClockCode.RESOLVE,
    ClockCode.REWORK,
    ClockCode.CALL_BACK,
    ClockCode.ARCHIVE,
)
TENTH = 10


@dataclass(frozen=True)
class Step:
    """One clock: the median of the time used in percent of its limit, of its working hours; how many, how many late."""

    code: ClockCode
    percent: Fraction
    hours: Fraction | None
    count: int
    late: int


def ended(window: Window, narrow: Narrow, code: ClockCode | None = None) -> list[Condition]:
    """Clocks judged in a window, as conditions on ``ClockRow`` joined with ``Complaint``."""
    codes = [one.value for one in STEPS] if code is None else [code.value]
    return [
        within(ClockRow.stopped_at, window),
        ClockRow.met.is_not(None),
        ClockRow.code.in_(codes),
        ClockRow.due_at > ClockRow.started_at,
        *narrow.conditions,
    ]


def steps(session: Session, window: Window, narrow: Narrow) -> list[Step]:
    """Every clock that ended in the window, what used most of its time first; in two statements."""
    used = seconds_between(ClockRow.started_at, ClockRow.stopped_at) * 100
    percent = used // seconds_between(ClockRow.started_at, ClockRow.due_at)
    capped = sa.case((percent > MOST_PERCENT, MOST_PERCENT), (percent < 0, 0), else_=percent)
    tenths = raw(ClockRow.worked_hours) // TENTH
    tallies = _tally(session, sa.cast(capped, sa.Integer), ended(window, narrow))
    worked = _tally(session, sa.cast(tenths, sa.Integer), [*ended(window, narrow), ClockRow.worked_hours.is_not(None)])
    found = []
    for code, (tally, late) in tallies.items():
        hours = median_of(worked[code][0]) if code in worked else None
        percent_used = median_of(tally)
        if percent_used is not None:
            hours = None if hours is None else hours / TENTH
            found.append(Step(ClockCode(code), percent_used, hours, sum(tally.values()), late))
    return sorted(found, key=lambda step: (-step.percent, step.code))


def _tally(
    session: Session, value: sa.ColumnElement[int], where: list[Condition]
) -> dict[str, tuple[dict[int, int], int]]:
    """Code → (value → how often, how many of all were late)."""
    missed = sa.func.sum(sa.case((ClockRow.met.is_(False), 1), else_=0))
    rows = session.execute(
        sa.select(ClockRow.code, value.label("value"), sa.func.count(), missed)
        .join(Complaint, Complaint.id == ClockRow.complaint_id)
        .where(*where)
        .group_by(ClockRow.code, sa.literal_column("value"))
    )
    values: dict[str, dict[int, int]] = defaultdict(dict)
    late: dict[str, int] = defaultdict(int)
    for code, at, number, overdue in rows:
        values[code][at] = values[code].get(at, 0) + number
        late[code] += int(overdue)
    return {code: (values[code], late[code]) for code in values}
