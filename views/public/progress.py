"""How a complaint goes, for its customer (R1, R13): asked by a post, so that nothing of it stands in an address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import redirect, request, url_for

from backoffice.errors import DomainError
from backoffice.queries.public_progress import Progress
from backoffice.services import public_progress as service
from backoffice.services import public_words
from forms.public import TRAP, ProgressForm, SayingForm
from policies.customer_words import Wish, refuse_page, refuse_words
from policies.message import Refusal
from views import context
from views.errors import onto_form
from views.guard import for_customers
from views.language import say
from views.public import blueprint
from views.public.door import open_or_404, other_refusals, page, refuse_elsewhere, settings, waiting, work_of_customer

UNKNOWN = Refusal("public.refused.unknown", status=422)


@blueprint.route("/<any(zh,en):speaks>/progress", methods=["GET", "POST"])
@for_customers
def progress() -> Any:
    """Number and phone; posted, how the complaint goes, or that the two do not fit together."""
    open_or_404(settings().progress)
    if request.method == "GET":
        return _asked(ProgressForm())
    refuse_elsewhere()
    form = ProgressForm(request.form)
    missing = [
        Refusal("public.refused.missing", {"field": one.label.text}, one.name, 422)
        for one in (form.number, form.phone)
        if not one.data
    ]
    try:
        if not form.validate() or missing:
            raise DomainError(missing or [UNKNOWN])
        with context.writing() as session:
            found = service.ask(work_of_customer(session), form.number.data, form.phone.data)
        if found is None:
            raise DomainError(UNKNOWN)
    except DomainError as error:
        return waiting(_asked(form, onto_form(error, form), form.text.data or ""), error)
    return _shown(found, context.now(), SayingForm(data={"text": form.text.data or ""}))


@blueprint.route("/<any(zh,en):speaks>/progress/words", methods=["GET", "POST"])
@for_customers
def words() -> Any:
    """What the customer says to the complaint that is shown; then it is shown again, with what becomes of it."""
    open_or_404(settings().progress)
    if request.method == "GET":
        return redirect(url_for("public.progress"), 303)
    refuse_elsewhere()
    form, wish = SayingForm(request.form), request.form.get("wish", "")
    token, text = form.page.data or "", form.text.data or ""
    known = public_words.page_of(context.desk().keys, token)
    old = refuse_page(known.shown_at if known else None, context.now())
    if known is None or old is not None:
        error = DomainError(old or UNKNOWN)
        return waiting(_asked(ProgressForm(), error.refusals, text), error)
    try:
        with context.writing() as session:
            public_words.admit(work_of_customer(session), known)
    except DomainError as error:  # who sends too much is shown nothing more
        return waiting(_asked(ProgressForm(), error.refusals, text), error)
    try:
        refusals = other_refusals([refuse_words(wish, text, trapped=bool(form[TRAP].data))])
        if not form.validate() or refusals:
            raise DomainError(refusals or [Refusal("public.refused.form", status=422)])
        with context.writing() as session:
            became = public_words.say(work_of_customer(session), known, token, Wish(wish), text, say)
    except DomainError as error:
        return waiting(_again(known, form, onto_form(error, form)), error)
    kept = text if became is public_words.Became.URGED_BEFORE else ""
    return _again(known, SayingForm(data={"text": kept}), became=became.value)


def _again(known: public_words.Page, form: SayingForm, refusals: Any = (), became: str = "") -> str:
    """The same complaint once more, as it stands now."""
    with context.writing() as session:
        found = service.show_again(work_of_customer(session), known.complaint_id, known.mark)
    if found is None:
        return _asked(ProgressForm(), [UNKNOWN], form.text.data or "")
    return _shown(found, known.shown_at, form, refusals, became)


def _asked(form: ProgressForm, refusals: Any = (), text: str = "") -> str:
    """Number and phone; ``text``: what was typed on a page that was open for too long, and is not lost."""
    return page("public/progress.html", form=form, found=None, refusals=refusals, text=text)


def _shown(found: Progress, asked_at: datetime, form: SayingForm, refusals: Any = (), became: str = "") -> str:
    token = public_words.new_page(context.desk().keys, found.id, found.number, asked_at)
    form.page.raw_data, form.page.data = None, token
    return page("public/progress.html", form=form, found=found, refusals=refusals, became=became, trap=form[TRAP])
