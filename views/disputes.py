"""Disputes over orders (R11): those that wait for a decision, and how many each department raised in a period."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from backoffice.queries.disputes import DisputeCount, disputes_by_department, waiting_disputes
from forms.period import read_period
from policies.access import Actor, Permission, Scope, may
from views import context
from views.guard import needs

blueprint = Blueprint("disputes", __name__)
P = Permission


@blueprint.get("/disputes")
@needs(P.STATISTICS_VIEW, P.DISPUTE_DECIDE)
def index() -> Any:
    """What waits, for those who decide it, and the figures within one's reach."""
    actor, zone, at = context.actor(), context.zone(), context.now()
    period = read_period(request.args, at.astimezone(zone).date())
    decides = may(actor, P.DISPUTE_DECIDE)
    with context.reading() as session:
        counts = disputes_by_department(session, period.since(zone), period.until(zone))
        waiting = waiting_disputes(session, actor) if decides else []
        return render_template(
            "disputes/index.html",
            waiting=waiting,
            decides=decides,
            period=period,
            counts=[one for one in counts if _reaches(actor, one)],
        )


def _reaches(actor: Actor, one: DisputeCount) -> bool:
    """Whether a department's figures are this person's to see."""
    widest = max((actor.scope(permission) for permission in (P.STATISTICS_VIEW, P.DISPUTE_DECIDE)), key=_width)
    return widest is Scope.ALL or (widest is Scope.DEPARTMENT and one.department_id in actor.departments)


def _width(scope: Scope) -> int:
    return scope.width
