"""Importing in the console (R1, R9): a file is sent, looked at, mapped, tried, brought in; refused rows come back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from backoffice.errors import DomainError
from backoffice.file_settings import imports_of
from backoffice.integrations.mapping_file import mapping_names
from backoffice.integrations.store import Place
from backoffice.integrations.table_preview import Preview, look
from backoffice.integrations.table_rows import TableError
from backoffice.services import import_uploads as service
from backoffice.services.core.access_log import log_access
from backoffice.services.import_uploads import Sent
from policies.access import Permission
from policies.import_mapping import Draft
from policies.message import Message, Refusal
from views import context
from views.addresses import whole_number
from views.case.looking import work_in
from views.guard import needs
from views.importing import columns, refused
from views.language import _, say

blueprint = Blueprint("importing", __name__, url_prefix="/import")
SHOWN = 20
MAPPINGS = "mappings"
READINGS = ("encoding", "delimiter", "sheet")
READ_OTHERWISE = frozenset(
    f"import.file.{reason}" for reason in ("column_twice", "header_unreadable", "encoding_like", "encoding_other")
)
"""Why a file cannot be read as it is, and might be by another encoding, delimiter or sheet."""
DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.COMPLAINT_IMPORT)
def index() -> Any:
    """What one sent, and the place to send another file."""
    refusals: tuple[Message, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            return redirect(url_for("importing.show", upload_id=_sent()), 303)
        except DomainError as error:
            if error.status == 403:
                raise
            refusals, status = tuple(error.refusals), error.status
    with context.reading() as session:
        rows = service.mine(session, context.desk().keys, context.actor())
    page = render_template(
        "importing/index.html", rows=rows, refusals=refusals, megabytes=service.MOST_BYTES // 1024 // 1024,
        days=service.KEPT.days,
    )  # fmt: skip
    return page, status


def _sent() -> int:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise DomainError(Refusal("importing.refused.no_file", field="file", status=422))
    put = service.put_away(context.actor(), place(), file.filename, file.stream)
    try:
        _look_first(put)  # what is no table is not kept; nobody who writes waits for this
        with context.writing() as session:
            return service.send(work_in(session), put).id
    except BaseException:
        service.give_up(place(), put)
        raise


def _look_first(put: service.Put) -> None:
    """Raises ``TableError`` for what is no table, whichever encoding, delimiter or sheet is chosen on its page."""
    try:
        look(put.source(place()))
    except TableError as error:
        if not all(refusal.key in READ_OTHERWISE for refusal in error.refusals):
            raise


@blueprint.get("/<int:upload_id>")
@needs(Permission.COMPLAINT_IMPORT)
def show(upload_id: int) -> Any:
    """One file: how it is read, what its columns are, how far it is, what was refused."""
    return _page(upload_id)


@blueprint.post("/<int:upload_id>/reading")
@needs(Permission.COMPLAINT_IMPORT)
def reading(upload_id: int) -> Any:
    """Read it by another encoding, delimiter, sheet, or mapping file."""
    said = {name: request.form.get(name, "")[:120] for name in READINGS}
    said["delimiter"] = DELIMITERS.get(said["delimiter"], "")
    changed = {"reading": {name: value for name, value in said.items() if value}}
    mapping, kept, lacking = request.form.get("mapping", ""), dict[str, Any](), tuple[str, ...]()
    if mapping.startswith(columns.SAVED):
        with context.reading() as session, suppress(TableError):  # the page says why it cannot be read so
            read_so = replace(service.find(session, context.desk().keys, context.actor(), upload_id), **changed)
            if not read_so.is_done:
                kept, lacking = columns.saved_draft(session, read_so, mapping, place())
    try:
        with context.writing() as session:
            work = work_in(session)
            sent = service.find(session, work.keys, work.actor, upload_id, locked=True)
            if changed["reading"] != dict(sent.reading):
                sent = service.change(work, sent, **changed, draft=Draft(), save_as="")
            if kept:
                service.change(work, sent, mapping="", **kept)
            elif mapping != sent.mapping and (not mapping or mapping in mapping_names(folder())):
                service.change(work, sent, mapping=mapping)
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(upload_id, tuple(error.refusals), error.status)
    if lacking:
        flash(say(Message("importing.lacking", {"columns": lacking})), "warning")
    return redirect(url_for("importing.show", upload_id=upload_id), 303)


@blueprint.post("/<int:upload_id>/columns")
@needs(Permission.COMPLAINT_IMPORT)
def map_columns(upload_id: int) -> Any:
    """Say what the columns and their values are; under a name it is kept."""
    try:
        seen, header = _looked_at(upload_id)
        draft = columns.read_draft(request.form, header, seen.draft)
        with context.writing() as session:
            work = work_in(session)
            sent = service.find(session, work.keys, work.actor, upload_id, locked=True)
            service.refuse_read_otherwise(sent, seen)
            sent = service.change(work, sent, draft=draft, mapping="", save_as="")
            if request.form.get("save_as", "").strip():
                sent = service.save_mapping(work, sent, request.form["save_as"])
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(upload_id, tuple(error.refusals), error.status, draft_of_form=True)
    flash(_("importing.said"), "success")
    if (other := whole_number(request.form.get("part"), lowest=1)) is not None:
        return redirect(url_for("importing.show", upload_id=upload_id, shown=other, _anchor="columns"), 303)
    return redirect(url_for("importing.show", upload_id=upload_id, _anchor="run"), 303)


@blueprint.post("/<int:upload_id>/ask")
@needs(Permission.COMPLAINT_IMPORT)
def ask(upload_id: int) -> Any:
    """Have it tried, or brought in."""
    mode = service.RUN if request.form.get("mode") == service.RUN else service.TRY
    try:
        seen, header = _looked_at(upload_id)
        with context.writing() as session:
            work = work_in(session)
            sent = service.find(session, work.keys, work.actor, upload_id, locked=True)
            service.refuse_read_otherwise(sent, seen)
            service.ask(work, sent, mode, folder(), header)
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(upload_id, tuple(error.refusals), error.status)
    return redirect(url_for("importing.show", upload_id=upload_id, _anchor="run"), 303)


@blueprint.post("/<int:upload_id>/erase")
@needs(Permission.COMPLAINT_IMPORT)
def erase(upload_id: int) -> Any:
    """Erase the file and what was refused of it."""
    try:
        with context.writing() as session:
            work = work_in(session)
            service.erase(work, place(), service.find(session, work.keys, work.actor, upload_id, locked=True))
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(upload_id, tuple(error.refusals), error.status)
    flash(_("importing.erased"), "success")
    return redirect(url_for("importing.index"), 303)


@blueprint.post("/<int:upload_id>/refused")
@needs(Permission.COMPLAINT_IMPORT)
def take_refused(upload_id: int) -> AnyResponse:
    """The refused rows with their reasons, to be put right and sent again; logged."""
    desk = context.desk()
    with context.writing() as session:
        work = work_in(session)
        sent = service.find(session, work.keys, work.actor, upload_id)
        facts = {"list": "import_refused", "import": upload_id}
        log_access(session, work.keys, work.actor, work.at, "export", facts, address=work.address)
        header = sent.header
    form = "xlsx" if request.form.get("form") == "xlsx" else "csv"
    content = refused.lines(desk, context.actor(), upload_id, header, form)
    answer = Response(stream_with_context(content), mimetype=refused.TYPES[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="refused-{upload_id}.{form}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _looked_at(upload_id: int) -> tuple[Sent, tuple[str, ...]]:
    """A file and its columns, before anything is written: nobody who writes waits while it is read."""
    with context.reading() as session:
        sent = service.find(session, context.desk().keys, context.actor(), upload_id)
    return sent, () if sent.is_done else columns.header_of(sent, place())


def place() -> Place:
    """Where the files lie."""
    return imports_of(folder().parent)


def folder() -> Path:
    """The office's own mapping files."""
    return Path(context.desk().config["DATA_DIR"]) / MAPPINGS


def _page(upload_id: int, refusals: tuple[Message, ...] = (), status: int = 200, *, draft_of_form: bool = False) -> Any:
    with context.reading() as session:
        sent = service.find(session, context.desk().keys, context.actor(), upload_id)
        preview: Preview | None = None
        fault: tuple[Message, ...] = ()
        sheets: tuple[str, ...] = ()
        mapper = None
        if not sent.is_done and not sent.is_running:
            try:
                preview = look(sent.source(place()))
                typed = columns.read_draft(request.form, preview.header, sent.draft) if draft_of_form else None
                mapper = None if sent.mapping else columns.Mapper(session, sent, preview, place(), typed)
            except DomainError as error:
                fault, sheets = tuple(error.refusals), getattr(error, "sheets", ())
        rows = list(service.refused_rows(session, sent, SHOWN))
        saved = service.saved(session)
        page = render_template(
            "importing/show.html",
            sent=sent,
            row=sent.row,
            preview=preview,
            fault=fault,
            sheets=preview.sheets if preview else sheets,
            mapper=mapper,
            refused=rows,
            files=mapping_names(folder()),
            saved=saved,
            refusals=refusals,
            delimiters=DELIMITERS,
        )
    return page, status
