"""Keep a file with its complaint: sealed on the disk first, then its row; the same content once per complaint."""

from __future__ import annotations

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations import files
from backoffice.models.handling import Attachment
from backoffice.services.core.case import Case
from policies.message import Refusal

MOST_FILES = 100


def keep(case: Case, upload: files.Upload) -> Attachment:
    """The attachment's row; the one that is there already when this complaint has the same content."""
    session, complaint = case.work.session, case.complaint
    sha256 = upload.sha256
    mine = sa.select(Attachment).where(Attachment.complaint_id == complaint.id)
    known = session.scalars(mine.where(Attachment.sha256 == sha256)).one_or_none()
    if known is not None:
        return known
    if (session.scalar(sa.select(sa.func.count()).select_from(mine.subquery())) or 0) >= MOST_FILES:
        raise DomainError(Refusal("files.refused.too_many", {"limit": MOST_FILES}, "attachments", 422))
    if case.work.files is None:
        raise DomainError(Refusal("files.refused.no_folder", {}, "attachments"))
    files.store(case.work.files, sha256, complaint.id, case.seal.seal(upload.content, f"file:{sha256}"))
    row = Attachment(
        complaint_id=complaint.id,
        sha256=sha256,
        size=len(upload.content),
        media_type=upload.media_type,
        sealed_name=case.seal.seal(upload.name, f"file-name:{sha256}"),
        step=complaint.step,
        round=complaint.round,
        at=case.work.at,
        by_id=case.work.actor.staff_id,
    )
    session.add(row)
    session.flush()
    return row
