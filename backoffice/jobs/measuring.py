"""Job ``measure_hours``, once for a database: measure what ended before its hours were kept (R31).

Some rows a transaction; each keeps in the job's payload how far it has come, so that a killed job goes on there.
"""

from __future__ import annotations

from collections.abc import Callable

from backoffice.jobs.running import Taken, Workshop
from backoffice.services import measuring
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND, ONCE = "measure_hours", "once"
MOST = 500  # rows a transaction

PIECES: tuple[tuple[str, Callable[[Work, int, int], int | None]], ...] = (
    ("clocks", measuring.measure_clocks),
    ("orders", measuring.measure_orders),
)


def measure(shop: Workshop, job: Taken) -> None:
    """Go on from where the payload says until nothing is left to measure."""
    for name, some in PIECES:
        while _some(shop, job, name, some):
            pass


def _some(shop: Workshop, job: Taken, name: str, some: Callable[[Work, int, int], int | None]) -> bool:
    at = shop.clock.now()
    with shop.database.writing() as session:
        work = Work(session, shop.keys, SYSTEM, at, at, shop.files)
        last = some(work, int(job.payload.get(name) or 0), MOST)
        if last is not None:
            job.go_on(session, at, {**job.payload, name: last})
    return last is not None
