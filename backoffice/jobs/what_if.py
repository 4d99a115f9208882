"""Job ``what_if``: replay the closed complaints of a trial, a thousand at a time (R14, R23, R24).

Each page is read and replayed without a lock, then kept in one transaction with how far the job has come, so that a
killed job goes on there and counts nothing twice.
"""

from __future__ import annotations

from datetime import datetime

from backoffice.jobs.running import Taken, Workshop
from backoffice.models.what_if import WhatIfRun
from backoffice.queries.past import Place
from backoffice.queries.trial import Trial
from backoffice.services import what_if

KIND = what_if.JOB
AFTER = "after"  # receipt and id of the last complaint that was replayed


def replay(shop: Workshop, job: Taken) -> None:
    """Go on from where the payload says until no complaint is left, or the trial was stopped."""
    run_id = int(job.slot)
    with shop.database.reading() as session:
        run = session.get(WhatIfRun, run_id)
        if run is None or run.stopped_at is not None or run.finished_at is not None:
            return
        trial = Trial(session, run)
    while _page(shop, job, trial):
        pass


def _page(shop: Workshop, job: Taken, trial: Trial) -> bool:
    """One page; False after the last."""
    with shop.database.reading() as session:
        page = trial.page(session, _place(job))
    at = shop.clock.now()
    with shop.database.writing() as session:
        if not what_if.keep(session, trial.run_id, page, at) or page.place is None:
            return False
        received, complaint_id = page.place
        job.go_on(session, at, {**job.payload, AFTER: [received.isoformat(), complaint_id]})
    return True


def _place(job: Taken) -> Place | None:
    after = job.payload.get(AFTER)
    return None if after is None else (datetime.fromisoformat(after[0]), int(after[1]))
