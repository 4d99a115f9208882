"""Job ``api_answers_clear``: what writes of the JSON API were answered goes when it has had its time (R39, R40)."""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services import api_answers

CLEAR = "api_answers_clear"


def clear(shop: Workshop, job: Taken) -> None:
    """Some at a time, the oldest first."""
    at = shop.clock.now()
    more = True
    while more:
        with shop.database.writing() as session:
            more = api_answers.clear(session, at)
            job.go_on(session, at, job.payload)
