"""Job ``watch_appeals``, every hour: the quality managers hear once of an appeal that is not decided in time (R29)."""

from __future__ import annotations

import logging

from backoffice.errors import DomainError
from backoffice.jobs.running import Taken, Workshop
from backoffice.queries.appeals import MOST, overdue
from backoffice.services.core.appeal_messages import tell_overdue
from backoffice.services.core.appeals import Appealing
from backoffice.services.core.inspections import open_inspection_by_id
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.deadline import is_met

KIND = "watch_appeals"

log = logging.getLogger("desk.jobs")


def watch_appeals(shop: Workshop, job: Taken) -> None:
    """Tell of every overdue appeal, each in a transaction of its own."""
    after = 0
    while True:
        with shop.database.reading() as session:
            found = overdue(session, shop.clock.now(), after, MOST)
        for appeal_id, inspection_id in found:
            _warn(shop, job, appeal_id, inspection_id)
        if not found:
            return
        after = found[-1][0]


def _warn(shop: Workshop, job: Taken, appeal_id: int, inspection_id: int) -> None:
    at = shop.clock.now()
    try:
        with shop.database.writing() as session:
            work = Work(session, shop.keys, SYSTEM, at, at, shop.files)
            one = Appealing(open_inspection_by_id(work, inspection_id))
            waits = one.appeal is not None and one.appeal.decided_at is None
            if one.appeal is not None and waits and not is_met(one.appeal.decide_due_at, at):
                tell_overdue(one, one.appeal)
            job.go_on(session, at, job.payload)
    except DomainError as error:
        keys = [refusal.key for refusal in error.refusals]
        log.warning("appeal not warned of", extra={"desk": {"appeal": appeal_id, "refusals": keys}})
