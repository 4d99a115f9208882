"""Files of a corrective action (R30): kept by their SHA-256, sealed on the disk first, then the row."""

from __future__ import annotations

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations import files
from backoffice.models.teamwork import CorrectiveAction, CorrectiveFile
from backoffice.services.core.corrective_words import opened_bytes, sealed_bytes
from backoffice.services.core.work import Work
from policies.message import Refusal

MOST_FILES = 50


def keep(work: Work, one: CorrectiveAction, upload: files.Upload) -> CorrectiveFile:
    """The file's row; the one that is there already when this corrective action has the same content."""
    mine = sa.select(CorrectiveFile).where(CorrectiveFile.action_id == one.id)
    rows = list(work.session.scalars(mine))
    known = next((row for row in rows if row.sha256 == upload.sha256), None)
    if known is not None:
        return known
    if len(rows) >= MOST_FILES:
        raise DomainError(Refusal("files.refused.too_many", {"limit": MOST_FILES}, "file", 422))
    if work.files is None:
        raise DomainError(Refusal("files.refused.no_folder", {}, "file"))
    content = sealed_bytes(work.keys, one, upload.content, f"file:{upload.sha256}")
    files.store(work.files, upload.sha256, _holder(one), content)
    row = CorrectiveFile(
        action_id=one.id,
        sha256=upload.sha256,
        size=len(upload.content),
        media_type=upload.media_type,
        sealed_name=sealed_bytes(work.keys, one, upload.name.encode(), f"file-name:{upload.sha256}"),
        at=work.at,
        by_id=work.actor.staff_id,
    )
    work.session.add(row)
    work.session.flush()
    return row


def name_of(work: Work, one: CorrectiveAction, row: CorrectiveFile) -> str:
    """The file's name in clear; empty once the complaint was erased."""
    name = opened_bytes(work.keys, one, row.sealed_name, f"file-name:{row.sha256}")
    return "" if name is None else name.decode()


def content_of(work: Work, one: CorrectiveAction, row: CorrectiveFile) -> bytes:
    """The file in clear, checked against its SHA-256. Raises ``DomainError`` when it is gone, erased or was changed."""
    if work.files is None:
        raise DomainError(Refusal("files.refused.no_folder", {}, "file"))
    part = f"file:{row.sha256}"
    found = files.load(
        work.files, row.sha256, _holder(one), lambda sealed: opened_bytes(work.keys, one, sealed, part) or b""
    )
    if isinstance(found, Refusal):
        raise DomainError(found)
    return found


def _holder(one: CorrectiveAction) -> str:
    return f"ca{one.id}"
