"""Jobs ``appraisal``, which computes a month step by step, and ``appraisal_watch``, which writes down silence (R33)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.jobs.running import Taken, Workshop
from backoffice.services import appraisal, appraisal_compute
from backoffice.services.core.appraisal_periods import JOB, find
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = JOB
WATCH = "appraisal_watch"
AT_ONCE = 200


def compute(shop: Workshop, job: Taken) -> None:
    """Go on from the step that the payload names; a computation that a newer one has overtaken ends."""
    month, _, run = job.slot.partition(":")
    one = _computing(shop, job, month, int(run))
    if one is None:
        return
    with shop.database.reading() as session:
        steps = appraisal_compute.steps(session, month)
    for place in range(int(job.payload.get("done", 0)), len(steps)):
        with shop.database.reading() as session:
            if not one.is_current(session):
                return
        _keep(shop, job, {"done": place, "total": len(steps)})
        appraisal_compute.do(one, steps[place])
    _keep(shop, job, {"done": len(steps), "total": len(steps)})


def _computing(shop: Workshop, job: Taken, month: str, run: int) -> appraisal_compute.Computing | None:
    """What is computed as of the moment at which it began, however often it is gone on with."""
    with shop.database.reading() as session:
        period = find(session, month)
    if period is None:
        return None
    if "at" not in job.payload:
        _keep(shop, job, {"at": shop.clock.now().isoformat()})
    began = datetime.fromisoformat(job.payload["at"])

    def work_in(session: Session) -> Work:
        return Work(session, shop.keys, SYSTEM, began, shop.clock.now(), shop.files)

    return appraisal_compute.Computing(shop.database, work_in, period.id, month, run, began)


def _keep(shop: Workshop, job: Taken, more: dict[str, object]) -> None:
    with shop.database.writing() as session:
        job.go_on(session, shop.clock.now(), {**job.payload, **more})


def watch(shop: Workshop, job: Taken) -> None:
    """Write down silence, sheet by sheet, until nobody is left."""
    while True:
        at = shop.clock.now()
        with shop.database.reading() as session:
            numbers = appraisal.silent_ones(session, at, AT_ONCE)
        taken = 0
        for number in numbers:
            with shop.database.writing() as session:
                taken += appraisal.take_silence(Work(session, shop.keys, SYSTEM, at, at, shop.files), number)
        if not taken:
            return
        _keep(shop, job, {})
