"""The notice that an act sends to the customer: the office's template filled in and queued, where it goes
by a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.errors import DomainError
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import messages
from backoffice.services.core.case import Case
from backoffice.services.core.places import Style, places
from policies.message import Refusal

__all__ = ["Notice", "Style", "places", "queue_for", "wording"]

KINDS: Mapping[str, str] = {
    "acknowledge": "acknowledgement",
    "tell_progress": "progress",
    "tell_delay": "delay",
    "tell_result": "result",
}
SENT_BY: Mapping[str, str] = {"sms": "contact_phone", "email": "email"}


@dataclass(frozen=True)
class Notice:
    """A queued message: its row in the outbox and its text, for the communications log."""

    id: int
    text: str


def queue_for(case: Case, action: str, way: str, values: Mapping[str, Any]) -> Notice | None:
    """Queue the customer's notice when the act goes by a message; None when the customer was spoken to."""
    kind, field = KINDS.get(action), SENT_BY.get(way)
    if kind is None or field is None:
        return None
    recipient = str(case.record.get(field) or "")
    if not recipient:
        raise DomainError(Refusal(f"message.refused.no_{field}", field="way", status=422))
    template = messages.template_for(case, kind, way)
    if template is None:
        raise DomainError(Refusal("message.refused.no_template", field="way", status=422))
    office = Rulebook(case.work.session).office()
    filled = messages.fill(template, places(case, values, office.language), office.language)
    return Notice(messages.queue(case, filled, recipient).id, filled.text)


def wording(case: Case, action: str, values: Mapping[str, Any]) -> str:
    """What the office's template has one say to the customer with this act; nothing where it has none."""
    kind = KINDS.get(action)
    template = messages.template_for(case, kind, "phone") if kind else None
    if template is None:
        return ""
    office = Rulebook(case.work.session).office()
    try:
        return messages.fill(template, places(case, values, office.language), office.language).text
    except DomainError:
        return ""  # something that the wording names is not known yet; it was told in the clerk's own words
