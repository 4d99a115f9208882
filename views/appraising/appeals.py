"""Objections to sheets (R33): those that wait, and the decided ones."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from backoffice.queries import appraisal as queries
from backoffice.queries.what_now import appeals_for
from policies.message import Message
from views import context
from views.appraising.room import APPEAL_READERS, blueprint, whose
from views.filters import named
from views.guard import needs
from views.language import say

MINE, WAITING, DECIDED = "mine", "waiting", "decided"


@blueprint.get("/appraisal/appeals")
@needs(*APPEAL_READERS)
def appeals() -> Any:
    """The list, as far as this reader sees the sheets."""
    actor, asked = context.actor(), request.args.get("list")
    chosen = asked if asked in (MINE, DECIDED) else WAITING
    with context.reading() as session:
        narrowed = (appeals_for(actor),) if chosen == MINE else ()
        rows = queries.appeals(session, actor, decided=chosen == DECIDED, narrowed=narrowed)
    tabs = [
        {
            "text": say(Message(f"appraisal.appeals.{one}")),
            "address": url_for("appraisal.appeals", list=one),
            "is_current": one == chosen,
            "count": 0,
        }
        for one in (MINE, WAITING, DECIDED)
    ]
    return render_template(
        "appraisal/appeals.html", rows=[(row, named(whose(row.sheet))) for row in rows], chosen=chosen, tabs=tabs
    )
