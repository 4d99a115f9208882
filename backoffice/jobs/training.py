"""Job ``watch_training``, once a day: turns of courses come onto the plan, people are reminded, posts lapse."""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.work import Work
from backoffice.services.training_plan import lapse, plan_turns, remind, waiting
from policies.access import SYSTEM

KIND = "watch_training"
MOST = 200


def watch_training(shop: Workshop, job: Taken) -> None:
    """Plan and lapse first, then remind, each in a transaction of its own; a killed job tells nothing twice."""
    at = shop.clock.now()
    with shop.database.writing() as session:
        work = Work(session, shop.keys, SYSTEM, at, at, shop.files)
        plan_turns(work)
        lapse(work)
        today = at.astimezone(Rulebook(session).zone()).date()
    after = 0
    while True:
        with shop.database.reading() as session:
            ids = waiting(session, today, after, MOST)
        for order_id in ids:
            with shop.database.writing() as session:
                remind(Work(session, shop.keys, SYSTEM, at, at, shop.files), order_id)
                job.go_on(session, at, job.payload)
        if not ids:
            return
        after = ids[-1]
