"""Saved filters and the columns of a list (R13): saved from the list itself, which one then comes back to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import paging, saved_lists, worklist
from backoffice.services import saved_lists as service
from backoffice.services.saved_lists import Wish
from forms.filters import filter_args, member, read_filters
from policies.access import Permission
from policies.message import Refusal
from policies.saved_lists import COLUMNS, Reach
from views import context, language
from views.addresses import local_address, of_list
from views.guard import needs
from views.language import _

blueprint = Blueprint("saved_lists", __name__)
LONGEST = 200


@blueprint.post("/complaints/saved")
@needs(Permission.COMPLAINT_VIEW)
def save() -> Response:
    """Keep the list that is shown under a name."""
    actor, form = context.actor(), request.form
    one = next((one for one in worklist.lists_for(actor) if one.code == form.get("list")), None)
    args = {name: value for name, value in filter_args(read_filters(form)).items() if name != "q"}
    sort = form.get("sort") if form.get("sort") in paging.SORTS else one.sort if one else ""
    columns = tuple(code for code in COLUMNS if code in form.getlist("column"))
    name = "".join(char for char in form.get("name", "")[:LONGEST] if char.isprintable())
    try:
        if one is None:
            raise DomainError(Refusal("saved_lists.refused.list", status=422))
        wish = Wish(name, one.code, args, str(sort), columns, member(Reach, form.get("reach")))
        with context.writing() as session:
            row = service.save(session, actor, context.now(), wish)
            saved_id, kept = row.id, row.name
    except DomainError as error:
        for refusal in error.refusals:
            flash(language.say(refusal), "danger")
        return redirect(local_address(form.get("next")), 303)
    flash(_("saved_lists.saved", name=kept), "success")
    return redirect(of_list({**args, "list": one.code, "sort": str(sort), "saved": str(saved_id)}), 303)


@blueprint.post("/complaints/saved/<int:saved_id>/drop")
@needs(Permission.COMPLAINT_VIEW)
def drop(saved_id: int) -> Response:
    """Throw a filter away: one's own, or a shared one that one looks after."""
    with context.writing() as session:
        service.drop(session, context.actor(), saved_id)
    flash(_("saved_lists.dropped"), "success")
    return redirect(url_for("complaints.index", list=worklist.LISTS["open"].code), 303)


@blueprint.post("/complaints/saved/<int:saved_id>/begin")
@needs(Permission.COMPLAINT_VIEW)
def begin(saved_id: int) -> Response:
    """Begin with this filter from now on; again: no more."""
    actor = context.actor()
    codes = frozenset(one.code for one in worklist.lists_for(actor))
    with context.writing() as session:
        own = saved_lists.own(session, actor, codes)
        found = own.find(saved_id)
        if found is None:
            raise DomainError(Refusal("saved_lists.refused.gone", status=404))
        ends = own.default is not None and own.default.id == saved_id
        service.begin_with(session, actor, None if ends else saved_id)
    flash(_("saved_lists.begins_no_more" if ends else "saved_lists.begins", name=found.name), "success")
    return redirect(local_address(request.form.get("next")), 303)


@blueprint.post("/complaints/columns")
@needs(Permission.COMPLAINT_VIEW)
def columns() -> Response:
    """Choose the columns of lists; of a filter that is open only its own stay as they were saved."""
    wanted = [] if request.form.get("reset") else request.form.getlist("column")
    with context.writing() as session:
        service.choose_columns(session, context.actor(), wanted)
    flash(_("saved_lists.columns_chosen"), "success")
    return redirect(local_address(request.form.get("next")), 303)
