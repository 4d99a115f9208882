"""The set-up of a new office: asked for at the first administrator's first sign-in, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from backoffice.errors import DomainError
from backoffice.services import set_up as service
from forms.reference.office import SetUpForm
from policies.access import Permission
from policies.message import Message
from views import context, language
from views.errors import onto_form
from views.guard import needs
from views.language import _
from views.reference.base import Page
from views.reference.office import languages, zones
from views.reference.words import words

blueprint = Blueprint("setup", __name__)

DEFAULT, EMPTY = "default", "empty"
# What the default configuration brings, as the page lists it.
BRINGS = ("departments", "categories", "processes", "clocks", "calendars", "templates", "scorecards", "roles")


@blueprint.route("/set-up", methods=["GET", "POST"])
@needs(Permission.CONFIGURATION_EDIT)
def index() -> Page | Any:
    """Name, time zone, language, and whether to take the default configuration."""
    if context.office().set_up:
        return redirect(url_for("console.index"), 303)
    form = SetUpForm(request.form if request.method == "POST" else None, data=_start())
    form.language.choices = languages()
    form.configuration.choices = [
        (DEFAULT, _("set_up.configuration.default")),
        (EMPTY, _("set_up.configuration.empty")),
    ]
    refusals: Sequence[Message] = ()
    if request.method == "POST" and form.validate():
        try:
            with context.writing() as session:
                service.set_up(
                    session,
                    context.actor(),
                    context.now(),
                    form.says(),
                    default_configuration=form.configuration.data == DEFAULT,
                )
        except DomainError as error:
            if error.status in (403, 404):
                raise
            refusals = onto_form(error, form)
        else:
            flash(_("set_up.done"), "success")
            return redirect(url_for("console.index"), 303)
    page = render_template("set_up/index.html", form=form, refusals=refusals, zones=zones(), brings=BRINGS, words=words)
    return (page, 422) if request.method == "POST" else page


def _start() -> dict[str, Any]:
    return {"time_zone": context.DEFAULT_ZONE, "language": language.current(), "configuration": DEFAULT}
