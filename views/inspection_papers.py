"""Papers of inspections (R27–R29, R31): the sheet of one inspection and the month report, as pages and as PDFs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.reports.pdf import printing_available
from backoffice.reports.sheet import SheetPaper, print_sheet
from backoffice.services.inspection_report import Month, month_report, take_report
from backoffice.services.inspection_sheet import take_sheet
from policies.access import Permission
from policies.inspection_reach import READERS
from policies.message import Message
from views import context, language
from views.case.looking import work_in
from views.guard import needs

blueprint = Blueprint("inspection_papers", __name__, url_prefix="/inspection")
MONTH = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])")


@blueprint.post("/sheet.pdf")
@needs(*READERS, Permission.APPEAL_SUBMIT)
def sheet() -> Response:
    """The sheet of one inspection (``number``) in the reader's language. It is in the log before a byte leaves."""
    number = request.form.get("number", "").strip()
    if not number:
        return redirect(url_for("inspection_list.index"), 303)
    with context.writing() as session:
        paper = take_sheet(work_in(session), number, language.current())
    return download(paper)


@blueprint.get("/report")
@needs(*READERS)
def report() -> Any:
    """A month's report on the screen; the last full month where none is asked for."""
    month = _month(request.args.get("month"))
    with context.reading() as session:
        paper = month_report(work_in(session), month or _last_full(), language.current())
    return render_template(
        "inspection/report.html",
        paper=paper,
        month=(month or _last_full()).text,
        misread=bool(request.args.get("month")) and month is None,
        unavailable=printing_available(),
    )


@blueprint.post("/report.pdf")
@needs(*READERS)
def print_report() -> Response:
    """The same on paper, logged."""
    with context.writing() as session:
        paper = take_report(work_in(session), _month(request.form.get("month")) or _last_full(), language.current())
    return download(paper)


def _month(text: str | None) -> Month | None:
    found = MONTH.fullmatch(text or "")
    return Month(date(int(found[1]), int(found[2]), 1)) if found else None


def _last_full() -> Month:
    before = date.fromordinal(context.today().replace(day=1).toordinal() - 1)
    return Month(before.replace(day=1))


def download(paper: SheetPaper) -> Response:
    """A paper as a file to be kept."""
    printed = print_sheet(paper, _sayer(paper.language))
    if printed.warning is not None:
        flash(language.say(printed.warning), "warning")
    response = make_response(printed.data)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{printed.file_name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _sayer(chosen: str) -> Callable[[Message], str]:
    return lambda message: language.say(message, chosen)
