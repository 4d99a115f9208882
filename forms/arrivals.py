"""Drafts that arrived (R1): why one is discarded, and the intake form filled in from one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from wtforms import Form

from forms.fields import Required, WordsField
from forms.intake import MAY_NOT_APPLY, READ_BACK, TEXTS
from policies.arrival import LONGEST_REASON, moment_of
from policies.message import Message

CODES = ("channel", "category", "severity", "urgency", "impact", "symptom", "preferred_contact", "external_number")


class DiscardForm(Form):
    """Why no complaint comes of a draft."""

    reason = WordsField(
        Message("arrivals.field.reason"),
        [Required()],
        description=Message("arrivals.help.reason"),
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


def filled_in(fields: Mapping[str, Any], received_at: datetime) -> dict[str, Any]:
    """What the intake form shows of a draft; when it was received stays."""
    found: dict[str, Any] = {code: str(fields.get(code) or "") for code in (*TEXTS, *CODES)}
    found = {code: text for code, text in found.items() if text}
    for code in ("occurred_at", "call_started_at"):
        found[code] = moment_of(fields.get(code))
    seconds = fields.get("call_seconds")
    if isinstance(seconds, int):
        found["call_length"] = f"{seconds // 60}:{seconds % 60:02d}"
    found["bought_on"] = _day(fields.get("bought_on"))
    found["confidential"] = bool(fields.get("confidential"))
    found |= {f"read_back_{code}": True for code in fields.get("read_back") or () if code in READ_BACK}
    found |= {f"not_applicable_{code}": True for code in fields.get("not_applicable") or () if code in MAY_NOT_APPLY}
    return {**found, "received_at": received_at}


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value or ""))
    except ValueError:
        return None
