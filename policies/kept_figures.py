"""When counted figures are kept, how long they are as good as new, and when they may be counted anew (R35, R38).

A small office counts whenever somebody looks. Where there are many complaints a view is counted once, kept, and shown
with the moment it was counted at; the longer it took, the longer it is left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from policies.message import Refusal

LARGE = 10_000
"""Complaints from which on figures are kept: below, a month of any view is counted within a fraction of a second."""
TIMES = 100
"""Figures are as good as new for so many times what counting them took: then counting takes a hundredth of the time of
one worker at most, however often somebody looks."""
LEAST, MOST = timedelta(seconds=10), timedelta(minutes=30)
"""But neither less nor more than this: a manager who comes back after half an hour wants to see what happened."""
LOST = timedelta(minutes=30)
"""What was asked for so long ago and not counted is asked for again: whoever was to count it is not there any more."""
KEPT = timedelta(days=7)
"""What nobody asked for in this time is thrown away."""
MOST_WAITING = 6
"""Views that one person may have waiting to be counted."""
ANEW = timedelta(seconds=10)
"""Nothing is counted anew by hand within this time of its last counting, nor within ten times of what that took."""


def sign_of(view: str, question: Mapping[str, Any], rules: Mapping[str, Any]) -> str:
    """What figures are kept under: the same only for the same view of the same things within the same reach, by the
    same versions of the rules.
    """
    said = json.dumps([view, question, rules], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def is_large(complaints: int) -> bool:
    """Whether an office of so many complaints keeps its figures; the highest number given says it well enough."""
    return complaints >= LARGE


def good_for(took: timedelta) -> timedelta:
    """How long figures are as good as new."""
    return min(max(took * TIMES, LEAST), MOST)


def is_old(counted_at: datetime, took: timedelta, at: datetime) -> bool:
    """Whether figures are to be counted anew when somebody looks at them."""
    return at - counted_at > good_for(took)


def is_lost(wanted_at: datetime, at: datetime) -> bool:
    """Whether a counting that was asked for will never come."""
    return at - wanted_at > LOST


def refuse_anew(counted_at: datetime | None, took: timedelta, at: datetime) -> Refusal | None:
    """Why figures are not counted anew by hand yet."""
    if counted_at is None:
        return None
    free = counted_at + max(ANEW, took * 10)
    return Refusal("kept.refused.too_soon", {"until": free}, status=429) if at < free else None


def refuse_more(waiting: int) -> Refusal | None:
    """Why somebody who already waits for many views gets no further one counted."""
    return Refusal("kept.refused.too_many", {"most": MOST_WAITING}, status=429) if waiting >= MOST_WAITING else None
