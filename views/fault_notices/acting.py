"""Publish, change and lift a notice, and write down that a customer was called (R8)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.queries import fault_notices as queries
from backoffice.queries.rulebook import Rulebook
from backoffice.services import fault_notices as service
from forms.fault_notices import facts_of, lift_form, lift_of, notice_form, offer_kinds, shown
from forms.fields import clean
from policies.access import Permission
from policies.vocabulary_notice import NoticeKind
from views import context
from views.addresses import whole_number
from views.case.looking import work_in
from views.fault_notices import panels
from views.fault_notices.pages import TO_CALL, page
from views.fault_notices.room import blueprint, found, leaves
from views.guard import needs
from views.language import _, say
from views.posting import posted
from views.spoken import spoken

LONGEST = 1000


@blueprint.route("/notices/new", methods=["GET", "POST"])
@needs(Permission.NOTICE_PUBLISH)
def new() -> Any:
    """A new notice; it reaches intake with the next page that is opened there."""
    made = _class()
    if request.method == "GET":
        kind = NoticeKind.SUGGESTION if request.args.get("kind") == NoticeKind.SUGGESTION else NoticeKind.KNOWN_FAULT
        given = {"kind": kind, "since": context.now(), "submission": secrets.token_urlsafe(16)}
        return _form_page(spoken(offer_kinds(made(data=given))))
    form = spoken(offer_kinds(made(request.form)))

    def publish(session: Any) -> str:
        return service.publish(work_in(session), facts_of(form), (form["submission"].data or "")[:64]).number

    return _posted(form, publish, "fault_notices.published", lambda refusals: _form_page(form, refusals))


@blueprint.route("/notices/<number>/change", methods=["GET", "POST"])
@needs(Permission.NOTICE_PUBLISH)
def change(number: str) -> Any:
    """Say it anew; intake sees the new words at once, the old ones stay as a version."""
    made = _class()
    with context.reading() as session:
        notice = found(session, number)
        given = shown(notice)
    if request.method == "GET":
        return _form_page(spoken(offer_kinds(made(data=given))), number=notice.number)
    form = spoken(offer_kinds(made(request.form)))

    def save(session: Any) -> str:
        return service.change(work_in(session), number, facts_of(form), _seen(form)).number

    return _posted(form, save, "fault_notices.changed", lambda refusals: _form_page(form, refusals, notice.number))


@blueprint.route("/notices/<number>/lift", methods=["GET", "POST"])
@needs(Permission.NOTICE_PUBLISH)
def lift(number: str) -> Any:
    """It is over: say when and what happened, and everybody linked is told."""
    with context.reading() as session:
        notice = found(session, number)
        made = lift_form(context.zone(), Rulebook(session).office().language, notice.kind)
    form = (
        made(request.form)
        if request.method == "POST"
        else made(data={"lifted_at": context.now(), "version": notice.version})
    )

    def again(refusals: Any) -> str:
        return render_template("fault_notices/lift.html", form=form, refusals=refusals, notice=notice)

    if request.method == "GET":
        return again(())

    def end(session: Any) -> str:
        return service.lift(work_in(session), number, lift_of(form), _seen(form)).number

    return _posted(form, end, "fault_notices.lifted_now", again)


@blueprint.post("/complaints/<number>/notices/called")
@needs(Permission.COMMUNICATION_RECORD)
def called(number: str) -> Any:
    """A customer whom no message reaches was called."""
    notice, said = request.form.get("notice", "")[:32], clean(request.form.get("said", ""))[:LONGEST]
    try:
        with context.writing() as session:
            service.called(work_in(session), number, notice, said)
    except DomainError as error:
        if panels.is_hidden(error):
            raise
        if error.status != 404:
            return page(notice, tuple(error.refusals), said, number), error.status
        flash(" ".join(say(one) for one in error.refusals), "warning")
        return redirect(url_for("complaint.page", number=number), 303)
    flash(_("fault_notices.called"), "success")
    return redirect(url_for("fault_notices.show", number=notice, list=TO_CALL), 303)


def _class() -> type[Form]:
    with context.reading() as session:
        return notice_form(context.zone(), Rulebook(session).office().language, leaves(session))


def _seen(form: Form) -> int | None:
    """The version that the person saw; what says none saw none that there is."""
    return whole_number(form["version"].data) or 0


def _form_page(form: Form, refusals: Any = (), number: str = "") -> str:
    with context.reading() as session:
        areas = queries.areas(session)
    return render_template("fault_notices/form.html", form=form, refusals=refusals, number=number, areas=areas)


def _posted(form: Form, command: Callable[[Any], str], done: str, again: Callable[[Any], str]) -> Any:
    """Carry a typed form out; what is refused comes back as it was typed, each fault beside its field."""
    return posted(form, command, again, _(done), lambda number: url_for("fault_notices.show", number=number))
