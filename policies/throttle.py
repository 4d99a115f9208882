"""How often somebody may try to sign in (R39): after some failures each further try has to wait, longer every time.

One count is kept for the account, one for the address that the tries come from; the longer wait holds. A count reaches
back a day. An office shares one address, so that an address has many more tries free than an account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MEMORY = timedelta(hours=24)


@dataclass(frozen=True)
class Limit:
    """``free`` failures cost nothing; then ``first`` is waited, doubled by each further failure up to ``longest``."""

    free: int
    first: timedelta
    longest: timedelta


ACCOUNT = Limit(free=5, first=timedelta(minutes=1), longest=timedelta(minutes=30))
ADDRESS = Limit(free=30, first=timedelta(minutes=1), longest=timedelta(minutes=30))


def wait_until(limit: Limit, failures: Sequence[datetime], at: datetime) -> datetime | None:
    """When the next try is let in, None for at once. ``failures`` of the last day, in any order; ``at`` is now."""
    counted = [failure for failure in failures if at - failure < MEMORY]
    over = len(counted) - limit.free
    if over < 0:
        return None
    wait = min(limit.longest, limit.first * 2 ** min(over, 20))
    until = max(counted) + wait
    return until if until > at else None


def tries_left(limit: Limit, failures: Sequence[datetime], at: datetime) -> int:
    """How many more tries cost nothing; at least 0."""
    counted = sum(1 for failure in failures if at - failure < MEMORY)
    return max(0, limit.free - counted)
