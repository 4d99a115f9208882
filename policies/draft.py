"""Drafts of forms (R40): which forms keep one, what of a form may be kept, how much, how often and how long.

A form in which much is typed keeps a draft: one with a text of several lines, or with more than a few fields.
Passwords, tokens and files are never kept, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from policies.message import Refusal

FEW = 5
"""So many fields are typed again faster than a draft is looked for."""
MOST_FIELDS = 500
MOST_SIGNS = 200_000
LONGEST_NAME = 120
LONGEST_LABEL = 200
MOST = 60
"""So many drafts one person may have; a further one is refused, since none is thrown away for another."""
KEPT = timedelta(days=14)
ENDED_KEPT = timedelta(days=1)
"""A form that was carried out is remembered so long: a late word of its page makes no draft of it again."""
PAUSE = timedelta(seconds=1)
"""Between two keepings of one draft that a script asks for."""
SECRET_WORDS = ("password", "passphrase", "secret", "token", "csrf")

Typed = tuple[str, str, str]
"""Name of a field, what stands in it, and what the page calls it."""


def keeps_a_draft(long_texts: int, fields: int) -> bool:
    """Whether a form with so many texts of several lines and so many fields in all keeps a draft."""
    return long_texts > 0 or fields > FEW


def may_be_kept(name: str) -> bool:
    """Whether a field of this name may be kept at all."""
    lowered = name.lower()
    return 0 < len(name) <= LONGEST_NAME and not any(word in lowered for word in SECRET_WORDS)


def kept_of(typed: Iterable[Typed]) -> list[Typed]:
    """What may be kept of a form, in its order."""
    return [(name, value, label[:LONGEST_LABEL]) for name, value, label in typed if may_be_kept(name)]


def refuse(
    typed: Sequence[Typed], at: datetime, *, others: int, last: datetime | None, pressed: bool = False
) -> Refusal | None:
    """Why this cannot be kept now. ``others``: how many other drafts the person has; ``last``: when this one was kept
    before; ``pressed``: somebody pressed the button.
    """
    if len(typed) > MOST_FIELDS or sum(len(name) + len(value) for name, value, _ in typed) > MOST_SIGNS:
        return Refusal("drafts.refused.big", {"signs": MOST_SIGNS}, status=413)
    if last is None and others >= MOST:
        return Refusal("drafts.refused.many", {"most": MOST}, status=409)
    if last is not None and not pressed and timedelta(0) <= at - last < PAUSE:
        return Refusal("drafts.refused.often", status=429)
    return None


def goes_at(kept_at: datetime) -> datetime:
    """When a draft is cleared away that nobody takes up."""
    return kept_at + KEPT
