"""Job ``find_clusters``, every ten minutes: proposes a higher severity for complaints that come in together (R17)."""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services.clusters import look
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = "find_clusters"


def find_clusters(shop: Workshop, job: Taken) -> None:
    """Look once; what was proposed is kept with the job's progress, so that a lost lease proposes nothing twice."""
    at = shop.clock.now()
    with shop.database.writing() as session:
        look(Work(session, shop.keys, SYSTEM, at, at, shop.files))
        job.go_on(session, at, job.payload)
