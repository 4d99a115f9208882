"""How a complaint goes, for its customer (R1, R13): asked by a post, so that nothing of it stands in an address."""

from __future__ import annotations

from typing import Any

from flask import request

from backoffice.errors import DomainError
from backoffice.services import public_progress as service
from forms.public import ProgressForm
from policies.message import Refusal
from views import context
from views.errors import onto_form
from views.guard import for_customers
from views.public import blueprint
from views.public.door import open_or_404, page, refuse_elsewhere, settings, waiting, work_of_customer

UNKNOWN = Refusal("public.refused.unknown", status=422)


@blueprint.route("/<any(zh,en):speaks>/progress", methods=["GET", "POST"])
@for_customers
def progress() -> Any:
    """Number and phone; posted, how the complaint goes, or that the two do not fit together."""
    open_or_404(settings().progress)
    if request.method == "GET":
        return page("public/progress.html", form=ProgressForm(), found=None, refusals=())
    refuse_elsewhere()
    form = ProgressForm(request.form)
    missing = [
        Refusal("public.refused.missing", {"field": one.label.text}, one.name, 422)
        for one in (form.number, form.phone)
        if not one.data
    ]
    try:
        if not form.validate() or missing:
            raise DomainError(missing or [UNKNOWN])
        with context.writing() as session:
            found = service.ask(work_of_customer(session), form.number.data, form.phone.data)
        if found is None:
            raise DomainError(UNKNOWN)
    except DomainError as error:
        rest = onto_form(error, form)
        return waiting(page("public/progress.html", form=form, found=None, refusals=rest), error)
    return page("public/progress.html", form=form, found=found, refusals=())
