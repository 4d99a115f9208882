"""The list of corrective actions (R30): what is to be put right, by whom, until when, and from which complaint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for

from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.corrective import Which, listed
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.corrective import corrective_rules, texts_of
from policies.access import Permission
from policies.corrective import CorrectiveRules
from policies.masked_text import mask_text
from policies.message import Message, Name
from policies.vocabulary_teamwork import CorrectiveStatus
from views import context
from views.filters import Badge, due_badge
from views.guard import needs
from views.language import say

blueprint = Blueprint("corrective", __name__)


@dataclass(frozen=True)
class Line:
    """One corrective action as the list shows it; texts are masked, since people write names into them."""

    number: str
    title: str
    root_cause: str
    effect: str
    type: Name
    status: CorrectiveStatus
    owner: Name
    due_at: datetime
    badge: Badge
    complaint: str
    opens: bool


@blueprint.get("/corrective-actions")
@needs(Permission.COMPLAINT_VIEW, Permission.CORRECTIVE_ASSIGN, Permission.CORRECTIVE_VERIFY)
def index() -> Any:
    """The corrective actions of which this person may know."""
    asked = request.args.get("list", Which.OPEN.value)
    which = Which(asked) if asked in list(Which) else Which.OPEN
    before = request.args.get("before", "")
    with context.reading() as session:
        page = listed(session, context.actor(), context.now(), which, _id(before))
        rules = corrective_rules(Rulebook(session))
        rows = [_line(row, rules, page.may_open) for row in page.rows]
    return render_template("corrective/index.html", rows=rows, which=which, lists=_lists(which), older=page.older)


def _lists(current: Which) -> list[dict[str, Any]]:
    """The tabs on top."""
    return [
        {
            "text": say(Message(f"corrective.list.{one}")),
            "address": url_for("corrective.index", list=one.value),
            "is_current": one is current,
            "count": 0,
        }
        for one in Which
    ]


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _line(row: CorrectiveAction, rules: CorrectiveRules, may_open: frozenset[int]) -> Line:
    words = texts_of(context.desk().keys, row)
    kind = rules.types.get(row.type)
    closed = None if row.status.is_open else row.verified_at or row.assigned_at
    return Line(
        number=row.number,
        title=mask_text(words["title"], []),
        root_cause=mask_text(words["root_cause"], []),
        effect=mask_text(words["expected_effect"], []),
        type=Name(kind.name["zh"], kind.name["en"]) if kind is not None else Name(row.type, row.type),
        status=row.status,
        owner=Name(row.owner.name_zh, row.owner.name_en),
        due_at=row.due_at,
        badge=due_badge(row.due_at, stopped_at=closed),
        complaint=row.complaint.number if row.complaint is not None else "",
        opens=row.complaint_id in may_open,
    )
