"""What is written down of a month and its sheets (R33, R40), what people say about them, and who is told.

Grounds, reasons and notes speak of staff and may speak of customers: they are sealed under the office's key, and pages
show them masked (R39).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations import files
from backoffice.integrations.files import Upload
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalEvent, AppraisalFile, AppraisalPeriod, AppraisalSheet
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.appraisal_course import MOST_FILES
from policies.masked_text import mask_text
from policies.message import Refusal

CONTEXT = "appraisal"
PUBLISHED, APPEALED, DECIDED, TO_APPROVE = (
    "sheet_notice", "sheet_appeal_notice", "sheet_decided_notice", "sheet_approve_notice",
)  # fmt: skip


def sealed(keys: Keys, content: Mapping[str, Any]) -> bytes:
    """What somebody wrote, for a column of the appraisal."""
    return seal_for_office(keys, json.dumps(dict(content), ensure_ascii=False), CONTEXT)


def opened(keys: Keys, content: bytes | None) -> dict[str, Any]:
    """What was sealed; nothing for nothing."""
    return {} if not content else dict(json.loads(open_for_office(keys, content, CONTEXT)))


def veiled(text: object) -> str:
    """A text as pages and papers show it: people write names and numbers into it."""
    return mask_text(str(text or ""), [])


def note(
    work: Work,
    period: AppraisalPeriod,
    kind: str,
    facts: Mapping[str, Any] | None = None,
    *,
    sheet: AppraisalSheet | None = None,
    words: Mapping[str, str] | None = None,
) -> None:
    """Write down what was done, by whom."""
    said = {name: text for name, text in (words or {}).items() if text}
    work.session.add(
        AppraisalEvent(
            period_id=period.id,
            sheet_id=None if sheet is None else sheet.id,
            at=work.at,
            actor_id=work.actor.staff_id,
            kind=kind,
            facts=dict(facts or {}),
            sealed=sealed(work.keys, said) if said else None,
        )
    )


def tell(
    work: Work, template: str, people: Collection[int], sheet: AppraisalSheet, *, until: datetime | None, occasion: str
) -> None:
    """Tell people of a sheet, once for an occasion."""
    rules = Rulebook(work.session)

    def places(language: str) -> Mapping[str, str]:
        style = Style(rules, language)
        whose = sheet.staff if sheet.staff is not None else sheet.department
        return {
            "period": sheet.period.month,
            "score": "" if sheet.final_score is None else f"{sheet.final_score:.2f}",
            "appeal_deadline": style.moment(until),
            "due_time": style.moment(until),
            "staff_name": "" if whose is None else style.name(whose),
        }

    tell_staff(work, template, people, places, key=f"sheet:{sheet.id}:{occasion}")


# Files


def keep_files(
    work: Work, uploads: Collection[Upload], *, line_id: int | None = None, appeal_id: int | None = None
) -> None:
    """Keep evidence: sealed on the disk first, then its row; the same content once."""
    new = {upload.sha256: upload for upload in uploads}
    if len(new) > MOST_FILES:
        raise DomainError(Refusal("appeals.refused.files", {"limit": MOST_FILES}, "file", 422))
    for sha256, upload in new.items():
        if work.files is None:
            raise DomainError(Refusal("files.refused.no_folder", {}, "file"))
        row = AppraisalFile(
            line_id=line_id,
            appeal_id=appeal_id,
            sha256=sha256,
            size=len(upload.content),
            media_type=upload.media_type,
            sealed_name=seal_for_office(work.keys, upload.name, f"{CONTEXT}:file-name:{sha256}"),
            at=work.at,
            by_id=work.actor.staff_id,
        )
        content = seal_for_office(work.keys, upload.content, f"{CONTEXT}:file:{sha256}")
        files.store(work.files, sha256, _holder(row), content)
        work.session.add(row)


def files_of(work: Work, *, line_id: int | None = None, appeal_id: int | None = None) -> list[AppraisalFile]:
    """The files of a line or of an appeal, in the order in which they came."""
    mine = AppraisalFile.line_id == line_id if line_id is not None else AppraisalFile.appeal_id == appeal_id
    return list(work.session.scalars(sa.select(AppraisalFile).where(mine).order_by(AppraisalFile.id)))


def file_name(work: Work, row: AppraisalFile) -> str:
    """Its name in clear."""
    return open_for_office(work.keys, row.sealed_name, f"{CONTEXT}:file-name:{row.sha256}").decode()


def file_content(work: Work, row: AppraisalFile) -> bytes:
    """A file in clear, checked against its hash; raises ``DomainError`` when it is gone or was changed."""
    if work.files is None:
        raise DomainError(Refusal("files.refused.no_folder"))
    found = files.load(
        work.files,
        row.sha256,
        _holder(row),
        lambda content: open_for_office(work.keys, content, f"{CONTEXT}:file:{row.sha256}"),
    )
    if isinstance(found, Refusal):
        raise DomainError(found)
    return found


def _holder(row: AppraisalFile) -> str:
    return f"al{row.line_id}" if row.line_id is not None else f"ap{row.appeal_id}"
