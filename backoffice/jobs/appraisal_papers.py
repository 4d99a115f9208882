"""Job ``appraisal_papers``: print a month's sheets in the background, a part at a time (R33).

Each part is on the disk before the job says so; a killed job goes on at the part after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backoffice.file_settings import papers_of
from backoffice.jobs.running import Taken, Workshop
from backoffice.reports.presses import WORKERS
from backoffice.services.appraisal_papers import volume
from backoffice.services.appraisal_papers.volume import Press, read_order
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = volume.KIND
FEW = 8
"""So few parts are printed sooner than further processes are ready to print."""


def print_month(shop: Workshop, job: Taken) -> None:
    """Go on from where the payload says until the last part is made, then bind them."""
    if shop.speak is None:
        raise RuntimeError("papers need words: the workshop was opened without a catalogue")
    at = shop.clock.now()
    order = read_order(job.payload)
    press = Press(shop.keys, papers_of(shop.folder), job.id, order, shop.speak, at)

    @contextmanager
    def open_work() -> Iterator[Work]:
        with shop.database.reading() as session:
            yield Work(session, shop.keys, SYSTEM, at, at, shop.files)

    # What failed once may have failed for want of memory: then one at a time, in this process.
    several = WORKERS if order.parts > FEW and job.attempts == 1 else 1
    for part in press.make_all(open_work, int(job.payload["done"]), several):
        now = shop.clock.now()
        with shop.database.writing() as session:
            job.go_on(session, now, {**job.payload, "done": part + 1})
    press.finish()
    with shop.database.writing() as session:
        volume.clear_old(session, papers_of(shop.folder), at)
