"""The words of a form's choices in the reader's language: forms stand below the languages and hand up messages."""

from __future__ import annotations

from typing import Any

from wtforms import Form, RadioField, SelectField

from policies.message import Message
from views.language import say


def spoken(form: Form) -> Form:
    """The same form, with the choices of its lists in the reader's language."""
    for field in form:
        if isinstance(field, SelectField) and not isinstance(field, RadioField) and field.choices:
            if isinstance(field.choices, dict):
                field.choices = {name: _pairs(pairs) for name, pairs in field.choices.items()}
            else:
                field.choices = _pairs(field.choices)
    return form


def _pairs(pairs: Any) -> list[tuple[str, str]]:
    return [(value, say(text) if isinstance(text, Message) else text) for value, text in pairs]
