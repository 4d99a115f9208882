"""Job ``arrivals_clear``: what was said in discarded drafts is erased when it has had its time (R39)."""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services import arrivals

CLEAR = "arrivals_clear"
AT_ONCE = 50


def clear(shop: Workshop, job: Taken) -> None:
    """Some at a time, the oldest first."""
    at = shop.clock.now()
    more = True
    while more:
        with shop.database.writing() as session:
            more = arrivals.erase_discarded(session, at, AT_ONCE) == AT_ONCE
            job.go_on(session, at, job.payload)
