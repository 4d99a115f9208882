"""Job ``decide_lots``, once an hour: lots whose inspections have all become final are decided (R27).

Whoever makes the last inspection final decides its lot at once; the job does what was missed.
"""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services.lots import decide_ripe

KIND = "decide_lots"


def decide_lots(shop: Workshop, job: Taken) -> None:
    """Decide every lot that is ripe."""
    at = shop.clock.now()
    with shop.database.writing() as session:
        decide_ripe(session, at)
        job.go_on(session, at, job.payload)
