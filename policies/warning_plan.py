"""Which warning of a clock comes next, and which are to go out now: each once, none lost, no storm (R26).

A clock keeps one moment, *from which on* warnings are to go out. What was past already when its deadline was set (a
complaint entered late, an imported one) is not told step by step: of that only the last counts, which reaches the
highest. What became due afterwards goes out whole and in order, however long nobody was there to send it. When a
deadline moves, what went out stays out and the rest is set anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from policies.warning_ladder import WarningMoment


def next_moment(
    moments: Sequence[WarningMoment], warned: Collection[str], now: datetime, waiting: datetime | None = None
) -> datetime | None:
    """From when on warnings are to go out, when a deadline has been set at ``now``; None when none is to come.

    ``moments`` in the order of time; ``warned``: codes of the steps that went out; ``waiting``: what this said before,
    so that what was due by then and has not gone out yet is not dropped.
    """
    open_ = [one for one in moments if one.code not in warned]
    past = [one for one in open_ if one.at <= now]
    if waiting is not None and waiting <= now:
        late = [one for one in past if one.at >= waiting]
        if late:
            return late[0].at
    if past:
        return past[-1].at
    return open_[0].at if open_ else None


def due_now(
    moments: Sequence[WarningMoment], warned: Collection[str], since: datetime, now: datetime
) -> tuple[WarningMoment, ...]:
    """The warnings that go out now, in order: from the clock's moment ``since`` on, up to ``now``."""
    return tuple(one for one in moments if one.code not in warned and since <= one.at <= now)


def after(moments: Sequence[WarningMoment], warned: Collection[str], now: datetime) -> datetime | None:
    """When the next warning goes out once everything up to ``now`` has."""
    return next((one.at for one in moments if one.code not in warned and one.at > now), None)
