"""The blank forms of reserved numbers (R9) made ready for the printer, for the page and for the command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Channel
from backoffice.models.paper import ReservedNumber
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.paper_form import BlankForm, BlankForms
from policies.message import Message
from policies.vocabulary import Severity, label_key

MOST_PRINTED = 200
MOST_CHANNELS = 12


def blank_forms(session: Session, rows: Sequence[ReservedNumber], language: str, now: datetime) -> BlankForms:
    """The forms of these numbers, each with its own day and holder."""
    rules = Rulebook(session)
    office = rules.office()
    channels = sa.select(Channel).where(Channel.retired_at.is_(None)).order_by(Channel.position).limit(MOST_CHANNELS)
    return BlankForms(
        language,
        _named(office, language),
        office.service_phone,
        [BlankForm(row.number, row.day, row.taken_by) for row in rows],
        now,
        f"{now.astimezone(rules.zone()):%Y-%m-%d %H:%M}",
        [_named(one, language) for one in session.scalars(channels)],
        [Message(label_key(one)) for one in Severity],
    )


def _named(row: object, language: str) -> str:
    names = [getattr(row, f"name_{one}") or "" for one in ("zh", "en")]
    own, other = names if language == "zh_Hans" else reversed(names)
    return str(own or other)
