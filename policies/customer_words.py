"""What customers may say of a complaint that runs, on the page where they ask how it goes (R13): urge it, add to it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from enum import StrEnum, unique

from policies.completeness import holds_something
from policies.message import Message, Refusal

HOLDS = timedelta(hours=12)
"""So long after it was shown the page may be used for it."""
MARK_BYTES = 8
WORDS_OF_ONE_ADDRESS, WORDS_OF_ONE_COMPLAINT = 30, 10
"""How often within an hour something may be said."""


@unique
class Wish(StrEnum):
    """What the customer wants."""

    URGE = "urge"
    ADD = "add"


def refuse_page(shown_at: datetime | None, at: datetime) -> Refusal | None:
    """Why what comes is not of a page that was shown: it is nobody's, or was open for too long."""
    held = shown_at is not None and shown_at <= at <= shown_at + HOLDS
    return None if held else Refusal("public.refused.old_words", status=422)


def refuse_words(wish: str, text: str, *, trapped: bool) -> Refusal | None:
    """Why this is not taken as it was sent. Who urges need say nothing more."""
    if wish not in list(Wish):
        return Refusal("public.refused.form", status=422)
    if trapped:
        return Refusal("public.refused.trapped", status=422)
    if wish == Wish.ADD and not holds_something(text):
        return Refusal("public.refused.missing", {"field": Message("public.field.words")}, "text", 422)
    return None


def refuse_closed(*, is_open: bool) -> Refusal | None:
    """Why nothing is said to a complaint any more: it is closed."""
    return None if is_open else Refusal("public.refused.closed", status=409)


def mark_of(number: str) -> bytes:
    """By what a page knows its complaint beside its place: a place may be given out again, a number is not."""
    return hashlib.sha256(number.encode()).digest()[:MARK_BYTES]


def urging_of(day: date) -> str:
    """The name of the one urging that a customer has in a day of the office: a second one is the same one."""
    return f"urged on the customers' page on {day.isoformat()}"
