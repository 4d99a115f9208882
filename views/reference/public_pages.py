"""The pages for customers (R1): switched on, how much an hour comes in, what is announced on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose

from backoffice.errors import DomainError
from backoffice.queries import public_pages
from backoffice.services import public_pages as service
from forms.reference.public_pages import pages_form, says
from policies.access import Permission
from policies.message import Message
from policies.public_pages import PublicPages
from views import context
from views.errors import onto_form
from views.filters import named
from views.language import _, lazy
from views.reference.base import Page, log_of, reading
from views.screens import Screen


class PublicPagesScreen(Screen, BaseView):
    """One form."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(
            name=lazy("public_pages.title"), category=lazy("reference.group.handling"), endpoint="public_pages"
        )
        self.summary = lazy("public_pages.summary")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """What is set; keep what was entered, or say beside each field why not."""
        now = public_pages.settings(reading())
        form = _form(now)
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    service.save(session, context.actor(), context.now(), says(form))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("public_pages.saved"), "success")
                return redirect(url_for("public_pages.index"), 303)
        page = self.render(
            "reference/public_pages.html",
            form=form,
            refusals=refusals,
            now=now,
            channel=public_pages.channel_of(reading()),
            changes=log_of(service.SUBJECT, service.SUBJECT),
        )
        return (page, 422) if request.method == "POST" else page


def _form(now: PublicPages) -> Any:
    form: Any = pages_form(context.zone())(request.form if request.method == "POST" else None, data=asdict(now))
    form.unsure_category.choices = {
        "": [("", _("public_pages.no_unsure"))],
        **{
            named(branch): [(code, named(name)) for code, name in leaves]
            for branch, leaves in public_pages.leaves(reading())
        },
    }
    return form
