"""The customer's data in clear, once and logged (R39); and correcting a record (R2)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from backoffice.errors import DomainError
from backoffice.services import record
from backoffice.services.core.case import id_of
from backoffice.services.core.intake_record import registered
from backoffice.services.reveal import reveal as reveal_once
from forms.record import RevealForm, correct_form, corrected_of, shown_length
from policies.access import Permission
from policies.message import Refusal
from views import context
from views.case import meanwhile, place
from views.case.looking import Looked, look, seen_revision, work_in
from views.drafting import keeping
from views.errors import onto_form
from views.guard import needs
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("record", __name__)


@blueprint.route("/complaints/<number>/reveal", methods=["GET", "POST"])
@needs(Permission.CUSTOMER_REVEAL)
def reveal(number: str) -> Any:
    """Ask for the reason; posted, show the data once. A page that is loaded again asks again."""
    form = RevealForm(request.form)
    if request.method == "GET":
        return _reveal_page(number, form)
    try:
        with context.writing() as session:
            shown = reveal_once(work_in(session), id_of(session, number), form.reason.data or "")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _reveal_page(number, form, onto_form(error, form)), error.status
    return render_template("record/revealed.html", number=number, values=shown.values)


def _reveal_page(number: str, form: RevealForm, refusals: Any = ()) -> str:
    with context.reading() as session:
        looked = _offered(look(session, number), "reveal")
        return render_template("record/reveal.html", number=looked.complaint.number, form=form, refusals=refusals)


@blueprint.route("/complaints/<number>/correct", methods=["GET", "POST"])
@needs(Permission.COMPLAINT_EDIT)
def correct(number: str) -> Any:
    """The record to be put right. Opening it shows customer data, so that it needs the right to see it,
    and is logged.
    """
    made = correct_form(context.zone())
    if request.method == "GET":
        return _correct_page(number, spoken(made(data=_now(number))))
    form = spoken(made(request.form))
    valid = form.validate()
    found = corrected_of(form)
    if isinstance(found, Refusal):
        return _correct_page(number, form, onto_form(DomainError(found), form)), 422
    if not valid:
        return _correct_page(number, form), 422
    try:
        with keeping.carrying_out() as session:
            record.correct(
                work_in(session), id_of(session, number), found, form["reason"].data or "",
                seen_revision(form["revision"].data),
            )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        return _correct_page(number, form, onto_form(error, form)), error.status
    flash(_("record.corrected"), "success")
    return redirect(url_for("complaint.page", number=number, **place.here()))


def _now(number: str) -> dict[str, Any]:
    """The record in clear, for the one who may see and correct it; the look is logged like any reveal."""
    with context.writing() as session:
        looked = _offered(look(session, number), "correct_record")
        reveal_once(work_in(session), looked.complaint.id, _("record.reason_correcting"))
        now = registered(looked.case)
        return {
            **now.texts,
            "revision": str(looked.complaint.revision),
            "preferred_contact": now.preferred_contact or "",
            "external_number": now.external_number,
            "bought_on": now.bought_on,
            "occurred_at": now.occurred_at,
            "call_started_at": now.call_started_at,
            "call_length": shown_length(now.call_seconds),
            "confidential": now.confidential,
            **{f"read_back_{code}": True for code in now.read_back},
            **{f"not_applicable_{code}": True for code in now.not_applicable},
        }


def _correct_page(number: str, form: Any, refusals: Any = ()) -> str:
    with context.reading() as session:
        looked = _offered(look(session, number), "correct_record")
        looked.case.refuse_unless(Permission.CUSTOMER_REVEAL)
        if any(refusal.key == "complaint.refused.changed_meanwhile" for refusal in refusals):
            meanwhile.say(looked)
            form["revision"].data = str(looked.complaint.revision)
        return render_template("record/correct.html", complaint=looked.complaint, form=form, refusals=refusals)


def _offered(looked: Looked, action: str) -> Looked:
    """The complaint, if this action is open to the reader; else why not."""
    offer = looked.offer(action)
    if offer is None:
        raise DomainError(Refusal("complaint.refused.not_yours", status=403))
    if offer.refusal is not None:
        raise DomainError(offer.refusal)
    return looked
