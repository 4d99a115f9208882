"""Papers of corrective actions (R30, R39): its files, the notice as a PDF, a list as a workbook; each is logged."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, request, send_file

from backoffice.queries.corrective import Which, every
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.corrective_notice import print_notice
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn, write_workbook
from backoffice.services import corrective as service
from backoffice.services.core.access_log import log_access
from backoffice.services.core.corrective import corrective_rules, texts_of
from backoffice.services.core.corrective_words import veiled
from backoffice.services.corrective_paper import take_notice
from policies.access import Permission
from policies.corrective_course import in_time
from policies.message import Message
from views import context, language
from views.case.looking import work_in
from views.corrective.room import blueprint, kind_of, source_of
from views.filters import named
from views.guard import needs, signed_in
from views.language import _, label, say

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    ("number", Kind.TEXT, 16), ("status", Kind.TEXT, 16), ("title", Kind.TEXT, 40), ("source", Kind.TEXT, 20),
    ("type", Kind.TEXT, 20), ("level", Kind.TEXT, 12), ("complaint", Kind.TEXT, 18), ("owner", Kind.TEXT, 16),
    ("assigned_on", Kind.MOMENT, 18), ("due_on", Kind.DAY, 14), ("done_on", Kind.MOMENT, 18),
    ("in_time", Kind.TEXT, 12), ("verified_on", Kind.MOMENT, 18), ("reopened", Kind.WHOLE, 10),
    ("effective", Kind.TEXT, 12),
)  # fmt: skip


@blueprint.get("/corrective-actions/<number>/files/<int:file_id>")
@signed_in
def file(number: str, file_id: int) -> Response:
    """A file in clear, as a download; in the log before the first byte leaves."""
    with context.writing() as session:
        row, name, content = service.open_file(work_in(session), number, file_id)
        media_type = row.media_type
    answer = send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name="file")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/corrective-actions/<number>/notice")
@signed_in
def notice(number: str) -> Response:
    """The notice as a PDF, in the reader's language."""
    chosen = language.current()
    with context.writing() as session:
        content = take_notice(work_in(session), number, chosen)
    printed = print_notice(content, lambda message: say_in(message, chosen))
    return _download(printed.data, "application/pdf", printed.file_name)


def say_in(message: Message, chosen: str) -> str:
    """A message in the language of the sheet."""
    return language.say(message, chosen)


@blueprint.post("/corrective-actions/export.xlsx")
@needs(Permission.DATA_EXPORT)
def export() -> Response:
    """A list as a workbook: what this person sees of it, masked."""
    asked = request.form.get("list", "")
    which = Which(asked) if asked in list(Which) else Which.ALL
    desk, actor, at = context.desk(), context.actor(), context.now()
    with desk.database.writing() as session:
        facts = {"list": f"corrective_{which}"}
        log_access(session, desk.keys, actor, at, "export", facts, address=request.remote_addr or "")
    columns = [SheetColumn(_heading(name), kind, width) for name, kind, width in COLUMNS]
    stream = BytesIO()
    with desk.database.reading() as session:
        write_workbook(stream, [Sheet(_("corrective.title"), columns, _rows(session, actor, at, which))])
    return _download(
        stream.getvalue(), WORKBOOK, f"corrective-actions-{at.astimezone(context.zone()):%Y%m%d-%H%M}.xlsx"
    )


def _heading(name: str) -> str:
    return say(Message(f"corrective.field.{name}"))


def _rows(session: Any, actor: Any, at: Any, which: Which) -> Iterator[list[object]]:
    rules, keys, zone = corrective_rules(Rulebook(session)), context.desk().keys, context.zone()
    told = {True: _("form.yes"), False: _("form.no"), None: ""}

    def local(moment: Any) -> object:
        return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)

    for one in every(session, actor, at, which):
        yield [
            one.number, label(one.status), veiled(keys, one, texts_of(keys, one)["title"]),
            named(source_of(rules, one)), named(kind_of(rules, one)), label(one.level),
            one.complaint.number if one.complaint else "", named(one.owner),
            local(one.assigned_at), one.due_on, local(one.done_at),
            told[None if one.done_at is None else in_time(one.done_at, one.due_at)], local(one.verified_at),
            one.reopened, told[one.effective],
        ]  # fmt: skip


def _download(data: bytes, media_type: str, name: str) -> Response:
    answer = make_response(data)
    answer.mimetype = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
