"""What the rules say to people: a key of the catalogue with its values, never a finished sentence.

Floors below the pages do not know a language. They hand up a ``Message``; the page renders it for its reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

LANGUAGES: Mapping[str, str] = {"zh_Hans": "zh", "en": "en"}
"""The desk's languages, and what names and columns of the office's data call them."""


class Name(NamedTuple):
    """A name that the office keeps as data in both languages (a department, an element, a holiday)."""

    zh: str
    en: str


@dataclass(frozen=True)
class Message:
    """A text to be shown: ``key`` names it in both catalogues, ``params`` fill its ``%(name)s`` places.

    A parameter is a str, int, Decimal, aware datetime, date, a ``Name``, another ``Message``, or a tuple of these
    (shown as a list).
    """

    key: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True)
class Refusal(Message):
    """Why something is not done and what to do next (style habit 1: a refusal is a value).

    ``field`` names the form field that it belongs to; ``status`` is the HTTP status with which a page answers
    (400 unreadable, 403 not allowed, 404 not there, 409 not in this state, 422 incomplete or contradictory).
    """

    field: str | None = None
    status: int = 409
