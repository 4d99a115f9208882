"""Job ``decide_lots``, once an hour: lots whose inspections have all become final are decided (R27).

Whoever makes the last inspection final decides its lot at once; the job does what was missed.
"""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services.core.work import Work
from backoffice.services.lots import decide_and_tell
from policies.access import SYSTEM

KIND = "decide_lots"


def decide_lots(shop: Workshop, job: Taken) -> None:
    """Decide every lot that is ripe, and tell whom it concerns."""
    at = shop.clock.now()
    with shop.database.writing() as session:
        decide_and_tell(Work(session, shop.keys, SYSTEM, at, at, shop.files))
        job.go_on(session, at, job.payload)
