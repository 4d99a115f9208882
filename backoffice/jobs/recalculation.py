"""Job ``recalculate_clocks``: after a change of the calendar, move the open clocks that it touches (R24).

500 clocks a transaction; each transaction keeps in the job's payload how far it has come, so that a killed job goes on
there. It counts by the calendar as it is when it runs, so that several changes in a row may come in any order.
"""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services import clock_moves
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = "recalculate_clocks"
MOST = 500  # clocks a transaction
AFTER = "after"  # the last complaint that was looked at


def recalculate(shop: Workshop, job: Taken) -> None:
    """Go on from where the payload says until no complaint is left."""
    change = clock_moves.Change.of(job.payload)
    after: int | None = int(job.payload.get(AFTER) or 0)
    while after is not None:
        after = _some(shop, job, change, after)


def _some(shop: Workshop, job: Taken, change: clock_moves.Change, after: int) -> int | None:
    at = shop.clock.now()
    with shop.database.writing() as session:
        work = Work(session, shop.keys, SYSTEM, at, at, shop.files)
        last = clock_moves.move_some(work, change, after, MOST)
        if last is not None:
            job.go_on(session, at, {**job.payload, AFTER: last})
        return last
