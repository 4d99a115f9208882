"""Job ``tell_linked``: when a notice is lifted, tell every linked customer, each once (R8).

A customer is a transaction of its own: the message, the link that says so and the counts of the notice come together or
not at all, so that whoever goes on after a killed worker takes up those who know nothing yet. Its progress stands on
the notice's page.
"""

from __future__ import annotations

import logging

from backoffice.errors import DomainError
from backoffice.jobs.running import Taken, Workshop
from backoffice.queries import fault_notices as queries
from backoffice.services import fault_notices as service
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = service.JOB
MOST = 200

log = logging.getLogger("desk.jobs")


def tell_linked(shop: Workshop, job: Taken) -> None:
    """Go on until nobody linked is left who knows nothing."""
    notice_id = int(job.payload["notice"])
    while True:
        with shop.database.reading() as session:
            ids = queries.waiting_to_be_told(session, notice_id, MOST)
        if not ids:
            break
        for complaint_id in ids:
            _tell(shop, job, notice_id, complaint_id)
    at = shop.clock.now()
    with shop.database.writing() as session:
        service.told_all(Work(session, shop.keys, SYSTEM, at, at, shop.files), notice_id)


def _tell(shop: Workshop, job: Taken, notice_id: int, complaint_id: int) -> None:
    at = shop.clock.now()
    try:
        with shop.database.writing() as session:
            service.tell_one(Work(session, shop.keys, SYSTEM, at, at, shop.files), notice_id, complaint_id)
            job.go_on(session, at, job.payload)
    except DomainError as error:
        keys = [refusal.key for refusal in error.refusals]
        log.warning("linked customer not told", extra={"desk": {"complaint": complaint_id, "refusals": keys}})
        with shop.database.writing() as session:
            service.give_up_one(Work(session, shop.keys, SYSTEM, at, at, shop.files), notice_id, complaint_id)
            job.go_on(session, at, job.payload)
