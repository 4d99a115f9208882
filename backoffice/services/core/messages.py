"""Texts from the office's templates (R5, R13): filled in, queued in the outbox in the same transaction as
their cause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import MessageTemplate
from backoffice.models.work import Outbox
from backoffice.services.core.case import Case
from policies.message import Refusal

PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Filled:
    """A text ready to be read out or sent."""

    template: str
    way: str
    subject: str
    text: str


def fill(template: MessageTemplate, values: Mapping[str, str], language: str) -> Filled:
    """Put the values into a template's places; a place without its value is refused, never sent as a gap."""
    chinese = language == "zh_Hans"
    subject = template.subject_zh if chinese else template.subject_en
    body = template.body_zh if chinese else template.body_en
    wanted = set(PLACE.findall(subject + body))
    empty = sorted(name for name in wanted if not values.get(name))
    if empty:
        raise DomainError(
            Refusal("message.refused.empty_places", {"template": template.code, "places": ", ".join(empty)}, status=422)
        )
    return Filled(
        template.code,
        template.channel,
        PLACE.sub(lambda match: values[match[1]], subject),
        PLACE.sub(lambda match: values[match[1]], body),
    )


def template_for(case: Case, kind: str, way: str) -> MessageTemplate | None:
    """The office's template of a kind (acknowledgement, progress, delay, result …) for a way (sms, email, phone,
    letter).
    """
    statement = (
        sa.select(MessageTemplate)
        .where(
            MessageTemplate.kind == kind,
            MessageTemplate.channel == way,
            MessageTemplate.audience == "customer",
            MessageTemplate.retired_at.is_(None),
        )
        .order_by(MessageTemplate.id)
    )
    templates = list(case.work.session.scalars(statement))
    major = case.complaint.severity.value == "major"
    return next((t for t in templates if ("major" in t.code) == major), templates[0] if templates else None)


def queue(case: Case, filled: Filled, recipient: str) -> Outbox:
    """Put a text for the customer into the outbox; recipient and text are sealed."""
    content: dict[str, Any] = {"to": recipient, "subject": filled.subject, "text": filled.text}
    message = Outbox(
        complaint_id=case.complaint.id,
        template=filled.template,
        way=filled.way,
        created_at=case.work.at,
        due_at=case.work.at,
        sealed=case.seal.seal_json(content, "outbox"),
    )
    case.work.session.add(message)
    case.work.session.flush()
    return message
