"""My inspections (R29): what was published about a person or a department, each with its card, and the appeal."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload, check_upload
from backoffice.queries import my_inspections
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.queries.my_inspections import Whose
from backoffice.queries.rulebook import Rulebook
from backoffice.services import appeals
from backoffice.services.core.access_log import log_access
from backoffice.services.core.appeals import Appealing
from forms.appeal import appeal_form
from policies.access import Permission, may
from policies.appeal import reads_department, refuse_appellant
from policies.message import Message, Refusal
from views import context
from views.addresses import whole_number
from views.appealing.shown import Shown, look, opens_files, shown
from views.case.looking import work_in
from views.errors import onto_form
from views.filters import named
from views.guard import demand, needs, signed_in
from views.language import _, say

blueprint = Blueprint("my_inspections", __name__, url_prefix="/my-inspections")


@blueprint.get("")
@signed_in
def index() -> Any:
    """What was published about the reader, or about their department; the newest first."""
    actor = context.actor()
    asked = request.args.get("list")
    whose = Whose.DEPARTMENT if asked == Whose.DEPARTMENT and reads_department(actor) else Whose.MINE
    with context.reading() as session:
        lines, older = my_inspections.page(session, actor, whose, whole_number(request.args.get("before")))
        own = whose is Whose.MINE
        return render_template(
            "my_inspections/index.html",
            lines=lines,
            older=older,
            whose=whose,
            tabs=_tabs(whose) if reads_department(actor) else [],
            months=my_inspections.months(session, actor.staff_id, context.now(), context.zone()) if own else [],
            scoring=scoring_rules(Rulebook(session)),
            at=context.now(),
        )


def _tabs(current: Whose) -> list[dict[str, Any]]:
    return [
        {
            "text": say(Message(f"appeals.list.{one.value}")),
            "address": url_for("my_inspections.index", list=one.value),
            "is_current": one is current,
            "count": 0,
        }
        for one in Whose
    ]


@blueprint.get("/<number>")
@signed_in
def page(number: str) -> Any:
    """One inspection with its marks, remarks and appeal."""
    with context.reading() as session:
        one = _readable(session, number)
        actor = context.actor()
        refusal = refuse_appellant(one.facts, actor.staff_id, context.now())
        mine = actor.staff_id in one.facts.inspected and may(actor, Permission.APPEAL_SUBMIT)
        return render_template(
            "my_inspections/page.html", shown=shown(one, actor), refusal=refusal, may_appeal=mine and refusal is None,
            is_mine=mine, decides=may(actor, Permission.APPEAL_DECIDE),
        )  # fmt: skip


@blueprint.route("/<number>/appeal", methods=["GET", "POST"])
@needs(Permission.APPEAL_SUBMIT)
def appeal(number: str) -> Any:
    """The form of an appeal; posted, the appeal."""
    with context.reading() as session:
        one = _readable(session, number)
        refusal = refuse_appellant(one.facts, context.actor().staff_id, context.now())
        if refusal is not None and (request.method == "GET" or refusal.status == 403):
            raise DomainError(refusal)
        if request.method == "GET":
            return _form_page(one, _form(one)())
        form = _form(one)(CombinedMultiDict((request.files, request.form)))
        uploads, wrong = _uploads()
        if not form.validate() or wrong:
            return _form_page(one, form, onto_form(DomainError(wrong), form) if wrong else ()), 422
    try:
        with context.writing() as session:
            appeals.submit(
                work_in(session), number, form["items"].data or [], form["reasons"].data or "", uploads
            )  # fmt: skip
    except DomainError as error:
        return _refused(number, error)
    flash(_("appeals.submitted"), "success")
    return redirect(url_for("my_inspections.page", number=number), 303)


@blueprint.get("/<number>/files/<int:file_id>")
@signed_in
def download(number: str, file_id: int) -> Response:
    """A file of the appeal in clear, for the appellant and for those who decide; logged before the first byte (R39)."""
    with context.writing() as session:
        one = _readable(session, number)
        row = next((row for row in one.files if row.id == file_id), None)
        if row is None or one.appeal is None:
            raise DomainError(Refusal("complaint.refused.no_file", status=404))
        if not opens_files(one.appeal, context.actor()):
            demand(Permission.APPEAL_DECIDE)
        work = one.of.work
        facts = {"file": row.sha256, "inspection": number}
        log_access(
            session, work.keys, work.actor, work.at, "open_attachment", facts,
            complaint_id=one.inspection.complaint_id, address=work.address,
        )  # fmt: skip
        content, name, media_type = one.content(row), one.file_name(row), row.media_type
    answer = send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name="file")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


def _readable(session: Session, number: str) -> Appealing:
    """The inspection, if it is published and this reader's to see; else as if it were not there."""
    if my_inspections.find(session, context.actor(), number) is None:
        raise DomainError(Refusal("appeals.refused.not_found", status=404))
    return look(work_in(session), number)


def _form(one: Appealing) -> type[Form]:
    items = one.facts.contestable(context.actor().staff_id)
    choices = [(item.code, named(item.name)) for item in one.card.items if item.code in items]
    return appeal_form(choices)


def _form_page(one: Appealing, form: Form, refusals: Any = ()) -> str:
    found: Shown = shown(one, context.actor())
    return render_template("my_inspections/appeal.html", shown=found, form=form, refusals=refusals)


def _refused(number: str, error: DomainError) -> Any:
    """The form again, filled in as it was; where there is no appeal to lodge any more, why, with what was typed."""
    if error.status == 404:
        raise error
    with context.reading() as session:
        one = _readable(session, number)
        form = _form(one)(CombinedMultiDict((request.files, request.form)))
        form.validate()
        return _form_page(one, form, onto_form(error, form)), error.status


def _uploads() -> tuple[list[Upload], list[Refusal]]:
    found: list[Upload] = []
    wrong: list[Refusal] = []
    for sent in request.files.getlist("file"):
        if sent.filename:
            checked = check_upload(sent.filename, sent.read(), "file")
            (wrong if isinstance(checked, Refusal) else found).append(checked)  # type: ignore[arg-type]
    return found, wrong
