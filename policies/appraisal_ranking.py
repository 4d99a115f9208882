"""Ranks among those who were rated (R33): equal scores share a rank, and the next one is left out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def ranks(scores: Sequence[Decimal | None]) -> list[int | None]:
    """The rank of each score in its place; None for who was not rated (None)."""
    rated = [one for one in scores if one is not None]
    return [None if one is None else 1 + sum(other > one for other in rated) for one in scores]
