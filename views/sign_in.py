"""Signing in, signing out, changing one's own password (R39)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import staff as staff_queries
from backoffice.services import sign_in as service
from backoffice.services.core.credentials import TooManyTriesError
from backoffice.services.office import DEMO_LOGINS
from forms.sign_in import ChangePasswordForm, SignInForm
from policies.message import Message
from policies.password import DEMO_PASSWORD, MIN_LENGTH
from views import context, session
from views.addresses import local_address
from views.errors import onto_form
from views.guard import public, signed_in
from views.language import _

blueprint = Blueprint("sign_in", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.get("/sign-in", endpoint="sign_in")
@public
def show() -> Answer:
    """The form. Who is signed in already goes where they wanted to."""
    target = local_address(request.args.get("next"))
    if g.actor is not None:
        return redirect(target, 303)
    form = SignInForm(data={"login": request.args.get("login", ""), "next": target})
    return _page(form, ended=session.why_ended())


@blueprint.post("/sign-in", endpoint="enter")
@public
def enter() -> Answer:
    """Let somebody in, or say why not."""
    form = SignInForm(request.form)
    if not form.validate():
        return _page(form), 422
    desk = context.desk()
    try:
        signed = service.sign_in(
            desk.database, desk.keys, context.now(), form.login.data, form.password.data, address()
        )
    except TooManyTriesError as error:
        return _wait(_page(form, refusals=error.refusals), error)
    except DomainError as error:
        return _page(form, refusals=error.refusals), error.status
    session.begin(signed, keep=form.keep.data)
    if signed.must_change_password:
        return redirect(url_for("sign_in.change_password", next=local_address(form.next.data)), 303)
    return redirect(local_address(form.next.data), 303)


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """End this browser's session; open to all, since a session may have ended by itself."""
    if g.actor is not None:
        with context.writing() as database:
            service.sign_out(database, context.desk().keys, g.actor, context.now(), address(), session.name())
    session.end(session.LEFT)
    answer = redirect(url_for("sign_in.sign_in"), 303)
    if request.is_secure:  # browsers heed it over https alone
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.route("/account/password", methods=["GET", "POST"])
@signed_in
def change_password() -> Answer:
    """Change one's own password; all other sessions of the account end."""
    form = ChangePasswordForm(request.form)
    target = local_address(request.values.get("next"))
    if request.method == "GET":
        return _password_page(form, target)
    if not form.validate():
        return _password_page(form, target), 422
    desk = context.desk()
    try:
        signed = service.change_password(
            desk.database, desk.keys, g.actor, context.now(), form.current.data, form.password.data, address()
        )
    except TooManyTriesError as error:
        return _wait(_password_page(form, target, refusals=error.refusals), error)
    except DomainError as error:
        return _password_page(form, target, refusals=onto_form(error, form)), error.status
    session.go_on(signed)
    flash(_("sign_in.changed"), "success")
    return redirect(target, 303)


def address() -> str:
    """Where the request comes from, as far as the server knows."""
    return request.remote_addr or ""


def _page(form: SignInForm, *, refusals: Sequence[Message] = (), ended: str | None = None) -> str:
    return render_template(
        "sign_in/sign_in.html",
        form=form,
        refusals=refusals,
        ended=ended,
        accounts=_demonstration_accounts(),
        demo_password=_shown_demo_password(),
    )


def _password_page(form: ChangePasswordForm, target: str, *, refusals: Sequence[Message] = ()) -> str:
    template = "sign_in/first_password.html" if g.person.must_change_password else "sign_in/password.html"
    return render_template(template, form=form, refusals=refusals, target=target, least=MIN_LENGTH)


def _wait(page: str, error: TooManyTriesError) -> Response:
    """429, with when to come again for programs, too."""
    response = make_response(page, 429)
    seconds = max(1, int((error.until - context.now()).total_seconds()) + 1)
    response.headers["Retry-After"] = str(seconds)
    return response


def _demonstration_accounts() -> dict[str, list[Any]]:
    """The accounts that a demonstration names on its sign-in page: those named by role, and the others; else none."""
    if not context.office().demonstration:
        return {}
    with context.reading() as database:
        people = staff_queries.accounts(database)
    order = list(DEMO_LOGINS)
    named = sorted((one for one in people if one.login in DEMO_LOGINS), key=lambda one: order.index(one.login))
    return {"named": named, "others": [one for one in people if one.login not in DEMO_LOGINS]}


def _shown_demo_password() -> str | None:
    """The published password, as long as the demonstration was not given one of its own."""
    own = current_app.config.get("DEMO_PASSWORD") or os.environ.get("BACKOFFICE_DEMO_PASSWORD")
    return None if own and own != DEMO_PASSWORD else DEMO_PASSWORD
