"""Job ``remind_corrective``, once an hour: corrective actions that come due, are overdue, or are to be looked at."""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services.core.work import Work
from backoffice.services.corrective_reminders import remind, waiting
from policies.access import SYSTEM

KIND = "remind_corrective"
MOST = 200


def remind_all(shop: Workshop, job: Taken) -> None:
    """Go through all that come into question, each in a transaction of its own; a killed job tells nothing twice."""
    after = 0
    while True:
        at = shop.clock.now()
        with shop.database.reading() as session:
            ids = waiting(session, at, after, MOST)
        for action_id in ids:
            with shop.database.writing() as session:
                remind(Work(session, shop.keys, SYSTEM, at, at, shop.files), action_id)
                job.go_on(session, at, job.payload)
        if not ids:
            return
        after = ids[-1]
