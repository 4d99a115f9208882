"""The intake form (R2–R4): what is typed while the customer speaks, read into a ``Registration`` and the
acts that follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, DateField, Form, HiddenField, MultipleFileField, RadioField, SelectField

from backoffice.integrations.files import Upload
from backoffice.services.core.script_ways import AskedScript
from backoffice.services.intake import Registration
from forms.fields import LineField, MomentField, MoneyField, Required, WordsField
from policies.message import Message, Refusal
from policies.vocabulary import ContactWay, Level, Severity, label_key

READ_BACK = ("contact_phone", "customer_name", "address", "what", "occurred_at", "demand", "product_symptom")
MAY_NOT_APPLY = ("who", "address", "product_symptom")
TEXTS = (
    "contact_phone", "customer_name", "address", "email", "what", "who", "where", "why", "demand", "product",
    "product_symptom", "summary", "severity_reason",
)  # fmt: skip
ENDINGS = ("go_on", "solved", "not_established", "save")
WAYS = (ContactWay.PHONE, ContactWay.SMS, ContactWay.EMAIL, ContactWay.WECHAT, ContactWay.LETTER, ContactWay.VISIT)
TOLD_BY = (ContactWay.PHONE, ContactWay.VISIT, ContactWay.SMS, ContactWay.EMAIL)
MINUTE = 60
LONGEST_NUMBER = 64
ASK = ("", Message("form.choose"))


@dataclass(frozen=True)
class IntakeChoices:
    """Pairs of code and name; ``categories`` by the name of their branch."""

    channels: Sequence[tuple[str, Any]] = ()
    categories: Mapping[str, Sequence[tuple[str, Any]]] = field(default_factory=dict)


def _labels(values: Sequence[Any]) -> list[tuple[str, Message]]:
    return [(value.value, Message(label_key(value))) for value in values]


def _label(code: str) -> Message:
    return Message(f"intake.field.{code}")


def _text(code: str, required: bool = False) -> LineField:
    return LineField(_label(code), [Required()] if required else [], render_kw={"autocomplete": "off"})


def intake_form(choices: IntakeChoices, zone: ZoneInfo) -> type[Form]:
    """The class of the form with the office's channels and categories."""
    members: dict[str, Any] = {
        "submission": HiddenField(),
        "same_as": HiddenField(),
        **_customer(choices, zone),
        **_story(zone),
    }
    members |= {**_grading(choices), **_ending()}
    members |= {f"read_back_{code}": BooleanField() for code in READ_BACK}
    members |= {f"not_applicable_{code}": BooleanField() for code in MAY_NOT_APPLY}
    return type("IntakeForm", (Form,), members)


def _select(code: str, pairs: Any, **more: Any) -> SelectField:
    """A list whose values the rules check; what is not in it is refused by them."""
    return SelectField(_label(code), more.pop("validators", []), choices=pairs, validate_choice=False, **more)


def _helped(code: str, **more: Any) -> dict[str, Any]:
    return {"label": _label(code), "description": Message(f"intake.help.{code}"), **more}


def _customer(choices: IntakeChoices, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "contact_phone": _text("contact_phone"),
        "customer_name": _text("customer_name"),
        "preferred_contact": _select("preferred_contact", [ASK, *_labels(WAYS)]),
        "channel": _select("channel", list(choices.channels), validators=[Required()]),
        "received_at": MomentField(_label("received_at"), [Required()], zone=zone),
        "call_started_at": MomentField(_label("call_started_at"), zone=zone),
        "call_length": LineField(**_helped("call_length")),
        "email": _text("email"),
        "reserved": LineField(**_helped("reserved"), render_kw={"autocomplete": "off"}),
        "external_number": _text("external_number"),
        "address": _text("address"),
    }


def _story(zone: ZoneInfo) -> dict[str, Any]:
    return {
        "what": WordsField(_label("what"), [Required()]),
        "who": _text("who"),
        "where": _text("where"),
        "bought_on": DateField(_label("bought_on"), validators=[optional_date]),
        "occurred_at": MomentField(_label("occurred_at"), zone=zone),
        "why": _text("why"),
        "demand": _text("demand"),
    }


def _grading(choices: IntakeChoices) -> dict[str, Any]:
    leaves = {"": [ASK], **{branch: list(pairs) for branch, pairs in choices.categories.items()}}
    severities = _labels(tuple(Severity))
    return {
        "category": _select("category", leaves, validators=[Required()]),
        "symptom": _select("symptom", [ASK]),
        "product": _text("product"),
        "product_symptom": _text("product_symptom"),
        "severity": RadioField(
            _label("severity"), [Required()], choices=severities, default="general", validate_choice=False
        ),
        "severity_reason": LineField(**_helped("severity_reason")),
        "urgency": _select("urgency", _labels(tuple(Level)), default="medium"),
        "impact": _select("impact", _labels(tuple(Level)), default="low"),
        "confidential": BooleanField(_label("confidential")),
        "summary": LineField(**_helped("summary")),
    }


