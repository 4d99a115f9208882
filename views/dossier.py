"""The dossier of a complaint (R22, R39): a masked preview, and copies to be printed; both are logged."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, make_response, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries.actor import subject_of
from backoffice.reports.dossier import DossierContent, print_dossier, render_preview
from backoffice.reports.pdf import printing_available
from backoffice.services.core.case import id_of
from backoffice.services.dossier import commands
from forms.dossier import FULL, PrintForm
from policies.access import Permission, may
from policies.message import Message
from views import context, language
from views.case.looking import work_in
from views.errors import onto_form
from views.guard import needs

blueprint = Blueprint("dossier", __name__, url_prefix="/complaints/<number>/dossier")

Answer = str | tuple[str, int]


@blueprint.get("")
@needs(Permission.DOSSIER_PRINT)
def preview(number: str) -> Answer:
    """The masked dossier on the screen, with the form to print it."""
    return _page(number)


@blueprint.post("/print", endpoint="print")
@needs(Permission.DOSSIER_PRINT, Permission.DOSSIER_PRINT_FULL)
def print_copy(number: str) -> Answer | Response:
    """The next copy as a PDF. It is in the log before the first byte leaves."""
    form = _form(number)
    if not form.validate():
        return _page(number, form), 422
    try:
        with context.writing() as session:
            content = commands.take_copy(
                work_in(session),
                id_of(session, number),
                form.language.data,
                full=form.kind.data == FULL,
                reason=form.reason.data or "" if "reason" in form else "",
            )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(number, form, onto_form(error, form)), error.status
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


def _page(number: str, form: PrintForm | None = None, refusals: list[Message] | None = None) -> str:
    with context.writing() as session:  # the look is logged
        content = commands.preview(work_in(session), id_of(session, number), language.current())
    return render_template(
        "dossier/preview.html",
        number=content.number,
        # render_preview escapes everything that people wrote
        fragment=Markup(render_preview(content, language.say)),  # noqa: S704
        form=form or _form(content.number),
        refusals=refusals or [],
        unavailable=printing_available(),
    )


def _form(number: str) -> PrintForm:
    with context.reading() as session:
        subject = subject_of(session, id_of(session, number))
    may_full = may(context.actor(), Permission.DOSSIER_PRINT_FULL, subject)
    data = request.form if request.method == "POST" else None
    return PrintForm.for_reader(data, language=language.current(), may_full=may_full)


def _sayer(chosen: str) -> Callable[[Message], str]:
    """The words of one language, whatever the reader's own is."""
    return lambda message: language.say(message, chosen)
