"""My account: who I am here, what I may, and where I am signed in (R39)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import roster
from backoffice.queries import staff as staff_queries
from backoffice.services import preference
from backoffice.services import sign_in as service
from backoffice.services.sign_in import SignedIn
from forms.reference.staff import ContactForm
from policies.access import Permission, Scope
from policies.message import Message
from views import context, session
from views.errors import onto_form
from views.guard import signed_in
from views.language import _
from views.sign_in import address

blueprint = Blueprint("account", __name__)


@blueprint.get("/account")
@signed_in
def index() -> str:
    """The page of one's own account."""
    return _page(ContactForm(data={"email": g.person.email, "phone": g.person.phone}))


@blueprint.post("/account/contact")
@signed_in
def contact() -> Response | tuple[str, int]:
    """Where one is told of what is urgent."""
    form = ContactForm(request.form)
    try:
        with context.writing() as database:
            preference.set_contact(database, g.actor, context.now(), form.email.data, form.phone.data)
    except DomainError as error:
        return _page(form, onto_form(error, form)), error.status
    flash(_("staff.contact.saved"), "success")
    return redirect(url_for("account.index"), 303)


def _page(form: ContactForm, refusals: Sequence[Message] = ()) -> str:
    with context.reading() as database:
        roles = staff_queries.roles_of(database, g.person.id)
        visits = staff_queries.last_visits(database, g.person.id)
        away = roster.absences(database, context.now(), [g.person.id])
    grants = [(permission, g.actor.scope(permission)) for permission in Permission]
    return render_template(
        "sign_in/account.html",
        roles=roles,
        grants=[(permission, scope) for permission, scope in grants if scope is not Scope.NONE],
        visits=visits,
        away=away,
        form=form,
        refusals=refusals,
    )


@blueprint.post("/account/sessions/end")
@signed_in
def end_sessions() -> Response:
    """End the sessions of this account in all other browsers."""
    with context.writing() as database:
        epoch = service.end_other_sessions(database, context.desk().keys, g.actor, context.now(), address())
    session.go_on(SignedIn(g.person.id, epoch, must_change_password=False))
    flash(_("sign_in.sessions.ended"), "success")
    return redirect(url_for("account.index"), 303)
