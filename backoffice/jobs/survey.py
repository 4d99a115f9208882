"""Job ``close_surveys``, once an hour: after a first-contact solution no answer by the deadline confirms it (R21).

It is confirmed without a score, as of the deadline: that is when the survey ended, whenever the worker came by.
"""

from __future__ import annotations

import logging

from backoffice.errors import DomainError
from backoffice.jobs.running import Taken, Workshop
from backoffice.queries import surveys
from backoffice.services.core.case import open_case
from backoffice.services.core.work import Work
from backoffice.services.handling import act_on
from policies.access import SYSTEM
from policies.vocabulary import ContactWay

KIND = "close_surveys"
MOST = 200

log = logging.getLogger("desk.jobs")


def close_surveys(shop: Workshop, job: Taken) -> None:
    """Confirm every complaint whose survey ran out, each in a transaction of its own; one that is refused is left."""
    after = 0
    while True:
        with shop.database.reading() as session:
            ids = surveys.run_out(session, shop.clock.now(), after, MOST)
        for complaint_id in ids:
            _confirm(shop, job, complaint_id)
        if not ids:
            return
        after = ids[-1]


def _confirm(shop: Workshop, job: Taken, complaint_id: int) -> None:
    at = shop.clock.now()
    try:
        with shop.database.writing() as session:
            case = open_case(Work(session, shop.keys, SYSTEM, at, at, shop.files), complaint_id)
            due = surveys.deadline(session, complaint_id)
            if due is not None and due < at:
                act_on(case, "confirm_satisfied", {"callback_method": ContactWay.SURVEY_LINK, "at": due})
                job.go_on(session, at, job.payload)
    except DomainError as error:
        keys = [refusal.key for refusal in error.refusals]
        log.warning("survey not closed", extra={"desk": {"complaint": complaint_id, "refusals": keys}})
