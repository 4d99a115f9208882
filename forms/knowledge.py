"""The form of an article or a case (R38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wtforms import Form, HiddenField, SelectMultipleField

from forms.fields import DayField, LineField, Required, WordsField
from policies.knowledge import LONGEST_BODY, LONGEST_TITLE, KnowledgeFacts
from policies.message import LANGUAGES, Message

Leaves = Mapping[str, Sequence[tuple[str, str]]]


def knowledge_form(language: str, leaves: Leaves) -> type[Form]:
    """The class of the form; the office's own language comes first and is required."""
    own = LANGUAGES.get(language, "zh")
    members: dict[str, object] = {}
    for one in sorted(LANGUAGES.values(), key=lambda one: one != own):
        needed = [Required()] if one == own else []
        help_text = "" if one == own else Message("knowledge.help.other_language")
        members[f"title_{one}"] = LineField(
            Message(f"knowledge.field.title_{one}"), needed, description=help_text,
            render_kw={"maxlength": LONGEST_TITLE},
        )  # fmt: skip
        members[f"body_{one}"] = WordsField(
            Message(f"knowledge.field.body_{one}"), needed, description=help_text,
            render_kw={"maxlength": LONGEST_BODY, "rows": 10 if one == own else 4},
        )  # fmt: skip
    members["categories"] = SelectMultipleField(
        Message("knowledge.field.categories"), [Required()], choices=dict(leaves), validate_choice=False,
        description=Message("knowledge.help.categories"), render_kw={"size": 8},
    )  # fmt: skip
    for name in ("valid_from", "valid_until"):
        members[name] = DayField(Message(f"knowledge.field.{name}"), description=Message(f"knowledge.help.{name}"))
    members |= {name: HiddenField() for name in ("version", "submission", "source")}
    return type("KnowledgeForm", (Form,), members)


def facts_of(form: Form) -> KnowledgeFacts:
    """What was typed, for the service."""
    data = form.data
    texts = {name: data[name] or "" for name in ("title_zh", "title_en", "body_zh", "body_en")}
    days = {name: data[name] for name in ("valid_from", "valid_until")}
    return KnowledgeFacts(categories=tuple(dict.fromkeys(data["categories"] or ())), **texts, **days)
