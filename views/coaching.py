"""Coaching (R27, R34): who is coached from when to when and why; more of their records are drawn meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.sampling import Coaching
from backoffice.queries import coaching as queries
from backoffice.queries import roster
from backoffice.services import coaching as service
from backoffice.services.core.upkeep import row_of
from forms.coaching import CoachingForm, EndForm
from policies.access import Permission
from policies.coaching import refuse_ending
from policies.message import Message
from views import context
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("coaching", __name__)


@blueprint.get("/coaching")
@needs(Permission.TRAINING_MANAGE)
def index() -> str:
    """Who is coached now or soon, and who was."""
    with context.reading() as session:
        running, over = queries.running(session, context.today()), queries.over(session, context.today())
        return render_template("coaching/index.html", running=running, over=over, today=context.today())


@blueprint.route("/coaching/new", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def begin() -> Any:
    """Have somebody coached."""
    form = CoachingForm(request.form if request.method == "POST" else None, data={"since": context.today()})
    with context.reading() as session:
        people = [(one.id, f"{named(one)} · {one.code}") for one in roster.colleagues(session)]
    form.staff_id.choices = [("", Message("form.choose")), *people]
    return _done(
        spoken(form),
        lambda session: service.begin(session, context.actor(), context.now(), form.facts()),
        "coaching.begun",
    )


@blueprint.route("/coaching/<int:coaching_id>/end", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def end(coaching_id: int) -> Any:
    """Let a coaching end with a day."""
    with context.reading() as session:
        row = row_of(session, Coaching, coaching_id)
        person, since, until = named(row.staff), row.since, row.until
    if refusal := refuse_ending(until, context.today()):
        raise DomainError(refusal)
    form = EndForm(request.form if request.method == "POST" else None, data={"until": context.today()})
    return _done(
        spoken(form),
        lambda session: service.end(session, context.actor(), context.now(), coaching_id, form.until.data),
        "coaching.ended",
        person=person,
        since=since,
    )


def _done(form: Any, command: Callable[[Session], Coaching], done: str, **more: Any) -> Any:
    """A form that is shown, or carried out: what is refused comes back as it was typed."""
    refusals: Any = ()
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.validate():
        try:
            with context.writing() as session:
                name = named(command(session).staff)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            refusals, status = onto_form(error, form), error.status
        else:
            flash(_(done, name=name), "success")
            return redirect(url_for("coaching.index"), 303)
    return render_template("coaching/form.html", form=form, refusals=refusals, **{"person": "", **more}), status
