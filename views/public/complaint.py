"""The public form and its receipt (R1): by the same service as the clerk's form, with what a customer knows."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload, check_upload, clean_name
from backoffice.models.configuration import Channel
from backoffice.queries import public_pages
from backoffice.queries.rulebook import Rulebook
from backoffice.services import public_form as service
from forms import public as forms
from policies.message import Refusal
from policies.public_pages import LARGEST_POST, MOST_FILE_BYTES, MOST_FILES, refuse_pace, refuse_sent
from views import context, errors, language
from views.errors import onto_form
from views.filters import named
from views.guard import for_customers
from views.language import _
from views.public import blueprint, overflow
from views.public.door import open_or_404, other_refusals, page, refuse_elsewhere, settings, waiting, work_of_customer
from views.spoken import spoken

MIB = 1024 * 1024


@blueprint.route("/<any(zh,en):speaks>/complaint", methods=["GET", "POST"])
@for_customers
def complaint() -> Any:
    """The form; posted, the complaint and its receipt, or what is wrong beside what was typed."""
    open_or_404(settings().form)
    channel = _channel()
    if request.method == "GET":
        return _page(spoken(_form()(data={"form_key": service.new_form(context.desk().keys, context.now())})))
    refuse_elsewhere()
    if (again := _again()) is not None:
        return _to_receipt(again)
    try:
        with context.writing() as session:
            service.admit(work_of_customer(session), settings())
    except DomainError as error:
        return waiting(_page(spoken(_form()(request.form)), error.refusals), error)
    form = spoken(_form()(CombinedMultiDict((request.files, request.form))))
    uploads, refusals = _uploads()
    refusals += other_refusals([_pace(form)])
    said = {**forms.texts_of(form), "category": form.category.data or ""}
    refusals += refuse_sent(said, consents=bool(form.consent.data), files=_sent_files())
    if not form.validate() or refusals:
        return waiting(_page(form, refusals), DomainError(refusals or [Refusal("public.refused.form", status=422)]))
    at, unsure = context.now(), settings().unsure_category
    try:
        with context.writing() as session:
            found = forms.registration_of(form, uploads, channel.code, unsure, at)
            made = service.receive(work_of_customer(session), form.form_key.data or "", found)
    except DomainError as error:
        return waiting(_page(form, error.refusals), error)
    return _to_receipt(made)


@blueprint.get("/<any(zh,en):speaks>/receipt/<shown>")
@for_customers
def receipt(shown: str) -> Any:
    """The number, to be kept; for a day under this address."""
    open_or_404(settings().any_on)
    found = service.receipt_of(context.desk().keys, shown, context.now())
    return (page("public/receipt.html", receipt=found, shown=shown), 200 if found else 404)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Any:
    """The form again with what was typed, and which file was too large; it counts as sent. Where nothing of it can be
    read: to go back, where it still stands.
    """
    unread = (request.content_length or 0) > LARGEST_POST  # else the house's reader stopped somewhere within it
    if request.endpoint != "public.complaint" or not settings().form or not unread:
        return errors.page(413)
    try:
        refuse_elsewhere()
        with context.writing() as session:
            service.admit(work_of_customer(session), settings())
    except DomainError:
        return errors.page(413)
    sent = overflow.read()
    if sent is None or not sent.files:
        return errors.page(413)
    form = spoken(_form()(sent.texts))
    _pace(form)
    return Response(_page(form, _too_large(sent)), 413, mimetype="text/html")


def _too_large(sent: overflow.InPart) -> list[Refusal]:
    """What speaks against the files of a post, and that all else is still there."""
    refusals = [
        Refusal("files.refused.too_large", {"name": clean_name(name), "limit": MOST_FILE_BYTES // MIB}, "files", 413)
        for name, size in sent.files[: 2 * MOST_FILES]
        if size > MOST_FILE_BYTES
    ]
    if len(sent.files) > MOST_FILES:
        refusals.append(Refusal("public.refused.many_files", {"n": MOST_FILES}, "files", 413))
    whole = Refusal("public.refused.too_much", {"limit": LARGEST_POST // MIB}, "files", 413)
    return [*(refusals or [whole]), Refusal("public.refused.files_again", status=413)]


def _again() -> service.Receipt | None:
    """What a form that was sent before gave, whatever else it says now, and however many came since."""
    with context.reading() as session:
        return service.before(session, context.desk().keys, request.form.get("form_key", ""))


def _to_receipt(made: service.Receipt) -> Any:
    shown = service.receipt_address(context.desk().keys, made, context.now())
    return redirect(url_for("public.receipt", shown=shown), 303)


def _channel() -> Channel:
    with context.reading() as session:
        found = public_pages.channel_of(session)
    open_or_404(found is not None)
    assert found is not None  # noqa: S101 (said to the types)
    return found


def _form() -> Any:
    """The form of this language, made anew when the office changes its categories."""
    zone, unsure = context.zone(), bool(settings().unsure_category)
    with context.reading() as session:
        return Rulebook(session).keep(
            ("public form", language.current(), zone.key, unsure),
            lambda: forms.complaint_form(public_pages.leaves(session), zone, unsure=unsure),
        )


def _pace(form: Any) -> Refusal | None:
    """Whether a person filled this in; who comes with an old form gets a fresh one with what was typed."""
    desk, at = context.desk(), context.now()
    refusal = refuse_pace(service.made_at(desk.keys, form.form_key.data or ""), at, trapped=bool(form[forms.TRAP].data))
    if refusal is not None and refusal.key == "public.refused.old_form":
        form.form_key.data = service.new_form(desk.keys, at)
        form.form_key.raw_data = None
    return refusal


def _sent_files() -> int:
    return sum(1 for sent in request.files.getlist("files") if sent.filename)


def _uploads() -> tuple[tuple[Upload, ...], list[Refusal]]:
    """The few small files that may come, checked as everywhere."""
    uploads, refusals = list[Upload](), list[Refusal]()
    for sent in [one for one in request.files.getlist("files") if one.filename][:MOST_FILES]:
        content = sent.read(MOST_FILE_BYTES + 1)
        if len(content) > MOST_FILE_BYTES:
            params = {"name": sent.filename, "limit": MOST_FILE_BYTES // MIB}
            refusals.append(Refusal("files.refused.too_large", params, "files", 422))
            continue
        checked = check_upload(sent.filename or "", content, "files")
        if isinstance(checked, Refusal):
            refusals.append(checked)
        else:
            uploads.append(checked)
    return tuple(uploads), refusals


def _page(form: Any, refusals: Any = ()) -> str:
    rest = onto_form(DomainError(list(refusals)), form) if refusals else ()
    return page(
        "public/complaint.html",
        form=form,
        refusals=rest,
        branches=form.branches,
        most_files=MOST_FILES,
        most_mib=MOST_FILE_BYTES // MIB,
        trap=form[forms.TRAP],
        notice=named(own) if (own := settings().notice()) else _("public.notice"),
    )
