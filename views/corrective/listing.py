"""The lists of corrective actions (R30): what is to be put right, by whom, until when, and from which record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for

from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.corrective import BOUND, Which, counts, listed
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.corrective import corrective_rules, texts_of
from backoffice.services.core.corrective_words import veiled
from forms.fields import clean
from policies.access import Permission, may
from policies.corrective import CorrectiveRules
from policies.message import Message, Name
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus
from views import context
from views.corrective.room import blueprint, kind_of, source_of, whole_id
from views.filters import Badge, due_badge
from views.guard import signed_in
from views.language import say

LONGEST_SEARCH = 40


@dataclass(frozen=True)
class Line:
    """One corrective action as a list shows it; texts are masked, since people write names into them."""

    number: str
    title: str
    root_cause: str
    effect: str
    type: Name
    source: Name
    status: CorrectiveStatus
    urgent: bool
    reopened: int
    owner: Name
    due_at: datetime
    badge: Badge
    complaint: str
    opens: bool


@blueprint.get("/corrective-actions")
@signed_in
def index() -> Any:
    """The corrective actions of which this person may know: everybody may own one."""
    asked = request.args.get("list", Which.OPEN.value)
    which = Which(asked) if asked in list(Which) else Which.OPEN
    before, text = request.args.get("before", ""), clean(request.args.get("q", ""))[:LONGEST_SEARCH]
    actor, at = context.actor(), context.now()
    with context.reading() as session:
        page = listed(session, actor, at, which, whole_id(before), text)
        numbers = counts(session, actor, at)
        rules = corrective_rules(Rulebook(session))
        rows = [line(row, rules, page.may_open) for row in page.rows]
    return render_template(
        "corrective/index.html",
        rows=rows,
        which=which,
        text=text,
        lists=_lists(which, numbers),
        older=page.older,
        assigns=may(actor, Permission.CORRECTIVE_ASSIGN),
        exports=may(actor, Permission.DATA_EXPORT),
    )


def _lists(current: Which, numbers: dict[Which, int]) -> list[dict[str, Any]]:
    """The tabs on top."""
    return [
        {
            "text": say(Message(f"corrective.list.{one}")),
            "address": url_for("corrective.index", list=one.value),
            "is_current": one is current,
            "count": f"{BOUND}+" if numbers[one] > BOUND else numbers[one],
        }
        for one in Which
    ]


def line(row: CorrectiveAction, rules: CorrectiveRules, may_open: frozenset[int]) -> Line:
    """One row in words."""
    keys, words = context.desk().keys, texts_of(context.desk().keys, row)
    stopped = row.done_at or (None if row.status.is_open else row.cancelled_at or row.assigned_at)
    return Line(
        number=row.number,
        title=veiled(keys, row, words["title"]) or row.number,
        root_cause=veiled(keys, row, words["root_cause"]),
        effect=veiled(keys, row, words["expected_effect"]),
        type=kind_of(rules, row),
        source=source_of(rules, row),
        status=row.status,
        urgent=row.level is CorrectiveLevel.URGENT,
        reopened=row.reopened,
        owner=Name(row.owner.name_zh, row.owner.name_en),
        due_at=row.due_at,
        badge=due_badge(row.due_at, stopped_at=stopped, dropped=row.status is CorrectiveStatus.CANCELLED),
        complaint=row.complaint.number if row.complaint is not None else "",
        opens=row.complaint_id in may_open,
    )
