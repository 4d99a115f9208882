"""The call to a calibration session (R28): record, scorecard, members, by when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from wtforms import Form

from backoffice.services.calibration import Call
from forms.fields import MomentField, Required
from forms.reference.fields import ChoiceField, ChoicesField, line, whole
from policies.message import Message
from policies.vocabulary import label_key
from policies.vocabulary_inspection import CalibrationCause

Choices = Sequence[tuple[int, str]]
FREE = (CalibrationCause.CHOSEN, CalibrationCause.DRIFT)
"""Causes that somebody names; that two scorings lie apart follows from where the session is called."""


def call_form(zone: ZoneInfo, *, with_record: bool = True) -> type[Form]:
    """The class of the form; without the record where a record scored twice gives it."""
    record = {
        "complaint": line("calibration.field.complaint", 40, required=True, help_key="calibration.help.complaint"),
        "card_id": ChoiceField("calibration.field.card_id", whole, required=True),
        "cause": ChoiceField("calibration.field.cause", CalibrationCause, required=True),
    }
    members = {
        **(record if with_record else {}),
        "due_at": MomentField(
            Message("calibration.field.due_at"), [Required()], zone=zone, description=Message("calibration.help.due_at")
        ),
        "members": ChoicesField(
            "calibration.field.members", help_key="calibration.help.members", required=True, coerce=whole
        ),
    }
    return type("CallForm", (Form,), members)


def offer(form: Form, cards: Choices, members: Choices) -> Form:
    """The same form with what can be chosen."""
    if "card_id" in form:
        form["card_id"].choices = [("", Message("form.choose")), *cards]
        form["cause"].choices = [(cause, Message(label_key(cause))) for cause in FREE]
    form["members"].choices = [*members]
    return form


def call_of(form: Form, source: str) -> Call:
    """What was typed, for the service."""
    data = form.data
    return Call(
        complaint=data.get("complaint") or "",
        card_id=data.get("card_id"),
        members=tuple(data["members"] or ()),
        due_at=data["due_at"],
        cause=data.get("cause") or CalibrationCause.CHOSEN,
        source=source,
    )
