"""The notice that an act sends to the customer: the office's template filled in and queued, where it goes
by a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow
from backoffice.models.office import Staff
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import messages
from backoffice.services.core.case import Case
from policies.message import Refusal
from policies.vocabulary import ClockCode

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


def places(case: Case, values: Mapping[str, Any], language: str) -> dict[str, str]:
    """What the places of a template are filled with for this complaint, in the language of the office."""
    rules = Rulebook(case.work.session)
    office, complaint, style = rules.office(), case.complaint, Style(rules, language)
    due = _due(case, ClockCode.RESOLVE)
    words = str(values.get("text") or values.get("measure_results") or "")
    steps = rules.process(complaint.process_id).steps
    contact = case.work.session.get(Staff, complaint.owner_id or complaint.registered_by_id or 0)
    return {
        "customer_name": str(case.record.get("customer_name") or style.format("customer")),
        "complaint_number": complaint.number,
        "category_name": style.name(complaint.category),
        "received_at": style.moment(complaint.received_at),
        "due_time": style.moment(due),
        "old_due_time": style.moment(due),
        "new_due_time": style.moment(values.get("promised_time")),
        "next_update_time": style.moment(_due(case, ClockCode.PROGRESS) or due),
        "process_outline": style.format("list_separator").join(
            step.name[style.short] for step in steps if step.clock_share
        ),
        "contact_name": style.name(contact) if contact else office.service_phone,
        "manager_name": style.name(contact) if contact else "",
        "service_phone": office.service_phone,
        "office_name": style.name(office),
        "progress_text": words,
        "reason": words,
        "result_text": str(values.get("customer_opinion") or words),
    }


class Style:
    """How messages write names and moments in one language, by the formats that the office keeps with its texts."""

    def __init__(self, rules: Rulebook, language: str) -> None:
        self.short = "zh" if language == "zh_Hans" else "en"
        self._zone = rules.zone()
        self._formats = rules.setting("message_formats")

    def format(self, name: str) -> str:
        return str(self._formats[name][self.short])

    def name(self, row: Any) -> str:
        """A name held as data in both languages."""
        return str(getattr(row, f"name_{self.short}") or row.name_zh or row.name_en)

    def moment(self, at: datetime | None) -> str:
        """A moment in the office's time; nothing for none."""
        if at is None:
            return ""
        local = at.astimezone(self._zone)
        parts = {"month": local.month, "day": local.day, "time": f"{local:%H:%M}"}
        return self.format("moment").format(month_name=self._formats["month_names"][local.month - 1], **parts)


def _due(case: Case, code: ClockCode) -> datetime | None:
    statement = (
        sa.select(ClockRow.due_at)
        .where(ClockRow.complaint_id == case.complaint.id, ClockRow.code == code.value, ClockRow.stopped_at.is_(None))
        .order_by(ClockRow.id.desc())
        .limit(1)
    )
    return case.work.session.scalar(statement)
