"""Where time is lost (R36): of each clock that ended in a period, how much of its time was used, and how long it took.

Used time is that from its start to its stop against that from its start to its deadline, so that 100 % is the deadline
itself whatever the limit, its unit, its calendar and its extensions. Tallies are bounded: whole percents, tenths of
working hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint
from backoffice.queries.indicators import Window
from backoffice.queries.indicators.shape import seconds_between, within
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
TENTH_OF_AN_HOUR = 360


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
    """Every clock that ended in the window, what used most of its time first; in one statement."""
    used = seconds_between(ClockRow.started_at, ClockRow.stopped_at) * 100
    percent = used // seconds_between(ClockRow.started_at, ClockRow.due_at)
    capped = sa.case((percent > MOST_PERCENT, MOST_PERCENT), (percent < 0, 0), else_=percent)
    tenths = ClockRow.worked_seconds // TENTH_OF_AN_HOUR
    where = ended(window, narrow)
    parts = (
        _tally("used", sa.cast(capped, sa.Integer), where),
        _tally("worked", sa.cast(tenths, sa.Integer), [*where, ClockRow.worked_seconds.is_not(None)]),
    )
    kinds = _read(session.execute(sa.union_all(*parts)))
    tallies, worked = kinds["used"], kinds["worked"]
    found = []
    for code, (tally, late) in tallies.items():
        hours = median_of(worked[code][0]) if code in worked else None
        percent_used = median_of(tally)
        if percent_used is not None:
            hours = None if hours is None else hours / 10
            found.append(Step(ClockCode(code), percent_used, hours, sum(tally.values()), late))
    return sorted(found, key=lambda step: (-step.percent, step.code))


Tallies = dict[str, tuple[dict[int, int], int]]
"""Code → (value → how often, how many of all were late)."""


def _tally(kind: str, value: sa.ColumnElement[int], where: list[Condition]) -> sa.Select[Any]:
    """How often each value of each clock occurs."""
    missed = sa.func.sum(sa.case((ClockRow.met.is_(False), 1), else_=0))
    said = sa.literal_column(f"'{kind}'", sa.String)
    return (
        sa.select(said, ClockRow.code, value.label("value"), sa.func.count(), missed)
        .join(Complaint, Complaint.id == ClockRow.complaint_id)
        .where(*where)
        .group_by(ClockRow.code, sa.literal_column("value"))
    )


def _read(rows: Iterable[Any]) -> dict[str, Tallies]:
    found: dict[str, Tallies] = defaultdict(dict)
    for kind, code, at, number, overdue in rows:
        values, late = found[kind].get(code, ({}, 0))
        values[at] = values.get(at, 0) + number
        found[kind][code] = values, late + int(overdue)
    return found
