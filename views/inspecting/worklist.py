"""What waits for an inspector (R27, R28): lists by tabs, each line with its date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection
from backoffice.queries import inspections
from backoffice.queries.inspections import Which
from policies.access import Actor, Permission
from policies.inspection import leads
from policies.message import Message, Name
from policies.vocabulary_inspection import InspectionStatus
from views import context
from views.filters import Badge, due_badge
from views.guard import needs
from views.language import say

blueprint = Blueprint("inspection", __name__)
MOST_AFTER = 100_000


@dataclass(frozen=True)
class Line:
    """One inspection in a list; of a blind one without the complaint and without whom it is about."""

    number: str
    complaint: str
    plan: Name
    card: Name
    subject: Name | None
    department: Name | None
    inspector: Name | None
    status: InspectionStatus
    due_at: datetime
    badge: Badge
    blind: bool
    second: bool
    compulsory: bool


@blueprint.get("/inspection")
@needs(Permission.INSPECTION_SCORE)
def index() -> Any:
    """The lists of this inspector; the first that holds something is open."""
    actor, at = context.actor(), context.now()
    with context.reading() as session:
        counts = inspections.counts(session, actor, at)
        which = _asked(request.args.get("list", ""), actor)
        page = inspections.listed(session, actor, at, which, _after(request.args.get("after", "")))
        rows = [line_of(row, actor) for row in page.rows]
        appeals = inspections.appeals_to_decide(session, actor)
    return render_template(
        "inspection/index.html",
        rows=rows,
        which=which,
        tabs=tabs_of(counts, which),
        following=page.following,
        appeals=appeals,
        leads=leads(actor),
    )


def tabs_of(counts: dict[Which, int], current: Which | None) -> list[dict[str, Any]]:
    """The lists on top, each with what stands in it."""
    return [
        {
            "code": which.value,
            "text": say(Message(f"inspection.list.{which}")),
            "address": url_for("inspection.index", list=which.value),
            "is_current": which is current,
            "count": count,
        }
        for which, count in counts.items()
    ]


def waiting_for(session: Session, actor: Actor, at: datetime, size: int) -> dict[str, Any]:
    """What the home of an inspector shows: every list's count, and the first of those to score."""
    page = inspections.listed(session, actor, at, Which.TO_SCORE, size=size)
    return {
        "tabs": tabs_of(inspections.counts(session, actor, at), None),
        "rows": [line_of(row, actor) for row in page.rows],
        "appeals": inspections.appeals_to_decide(session, actor),
    }


def line_of(row: Inspection, actor: Actor) -> Line:
    """A line for this reader."""
    blind = inspections.hidden_from(row, actor)
    plan, card = row.draw.plan, row.card
    return Line(
        number=row.number,
        complaint="" if blind else row.complaint.number,
        plan=Name(plan.name_zh, plan.name_en),
        card=Name(card.name_zh, card.name_en),
        subject=None if blind else _name(row.subject),
        department=None if blind else _name(row.department),
        inspector=_name(row.inspector),
        status=row.status,
        due_at=row.due_at,
        badge=due_badge(row.due_at, stopped_at=row.published_at),
        blind=row.blind,
        second=row.pair_of_id is not None,
        compulsory=row.compulsory,
    )


def _name(row: Any | None) -> Name | None:
    return None if row is None else Name(row.name_zh, row.name_en)


def _asked(text: str, actor: Actor) -> Which:
    offered = inspections.lists_of(actor)
    return next((which for which in offered if which.value == text), Which.TO_SCORE)


def _after(text: str) -> int:
    return min(int(text), MOST_AFTER) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
