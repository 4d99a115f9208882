"""The office's own particulars: name, time zone, language, numbers; the default configuration, if still to be taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.models.office import Office
from backoffice.services import set_up as service
from forms.reference.office import OfficeForm
from policies.access import Permission
from policies.message import Message
from policies.vocabulary import Language
from views import context
from views.errors import onto_form
from views.language import _, label, lazy
from views.reference.base import Page, log_of, reading
from views.screens import Screen


class OfficeScreen(Screen, BaseView):
    """One form."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(
            name=lazy("reference.office.title"), category=lazy("reference.group.organisation"), endpoint="office"
        )
        self.summary = lazy("reference.office.summary")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """What the office says of itself."""
        row = reading().scalars(sa.select(Office)).one()
        form = OfficeForm(request.form if request.method == "POST" else None, data=asdict(service.says_of(row)))
        form.language.choices = languages()
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    service.change_office(session, context.actor(), context.now(), form.says())
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("reference.office.saved"), "success")
                return redirect(url_for("office.index"), 303)
        page = self.render(
            "reference/office.html",
            form=form,
            refusals=refusals,
            zones=zones(),
            has_configuration=service.has_configuration(reading()),
            changes=log_of(service.SUBJECT, row.id),
        )
        return (page, 422) if request.method == "POST" else page

    @expose("/default/", methods=("POST",))
    def take_default(self) -> Response:
        """Take the default configuration after all; what the office has made itself stays."""
        with context.writing() as session:
            service.take_default_configuration(session, context.actor(), context.now())
        flash(_("reference.office.default_taken"), "success")
        return redirect(url_for("console.index"), 303)


def languages() -> list[tuple[Any, str]]:
    """The languages of the desk."""
    return [(value.value, label(value)) for value in Language]


def zones() -> list[str]:
    """The time zones of the world by the names of their places, for a field that completes what is typed."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
