"""Job ``watch_disputes``, every ten minutes: whoever is to decide a dispute hears that it is overdue (R11, R26).

The complaints managers are told at its deadline, senior management when as much time again has passed; each once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from backoffice.errors import DomainError
from backoffice.jobs.running import Taken, Workshop
from backoffice.queries import recipients
from backoffice.queries.disputes import overdue_disputes
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case, open_case
from backoffice.services.core.disputes import ABOVE, ADJUDICATOR, may_decide, places_of
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.access import SYSTEM

KIND = "watch_disputes"
MINUTES = 10
MOST = 200
LAST = "administrator"  # hears of it where every manager is a party, so that somebody does

log = logging.getLogger("desk.jobs")


def slot(at: datetime) -> str:
    """The ten minutes to which a moment belongs: the job is done once in each."""
    return at.replace(minute=at.minute - at.minute % MINUTES).strftime("%Y-%m-%dT%H:%M")


def watch_disputes(shop: Workshop, job: Taken) -> None:
    """Tell of every overdue dispute, each in a transaction of its own."""
    after, at = 0, shop.clock.now()
    while True:
        with shop.database.reading() as session:
            found = [(row.id, row.complaint_id) for row in overdue_disputes(session, at, after, MOST)]
        for dispute_id, complaint_id in found:
            _warn(shop, job, dispute_id, complaint_id)
        if not found:
            return
        after = found[-1][0]


def _warn(shop: Workshop, job: Taken, dispute_id: int, complaint_id: int) -> None:
    at = shop.clock.now()
    try:
        with shop.database.writing() as session:
            case = open_case(Work(session, shop.keys, SYSTEM, at, at, shop.files), complaint_id)
            holdings = Holdings(case)
            if holdings.dispute is not None and holdings.dispute.id == dispute_id:
                _tell(case, holdings, "overdue_manager", ADJUDICATOR)
                if at >= holdings.dispute.escalates_at:
                    _tell(case, holdings, "overdue_senior", ABOVE)
            job.go_on(session, at, job.payload)
    except DomainError as error:
        keys = [refusal.key for refusal in error.refusals]
        log.warning("dispute not warned of", extra={"desk": {"complaint": complaint_id, "refusals": keys}})


def _tell(case: Case, holdings: Holdings, template: str, role: str) -> None:
    work, dispute, rules = case.work, holdings.dispute, Rulebook(case.work.session)
    if dispute is None:
        return
    step = rules.process(case.complaint.process_id).find(case.complaint.step)

    def fill(language: str) -> Mapping[str, str]:
        style = Style(rules, language)
        due = style.moment(dispute.due_at)
        named = step.name[style.short] if step is not None else ""
        late = style.format("was_due").format(at=due)
        return {**places_of(case, holdings, style), "clock_name": named, "overdue_text": late}

    people = may_decide(work.session, recipients.of_roles(work.session, [role]), dispute)
    people = people or may_decide(work.session, recipients.of_roles(work.session, [ABOVE, LAST]), dispute)
    tell_staff(work, template, people, fill, case=case, key=f"dispute:{dispute.id}:{template}")
