"""Texts from the office's templates (R5, R13): filled in, queued in the outbox in the same transaction as
their cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import MessageTemplate
from backoffice.models.work import Outbox
from backoffice.services.core.case import Case
from policies.message import Refusal
from policies.message_template import OCCASIONS, filled, named
from policies.vocabulary import Severity


@dataclass(frozen=True)
class Filled:
    """A text ready to be read out or sent. ``other_language``: that of the other language, this one being empty."""

    template: str
    way: str
    subject: str
    text: str
    other_language: bool = False


def fill(template: MessageTemplate, values: Mapping[str, str], language: str) -> Filled:
    """Put the values into a template's places; a place without its value is refused, never sent as a gap.

    A template without a text in this language speaks the other one, and says so.
    """
    wanted = "zh" if language == "zh_Hans" else "en"
    spoken = wanted if _text(template, "body", wanted).strip() else ("en" if wanted == "zh" else "zh")
    subject, body = _text(template, "subject", spoken), _text(template, "body", spoken)
    empty = sorted(name for name in set(named(subject + body)) if not values.get(name))
    if empty:
        raise DomainError(
            Refusal("message.refused.empty_places", {"template": template.code, "places": ", ".join(empty)}, status=422)
        )
    found = {name: values[name] for name in named(subject + body)}
    return Filled(template.code, template.channel, filled(subject, found), filled(body, found), spoken != wanted)


def _text(template: MessageTemplate, part: str, language: str) -> str:
    return str(getattr(template, f"{part}_{language}"))


def template_for(case: Case, occasion: str, way: str) -> MessageTemplate | None:
    """The office's newest text in use for an occasion and a way (sms, email, phone, letter); of an acknowledgement the
    one for major complaints where it is one.
    """
    wanted = [occasion]
    if case.complaint.severity is Severity.MAJOR and f"major_{occasion}" in OCCASIONS:
        wanted.insert(0, f"major_{occasion}")
    statement = sa.select(MessageTemplate).where(
        MessageTemplate.occasion.in_(wanted), MessageTemplate.channel == way, MessageTemplate.retired_at.is_(None)
    )
    found = list(case.work.session.scalars(statement.order_by(MessageTemplate.id.desc())))
    return next((one for code in wanted for one in found if one.occasion == code), None)


def content(filled: Filled, recipient: str) -> dict[str, Any]:
    """What is sealed of a message: to whom, and its text as it was when it was queued."""
    note = {"note": "other_language"} if filled.other_language else {}
    return {"to": recipient, "subject": filled.subject, "text": filled.text, **note}


def queue(case: Case, filled: Filled, recipient: str) -> Outbox:
    """Put a text for the customer into the outbox; recipient and text are sealed."""
    message = Outbox(
        complaint_id=case.complaint.id,
        template=filled.template,
        way=filled.way,
        created_at=case.work.at,
        due_at=case.work.at,
        sealed=case.seal.seal_json(content(filled, recipient), "outbox"),
    )
    case.work.session.add(message)
    case.work.session.flush()
    return message
