"""Job ``draws``, once a local day: go on with draws that were broken off, and draw what the regular plans ask (R27).

What is drawn is asked of the days, not of the job: a day that was missed is caught up by the next one, and what is
drawn already is not drawn again.
"""

from __future__ import annotations

import logging
from functools import partial

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.jobs.running import Taken, Workshop
from backoffice.services import sampling
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = "draws"
log = logging.getLogger("desk.jobs")


def draw_due(shop: Workshop, job: Taken) -> None:
    """All that is due; one plan that cannot be drawn holds up no other, and is tried again with the job."""

    def work_in(session: Session) -> Work:
        at = shop.clock.now()
        return Work(session, shop.keys, SYSTEM, at, at, shop.files)

    with shop.database.reading() as session:
        broken_off, orders = sampling.unfinished(session), sampling.due(session, shop.clock.now())
    acts = [partial(sampling.go_on, shop.database, work_in, draw_id) for draw_id in broken_off]
    acts += [partial(sampling.draw, shop.database, work_in, order) for order in orders]
    refused: list[DomainError] = []
    for act in acts:
        _hold(shop, job)
        try:
            act()
        except DomainError as error:
            log.warning("not drawn", extra={"desk": {"why": [refusal.key for refusal in error.refusals]}})
            refused.append(error)
    if refused:
        raise refused[0]


def _hold(shop: Workshop, job: Taken) -> None:
    """Keep the job for another lease: a large population takes its time."""
    with shop.database.writing() as session:
        job.go_on(session, shop.clock.now(), job.payload)
