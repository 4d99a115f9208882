"""Do something to a complaint: the form of an action, and what comes of it. GET shows, POST acts, then
back to the page.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload, check_upload
from backoffice.services import handling
from backoffice.services.core import once
from backoffice.services.core.case import id_of
from forms.actions import MEASURE_FIELDS, MEASURE_ROWS, Wanted, action_form, read_elements, row_groups, values_of
from policies.access import Permission
from policies.fields import FIELD_KINDS, FieldKind
from policies.message import Message, Refusal
from policies.workflow import Offer
from views import context, language
from views.case import choosing, extension, filling, meanwhile, place, regrading, teamwork, teamwork_choices
from views.case.looking import Looked, look, seen_revision, work_in
from views.drafting import keeping
from views.errors import onto_form
from views.guard import needs
from views.spoken import spoken

blueprint = Blueprint("acting", __name__)
Answer = Any


@blueprint.route("/complaints/<number>/<action>", methods=["GET", "POST"])
@needs(Permission.COMPLAINT_VIEW)
def act(number: str, action: str) -> Answer:
    """The form of an action; posted, the action. A form that came before and was carried out is not done again."""
    try:
        return _act(number, action)
    except once.DoneBeforeError:
        flash(language.say(Message("acting.done_before")), "success")
        return redirect(filling.way_back() or url_for("complaint.page", number=number, **place.here()))


def _act(number: str, action: str) -> Answer:
    submission = request.form.get("submission")
    with context.reading() as session:
        looked = look(session, number)
        once.refuse_repeated(looked.case, action, submission)
        try:
            offer = offer_of(looked, action)
        except DomainError as error:
            return _too_late(looked, error)
        if request.method == "GET":
            return _page(looked, offer, _form(session, looked, offer))
        form, flow = _form(session, looked, offer, posted=True), filling.here(session, number, action)
        entered, uploads, refusals = _read(looked, offer, form)
        shown = _not_yet(looked, offer, form, entered, refusals)
    if shown is not None:
        return shown
    try:
        with keeping.carrying_out() as session:
            done = handling.act(
                work_in(session),
                id_of(session, number),
                action,
                entered,
                uploads=uploads,
                revision=seen_revision(form["revision"].data),
                submission=submission,
            )
            if flow is not None:
                filling.settle(session, flow, done.warnings)
    except DomainError as error:
        if error.status == 404:
            raise
        return _refused(number, action, error)
    onward = url_for("complaint.page", number=number, **place.here())
    if flow is not None:
        onward = filling.tell(flow, offer.rule.title)
    else:
        flash(language.say(Message("acting.done", {"action": offer.rule.title})), "success")
    for warning in done.warnings:
        flash(language.say(warning), "warning")
    return redirect(onward)


def _not_yet(
    looked: Looked, offer: Offer, form: Form, entered: dict[str, Any], refusals: list[Refusal]
) -> Answer | None:
    """The page instead of the act: what is wrong, or what a regrading would change, before it is confirmed (R3)."""
    if regrading.is_to_be_edited(offer.action):
        return _page(looked, offer, form)
    if not form.validate() or refusals:
        return _page(looked, offer, form, onto_form(DomainError(refusals), form) if refusals else ()), 422
    if not regrading.is_to_be_shown(looked, offer.action, entered):
        return None
    try:
        return regrading.shown(looked, offer, entered)
    except DomainError as error:
        if error.status == 404:
            raise
        return _refused(looked.complaint.number, offer.action, error)


def _refused(number: str, action: str, error: DomainError) -> Answer:
    """The form again, filled in as it was, on the complaint as it is now."""
    with context.reading() as session:
        looked = look(session, number)
        found = looked.offer(action)
        if found is None:
            return _too_late(looked, error)
        form = _form(session, looked, found, posted=True)
        form.validate()
        if any(refusal.key == "complaint.refused.changed_meanwhile" for refusal in error.refusals):
            meanwhile.say(looked)
            form["revision"].data = str(looked.complaint.revision)
        return _page(looked, found, form, onto_form(error, form)), error.status


def _too_late(looked: Looked, error: DomainError) -> Answer:
    """Somebody else was quicker, and there is no form any more: why, and what was typed, so that it is not lost."""
    words = (FieldKind.TEXT, FieldKind.LINE)
    typed = [
        (Message(f"workflow.field.{code}"), text)
        for code in request.form
        if FIELD_KINDS.get(code) in words and (text := request.form[code].strip())
    ]
    if error.status != 409 or not typed:
        raise error
    page = render_template(
        "complaint/late.html",
        number=looked.complaint.number,
        refusals=error.refusals,
        typed=typed,
        lines=meanwhile.since_opened(looked),
    )
    return page, 409


def offer_of(looked: Looked, action: str) -> Offer:
    """The action, if it has a form and is this person's; else as the rules say no."""
    if action in handling.ELSEWHERE:
        raise DomainError(Refusal("complaint.refused.action", status=404))
    every = handling.offers_of(looked.case, looked.source.holdings)
    offer = next((offer for offer in every if offer.action == action), None)
    if offer is None:
        raise DomainError(handling.why_not(looked.case, looked.source.holdings, action))
    if offer.is_hidden and offer.refusal is not None:
        raise DomainError(offer.refusal)
    return offer


