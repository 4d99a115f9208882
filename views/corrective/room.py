"""The room of the pages of corrective actions, and what they all say alike."""

from __future__ import annotations

from flask import Blueprint

from backoffice.models.teamwork import CorrectiveAction
from policies.corrective import CorrectiveRules
from policies.message import Name

blueprint = Blueprint("corrective", __name__)


def kind_of(rules: CorrectiveRules, one: CorrectiveAction) -> Name:
    """The kind by its name; its code where the office has dropped it."""
    kind = rules.types.get(one.type)
    return Name(kind.name["zh"], kind.name["en"]) if kind is not None else Name(one.type, one.type)


def source_of(rules: CorrectiveRules, one: CorrectiveAction) -> Name:
    """The source by its name."""
    found = rules.sources.get(one.source)
    return Name(found.name["zh"], found.name["en"]) if found is not None else Name(one.source, one.source)


def whole_id(text: str) -> int | None:
    """An id from a query or a form, or nothing."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
