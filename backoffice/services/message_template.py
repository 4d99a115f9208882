"""The office's texts (R5, R13): added, changed, taken out of use; the log keeps old words, a queued message its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import MessageTemplate
from backoffice.office import document
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.message_template import CUSTOMER, OCCASIONS, STAFF, TemplateFacts, check, refuse_retire
from policies.reference import check_code

SUBJECT = "message_template"


def known_places() -> dict[str, Mapping[str, Any]]:
    """Every place that the office's texts may name: its name and a sample, in both languages."""
    return {row["code"]: row for row in document("messages")["placeholders"]}


def create(session: Session, actor: Actor, at: datetime, facts: TemplateFacts) -> MessageTemplate:
    """A new text for an occasion and a way; from now on it is the one that is sent there."""
    upkeep.begin(session, actor)
    taken = upkeep.codes_of(session, MessageTemplate)
    upkeep.ensure(check_code(facts.code, taken), check(facts, known_places()))
    row = MessageTemplate(code=facts.code, **_columns(facts))
    upkeep.add(session, actor, at, SUBJECT, row)
    return row


def change(session: Session, actor: Actor, at: datetime, template_id: int, facts: TemplateFacts) -> MessageTemplate:
    """Other words. Occasion and way stay: what they mean for what was sent must not change under it."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, MessageTemplate, template_id)
    upkeep.ensure(check(facts, known_places()))
    columns = _columns(facts)
    for fixed in ("occasion", "channel", "kind", "audience"):
        columns.pop(fixed)
    upkeep.change(session, actor, at, SUBJECT, row, columns)
    return row


def retire(session: Session, actor: Actor, at: datetime, template_id: int, reason: str) -> MessageTemplate:
    """Out of use; staff must be told, so that the last text of such an occasion stays."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, MessageTemplate, template_id)
    others = session.scalar(
        sa.select(sa.func.count()).where(
            MessageTemplate.occasion == row.occasion,
            MessageTemplate.id != row.id,
            MessageTemplate.retired_at.is_(None),
        )
    )
    refusal = refuse_retire(row.occasion, others or 0) if row.retired_at is None else None
    if refusal is not None:
        raise DomainError(refusal)
    upkeep.retire(session, actor, at, SUBJECT, row, reason)
    return row


def restore(session: Session, actor: Actor, at: datetime, template_id: int, reason: str) -> MessageTemplate:
    """Back into use."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, MessageTemplate, template_id)
    upkeep.restore(session, actor, at, SUBJECT, row, reason)
    return row


def _columns(facts: TemplateFacts) -> dict[str, Any]:
    occasion = OCCASIONS[facts.occasion]
    return {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "kind": occasion.kind,
        "occasion": occasion.code,
        "audience": CUSTOMER if occasion.audience == CUSTOMER else STAFF,
        "channel": facts.channel,
        "subject_zh": facts.subject_zh.strip(),
        "subject_en": facts.subject_en.strip(),
        "body_zh": facts.body_zh.strip(),
        "body_en": facts.body_en.strip(),
        "placeholders": facts.places,
    }
