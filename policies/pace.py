"""How often one person may ask for something in a while, where each asking costs the desk more than the person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

BESIDE, BESIDE_WITHIN = 120, timedelta(minutes=1)
"""What stands beside the form of registration: the page asks after half a second without a key, so that who types
without a rest does not ask half as often.
"""


def seconds_to_wait(most: int, within: timedelta, tries: Iterable[datetime], at: datetime) -> int:
    """How many seconds until the next one is let in, none for at once: no more than ``most`` in such a while."""
    counted = sorted(one for one in tries if at - one < within)
    return 0 if len(counted) < most else max(1, ceil((counted[-most] + within - at).total_seconds()))
