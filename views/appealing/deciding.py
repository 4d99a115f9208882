"""Appeals before those who decide them (R29): the list by date, and the page of one with the marks to be made anew."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.queries import appeals as queries
from backoffice.queries import my_inspections
from backoffice.services import appeals as service
from backoffice.services.core.appeals import Appealing
from forms.appeal import decision_form, marks_from, present_values, result_from
from policies.access import Permission
from policies.appeal import refuse_to_decide
from policies.card import Item
from policies.message import Message, Refusal
from policies.scorecard import mark_field, remark_field, value_field
from views import context
from views.addresses import whole_number
from views.appealing.shown import look, shown
from views.case.looking import work_in
from views.errors import onto_form
from views.guard import needs
from views.language import _, say
from views.spoken import spoken

blueprint = Blueprint("appeals", __name__, url_prefix="/inspection/appeals")
WAITING, DECIDED = "waiting", "decided"


@blueprint.get("")
@needs(Permission.APPEAL_DECIDE)
def index() -> Any:
    """Those that wait, the next one due first; or the decided ones, newest first."""
    chosen = DECIDED if request.args.get("list") == DECIDED else WAITING
    with context.reading() as session:
        rows, older = queries.listed(
            session, decided=chosen == DECIDED, before=whole_number(request.args.get("before"))
        )
        waits = queries.waiting_for(session, context.actor().staff_id)
        return render_template(
            "appeals/index.html", rows=rows, older=older, chosen=chosen, tabs=_tabs(chosen, waits),
            me=context.actor().staff_id,
        )  # fmt: skip


def _tabs(chosen: str, waits: int) -> list[dict[str, Any]]:
    return [
        {
            "text": say(Message(f"appeals.list.{one}")),
            "address": url_for("appeals.index", list=one),
            "is_current": one == chosen,
            "count": waits if one == WAITING else 0,
        }
        for one in (WAITING, DECIDED)
    ]


@blueprint.route("/<number>", methods=["GET", "POST"])
@needs(Permission.APPEAL_DECIDE)
def decide(number: str) -> Any:
    """One appeal: what is contested and why, the marks; posted, the decision."""
    with context.reading() as session:
        one = _open(session, number)
        if request.method == "GET":
            items = _contested(one)
            form = _form(one)(
                data=present_values(items, one.marks({item.code: one.first[item.code] for item in items}))
            )
            return _page(one, form)
        form = _form(one)(request.form)
        valid = form.validate()
        if not valid:
            return _page(one, form), 422
        items = _contested(one)
    try:
        with context.writing() as session:
            service.decide(
                work_in(session), number, result_from(form), form["ground"].data or "", marks_from(form, items)
            )  # fmt: skip
    except DomainError as error:
        return _refused(number, error)
    flash(_("appeals.decided"), "success")
    return redirect(url_for("appeals.decide", number=number), 303)


def _open(session: Session, number: str) -> Appealing:
    """The inspection with its appeal, if this reader may see it and there is one."""
    if my_inspections.find(session, context.actor(), number) is None:
        first = service.refuse_unscored(work_in(session), number)
        raise DomainError(first or Refusal("appeals.refused.no_appeal", status=404))
    one = look(work_in(session), number)
    if one.appeal is None:
        raise DomainError(Refusal("appeals.refused.no_appeal", status=404))
    return one


def _contested(one: Appealing) -> list[Item]:
    items = one.appeal.items if one.appeal is not None else []
    return [item for item in one.card.items if item.code in items and item.code in one.first]


def _form(one: Appealing) -> type[Form]:
    return decision_form(_contested(one), one.scoring)


def _page(one: Appealing, form: Form, refusals: Any = ()) -> str:
    actor, items = context.actor(), _contested(one)
    open_one = one.appeal is not None and one.appeal.decided_at is None
    fields = {item.code: (mark_field if item.by_level else value_field)(item.code) for item in items}
    return render_template(
        "appeals/decide.html", shown=shown(one, actor), form=spoken(form), refusals=refusals, fields=fields,
        remarks={item.code: remark_field(item.code) for item in items}, is_open=open_one,
        why_not=refuse_to_decide(one.facts, actor.staff_id, one.holders) if open_one else None,
    )  # fmt: skip


def _refused(number: str, error: DomainError) -> Any:
    """The form again, filled in as it was, on the appeal as it is now."""
    if error.status == 404:
        raise error
    with context.reading() as session:
        one = _open(session, number)
        form = _form(one)(request.form)
        form.validate()
        return _page(one, form, onto_form(error, form)), error.status
