"""The office's texts as rows (R5, R26): made from the default office, all at the start and a later one when it is asked
for first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import MessageTemplate
from backoffice.office import document
from policies.message_template import occasion_of


def bring(session: Session, code: str) -> None:
    """Give an office that was set up before this text existed the default one; what it has stays as it is."""
    if session.scalar(sa.select(MessageTemplate.id).where(MessageTemplate.code == code)) is not None:
        return
    session.add(template_of(next(row for row in document("messages")["templates"] if row["code"] == code)))
    session.flush()


def template_of(row: Mapping[str, Any]) -> MessageTemplate:
    """A text in the form of ``office/messages.yaml`` as a row."""
    subject = row.get("subject", {"zh": "", "en": ""})
    return MessageTemplate(
        code=row["code"],
        name_zh=row["name"]["zh"],
        name_en=row["name"]["en"],
        kind=row["kind"],
        occasion=occasion_of(row["code"]),
        audience=row["audience"],
        channel=row["channel"],
        subject_zh=subject["zh"],
        subject_en=subject["en"],
        body_zh=row["body"]["zh"],
        body_en=row["body"]["en"],
        placeholders=row["placeholders"],
    )
