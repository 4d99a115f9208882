"""Assign a corrective action, and every act on one (R30). GET shows the form, POST acts, then back to its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session, joinedload
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response
from wtforms import Form, SelectField

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload, check_upload
from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries import eligible
from backoffice.queries.rulebook import Rulebook
from backoffice.services import corrective as service
from backoffice.services.core.corrective import corrective_rules, texts_of
from backoffice.services.core.corrective_words import veiled
from backoffice.services.core.work import Work
from forms.corrective import NEEDED, NEW, Asked, Pairs, entered, form_of
from forms.fields import clean
from policies.access import Permission
from policies.corrective_course import FILE_NEEDED, CorrectiveAct, Offer, refuse_act
from policies.message import Message, Refusal
from views import context
from views.case.looking import seen_revision, work_in
from views.corrective.room import blueprint
from views.drafting import keeping
from views.errors import onto_form
from views.filters import named
from views.guard import needs, signed_in
from views.language import _, say
from views.spoken import spoken

Answer = str | Response | tuple[str, int]
A = CorrectiveAct
WORDS = frozenset({"text", "reason", "result", "evidence", "root_cause", "expected_effect"})


@blueprint.route("/corrective-actions/new", methods=["GET", "POST"])
@needs(Permission.CORRECTIVE_ASSIGN)
def assign() -> Answer:
    """A new one, from whatever found it; the acts of a complaint and the inspections open theirs by themselves."""
    with context.reading() as session:
        asked = _asked_new(session, work_in(session))
    if request.method == "GET":
        given = {name: clean(request.args.get(name, ""))[:80] for name in ("source", "complaint", "inspection")}
        return _new_page(_made(asked, {name: text for name, text in given.items() if text}))
    form = _posted(asked)
    if not form.validate():
        return _new_page(form), 422
    try:
        with keeping.carrying_out() as session:
            one = service.assign(work_in(session), entered(form))
            number = one.number
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _new_page(form, onto_form(error, form)), error.status
    flash(_("corrective.assigned", number=number), "success")
    return redirect(url_for("corrective.show", number=number), 303)


@blueprint.route("/corrective-actions/<number>/<act>", methods=["GET", "POST"])
@signed_in
def act(number: str, act: str) -> Answer:
    """The form of an act; posted, the act."""
    if act not in list(CorrectiveAct):
        abort(404)
    action = CorrectiveAct(act)
    with context.reading() as session:
        work = work_in(session)
        one = service.look(work, number)
        offer = _offer(work, one, action)
        if not isinstance(offer, Offer):
            return _too_late(one, DomainError(offer))
        asked = _asked(session, work, one, offer)
        if request.method == "GET":
            return _page(one, offer, _made(asked, _present(one, action)))
        form = _posted(asked)
        uploads, refusals = _uploads()
        if not form.validate() or refusals:
            return _page(one, offer, form, onto_form(DomainError(refusals), form) if refusals else ()), 422
    try:
        with keeping.carrying_out() as session:
            seen = seen_revision(form["revision"].data)
            service.act(work_in(session), number, action, entered(form), uploads=uploads, revision=seen)
    except DomainError as error:
        return _refused(number, action, error)
    flash(say(Message("corrective.acted", {"act": Message(f"corrective.act.{action}"), "number": number})), "success")
    return redirect(url_for("corrective.show", number=number), 303)


def _refused(number: str, action: CorrectiveAct, error: DomainError) -> Answer:
    """The form again, filled in as it was, on the corrective action as it is now."""
    if error.status == 404:
        raise error
    with context.reading() as session:
        work = work_in(session)
        one = service.look(work, number)
        offer = _offer(work, one, action)
        if not isinstance(offer, Offer):
            return _too_late(one, error)
        form = _posted(_asked(session, work, one, offer))
        form.validate()
        form["revision"].data = str(one.revision)
        return _page(one, offer, form, onto_form(error, form)), error.status


def _too_late(one: CorrectiveAction, error: DomainError) -> Answer:
    """It has no place any more: why, and what was typed, so that it is not lost."""
    typed = [
        (Message(f"corrective.field.{name}"), text) for name in WORDS if (text := clean(request.form.get(name, "")))
    ]
    if not typed:
        raise error
    page = render_template("corrective/late.html", number=one.number, refusals=error.refusals, typed=typed)
    return page, error.status


def _offer(work: Work, one: CorrectiveAction, action: CorrectiveAct) -> Offer | Refusal:
    """The act where it is open to this person now, else why not."""
    found = next((offer for offer in service.offers_on(work, one) if offer.act is action), None)
    if found is not None and found.refusal is None:
        return found
    refusal = refuse_act(action, service.facts_of(work, one), service.asker_of(work, one), work.at)
    return refusal or Refusal("corrective.refused.not_found", status=404)


# Forms


def _asked(session: Session, work: Work, one: CorrectiveAction, offer: Offer) -> Asked:
    choices: dict[str, Pairs] = {}
    if "owner" in offer.required:
        owners = sa.select(Staff.id).where(Staff.id.in_(sorted(service.owners_of(work) - {one.owner_id})))
        choices["owner"] = people(session, owners)
    if "helpers" in offer.optional:
        choices["helpers"] = people(session, eligible.in_service().where(Staff.id != one.owner_id))
    return Asked(offer.required, offer.optional, choices, _helps(one, offer))


def _helps(one: CorrectiveAction, offer: Offer) -> Mapping[str, Message]:
    helps = {}
    if offer.act is A.FINISH:
        key = "file_needed" if one.verification in FILE_NEEDED else "evidence"
        helps["file"] = Message(f"corrective.help.{key}")
    if "due_on" in offer.required:
        helps["due_on"] = Message("corrective.help.due_now", {"due": one.due_on})
    return helps


def _asked_new(session: Session, work: Work) -> Asked:
    rules = corrective_rules(Rulebook(session))
    owners = sa.select(Staff.id).where(Staff.id.in_(sorted(service.owners_of(work))))
    choices: dict[str, Pairs] = {
        "source": [(one.code, named(dict(one.name))) for one in rules.by_hand],
        "type": [
            (kind.code, _("corrective.type_days", name=named(dict(kind.name)), n=kind.working_days))
            for kind in rules.types.values()
        ],
        "owner": people(session, owners),
        "helpers": people(session, eligible.in_service()),
    }
    helps = {name: Message(f"corrective.help.{name}") for name in ("due_on", "complaint", "inspection", "reference")}
    return Asked([name for name in NEW if name in NEEDED], [name for name in NEW if name not in NEEDED], choices, helps)


def people(session: Session, among: sa.Select[int]) -> list[tuple[str, str]]:
    """Staff to choose from, by department and number."""
    wanted = sa.select(Staff).where(Staff.id.in_(among)).options(joinedload(Staff.department)).order_by(Staff.code)
    return [
        (str(row.id), f"{named(row)} {row.code} {named(row.department)}".strip()) for row in session.scalars(wanted)
    ]


def _made(asked: Asked, data: Mapping[str, Any]) -> Form:
    return spoken(form_of(asked)(data=dict(data)))


def _posted(asked: Asked) -> Form:
    return spoken(form_of(asked)(CombinedMultiDict((request.files, request.form))))


def _present(one: CorrectiveAction, action: CorrectiveAct) -> dict[str, Any]:
    """What a form is filled with: the revision that is seen, and what there is already."""
    given: dict[str, Any] = {"revision": str(one.revision)}
    if action is A.SET_HELPERS:
        given["helpers"] = [str(helper) for helper in one.helper_ids]
    if action is A.ACCEPT:
        words = texts_of(context.desk().keys, one)
        given |= {name: words[name] for name in ("root_cause", "expected_effect")}
    return given


def _uploads() -> tuple[tuple[Upload, ...], list[Refusal]]:
    found = [
        check_upload(sent.filename, sent.read(), "file") for sent in request.files.getlist("file") if sent.filename
    ]
    refusals = [one for one in found if isinstance(one, Refusal)]
    return tuple(one for one in found if not isinstance(one, Refusal)), refusals


def _page(one: CorrectiveAction, offer: Offer, form: Form, refusals: Any = ()) -> str:
    title = veiled(context.desk().keys, one, texts_of(context.desk().keys, one)["title"]) or one.number
    return render_template("corrective/act.html", one=one, title=title, offer=offer, form=form, refusals=refusals)


def _new_page(form: Form, refusals: Any = ()) -> str:
    for control in form:
        if isinstance(control, SelectField) and control.data is None:
            control.data = ""
    return render_template("corrective/new.html", form=form, refusals=refusals)
