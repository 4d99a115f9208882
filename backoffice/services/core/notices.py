"""The notice that an act sends to the customer: the office's template filled in and queued, where it goes
by a message.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.errors import DomainError
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import messages
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.places import Style, places
from policies.gateways import ADDRESS, PHONE
from policies.masking import number_for_sms
from policies.message import Refusal
from policies.vocabulary import CheckDecision

__all__ = ["Notice", "Style", "places", "queue_for", "wording"]

OCCASIONS: Mapping[str, str] = {
    "acknowledge": "ack",
    "tell_progress": "progress",
    "tell_delay": "delay",
    "tell_result": "result",
    "explain": "not_established",
    "close_unsatisfied": "closed_unsatisfied",
    "apologise": "apology",
}
SENT_BY: Mapping[str, str] = {"sms": "contact_phone", "email": "email"}
REACHES = {"sms": PHONE, "email": ADDRESS}


@dataclass(frozen=True)
class Notice:
    """A queued message: its row in the outbox and its text, for the communications log."""

    id: int
    text: str


def queue_for(case: Case, action: str, values: Mapping[str, Any]) -> Notice | None:
    """Queue the customer's notice when the act names a way by which a message goes; None when the customer was spoken
    to. Raises ``DomainError`` where the record has no number or address, or the office no text.
    """
    way = str(values.get("way") or values.get("result_channel") or "")
    occasion, field = _occasion(case, action, values), SENT_BY.get(way)
    if occasion is None or field is None:
        return None
    recipient = recipient_of(case, field)
    if not recipient:
        raise DomainError(Refusal(f"message.refused.no_{field}", field="way", status=422))
    if not REACHES[way].fullmatch(recipient):  # told is only what can arrive
        raise DomainError(Refusal(f"message.refused.bad_{field}", field="way", status=422))
    template = messages.template_for(case, occasion, way)
    if template is None:
        raise DomainError(Refusal("message.refused.no_template", field="way", status=422))
    office = Rulebook(case.work.session).office()
    filled = messages.fill(template, places(case, values, office.language), office.language)
    return Notice(messages.queue(case, filled, recipient).id, filled.text)


def recipient_of(case: Case, field: str) -> str:
    """The number or address of the record to which a message goes; of several numbers the one that takes it."""
    told = unicodedata.normalize("NFKC", str(case.record.get(field) or "")).strip()
    return number_for_sms(told) if field == SENT_BY["sms"] else told


def wording(case: Case, action: str, values: Mapping[str, Any]) -> str:
    """What the office's template has one say to the customer with this act; nothing where it has none."""
    occasion = _occasion(case, action, values)
    template = messages.template_for(case, occasion, "phone") if occasion else None
    if template is None:
        return ""
    office = Rulebook(case.work.session).office()
    try:
        return messages.fill(template, places(case, values, office.language), office.language).text
    except DomainError:
        return ""  # something that the wording names is not known yet; it was told in the clerk's own words


def _occasion(case: Case, action: str, values: Mapping[str, Any]) -> str | None:
    """Which of the office's texts goes with an act; what is another's matter is explained by a text of its own."""
    if action == "explain":
        decision = str(values.get("check_decision") or Holdings(case).value("check_decision") or "")
        return "referred_out" if decision == CheckDecision.REFERRED_OUT.value else "not_established"
    return OCCASIONS.get(action)