def _ending() -> dict[str, Any]:
    ways = [("", Message("intake.not_told")), *_labels(TOLD_BY)]
    endings = [(code, Message(f"intake.ending.{code}")) for code in ENDINGS]
    return {
        "told_by": _select("told_by", ways, description=Message("intake.help.told_by")),
        "ending": RadioField(_label("ending"), choices=endings, default="go_on", validate_choice=False),
        "solution": WordsField(_label("solution")),
        "customer_opinion": LineField(_label("customer_opinion")),
        "compensation_amount": MoneyField(
            _label("compensation_amount"), description=Message("intake.help.compensation")
        ),
        "check_reason": WordsField(_label("check_reason")),
        "files": MultipleFileField(_label("files"), description=Message("intake.help.files")),
    }


def optional_date(_form: Form, one: Any) -> None:
    """A date that is empty is none; what was typed and is none is said to be unreadable."""
    if not (one.raw_data and str(one.raw_data[0]).strip()):
        one.errors = []
        one.process_errors = []


def call_seconds(text: str) -> int | Refusal | None:
    """Seconds from ``6:40``, ``6`` (minutes) or ``1:02:03``; None when empty."""
    if not text.strip():
        return None
    parts = text.replace("\uff1a", ":").split(":")
    if not all(part.strip().isascii() and part.strip().isdecimal() and len(part.strip()) < 5 for part in parts[:3]):
        return Refusal("intake.refused.call_length", field="call_length", status=422)
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return numbers[0] * MINUTE
    if len(numbers) > 3 or any(number >= MINUTE for number in numbers[1:]):
        return Refusal("intake.refused.call_length", field="call_length", status=422)
    total = 0
    for number in numbers:
        total = total * MINUTE + number
    return total


def registration_of(
    form: Form, uploads: tuple[Upload, ...], now: datetime, script: AskedScript | None = None
) -> Registration | Refusal:
    """The record that was typed; a refusal where it cannot even be read."""
    data = form.data
    reserved = (data["reserved"] or "").strip()
    seconds = call_seconds(data["call_length"] or "")
    if isinstance(seconds, Refusal):
        return seconds
    return Registration(
        channel=data["channel"] or "",
        category=data["category"] or "",
        severity=_member(Severity, data["severity"], Severity.GENERAL),
        urgency=_member(Level, data["urgency"], Level.MEDIUM),
        impact=_member(Level, data["impact"], Level.LOW),
        received_at=data["received_at"] or now,
        texts={code: data[code] or "" for code in TEXTS},
        preferred_contact=_member(ContactWay, data["preferred_contact"], None),
        symptom=data["symptom"] or None,
        occurred_at=data["occurred_at"],
        bought_on=data["bought_on"],
        call_started_at=data["call_started_at"],
        call_seconds=seconds,
        read_back=frozenset(code for code in READ_BACK if data[f"read_back_{code}"]),
        not_applicable=frozenset(code for code in MAY_NOT_APPLY if data[f"not_applicable_{code}"]),
        confidential=bool(data["confidential"]),
        external_number=data["external_number"] or "",
        uploads=uploads,
        submission=(data["submission"] or None),
        reserved=reserved,
        same_as=(data["same_as"] or "")[:LONGEST_NUMBER],
        told={"entered_later": "system_down"} if reserved else {},
        script=script,
    )


def acts_of(form: Form) -> list[tuple[str, dict[str, Any]]]:
    """What follows the registration in the same breath: telling the customer, and how the intake ends."""
    data, acts = form.data, list[tuple[str, dict[str, Any]]]()
    told = _member(ContactWay, data["told_by"], None)
    if told is not None:
        acts.append(("acknowledge", {"way": told}))
    if data["ending"] == "save":
        return acts
    acts.append(("start_check", {}))
    if data["ending"] == "solved":
        solved = {name: data[name] for name in ("solution", "customer_opinion", "compensation_amount")}
        acts.append(("solve_at_first_contact", solved))
    elif data["ending"] == "not_established":
        acts.append(("find_not_established", {"check_reason": data["check_reason"]}))
    else:
        acts.append(("accept", {}))
    return acts


def _member(values: Any, text: Any, other: Any) -> Any:
    return values(text) if text in list(values) else other
