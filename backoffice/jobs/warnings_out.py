"""Send the warnings that are due, at every ring of the bell (R26); and, once, plan those of clocks that ran before.

With nothing due it is one look into an index. Each clock has a transaction of its own: a worker killed at any moment
loses no warning and doubles none, and of two workers the second finds nothing to do. What was missed while no worker
ran goes out whole, the longest due first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.jobs.running import Taken, Workshop
from backoffice.queries import warnings_due
from backoffice.services import warning
from backoffice.services.core.work import Work
from policies.access import SYSTEM

PLAN = "plan_warnings"
ONCE = "1"  # the slot of a job that is done once in the life of an office
MOST = 200  # clocks looked up at a time
PLANNED = 500  # clocks planned in one transaction
AFTER = "after"

log = logging.getLogger("desk.jobs")


def send_due(shop: Workshop, stopped: Callable[[], bool] = lambda: False) -> int:
    """Send everything that is due now; gives how many warnings went out.

    One that cannot be sent stays due, is written down, and holds no other up.
    """
    at, sent, last = shop.clock.now(), 0, None
    while not stopped():
        with shop.database.reading() as session:
            found = warnings_due.due(session, at, last, MOST)
        for one in found:
            if stopped():
                break
            sent += _send(shop, one, at)
        if len(found) < MOST:
            break
        last = found[-1]
    return sent


def _send(shop: Workshop, one: warnings_due.Due, at: datetime) -> int:
    facts: dict[str, object] = {"complaint": one.complaint_id, "clock": one.clock_id}
    try:
        with shop.database.writing() as session:
            return warning.send(_work(shop, session, at), one.complaint_id, one.clock_id)
    except DomainError as error:
        facts["refusals"] = [refusal.key for refusal in error.refusals]
        log.warning("warning not sent", extra={"desk": facts})
    except Exception:
        log.exception("warning not sent", extra={"desk": facts})
    return 0


def plan_running(shop: Workshop, job: Taken) -> None:
    """Plan the clocks that ran before warnings were kept, 500 a transaction; killed, it goes on where it was.

    What is past by then counts as past: of each clock only the last warning goes out.
    """
    after = int(job.payload.get(AFTER) or 0)
    while True:
        at = shop.clock.now()
        with shop.database.writing() as session:
            found = warnings_due.unplanned(session, after, PLANNED)
            work = _work(shop, session, at)
            for clock_id, complaint_id in sorted(found, key=lambda one: one[::-1]):  # complaints are locked in order
                warning.plan(work, complaint_id, clock_id)
            if not found:
                return
            after = found[-1][0]
            job.go_on(session, at, {**job.payload, AFTER: after})


def _work(shop: Workshop, session: Session, at: datetime) -> Work:
    return Work(session, shop.keys, SYSTEM, at, at, shop.files)
