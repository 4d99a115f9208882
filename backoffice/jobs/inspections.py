"""Jobs of quality inspection (R28, R29), once an hour: results become final, inspectors hear what is due or late."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.jobs.running import Taken, Workshop
from backoffice.queries import inspections
from backoffice.services import inspection
from backoffice.services.core.inspection_notices import tell_due, tell_overdue
from backoffice.services.core.inspections import UNFINISHED, open_inspection_by_id
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.deadline import is_met

FINALISE, REMIND = "finalise_inspections", "remind_inspectors"
MOST = 200
AHEAD = timedelta(days=1)

log = logging.getLogger("desk.jobs")


def finalise_inspections(shop: Workshop, job: Taken) -> None:
    """Make every result final whose time to appeal has passed, each in a transaction of its own."""
    _each(shop, job, inspections.run_out, shop.clock.now(), inspection.finalise)


def remind_inspectors(shop: Workshop, job: Taken) -> None:
    """Tell inspectors a day before the date, and them and the quality manager when it has passed; each once."""
    _each(shop, job, inspections.due_before, shop.clock.now() + AHEAD, remind)


def remind(work: Work, inspection_id: int) -> None:
    """What is told of one inspection at a moment; nothing once it is published."""
    one = open_inspection_by_id(work, inspection_id)
    row = one.inspection
    if row.status not in UNFINISHED or row.due_at > work.at + AHEAD:
        return
    if is_met(row.due_at, work.at):
        tell_due(one, "reminder")
    else:
        tell_overdue(one)


def _each(
    shop: Workshop,
    job: Taken,
    find: Callable[[Session, datetime, int, int], list[int]],
    until: datetime,
    do: Callable[[Work, int], object],
) -> None:
    after = 0
    while True:
        with shop.database.reading() as session:
            ids = find(session, until, after, MOST)
        for inspection_id in ids:
            _one(shop, job, inspection_id, do)
        if not ids:
            return
        after = ids[-1]


def _one(shop: Workshop, job: Taken, inspection_id: int, do: Callable[[Work, int], object]) -> None:
    """One of them; what is refused is left for a person and does not hold up the rest."""
    at = shop.clock.now()
    try:
        with shop.database.writing() as session:
            do(Work(session, shop.keys, SYSTEM, at, at, shop.files), inspection_id)
            job.go_on(session, at, job.payload)
    except DomainError as error:
        keys = [refusal.key for refusal in error.refusals]
        log.warning("inspection left", extra={"desk": {"inspection": inspection_id, "refusals": keys}})
