"""Job ``daily_digest``, once a working day from its opening on: tell everybody what the day holds (R26).

A transaction a person; the payload says who was told last, so that a killed job goes on there, and the key of each
message keeps it from being told twice.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from backoffice.jobs.running import Taken, Workshop
from backoffice.queries.rulebook import Rulebook
from backoffice.services import digest
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.calendar import CalendarError

KIND = "daily_digest"
MOST = 100
AFTER = "after"


def due_day(session: Session, at: datetime) -> str | None:
    """The local day whose digest is due at a moment: a working day on which the office has opened; None before that.

    The office's setting ``digest`` may turn it off: {"enabled": false}.
    """
    rules = Rulebook(session)
    if (rules.setting("digest") or {}).get("enabled") is False:
        return None
    local = at.astimezone(rules.zone())
    midnight = datetime.combine(local.date(), time.min, rules.zone())
    try:
        opens = rules.calendar().next_working_moment(midnight)
    except CalendarError:
        return None
    return local.date().isoformat() if opens <= at and opens < midnight + timedelta(days=1) else None


def send_all(shop: Workshop, job: Taken) -> None:
    """Go on from where the payload says until everybody was told. A day that is over is not told any more."""
    if job.slot != _today(shop):
        return
    after = int(job.payload.get(AFTER) or 0)
    while True:
        with shop.database.reading() as session:
            people = digest.next_people(session, after, MOST)
        for staff_id in people:
            at = shop.clock.now()
            with shop.database.writing() as session:
                digest.send(Work(session, shop.keys, SYSTEM, at, at, shop.files), staff_id, job.slot)
                job.go_on(session, at, {**job.payload, AFTER: staff_id})
        if not people:
            return
        after = people[-1]


def _today(shop: Workshop) -> str:
    with shop.database.reading() as session:
        return shop.clock.now().astimezone(Rulebook(session).zone()).date().isoformat()
