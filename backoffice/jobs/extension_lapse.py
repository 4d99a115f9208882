"""Job ``lapse_extensions``, once an hour: what was not granted and told by its deadline lapses (R25).

The rules treat it as lapsed from the deadline on; the job writes it down and tells whoever asked, where nobody acts on
the complaint meanwhile.
"""

from __future__ import annotations

from backoffice.jobs.running import Taken, Workshop
from backoffice.queries import extensions
from backoffice.services.core.case import open_case
from backoffice.services.core.extensions import settle
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = "lapse_extensions"
MOST = 200


def lapse_extensions(shop: Workshop, job: Taken) -> None:
    """Settle every extension whose deadline has passed, each complaint in a transaction of its own."""
    after = 0
    while True:
        at = shop.clock.now()
        with shop.database.reading() as session:
            ids = extensions.run_out(session, at, after, MOST)
        for complaint_id in ids:
            with shop.database.writing() as session:
                case = open_case(Work(session, shop.keys, SYSTEM, at, at, shop.files), complaint_id)
                settle(case, Holdings(case), KIND)
                job.go_on(session, at, job.payload)
        if not ids:
            return
        after = ids[-1]
