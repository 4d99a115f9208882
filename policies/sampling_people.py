"""Of whom more is drawn because they are new (R27): 90 days in post, and until a last score of 85 or more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

NEW_DAYS = 90
ENOUGH = Decimal(85)


def is_watched(joined: date, day: date, last_score: Decimal | None) -> bool:
    """Whether somebody who joined on a day is still drawn more often on another: the first 90 days in any case, and
    after them as long as the last published score is below 85 or there is none.
    """
    return (day - joined).days < NEW_DAYS or last_score is None or last_score < ENOUGH
