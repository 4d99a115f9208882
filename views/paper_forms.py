"""Blank forms for days when the system is down (R9): numbers are reserved and printed, entered later, accounted for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.models.paper import ReservedNumber
from backoffice.reports.paper_form import print_forms
from backoffice.reports.pdf import printing_available
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn, write_workbook
from backoffice.services import paper_forms as service
from forms.fields import read_day
from policies.access import Permission
from policies.message import Message, Refusal
from policies.paper_forms import LONGEST_HOLDER, LONGEST_REASON, MOST
from views import context, language
from views.addresses import whole_number
from views.case.looking import work_in
from views.guard import needs
from views.language import _
from views.paper_printing import MOST_PRINTED, blank_forms

blueprint = Blueprint("paper_forms", __name__, url_prefix="/paper-forms")
WHICH = ("open", "used", "void", "all")
TEMPLATE = (
    "reserved", "received_at", "occurred_at", "channel", "category", "severity", "contact_phone", "customer_name",
    "address", "email", "what", "who", "where", "why", "demand", "product", "product_symptom",
)  # fmt: skip
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.COMPLAINT_IMPORT)
def index() -> Any:
    """Who has which numbers; more can be reserved."""
    refusals: Sequence[Message] = ()
    status = 200
    if request.method == "POST":
        try:
            with context.writing() as session:
                count = whole_number(request.form.get("count"), highest=10 * MOST)
                day = read_day(request.form.get("day", ""))
                form = request.form.get("submission", "")[:64]
                wanted = service.Wanted(count, day, request.form.get("taken_by", ""), form)
                made = service.reserve(work_in(session), wanted, context.today())
                first, last = made[0].number, made[-1].number
        except DomainError as error:
            if error.status == 403:
                raise
            refusals, status = error.refusals, error.status
        else:
            flash(_("paper_forms.done", first=first, last=last), "success")
            return redirect(url_for("paper_forms.index"), 303)
    which = request.args.get("which", WHICH[0])
    which = which if which in WHICH else WHICH[0]
    with context.reading() as session:
        rows = service.listed(work_in(session), which)
        page = render_template(
            "paper_forms/index.html", rows=rows, which=which, kinds=WHICH, refusals=refusals, typed=request.form,
            submission=request.form.get("submission", "")[:64] or secrets.token_urlsafe(16),
            today=context.today(), most=MOST, longest=LONGEST_HOLDER, reason_longest=LONGEST_REASON,
            unavailable=printing_available(), most_listed=service.LISTED,
        )  # fmt: skip
    return page, status


@blueprint.post("/void/<int:number_id>")
@needs(Permission.COMPLAINT_IMPORT)
def void(number_id: int) -> Any:
    """Account for a number that is not used."""
    try:
        with context.writing() as session:
            row = service.account_for(work_in(session), number_id, request.form.get("reason", "")[: 2 * LONGEST_REASON])
            number = row.number
    except DomainError as error:
        if error.status in (403, 404):
            raise
        for refusal in error.refusals:
            flash(language.say(refusal), "danger")
    else:
        flash(_("paper_forms.voided", number=number), "success")
    return redirect(url_for("paper_forms.index"), 303)


@blueprint.post("/forms.pdf")
@needs(Permission.COMPLAINT_IMPORT)
def print_all() -> Response:
    """The forms of the numbers that are ticked, a page each."""
    with context.reading() as session:
        forms = blank_forms(session, _ticked(session), language.current(), context.now())
    printed = print_forms(forms, language.say)
    return _file(printed.data, "application/pdf", printed.file_name)


@blueprint.post("/forms.xlsx")
@needs(Permission.COMPLAINT_IMPORT)
def template() -> Response:
    """A workbook with the numbers that are ticked, to be filled in and imported."""
    with context.reading() as session:
        numbers = [row.number for row in _ticked(session)]
    columns = [SheetColumn(_("importing.target." + target), Kind.TEXT, 20) for target in TEMPLATE]
    stream = BytesIO()
    blank = [""] * (len(TEMPLATE) - 1)
    write_workbook(stream, [Sheet(_("paper_forms.title"), columns, ([number, *blank] for number in numbers))])
    return _file(stream.getvalue(), XLSX, f"intake-forms-{numbers[0]}.xlsx")


def _ticked(session: Any) -> Sequence[ReservedNumber]:
    ticked = request.form.getlist("number")
    if len(ticked) > MOST_PRINTED:
        raise DomainError(Refusal("paper_forms.refused.many", {"count": len(ticked), "most": MOST_PRINTED}, status=422))
    ids = {number for text in ticked if (number := whole_number(text))}
    found = service.unused(session, MOST_PRINTED, ids)
    if not found:
        raise DomainError(Refusal("paper_forms.refused.none", status=422))
    return found


def _file(data: bytes, media: str, name: str) -> Response:
    answer = make_response(data)
    answer.mimetype = media
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
