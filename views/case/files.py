"""The files of a complaint: listed on its page, and handed out in clear to those who may, each time logged (R39)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from urllib.parse import quote

from flask import Blueprint, Response, send_file

from backoffice.errors import DomainError
from backoffice.integrations import files
from backoffice.reports.blocks import Text
from backoffice.services.core.access_log import log_access
from policies.access import Permission
from policies.message import Refusal
from views import context
from views.case.looking import Looked, look
from views.guard import needs

blueprint = Blueprint("files", __name__)
KILOBYTE = 1024


@dataclass(frozen=True)
class FileShown:
    """A file of the complaint; its name is veiled like any text."""

    id: int
    name: str
    size_kb: int
    sha256: str
    at: datetime
    by: Text
    opens: bool


@dataclass(frozen=True)
class AdditionShown:
    """A paper that came after archiving."""

    title: str
    text: str
    at: datetime
    by: Text


def files_of(looked: Looked) -> list[FileShown]:
    """All files, oldest first; ``opens`` for those who may read them in clear."""
    offer = looked.offer("open_attachment")
    opens = offer is not None and offer.is_open
    source = looked.source
    return [
        FileShown(
            row.id,
            source.veil.text(_name(looked, row.sealed_name, row.sha256)),
            max(1, row.size // KILOBYTE),
            row.sha256,
            row.at,
            source.staff(row.by_id),
            opens,
        )
        for row in source.holdings.attachments
    ]


def additions_of(looked: Looked) -> list[AdditionShown]:
    """Papers added after archiving, oldest first."""
    source, found = looked.source, []
    for row in source.holdings.additions:
        content = source.opened(row.sealed, "addition")
        title, text = (source.veil.text(str(content.get(name) or "")) for name in ("title", "text"))
        found.append(AdditionShown(title, text, row.at, source.staff(row.by_id)))
    return found


def _name(looked: Looked, sealed: bytes, sha256: str) -> str:
    return str(looked.case.seal.open_text(sealed, f"file-name:{sha256}"))


@blueprint.get("/complaints/<number>/files/<int:file_id>")
@needs(Permission.ATTACHMENT_OPEN)
def download(number: str, file_id: int) -> Response:
    """One file in clear, as a download; in the access chain before the first byte leaves."""
    with context.writing() as session:
        looked = look(session, number)
        looked.case.refuse_unless(Permission.ATTACHMENT_OPEN)
        offer = looked.offer("open_attachment")
        row = next((row for row in looked.source.holdings.attachments if row.id == file_id), None)
        if offer is None or row is None:
            raise DomainError(Refusal("complaint.refused.no_file", status=404))
        if offer.refusal is not None:
            raise DomainError(offer.refusal)
        work = looked.case.work
        facts = {"file": row.sha256, **work.by_token}
        log_access(
            session, work.keys, work.actor, work.at, "open_attachment", facts,
            complaint_id=looked.complaint.id, address=work.address,
        )  # fmt: skip
        content = files.load(
            work.files, row.sha256, looked.complaint.id,
            lambda sealed: bytes(looked.case.seal.open(sealed, f"file:{row.sha256}") or b""),
        )  # fmt: skip
        name = _name(looked, row.sealed_name, row.sha256)
    if isinstance(content, Refusal):
        raise DomainError(content)
    answer = send_file(BytesIO(content), mimetype=row.media_type, as_attachment=True, download_name="file")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
