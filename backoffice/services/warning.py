"""Send the warnings of a clock (R26): each step of its ladder once, to whoever it concerns then, in one transaction.

The clock's row, the warning and the messages are written together, so that a worker that dies at any moment leaves
either all of them or none; a second one that comes by finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from backoffice.models.complaint import ClockRow
from backoffice.models.duty import ClockWarning
from backoffice.queries import recipients
from backoffice.services.core import ladder
from backoffice.services.core.case import Case, open_case
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.places import Style, places
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies import warning_plan
from policies.step_holder import DEPARTMENT_HEAD, OWNER, Holder, OnTheCase, holder
from policies.vocabulary import ComplaintStatus, DutyKind
from policies.warning_ladder import WarningMoment


def send(work: Work, complaint_id: int, clock_id: int) -> int:
    """Send what is due of a clock at ``work.at``; gives how many warnings went out.

    Nothing for a clock that was stopped or set anew meanwhile: the complaint is locked before its clock is looked at.
    """
    case = open_case(work, complaint_id)
    row = work.session.get(ClockRow, clock_id, populate_existing=True)
    if row is None or row.stopped_at is not None or row.warn_at is None or row.warn_at > work.at:
        return 0
    moments = ladder.moments(case, row)
    due = warning_plan.due_now(moments, row.warned, row.warn_at, work.at)
    for warning in due:
        _tell(case, row, warning)
    row.warned = [*row.warned, *(warning.code for warning in due)]
    row.warn_at = warning_plan.after(moments, row.warned, work.at)
    return len(due)


def plan(work: Work, complaint_id: int, clock_id: int) -> None:
    """Note when the next warning goes out of a clock that was started before warnings were kept."""
    case = open_case(work, complaint_id)
    row = work.session.get(ClockRow, clock_id, populate_existing=True)
    if row is not None:
        ladder.set_next(case, row)


def whom(case: Case, to: Iterable[str], at: datetime) -> tuple[int, ...]:
    """Ids of those whom a step reaches at a moment, before anybody stands in.

    Outside office hours the manager on duty is told besides (``sla.yaml`` ``owner_note``). A role that nobody holds
    goes to the complaints managers.
    """
    session = case.work.session
    found: set[int] = set()
    for role in to:
        found.update(_of(case, role, at) or recipients.of_roles(session, [recipients.MANAGER]))
    if not case.rules.calendar().is_working(at):
        found.update(recipients.on_duty(session, DutyKind.MANAGER, at))
    return tuple(sorted(found)) or recipients.of_roles(session, [recipients.ADMINISTRATOR])


def _of(case: Case, role: str, at: datetime) -> tuple[int, ...]:
    session = case.work.session
    if role == OWNER:
        held = _holder(case)
        return held.people or recipients.of_roles(session, [held.role or recipients.MANAGER])
    if role == DEPARTMENT_HEAD:
        return _heads(case)
    if role == recipients.DUTY_MANAGER:
        return recipients.on_duty(session, DutyKind.MANAGER, at)
    return recipients.of_roles(session, [role])


def _holder(case: Case) -> Holder:
    complaint, session = case.complaint, case.work.session
    step = case.rules.process(complaint.process_id).find(complaint.step)
    if step is None:
        return Holder(people=_heads(case))
    on_it = OnTheCase(
        intake_person=complaint.registered_by_id,
        intake_heads=recipients.head_of(session, complaint.registered_department_id),
        handler=complaint.owner_id,
        heads=_heads(case),
        caller_back=complaint.caller_back_id,
    )
    plan_of = Holdings(case).latest("submit_plan", "redo") if step.status is ComplaintStatus.AWAITING_APPROVAL else None
    return holder(step, on_it, amount=complaint.compensation, writer=plan_of[0].by_id if plan_of else None)


def _heads(case: Case) -> tuple[int, ...]:
    """The head of the department that has the order; before one is sent, of the one that registered it."""
    complaint = case.complaint
    return recipients.head_of(case.work.session, complaint.department_id or complaint.registered_department_id)


def _tell(case: Case, row: ClockRow, warning: WarningMoment) -> None:
    work = case.work

    def fill(language: str) -> Mapping[str, str]:
        style = Style(case.rules, language)
        return {
            **places(case, {}, language),
            "clock_name": style.clock(case.complaint.sla_id, row.code),
            "due_time": style.moment(row.due_at),
            "overdue_text": style.late(work.at - row.due_at),
        }

    told = tell_staff(
        work, warning.message, whom(case, warning.to, work.at), fill, case=case, key=f"warning:{row.id}:{warning.code}"
    )
    work.session.add(
        ClockWarning(
            complaint_id=row.complaint_id,
            clock_id=row.id,
            step=warning.code,
            message=warning.message,
            planned_at=warning.at,
            sent_at=work.at,
            staff_ids=sorted({message.staff_id for message in told if message.staff_id is not None}),
        )
    )
