"""When attempts to reach a customer count as so many: only at different times (R16, R21)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta


def attempts_that_count(attempts: Iterable[datetime], gap: timedelta) -> int:
    """How many attempts lie at least ``gap`` after the one counted before (R21: at different times)."""
    counted, last = 0, None
    for attempt in sorted(attempts):
        if last is None or attempt - last >= gap:
            counted, last = counted + 1, attempt
    return counted
