"""One's own training (R34): what is due, what was attended and is to be confirmed, for which posts one is fit."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for

from backoffice.models.office import Staff
from backoffice.services import training as service
from backoffice.services.core.upkeep import row_of
from views import context
from views.case.looking import work_in
from views.guard import signed_in
from views.language import _
from views.training.people import file_page
from views.training.room import blueprint


@blueprint.get("/my-training")
@signed_in
def mine() -> Any:
    """One's own file."""
    with context.reading() as session:
        return render_template(
            "training/mine.html", **file_page(session, row_of(session, Staff, context.actor().staff_id))
        )


@blueprint.post("/my-training/<int:attendance_id>/sign")
@signed_in
def sign(attendance_id: int) -> Any:
    """Confirm an entry of one's own."""
    with context.writing() as session:
        service.sign(work_in(session), attendance_id)
    flash(_("training.signed"), "success")
    return redirect(url_for("training.mine") + "#records", 303)
