"""A turn of duty, and when somebody is away with who stands in (R13)."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from wtforms import Form

from backoffice.services.roster import AbsenceFacts, DutyFacts
from forms.fields import LineField, MomentField, Required
from forms.reference.fields import ChoiceField, whole
from policies.message import Message
from policies.roster import LONGEST_REASON, Span
from policies.vocabulary import DutyKind, label_key

People = Sequence[tuple[int, str]]


def duty_form(zone: ZoneInfo) -> type[Form]:
    """The class of the form of a turn."""
    members = {
        "kind": ChoiceField("roster.field.kind", DutyKind, required=True),
        "staff_id": ChoiceField("roster.field.staff_id", whole, required=True),
        **_span(zone),
    }
    return type("DutyForm", (Form,), members)


def absence_form(zone: ZoneInfo) -> type[Form]:
    """The class of the form of an absence."""
    reason = LineField(
        Message("roster.field.reason"), description=Message("roster.help.reason"),
        render_kw={"maxlength": LONGEST_REASON, "autocomplete": "off"},
    )  # fmt: skip
    members = {
        "staff_id": ChoiceField("roster.field.away", whole, required=True),
        "stand_in_id": ChoiceField("roster.field.stand_in_id", whole, help_key="roster.help.stand_in"),
        **_span(zone),
        "reason": reason,
    }
    return type("AbsenceForm", (Form,), members)


def offer_duty(form: Form, people: People) -> Form:
    """The same form with whom it may be said of."""
    form["kind"].choices = [(kind, Message(label_key(kind))) for kind in DutyKind]
    form["staff_id"].choices = [("", Message("form.choose")), *people]
    return form


def offer_absence(form: Form, people: People, stand_ins: People) -> Form:
    """The same form with whom it may be said of, and who may be named."""
    form["staff_id"].choices = [*people]
    form["stand_in_id"].choices = [("", Message("roster.nobody")), *stand_ins]
    return form


def duty_of(form: Form) -> DutyFacts:
    """What was typed, for the service."""
    data = form.data
    return DutyFacts(data["kind"], data["staff_id"], Span(data["begins_at"], data["ends_at"]))


def absence_of(form: Form) -> AbsenceFacts:
    """What was typed, for the service."""
    data = form.data
    span = Span(data["begins_at"], data["ends_at"])
    return AbsenceFacts(data["staff_id"], data["stand_in_id"], span, data["reason"] or "")


def _span(zone: ZoneInfo) -> dict[str, MomentField]:
    return {
        name: MomentField(Message(f"roster.field.{name}"), [Required()], zone=zone) for name in ("begins_at", "ends_at")
    }
