"""The dossier of a complaint (R22, R39): a masked preview, and copies to be printed; both are logged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, flash, make_response, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries.actor import subject_of
from backoffice.reports.dossier import DossierContent, print_dossier, render_preview
from backoffice.reports.pdf import printing_available
from backoffice.services.core.work import Work
from backoffice.services.dossier import commands
from forms.dossier import FULL, PrintForm
from policies.access import Permission, may
from policies.message import Message
from views import context, language
from views.errors import onto_form
from views.guard import needs

blueprint = Blueprint("dossier", __name__, url_prefix="/complaints/<int:complaint_id>/dossier")

Answer = str | tuple[str, int]


@blueprint.get("")
@needs(Permission.DOSSIER_PRINT)
def preview(complaint_id: int) -> Answer:
    """The masked dossier on the screen, with the form to print it."""
    return _page(complaint_id)


@blueprint.post("/print", endpoint="print")
@needs(Permission.DOSSIER_PRINT, Permission.DOSSIER_PRINT_FULL)
def print_copy(complaint_id: int) -> Answer | Response:
    """The next copy as a PDF. It is in the log before the first byte leaves."""
    form = _form(complaint_id)
    if not form.validate():
        return _page(complaint_id, form), 422
    try:
        with context.writing() as session:
            content = commands.take_copy(
                _work(session),
                complaint_id,
                form.language.data,
                full=form.kind.data == FULL,
                reason=form.reason.data or "" if "reason" in form else "",
            )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(complaint_id, form, onto_form(error, form)), error.status
    return _download(content)


def _download(content: DossierContent) -> Response:
    printed = print_dossier(content, _sayer(content.language))
    if printed.warning is not None:
        flash(language.say(printed.warning), "warning")  # the paper names them too
    response = make_response(printed.data)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{printed.file_name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(complaint_id: int, form: PrintForm | None = None, refusals: list[Message] | None = None) -> str:
    with context.writing() as session:  # the look is logged
        content = commands.preview(_work(session), complaint_id, language.current())
    return render_template(
        "dossier/preview.html",
        number=content.number,
        complaint_id=complaint_id,
        # render_preview escapes everything that people wrote
        fragment=Markup(render_preview(content, language.say)),  # noqa: S704
        form=form or _form(complaint_id),
        refusals=refusals or [],
        unavailable=printing_available(),
    )


def _form(complaint_id: int) -> PrintForm:
    with context.reading() as session:
        subject = subject_of(session, complaint_id)
    may_full = may(context.actor(), Permission.DOSSIER_PRINT_FULL, subject)
    data = request.form if request.method == "POST" else None
    return PrintForm.for_reader(data, language=language.current(), may_full=may_full)


def _sayer(chosen: str) -> Callable[[Message], str]:
    """The words of one language, whatever the reader's own is."""
    return lambda message: language.say(message, chosen)


def _work(session: Session) -> Work:
    at, desk = context.now(), context.desk()
    return Work(session, desk.keys, context.actor(), at, at, files_folder(desk), request.remote_addr or "")


def files_folder(desk: context.Desk) -> Path:
    """Where the office keeps its attachments."""
    return Path(desk.config["DATA_DIR"]) / "files"
