"""The day's start (R13): four working views, each answering what is to be done now; a role's home leads
into its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for

from backoffice.queries import roster
from backoffice.queries.corrective import BOUND, counts, lists_for, urgent
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.worklist import LISTS
from backoffice.services.core.corrective import corrective_rules
from policies.access import Actor, Permission, may, may_any
from views import context, home_lists, menu, what_now
from views.complaints import asking
from views.corrective.listing import line
from views.fault_notices import panels
from views.guard import needs, signed_in
from views.inspecting.worklist import waiting_for

blueprint = Blueprint("home", __name__)
ROWS = 5
WATCHED = frozenset({"management", "intake"})  # views whose people must know whom to ask outside office hours
WITH_NOTICES = frozenset({"intake"})  # views whose people answer customers from them (R8)
NOON, EVENING = 12, 18
BESIDE = {
    "intake": (("paper_forms.index", "fa-print", "paper_forms.title"),),
    "management": (("overview.index", "fa-line-chart", "overview.menu"),),
}
"""View → the pages whose buttons stand on top of it: address, icon, text."""
P = Permission


@dataclass(frozen=True)
class WorkingView:
    """One of the four views: who works in it, the tiles on top, the lists below and beside."""

    code: str
    icon: str
    permissions: tuple[Permission, ...]
    tiles: tuple[str, ...]
    panels: tuple[str, ...]
    aside: tuple[str, ...]


VIEWS = {
    one.code: one
    for one in (
        WorkingView(
            "management", "fa-line-chart", (P.COMPLAINT_CLOSE_UNSATISFIED, P.REPORT_APPROVE),
            ("due", "overdue", "open", "to_decide", "to_approve", "rework"),
            ("due", "to_approve", "rework"), ("to_decide", "extensions", "to_dispatch"),
        ),
        WorkingView(
            "inspection", "fa-check-square-o", (P.INSPECTION_SCORE,),
            ("finished", "open", "overdue"), ("finished",), ("overdue",),
        ),
        WorkingView(
            "intake", "fa-headphones", (P.COMPLAINT_REGISTER, P.ORDER_SEND),
            ("due", "overdue", "to_acknowledge", "to_check", "to_dispatch", "to_archive"),
            ("due", "to_acknowledge", "to_check", "to_review", "to_dispatch"), ("watch", "to_archive"),
        ),
        WorkingView(
            "handling", "fa-tasks",
            (P.INVESTIGATION_RECORD, P.ORDER_APPOINT, P.CALLBACK_RECORD, P.COMPLAINT_ARCHIVE, P.COMPLAINT_VIEW),
            ("due", "overdue", "to_appoint", "mine", "to_approve", "to_call_back"),
            ("due", "to_appoint", "mine", "to_approve", "to_call_back"), ("helping", "department", "to_archive"),
        ),
    )
}  # fmt: skip


def view_of(actor: Actor) -> WorkingView | None:
    """The view in which this person works; None for one who only keeps the office's settings."""
    return next((view for view in VIEWS.values() if may_any(actor, view.permissions)), None)


@blueprint.get("/")
@signed_in
def index() -> Any:
    """Lead everybody into their own view."""
    actor = context.actor()
    view = view_of(actor)
    if view is not None:
        return redirect(url_for("home.working_view", code=view.code))
    if may_any(actor, (P.CONFIGURATION_EDIT, P.USER_MANAGE, P.AUDIT_VIEW)):
        return redirect(url_for("console.index"))
    with context.reading() as session:
        waiting = what_now.items(session, actor, context.today())
    return render_template("home/empty.html", what_now=waiting)


@blueprint.get("/work/<code>")
@needs(*{permission for view in VIEWS.values() for permission in view.permissions})
def working_view(code: str) -> Any:
    """One of the four views, for those who work in it."""
    view = VIEWS.get(code)
    if view is None:
        abort(404)
    actor = context.actor()
    if not may_any(actor, view.permissions):
        abort(403)
    with context.reading() as session:
        ask = asking()
        found = home_lists.shown(session, ask, _wanted(view, actor))
        working = Rulebook(session).calendar().is_working(ask.at)
        on_duty = roster.now_on_duty(session, ask.at) if view.code in WATCHED else None
        rules = corrective_rules(Rulebook(session))
        put_right = [line(row, rules, frozenset()) for row in urgent(session, actor, ROWS)]
        watched = counts(session, actor, ask.at, lists_for(actor))
        waiting = what_now.items(session, actor, context.today())
        notices = panels.home(session) if view.code in WITH_NOTICES else None
        inspections = waiting_for(session, actor, ask.at, ROWS) if view.code == "inspection" else None
    return render_template(
        "home/index.html",
        view=view,
        tiles=home_lists.tiles(found, view.tiles),
        panels=[found[code] for code in view.panels if code in found],
        aside=[found[code] for code in view.aside if code in found and found[code].rows],
        working=working,
        at=ask.at,
        part=_part_of_day(ask.at.astimezone(ask.zone).hour),
        on_duty=on_duty,
        what_now=waiting,
        put_right=put_right,
        watched={which: f"{BOUND}+" if count > BOUND else count for which, count in watched.items()},
        inspections=inspections,
        notices=notices,
        registers=may(actor, P.COMPLAINT_REGISTER),
        beside=[one for one in BESIDE.get(view.code, ()) if menu.may_open(one[0], actor)],
    )


def _part_of_day(hour: int) -> str:
    """How one greets at an hour of the office's clock."""
    if hour < NOON:
        return "morning"
    return "afternoon" if hour < EVENING else "evening"


def _codes(view: WorkingView, actor: Actor) -> list[str]:
    """The lists of a view that this person has any use for, each once."""
    wanted = dict.fromkeys((*view.tiles, *view.panels, *view.aside))
    return [code for code in wanted if may_any(actor, LISTS[code].permissions)]


def _wanted(view: WorkingView, actor: Actor) -> tuple[tuple[str, int], ...]:
    """The lists of a view with how many rows of each are shown; those that are tiles alone are counted."""
    with_rows = {*view.panels, *view.aside}
    return tuple((code, ROWS if code in with_rows else 0) for code in _codes(view, actor))
