"""Tokens of the JSON API and its calls (R1): made here, shown once, revoked; what each call takes, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.services import api_tokens as service
from forms.reference.api_tokens import ApiTokenForm
from policies.access import Permission
from policies.api_token import ApiScope
from policies.message import Message
from views import context
from views.addresses import whole_number
from views.errors import onto_form
from views.filters import named
from views.language import _, label, lazy, say
from views.reference.base import Page, reading
from views.screens import Screen

USUAL_LIFE = timedelta(days=180)


class ApiTokenScreen(Screen, BaseView):
    """The list of tokens, the form of a new one, and the calls that they are for."""

    permissions = (Permission.USER_MANAGE,)

    def __init__(self) -> None:
        super().__init__(
            name=lazy("api.token.title"), category=lazy("reference.group.organisation"), endpoint="api_tokens"
        )
        self.summary = lazy("api.token.summary")

    @expose("/")
    def index(self) -> Page:
        """The tokens, newest first."""
        rows = service.listed(reading())
        return self.render("reference/api_tokens.html", rows=rows, now=context.now(), scopes=_scopes)

    @expose("/new/", methods=("GET", "POST"))
    def new(self) -> Page:
        """The form; posted, the one page on which the token stands."""
        form: Any = ApiTokenForm(request.form if request.method == "POST" else None, data=_start())
        form.staff_id.choices = [("", _("form.choose")), *_people()]
        form.scopes.choices = [(one.value, label(one)) for one in ApiScope]
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    made = service.create(
                        session, context.desk().keys, context.actor(), context.now(), form.says(context.zone()),
                        request.remote_addr or "", say,
                    )  # fmt: skip
                    holder = named(made.row.staff)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
                for refusal in error.refusals:
                    if refusal.field == "expires_at":
                        form.expires_on.errors = [*form.expires_on.errors, refusal]
                        refusals = [one for one in refusals if one is not refusal]
            else:
                return self.render("reference/api_token_made.html", row=made.row, text=made.text, holder=holder)
        page = self.render("reference/api_token_form.html", form=form, refusals=refusals)
        return (page, 422) if request.method == "POST" else page

    @expose("/revoke/", methods=("POST",))
    def revoke(self) -> Response:
        """From now on it opens nothing."""
        token_id = whole_number(request.form.get("id")) or 0
        with context.writing() as session:
            row = service.revoke(
                session, context.desk().keys, context.actor(), context.now(), token_id, request.remote_addr or "", say
            )
            name = row.name
        flash(_("api.token.revoked", name=name), "success")
        return redirect(url_for("api_tokens.index"), 303)

    @expose("/calls/")
    def calls(self) -> Page:
        """What each call takes and gives, to be read."""
        from views.api.reader import chapters

        return self.render("reference/api_calls.html", chapters=chapters())


def _start() -> dict[str, Any]:
    return {"per_minute": 60, "expires_on": context.today() + USUAL_LIFE}


def _people() -> list[tuple[int, str]]:
    statement = sa.select(Staff).where(Staff.retired_at.is_(None)).order_by(Staff.code)
    return [(one.id, f"{named(one)} {one.code}") for one in reading().scalars(statement)]


def _scopes(codes: Sequence[str]) -> list[str]:
    known = set(ApiScope)
    return [label(ApiScope(code)) for code in codes if code in known]
