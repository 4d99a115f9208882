"""Draws (R27): who may draw samples sees what was drawn, from what, with which seed, and draws it again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.models.sampling import Draw
from backoffice.queries import draw_check, draws
from backoffice.queries.draw_record import LINES, body_of
from backoffice.services import sampling
from policies.access import Permission, may
from policies.message import Message
from policies.vocabulary_inspection import DrawState
from views import context
from views.addresses import page_number
from views.case.looking import work_in
from views.drawing import words
from views.guard import needs
from views.language import _, say

blueprint = Blueprint("draws", __name__)
LOOKS = {DrawState.FROZEN: "wait", DrawState.DRAWN: "good", DrawState.CANCELLED: ""}


@blueprint.get("/inspection/draws")
@needs(Permission.SAMPLE_DRAW)
def index() -> Any:
    """All draws, the newest first."""
    page = page_number()
    with context.reading() as session:
        rows, more = draws.listed(session, page)
        due = sampling.due(session, context.now()) if page == 1 else []
        plans = {row.plan: sampling.plan_named(session, row.plan, context.today()) for row in due}
    plans_open = may(context.actor(), Permission.SAMPLING_PLAN_APPROVE)
    waiting = [(plans[order.plan], order) for order in due]
    return render_template(
        "draws/index.html", rows=rows, more=more, page=page, looks=LOOKS, waiting=waiting, plans_open=plans_open
    )


@blueprint.get("/inspection/draws/<int:draw_id>")
@needs(Permission.SAMPLE_DRAW)
def page(draw_id: int) -> Any:
    """One draw: population, nonce, seed, strata, what was left out, the result."""
    with context.reading() as session:
        return _page(session, _asked(session, draw_id))


@blueprint.get("/inspection/draws/<int:draw_id>/again")
@needs(Permission.SAMPLE_DRAW)
def again(draw_id: int) -> Any:
    """The same, drawn once more from the stored population and compared; nothing is changed by it."""
    with context.reading() as session:
        draw = _asked(session, draw_id)
        if draw.drawn_at is None:
            abort(404)
        faults = draw_check.faults(session, context.desk().keys.chain, draw)
        return _page(session, draw, compared=True, faults=[say(fault) for fault in faults])


@blueprint.post("/inspection/draws/<int:draw_id>/go-on")
@needs(Permission.SAMPLE_DRAW)
def go_on(draw_id: int) -> Response:
    """Go on with a draw that was broken off."""
    sampling.go_on(context.desk().database, work_in, draw_id)
    flash(say(Message("draws.drawn")), "success")
    return redirect(url_for("draws.page", draw_id=draw_id), 303)


def _asked(session: Session, draw_id: int) -> Draw:
    return draws.one(session, draw_id) or abort(404)


def _page(session: Session, draw: Draw, *, compared: bool = False, faults: list[str] | None = None) -> str:
    number = page_number()
    blind = draws.is_blind_for(session, context.actor(), draw)
    rows, more = draws.result(session, draw, number)
    kinds = draw.query.get("stratify_by") or ()
    may_cancel = may(context.actor(), Permission.SAMPLING_PLAN_APPROVE) and draws.refuse_cancel(session, draw) is None
    strata = words.strata_rows(session, kinds, words.strata_of(draw), blind=blind)
    return render_template(
        "draws/page.html",
        draw=draw,
        state_look=LOOKS[draw.state],
        kinds=[_("draws.by." + kind) for kind in kinds],
        conditions=words.conditions(session, draw, blind=blind),
        exclusions=words.exclusions(draw.exclusions),
        strata=strata,
        rows=words.result_rows(session, draw, rows, blind=blind),
        lines_sha256=body_of(draw).get(LINES, ""),
        blind=blind,
        seconds=draws.second_count(session, draw),
        may_cancel=may_cancel,
        page=number,
        more=more,
        compared=compared,
        faults=faults or [],
    )
