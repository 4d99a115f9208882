"""The follow-up of satisfaction (R16): fixed when a complaint closes, made later, an addition to its dossier."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from backoffice.models.handling import Addition
from backoffice.models.teamwork import FollowUp
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from backoffice.services.core.corrective import closing
from backoffice.services.core.holdings import Holdings
from policies.attempts import attempts_that_count
from policies.teamwork_guards import TOLD
from policies.vocabulary import ClockEvent
from policies.workflow import Decision

ACT = "satisfaction_follow_up"


def plan(case: Case, decision: Decision) -> None:
    """Fix the day when the complaint closes with a result, by its process; once, however often it closes again."""
    act = decision.process.act(ACT)
    if act is None or act.after_days is None or decision.outcome not in TOLD:
        return
    if ClockEvent.CLOSED not in decision.events or Holdings(case).follow_up is not None:
        return
    rules = Rulebook(case.work.session)
    zone, calendar = rules.zone(), rules.calendar()
    due_at = closing(calendar, decision.happened_at.astimezone(zone).date() + timedelta(days=act.after_days))
    opens = datetime.combine(due_at.astimezone(zone).date(), time.min, zone)
    case.work.session.add(
        FollowUp(
            complaint_id=case.complaint.id, closed_at=decision.happened_at, opens_at=opens, due_at=due_at, attempts=[]
        )
    )


def record(case: Case, holdings: Holdings, values: Mapping[str, Any]) -> None:
    """Write the call down: an answer ends it, and so do enough attempts without one."""
    row = holdings.follow_up
    if row is None:
        return
    reached = values.get("reached") is True
    row.by_id = case.work.actor.staff_id
    if not reached:
        row.attempts = [*row.attempts, case.work.at.isoformat()]
        if attempts_that_count(moments(row), _gap(case)) < _enough(case):
            return
    row.done_at, row.reached = case.work.at, reached
    if reached:
        row.solved, row.satisfaction = bool(values["resolved_flag"]), int(values["satisfaction"])
    texts = {"opinion": str(values.get("customer_opinion") or ""), "new_demand": str(values.get("new_demand") or "")}
    row.sealed = case.seal.seal_json(texts, "follow_up")
    _add(case, row, values)


def _add(case: Case, row: FollowUp, values: Mapping[str, Any]) -> None:
    """The paper of its own that stands beside the dossier, so that what is archived does not change."""
    content = {
        "title": "",
        "text": str(values.get("customer_opinion") or ""),
        "follow_up": {
            "way": str(values.get("callback_method") or ""),
            "reached": bool(row.reached),
            "solved": row.solved,
            "satisfaction": row.satisfaction,
            "new_demand": str(values.get("new_demand") or ""),
            "attempts": list(row.attempts),
        },
    }
    case.work.session.add(
        Addition(
            complaint_id=case.complaint.id,
            at=case.work.at,
            by_id=case.work.actor.staff_id,
            sealed=case.seal.seal_json(content, "addition"),
        )
    )


def moments(row: FollowUp) -> tuple[datetime, ...]:
    """When nobody was reached."""
    return tuple(datetime.fromisoformat(one) for one in row.attempts)


def _figures(case: Case) -> Mapping[str, Any]:
    return dict(Rulebook(case.work.session).setting("process") or {})


def _gap(case: Case) -> timedelta:
    return timedelta(hours=float(_figures(case).get("unreachable_min_gap_hours", 4)))


def _enough(case: Case) -> int:
    return int(_figures(case).get("unreachable_attempts", 3))
