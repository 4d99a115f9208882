"""The first page for customers: what there is to do, and what is announced."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from views import context
from views.guard import for_customers
from views.language import SPOKEN as ACCEPTED
from views.public import blueprint
from views.public.door import SHORT, open_or_404, page, settings


@blueprint.get("/")
@for_customers
def index() -> Response:
    """To the page in the language that the browser asks for, else in the office's."""
    open_or_404(settings().any_on)
    asked = request.accept_languages.best_match(ACCEPTED)
    chosen = ACCEPTED[asked] if asked else context.office().language
    return redirect(url_for("public.start", speaks=SHORT.get(chosen, "zh")), 303)


@blueprint.get("/<any(zh,en):speaks>/")
@for_customers
def start() -> str:
    """What there is to do."""
    open_or_404(settings().any_on)
    return page("public/start.html")
