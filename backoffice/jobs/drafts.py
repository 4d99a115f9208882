"""Job ``clear_drafts``: drafts of forms that nobody took up in their time go, and what is left of those that were
carried out (R39, R40).
"""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.services import drafts

CLEAR = "clear_drafts"


def clear(shop: Workshop, _job: Taken) -> None:
    """Some at a time, until none is left."""
    while True:
        with shop.database.writing() as session:
            gone = drafts.clear(session, shop.clock.now())
        if not gone:
            return
