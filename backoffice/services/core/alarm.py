"""The alarm of a major complaint (R17): managers and duty manager are told at once, in the transaction of its cause."""

from __future__ import annotations

from backoffice.queries import recipients
from backoffice.services.core import history
from backoffice.services.core.case import Case
from backoffice.services.core.places import places
from backoffice.services.core.staff_messages import tell_staff

TEMPLATE = "major_alert_sms"
ALARMED = ("complaints_manager", "duty_manager", "senior_manager")
"""Roles that are told (act ``emergency_response``, told case 9): who steps in, who starts it at night, who is in charge
of complaints.
"""


def alarm(case: Case) -> tuple[int, ...]:
    """Tell everybody who must know that a complaint is major; once each time it becomes so.

    Gives the ids of those who were told now. Its event stands in the history beside what caused it.
    """
    people = recipients.of_roles(case.work.session, ALARMED)
    told = tell_staff(
        case.work, TEMPLATE, people, lambda language: places(case, {}, language), case=case,
        key=f"{TEMPLATE}:{case.complaint.id}:{case.work.recorded_at:%Y%m%d%H%M%S}",
    )  # fmt: skip
    reached = tuple(sorted({row.staff_id for row in told if row.staff_id is not None}))
    if reached:
        history.record(case, "alarm", {"told": list(reached), "template": TEMPLATE})
    return reached
