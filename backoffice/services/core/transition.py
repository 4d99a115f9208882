"""The only place that moves a complaint (R11, R14): it carries a ``Decision`` of ``policies/workflow.py``
out as it is.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from backoffice.models.configuration import ProcessVersion
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from policies.process import END
from policies.vocabulary import CaseFunction, ClockEvent, ComplaintStatus, Outcome
from policies.workflow import Decision


def apply(case: Case, decision: Decision) -> None:
    """Bring step, status, round, outcome and the people's functions to what was decided."""
    complaint, at = case.complaint, decision.happened_at
    if decision.process.code != complaint.process.code:
        complaint.process = _version(case, decision)
        complaint.severity = decision.severity
    complaint.step = decision.to_step
    complaint.status = decision.status
    complaint.round = decision.round
    complaint.outcome = decision.outcome
    complaint.first_contact = decision.outcome is Outcome.FIRST_CONTACT_RESOLVED
    complaint.open = decision.status.is_open
    if complaint.open:
        complaint.closed_at = None
    elif complaint.closed_at is None or ClockEvent.CLOSED in decision.events:
        complaint.closed_at = at
    if decision.status is ComplaintStatus.ARCHIVED and complaint.archived_at is None:
        complaint.archived_at = at  # once: a paper that is added later does not move the day of archiving
    if ClockEvent.RESOLVED in decision.events:
        complaint.resolved_at = at
    for function, staff_id in decision.functions:
        case.involve(staff_id, function)
        if function is CaseFunction.CALLER_BACK:
            complaint.caller_back_id = staff_id
        if function is CaseFunction.REGISTERED:  # taken over: from now on it has its intake person
            complaint.registered_by_id = staff_id
            complaint.registered_department_id = complaint.registered_department_id or case.work.actor.department_id
    case.keep_current()


def bring_closed(case: Case, outcome: Outcome, closed_at: datetime) -> None:
    """Take over that a complaint was closed where it came from, on its own date (R1, R9): history, and frozen."""
    complaint = case.complaint
    complaint.step, complaint.status = END, ComplaintStatus.ARCHIVED
    complaint.open, complaint.outcome = False, outcome
    complaint.resolved_at = complaint.closed_at = complaint.archived_at = closed_at
    case.keep_current()


def _version(case: Case, decision: Decision) -> ProcessVersion:
    day = case.complaint.received_at.astimezone(Rulebook(case.work.session).zone()).date()
    found = Rulebook(case.work.session).process_for(decision.severity.value, day)
    return case.work.session.scalars(sa.select(ProcessVersion).where(ProcessVersion.id == found.id)).one()
