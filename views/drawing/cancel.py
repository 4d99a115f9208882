"""Taking a draw back before anybody has begun its inspections (R27); what was drawn stays on record."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from backoffice.errors import DomainError
from backoffice.models.sampling import Draw
from backoffice.queries import draws
from backoffice.services import sampling
from backoffice.services.core.upkeep import row_of
from forms.draws import CancelForm
from policies.access import Permission
from views import context
from views.case.looking import work_in
from views.drawing.pages import blueprint
from views.errors import onto_form
from views.guard import needs
from views.language import _


@blueprint.route("/inspection/draws/<int:draw_id>/cancel", methods=("GET", "POST"))
@needs(Permission.SAMPLING_PLAN_APPROVE)
def cancel(draw_id: int) -> Any:
    """Say why; refused once somebody has begun."""
    form = CancelForm(request.form if request.method == "POST" else None)
    refusals: Any = ()
    if request.method == "POST" and form.validate():
        try:
            with context.writing() as session:
                count = sampling.cancel(work_in(session), draw_id, form.reason.data or "")
        except DomainError as error:
            if error.status in (403, 404):
                raise
            refusals, status = onto_form(error, form), error.status
        else:
            flash(_("draws.cancelled", n=count), "success")
            return redirect(url_for("draws.page", draw_id=draw_id), 303)
    else:
        status = 200 if request.method == "GET" else 422
    with context.reading() as session:
        draw = row_of(session, Draw, draw_id)
        if request.method == "GET" and (refusal := draws.refuse_cancel(session, draw)):
            refusals = (refusal,)
        return render_template("draws/cancel.html", form=form, refusals=refusals, draw=draw), status