def wanted_of(looked: Looked, offer: Offer) -> Wanted:
    """The fields of its form, with what they are filled with."""
    labels = teamwork_choices.LABELS.get(offer.action, {})
    return Wanted(offer.required, offer.optional, choosing.defaults(looked, offer), labels)


def _form(session: Session, looked: Looked, offer: Offer, *, posted: bool = False) -> Form:
    wanted = wanted_of(looked, offer)
    made = action_form(wanted, choosing.choices(session, looked, offer), context.zone())
    if posted:
        return spoken(made(CombinedMultiDict((request.files, request.form))))
    hidden = {"revision": str(looked.complaint.revision), "submission": secrets.token_urlsafe(16)}
    common = filling.defaults(filling.here(session, looked.complaint.number, offer.action))
    return spoken(made(data={**wanted.defaults, **common, **hidden}))


def _read(looked: Looked, offer: Offer, form: Form) -> tuple[dict[str, Any], tuple[Upload, ...], list[Refusal]]:
    """What was entered, the files, and the refusals of files."""
    wanted = wanted_of(looked, offer)
    entered = values_of(form, wanted)
    if offer.action == "send_order":
        codes = [one.code for one in choosing.elements_asked(looked)]
        entered["elements"] = read_elements(request.form, codes)
    uploads: list[Upload] = []
    refusals: list[Refusal] = []
    for sent in request.files.getlist("file"):
        if sent.filename:
            checked = check_upload(sent.filename, sent.read(), "file")
            (refusals if isinstance(checked, Refusal) else uploads).append(checked)  # type: ignore[arg-type]
    return entered, tuple(uploads), refusals


def _page(looked: Looked, offer: Offer, form: Form, refusals: Any = ()) -> str:
    brief = looked.source.opened(looked.complaint.sealed_brief, "brief")
    asked = choosing.elements_asked(looked, request.form) if offer.action == "send_order" else []
    flow = filling.here(looked.case.work.session, looked.complaint.number, offer.action)
    if flow is not None and request.method == "GET":
        refusals = filling.mark(flow, form, looked)
    if offer.refusal is not None and request.method == "GET":
        refusals = [offer.refusal]
    groups = row_groups(wanted_of(looked, offer))
    return render_template(
        "complaint/act.html",
        looked=looked,
        complaint=looked.complaint,
        offer=offer,
        form=form,
        refusals=refusals,
        measure_rows=MEASURE_ROWS,
        measure_fields=MEASURE_FIELDS | {name for group in groups for names in group.rows for name in names},
        groups=groups,
        elements=asked,
        filling=flow,
        notes=choosing.notes(looked, offer),
        statements=teamwork.statements_shown(looked, teamwork_choices.statements_meant(looked, offer)),
        effect=extension.effect_of(looked, offer),
        extension=extension.waiting(looked) if offer.action in extension.DECIDED else None,
        summary=looked.source.veil.text(str(brief.get("summary") or "")),
    )
