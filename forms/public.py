"""What a customer fills in on the public form (R1): what a customer knows, nothing that is the office's to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, Form, HiddenField, MultipleFileField, RadioField, SelectField, StringField

from backoffice.integrations.files import Upload
from backoffice.services.core.intake_record import Registration
from forms.fields import LineField, MomentField, Required, WordsField
from policies.message import Message, Name
from policies.survey import SCORES, Answers
from policies.vocabulary import ContactWay, Level, label_key

ASK = ("", Message("form.choose"))
UNSURE = "unsure"
Branch = tuple[Name, Sequence[tuple[str, Name]]]
"""A branch of the categories with its leaves: their codes and names."""
WAYS = (ContactWay.PHONE, ContactWay.SMS, ContactWay.EMAIL)
TEXTS = (
    "customer_name", "contact_phone", "email", "address", "what", "where", "who", "why", "demand", "product",
    "product_symptom",
)  # fmt: skip
TRAP = "homepage"
"""A field that people do not see; programs that fill in everything fill it in, too."""


def complaint_form(categories: Sequence[Branch], zone: ZoneInfo, *, unsure: bool) -> Any:
    """The class of the form with the office's categories; ``unsure``: whether the choice may be left to the office."""
    choices: dict[Any, Any] = {"": [ASK]}
    if unsure:
        choices[""] = [ASK, (UNSURE, Message("public.unsure"))]
    members: dict[str, Any] = {"form_key": HiddenField(), TRAP: StringField(_label(TRAP))}
    members |= _story(choices, zone) | _customer()
    members |= {
        "confidential": BooleanField(_label("confidential"), description=_help("confidential")),
        "files": MultipleFileField(_label("files"), description=_help("files")),
        "consent": BooleanField(_label("consent"), [Required()]),
    }
    made = type("ComplaintForm", (Form,), members)
    made.branches = [(name, list(leaves)) for name, leaves in categories]  # type: ignore[attr-defined]
    return made


def _story(choices: Mapping[Any, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "category": SelectField(_label("category"), [Required()], choices=choices, validate_choice=False),
        "what": WordsField(_label("what"), [Required()], description=_help("what"), render_kw={"rows": 6}),
        "occurred_at": MomentField(_label("occurred_at"), zone=zone),
        "demand": LineField(_label("demand")),
        "where": LineField(_label("where")),
        "who": LineField(_label("who")),
        "why": LineField(_label("why")),
        "product": LineField(_label("product")),
        "product_symptom": LineField(_label("product_symptom")),
    }


def _customer() -> dict[str, Any]:
    ways = [ASK, *((way.value, Message(label_key(way))) for way in WAYS)]
    return {
        "customer_name": LineField(_label("customer_name"), [Required()], render_kw={"autocomplete": "name"}),
        "contact_phone": LineField(
            _label("contact_phone"),
            [Required()],
            description=_help("contact_phone"),
            render_kw={"autocomplete": "tel", "inputmode": "tel"},
        ),
        "preferred_contact": SelectField(_label("preferred_contact"), choices=ways, validate_choice=False),
        "email": LineField(_label("email"), render_kw={"autocomplete": "email", "inputmode": "email"}),
        "address": LineField(_label("address"), render_kw={"autocomplete": "street-address"}),
    }


def texts_of(form: Any) -> dict[str, str]:
    """What was typed, by the codes of the record."""
    return {code: form[code].data or "" for code in TEXTS}


def registration_of(form: Any, uploads: tuple[Upload, ...], channel: str, unsure: str, at: datetime) -> Registration:
    """The record that was typed. ``unsure``: the category for who leaves the choice to the office."""
    chosen, way = form.category.data or "", form.preferred_contact.data
    return Registration(
        channel=channel,
        category=unsure if chosen == UNSURE else chosen,
        severity=None,
        urgency=Level.MEDIUM,
        impact=Level.LOW,
        received_at=at,
        texts=texts_of(form),
        preferred_contact=ContactWay(way) if way in list(WAYS) else None,
        occurred_at=form.occurred_at.data,
        confidential=bool(form.confidential.data),
        uploads=uploads,
    )


def _label(code: str) -> Message:
    return Message(f"public.field.{code}")


def _help(code: str) -> Message:
    return Message(f"public.help.{code}")


class ProgressForm(Form):
    """By what a customer asks how their complaint goes."""

    number = LineField(Message("public.field.number"), [Required()], render_kw={"autocomplete": "off"})
    phone = LineField(
        Message("public.field.phone"), [Required()], render_kw={"autocomplete": "tel", "inputmode": "tel"}
    )
    text = WordsField()


class SayingForm(Form):
    """What a customer says to a complaint that is shown: urges it, adds to it."""

    page = HiddenField()
    homepage = StringField(_label(TRAP))
    text = WordsField(Message("public.field.words"), description=Message("public.help.words"), render_kw={"rows": 5})


def survey_form(questions: Sequence[Any], words: Sequence[str]) -> Any:
    """The class of the survey's form: its questions in their order, in the reader's words."""
    members: dict[str, Any] = {}
    for one, text in zip(questions, words, strict=True):
        validators = [Required()] if one.required else []
        if one.kind == "yes_no":
            yes_no = [("yes", Message("layout.yes")), ("no", Message("layout.no"))]
            members[one.code] = RadioField(text, validators, choices=yes_no, validate_choice=False)
        elif one.kind == "scale_1_5":
            scores = [(score, score) for score in SCORES]
            members[one.code] = RadioField(text, validators, choices=scores, validate_choice=False)
        else:
            members[one.code] = WordsField(text, validators, render_kw={"rows": 4})
    return type("SurveyForm", (Form,), members)


def answers_of(form: Any) -> Answers:
    """What was answered; what cannot be read is not answered."""
    said = {field.name: str(field.data or "") for field in form}
    scores = {code: int(text) for code, text in said.items() if text in SCORES and isinstance(form[code], RadioField)}
    satisfaction = scores.pop("satisfaction", None)
    solved = {"yes": True, "no": False}.get(said.get("resolved_flag", ""))
    return Answers(solved, satisfaction, said.get("comment", ""), scores)
