"""The figures of the office's rules on one page: transfers, deadlines of decisions, attempts, clusters …"""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose

from backoffice.errors import DomainError
from backoffice.services import figures as service
from forms.reference.figures import FiguresForm, seen_of
from policies.access import Permission
from policies.figures import FIGURES, GROUPS
from policies.message import Message
from views import context
from views.errors import onto_form
from views.language import _, lazy
from views.reference.base import Page, log_of, reading
from views.screens import Screen


class FiguresScreen(Screen, BaseView):
    """One form."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(name=lazy("figures.title"), category=lazy("reference.group.handling"), endpoint="figures")
        self.summary = lazy("figures.summary")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """Show the figures; keep what was entered, or say beside each field why not."""
        now = service.figures(reading())
        form = FiguresForm(request.form if request.method == "POST" else None, data={**now, "seen": seen_of(now)})
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    service.change_figures(session, context.actor(), context.now(), form.says(), form.saw())
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
                form.seen.data = seen_of(now)  # what was typed stays; saved again, it goes over what is there now
            else:
                flash(_("figures.saved"), "success")
                return redirect(url_for("figures.index"), 303)
        page = self.render(
            "reference/figures.html",
            form=form,
            refusals=refusals,
            groups=[(group, [form[figure.code] for figure in FIGURES if figure.group == group]) for group in GROUPS],
            now=now,
            changes=log_of(service.SUBJECT, service.SUBJECT),
        )
        return (page, 422) if request.method == "POST" else page
