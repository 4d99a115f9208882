"""Drafts that came in by themselves (R1): the list for those who complete them, completing one, discarding one.

Completing a draft is registering it: the intake form, filled in, in one transaction with the draft.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.services import arrivals, drafts, intake
from backoffice.services.core.case import Case
from backoffice.services.core.intake_record import Registration
from forms.arrivals import DiscardForm, filled_in
from forms.intake import TEXTS
from policies.access import Permission
from policies.arrival import DISCARDED_KEPT
from views import context
from views import intake as intake_page
from views.case.looking import work_in
from views.drafting import opening
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("arrivals", __name__)


@blueprint.get("/intake/drafts")
@needs(Permission.COMPLAINT_TAKE)
def index() -> str:
    """What waits, oldest first; ``after`` is the place of the last row of the page before."""
    with context.reading() as session:
        found = arrivals.waiting(session, context.desk().keys, context.actor(), _place(request.args.get("after", "")))
        shown = found[: arrivals.PAGE]
        further = f"{shown[-1].row.received_at.isoformat()}~{shown[-1].row.id}" if len(found) > len(shown) else None
        gone = arrivals.discarded(session, context.desk().keys, context.actor(), context.now())
        return render_template(
            "arrivals/index.html", drafts=shown, further=further, gone=gone, days=DISCARDED_KEPT.days
        )


@blueprint.route("/intake/drafts/<int:draft_id>", methods=["GET", "POST"])
@needs(Permission.COMPLAINT_TAKE)
def complete(draft_id: int) -> Any:
    """The intake form filled in from the draft, whose customer is shown in clear, which is logged; posted, its
    complaint.
    """
    if request.method == "GET":
        with context.writing() as session:
            draft = arrivals.open_clear(work_in(session), draft_id)
        kept = intake_page.restored()
        filled = {"submission": intake_page.new_submission(), **filled_in(draft.fields, draft.row.received_at)}
        return intake_page.page(spoken(intake_page.form_class()(kept, data=filled)), draft=draft, said=kept)
    with context.reading() as session:
        work = work_in(session)
        row = arrivals.look(work, draft_id)
        draft = arrivals.Opened(row, {}, arrivals.files_of(work, row))
    return intake_page.take_in(lambda writing, found: _completed(writing, draft_id, found), draft)


def _completed(session: Session, draft_id: int, found: Registration) -> Case:
    """The complaint, with the door by which the draft came and its files; the draft is done with it."""
    work = work_in(session)
    if (again := intake.registered_before(work, found)) is not None:
        return again
    row, whole = arrivals.begin_completing(work, draft_id, found)
    case = intake.register(work, whole, by=Permission.COMPLAINT_TAKE)
    arrivals.completed(work, row, case.complaint)
    _end_drafts(session, draft_id)
    return case


def _end_drafts(session: Session, draft_id: int) -> None:
    """What anybody has typed into the form that completes it goes with it."""
    drafts.end_all(session, context.now(), opening.key_of(url_for("arrivals.complete", draft_id=draft_id)))


@blueprint.get("/intake/drafts/<int:draft_id>/files/<int:file_id>")
@needs(Permission.COMPLAINT_TAKE)
def file(draft_id: int, file_id: int) -> Response:
    """A file that came with a draft, as a download; in the access chain before the first byte leaves."""
    with context.writing() as session:
        found = arrivals.open_file(work_in(session), draft_id, file_id)
    answer = send_file(BytesIO(found.content), mimetype=found.media_type, as_attachment=True, download_name="file")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    return answer


@blueprint.route("/intake/drafts/<int:draft_id>/discard", methods=["GET", "POST"])
@needs(Permission.COMPLAINT_TAKE)
def discard(draft_id: int) -> Any:
    """Ask for the reason; posted, no complaint comes of it."""
    form: Any = spoken(DiscardForm(request.form if request.method == "POST" else None))
    if request.method == "GET":
        return _page(draft_id, form)
    if not form.validate():
        return _page(draft_id, form), 422
    try:
        with context.writing() as session:
            arrivals.discard(work_in(session), draft_id, form.reason.data or "")
            _end_drafts(session, draft_id)
    except DomainError as error:
        if error.status != 422:
            raise
        return _page(draft_id, form, onto_form(error, form)), 422
    flash(_("arrivals.discarded"), "success")
    return redirect(url_for("arrivals.index"), 303)


@blueprint.get("/intake/drafts/<int:draft_id>/discarded")
@needs(Permission.COMPLAINT_TAKE)
def discarded(draft_id: int) -> str:
    """A discarded draft to read, which is logged: what it says, by whom and why it was discarded."""
    with context.writing() as session:
        draft, gone = arrivals.open_discarded(work_in(session), draft_id)
        labels: Any = spoken(intake_page.form_class()())
        said = [(labels[code].label.text, str(draft.fields[code])) for code in TEXTS if draft.fields.get(code)]
        return render_template("arrivals/discarded.html", draft=draft, gone=gone, said=said)


@blueprint.post("/intake/drafts/<int:draft_id>/restore")
@needs(Permission.COMPLAINT_TAKE)
def take_back(draft_id: int) -> Response:
    """A discarded draft waits again."""
    with context.writing() as session:
        arrivals.take_back(work_in(session), draft_id)
    flash(_("arrivals.taken_back"), "success")
    return redirect(url_for("arrivals.index"), 303)


def _page(draft_id: int, form: Any, refusals: Any = ()) -> str:
    with context.reading() as session:
        row = arrivals.look_waiting(work_in(session), draft_id)
        return render_template(
            "arrivals/discard.html", form=form, refusals=refusals, draft=row, channel=named(row.channel)
        )


def _place(text: str) -> tuple[datetime, int] | None:
    """Where a page begins; at the first row for what is no place."""
    moment, _sign, key = text.partition("~")
    try:
        at, row_id = datetime.fromisoformat(moment), int(key)
    except ValueError:
        return None
    return (at, row_id) if at.tzinfo is not None and 1970 < at.year < 2200 and 0 < row_id < 2**62 else None
