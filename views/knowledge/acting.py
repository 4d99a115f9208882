"""Write, release and withdraw an article or a case; open one from a complaint (R38)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.queries.rulebook import Rulebook
from backoffice.services import knowledge as service
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy
from forms.knowledge import facts_of, knowledge_form
from policies.access import CustomerView, Permission, customer_view
from policies.knowledge import KnowledgeState
from views import context
from views.addresses import whole_number
from views.case.looking import work_in
from views.fault_notices.room import leaves
from views.guard import needs
from views.knowledge.pages import page
from views.knowledge.room import READERS, blueprint, found, shown
from views.language import _
from views.posting import posted
from views.spoken import spoken

LONGEST_PLACE = 80
TICKED = "y"
DONE = {KnowledgeState.RELEASED: "knowledge.done.released", KnowledgeState.WITHDRAWN: "knowledge.done.withdrawn"}


@blueprint.route("/knowledge/new", methods=["GET", "POST"])
@needs(Permission.KNOWLEDGE_EDIT)
def new() -> Any:
    """A new article, or with ``source`` a case made of that archived complaint."""
    source = (request.form if request.method == "POST" else request.args).get("source", "")[:64].strip()
    made = _class()
    with context.reading() as session:
        original, given = _original(session, source) if source else ([], {})
    if request.method == "GET":
        hidden = {"submission": secrets.token_urlsafe(16), "source": source}
        return _form_page(spoken(made(data={**given, **hidden})), original=original)
    form = spoken(made(request.form))

    def write(session: Session) -> str:
        return service.write(work_in(session), facts_of(form), (form["submission"].data or "")[:64], source).number

    return _posted(form, write, lambda refusals: _form_page(form, refusals, original=original))


@blueprint.route("/knowledge/<number>/change", methods=["GET", "POST"])
@needs(Permission.KNOWLEDGE_EDIT)
def change(number: str) -> Any:
    """Write it anew; a second person releases it again."""
    made = _class()
    with context.reading() as session:
        row = found(session, number)
        given = {**asdict(shown(row, in_force=False).facts), "version": row.version}
        number, source = row.number, service.source_number(session, row)
        original = _original_if_seen(session, source) if source else []
    if request.method == "GET":
        return _form_page(spoken(made(data=given)), number=number, original=original)
    form = spoken(made(request.form))

    def save(session: Session) -> str:
        return service.change(work_in(session), number, facts_of(form), _seen()).number

    return _posted(form, save, lambda refusals: _form_page(form, refusals, number, original))


@blueprint.post("/knowledge/<number>/release")
@needs(Permission.KNOWLEDGE_EDIT)
def release(number: str) -> Any:
    """A second person has looked at it."""
    checked = request.form.get("checked") == TICKED
    return _done(
        number, lambda session: service.release(work_in(session), number, _seen(), checked=checked), "released"
    )


@blueprint.post("/knowledge/<number>/withdraw")
@needs(Permission.KNOWLEDGE_EDIT)
def withdraw(number: str) -> Any:
    """It holds no longer."""
    return _done(number, lambda session: service.withdraw(work_in(session), number, _seen()), "withdrawn")


@blueprint.post("/knowledge/<number>/open")
@needs(*READERS)
def open_from(number: str) -> Any:
    """Open it from a complaint: counted, once per complaint and person; then its page."""
    with context.reading() as session:
        number = found(session, number).number
    with context.writing() as session:
        service.use(work_in(session), number, request.form.get("place", "")[:LONGEST_PLACE])
    return redirect(url_for("knowledge.show", number=number), 303)


def _original(session: Session, number: str) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """What the complaint says, as this reader may see it, to be read beside the case; and the case's first draft."""
    case = service.source_case(work_in(session), number)
    hidden = customer_view(case.work.actor, case.subject) is CustomerView.HIDDEN
    veil = Source(case, Copy.HIDDEN if hidden else Copy.MASKED, only_shown=True).veil
    original = [(name, veil.text(text)) for name, text in service.parts_of(case)]
    short = "zh" if Rulebook(session).office().language == "zh_Hans" else "en"
    category = case.complaint.category
    title = getattr(category, f"name_{short}") or category.name_zh
    return original, {
        f"title_{short}": title,
        f"body_{short}": "" if hidden else service.first_draft(case),
        "categories": [category.code],
    }


def _original_if_seen(session: Session, number: str) -> list[tuple[str, str]]:
    """The same for who releases and may not look at the complaint itself: then nothing of it."""
    try:
        return _original(session, number)[0]
    except DomainError as error:
        if error.status not in (403, 404):
            raise
        return []


def _class() -> type[Form]:
    with context.reading() as session:
        return knowledge_form(Rulebook(session).office().language, leaves(session))


def _seen() -> int:
    """The version that the person saw; what says none saw none that there is."""
    return whole_number(request.form.get("version")) or 0


def _form_page(form: Form, refusals: Any = (), number: str = "", original: Any = ()) -> str:
    return render_template("knowledge/form.html", form=form, refusals=refusals, number=number, original=original)


def _posted(form: Form, command: Callable[[Session], str], again: Callable[[Any], str]) -> Any:
    return posted(form, command, again, _("knowledge.written"), lambda number: url_for("knowledge.show", number=number))


def _done(number: str, command: Callable[[Session], Any], act: str) -> Any:
    try:
        with context.writing() as session:
            command(session)
    except DomainError as error:
        if error.status == 404:
            raise
        return page(number, tuple(error.refusals)), error.status
    flash(_(DONE[KnowledgeState(act)]), "success")
    return redirect(url_for("knowledge.show", number=number), 303)
