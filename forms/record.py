"""Forms about a registered record: correcting it, and seeing customer data in clear."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, DateField, Form, HiddenField, SelectField

from backoffice.services.record import TEXTS, Corrected
from forms.fields import LineField, MomentField, Required, WordsField
from forms.intake import MAY_NOT_APPLY, READ_BACK, WAYS, call_seconds, optional_date
from policies.message import Message, Refusal
from policies.vocabulary import ContactWay, label_key

LONG = frozenset({"what"})
MINUTE = 60


class RevealForm(Form):
    """Why somebody wants to see customer data in clear."""

    reason = LineField(
        Message("record.field.reason"), [Required()], description=Message("record.help.reveal"),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip


def correct_form(zone: ZoneInfo) -> type[Form]:
    """The class of the form that corrects a record."""

    def label(code: str) -> Message:
        return Message(f"intake.field.{code}")

    ways = [("", Message("form.choose")), *((way.value, Message(label_key(way))) for way in WAYS)]
    members: dict[str, Any] = {"revision": HiddenField()}
    members |= {code: WordsField(label(code)) if code in LONG else LineField(label(code)) for code in TEXTS}
    members |= {
        "preferred_contact": SelectField(label("preferred_contact"), choices=ways, validate_choice=False),
        "external_number": LineField(label("external_number")),
        "bought_on": DateField(label("bought_on"), validators=[optional_date]),
        "occurred_at": MomentField(label("occurred_at"), zone=zone),
        "call_started_at": MomentField(label("call_started_at"), zone=zone),
        "call_length": LineField(label("call_length"), description=Message("intake.help.call_length")),
        "confidential": BooleanField(label("confidential")),
        "reason": LineField(Message("record.field.correct_reason"), [Required()]),
    }
    members |= {f"read_back_{code}": BooleanField() for code in READ_BACK}
    members |= {f"not_applicable_{code}": BooleanField() for code in MAY_NOT_APPLY}
    return type("CorrectForm", (Form,), members)


def corrected_of(form: Form) -> Corrected | Refusal:
    """What was typed; a refusal where it cannot be read."""
    data = form.data
    seconds = call_seconds(data["call_length"] or "")
    if isinstance(seconds, Refusal):
        return seconds
    way = data["preferred_contact"]
    return Corrected(
        texts={code: data[code] or "" for code in TEXTS},
        preferred_contact=ContactWay(way) if way in list(ContactWay) else None,
        occurred_at=data["occurred_at"],
        bought_on=data["bought_on"],
        call_started_at=data["call_started_at"],
        call_seconds=seconds,
        read_back=frozenset(code for code in READ_BACK if data[f"read_back_{code}"]),
        not_applicable=frozenset(code for code in MAY_NOT_APPLY if data[f"not_applicable_{code}"]),
        confidential=bool(data["confidential"]),
        external_number=data["external_number"] or "",
    )


def shown_length(seconds: int | None) -> str:
    """A call's length as it is typed: ``6:40``."""
    return "" if seconds is None else f"{seconds // MINUTE}:{seconds % MINUTE:02}"
