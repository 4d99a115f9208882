"""Whom an act tells besides the customer (R11–R13, R19): action or arrival → the office's text and who gets it.

``tell`` runs at the end of every act, in its transaction. A new subject adds its lines to ``BY_ACTION`` or
``ARRIVING``; whoever did the act is not told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import disputes, regrading
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.places import Style, places
from backoffice.services.core.staff_messages import tell_staff
from policies.deadline import Deadline
from policies.extension import new_due
from policies.process import StepDef
from policies.vocabulary import ClockCode, ComplaintStatus
from policies.workflow import Decision

HEAD = "department_head"


@dataclass(frozen=True)
class Happened:
    """An act as it stands when others are told of it: done, written down, with its event."""

    case: Case
    holdings: Holdings
    decision: Decision
    values: Mapping[str, Any]

    def due(self, *codes: ClockCode) -> datetime | None:
        """When the first of these clocks that runs is due."""
        running = {row.code: row.due_at for row in self.holdings.clocks if row.stopped_at is None}
        return next((running[code.value] for code in codes if code.value in running), None)


Recipients = Callable[[Happened], Iterable[int]]
More = Callable[[Happened, Style], Mapping[str, str]]


@dataclass(frozen=True)
class Tell:
    """One line: a template, who gets it, and what fills its places beyond what every complaint answers."""

    template: str
    to: Recipients
    more: More = lambda _happened, _style: {}


def tell(case: Case, decision: Decision, values: Mapping[str, Any]) -> None:
    """Queue what this act tells members of staff; each line once for this event of the history."""
    lines = BY_ACTION.get(decision.action, ())
    if decision.moves:
        lines += ARRIVING.get(decision.status, ())
    if not lines:
        return
    happened = Happened(case, Holdings(case), decision, values)  # read anew: the act has written some of it
    rules, actor = Rulebook(case.work.session), case.work.actor.staff_id
    for line in lines:

        def fill(language: str, line: Tell = line) -> Mapping[str, str]:
            return {**places(case, values, language), **line.more(happened, Style(rules, language))}

        told = [one for one in line.to(happened) if one != actor]
        key = f"event:{case.complaint.id}:{case.head.sequence}:{line.template}"
        tell_staff(case.work, line.template, told, fill, case=case, key=key)


def head_of_order(happened: Happened) -> tuple[int, ...]:
    """The head of the department that has the order now."""
    return recipients.head_of(happened.case.work.session, happened.case.complaint.department_id)


def owner_or_head(happened: Happened) -> tuple[int, ...]:
    """Who has the order in hand; the head of its department while nobody is appointed."""
    owner = happened.case.complaint.owner_id
    return (owner,) if owner is not None else head_of_order(happened)


def those_who_may_approve(happened: Happened) -> tuple[int, ...]:
    """The first role of the step whose limit reaches the amount (R19): the head of the department in charge, or all
    holders of the role.
    """
    step = _step(happened)
    amount = happened.case.complaint.compensation or Decimal(0)
    writer = happened.holdings.latest("submit_plan", "redo")
    for limit in step.approvals if step is not None else ():
        if limit.up_to_cny is not None and limit.up_to_cny < amount:
            continue
        found = _holders(happened, limit.role)
        if writer is not None:
            found = tuple(one for one in found if one != writer[0].by_id)
        if found:
            return found
    return ()


def _holders(happened: Happened, role: str) -> tuple[int, ...]:
    holders = recipients.of_roles(happened.case.work.session, [role])
    if role != HEAD:
        return holders
    return tuple(one for one in head_of_order(happened) if one in holders)


def _step(happened: Happened) -> StepDef | None:
    return happened.decision.process.find(happened.case.complaint.step)


def _appoint_by(happened: Happened, style: Style) -> Mapping[str, str]:
    return {"due_time": style.moment(happened.due(ClockCode.APPOINT, ClockCode.ANSWER, ClockCode.RESOLVE))}


def _urged(happened: Happened, style: Style) -> Mapping[str, str]:
    step = _step(happened)
    due = happened.due(ClockCode.ANSWER, ClockCode.REWORK, ClockCode.RESOLVE)
    return {"clock_name": step.name[style.short] if step is not None else "", "due_time": style.moment(due)}


def _extension_deciders(happened: Happened) -> tuple[int, ...]:
    """Whose decision an extension waits for: everybody who holds the role of its level (R25)."""
    session = happened.case.work.session
    return tuple(
        one for line in happened.holdings.extensions[-1:] for one in recipients.of_roles(session, [line.approver_role])
    )


def _extension_asker(happened: Happened) -> tuple[int, ...]:
    return tuple(line.asked_by_id for line in happened.holdings.extensions[-1:] if line.asked_by_id is not None)


def _extension(happened: Happened, style: Style) -> Mapping[str, str]:
    """What was asked for or decided: the result, and the deadline that it leads to."""
    line = happened.holdings.extensions[-1]
    days = line.days_granted if line.decided_at is not None else line.days_asked
    result = style.format("extension_granted").format(days=days) if days else style.format("extension_refused")
    return {
        "result_text": result,
        "reason": style.entry("extension_reasons", line.reason),
        "old_due_time": style.moment(line.due_at),
        "new_due_time": style.moment(_later(happened, line.due_at, days)),
    }


def _later(happened: Happened, due: datetime, days: int | None) -> datetime:
    deadline = new_due(Rulebook(happened.case.work.session).calendar(), due, days) if days else None
    return deadline.due if isinstance(deadline, Deadline) else due


_ORDER_SENT = (Tell("order_sent_notice", head_of_order, _appoint_by),)

BY_ACTION: Mapping[str, tuple[Tell, ...]] = MappingProxyType({
    "send_order": _ORDER_SENT,
    "transfer": _ORDER_SENT,
    "decide_dispute": _ORDER_SENT,
    "propose_regrade": (Tell("regrade_notice", regrading.approvers),),
    "raise_dispute": (Tell("dispute_notice", disputes.adjudicators, disputes.notice),),
    "urge": (Tell("urge_notice", owner_or_head, _urged),),
    "request_extension": (Tell("extension_request_notice", _extension_deciders, _extension),),
    "grant_extension": (Tell("extension_notice", _extension_asker, _extension),),
    "refuse_extension": (Tell("extension_notice", _extension_asker, _extension),),
})  # fmt: skip

ARRIVING: Mapping[ComplaintStatus, tuple[Tell, ...]] = MappingProxyType({
    ComplaintStatus.AWAITING_APPROVAL: (Tell("approval_notice", those_who_may_approve),),
})  # fmt: skip
