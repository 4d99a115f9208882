"""What a lot plan says besides sizes (R27): its quality limit, and when an inspected record is nonconforming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.lot_tables import PERCENT_LIMITS

SCORE_BELOW = Decimal(75)
LIMIT_BY_VALUE = {Decimal(limit): limit for limit in PERCENT_LIMITS}


@dataclass(frozen=True)
class LotTerms:
    """``quality_limit`` in percent as the tables write it; a score below ``score_below`` (0–100) does not conform.

    ``fatal_counts``: nor does any record with a fatal fault; ``reduced``: whether reduced inspection is wanted at all.
    """

    quality_limit: str
    score_below: Decimal = SCORE_BELOW
    fatal_counts: bool = True
    reduced: bool = True

    def is_nonconforming(self, score: Decimal | None, *, fatal: bool) -> bool:
        """Whether a final inspection counts against its lot; one without a score does."""
        return score is None or score < self.score_below or (self.fatal_counts and fatal)


def lot_terms(definition: Mapping[str, Any]) -> LotTerms:
    """The terms of a lot plan's definition. Raises ``ValueError`` when it names no limit of the tables."""
    limit = limit_of(definition.get("quality_limit"))
    if limit is None:
        raise ValueError("a lot plan names a quality limit of the tables")
    said = definition.get("nonconforming_when") or {}
    return LotTerms(
        limit,
        Decimal(str(said.get("score_below", SCORE_BELOW))),
        bool(said.get("fatal", True)),
        bool(definition.get("reduced_inspection", True)),
    )


def limit_of(value: object) -> str | None:
    """A quality limit as the tables write it ("4.0"), however it was written (4, "4.00"); None when it is none."""
    try:
        return LIMIT_BY_VALUE.get(Decimal(str(value)))
    except InvalidOperation:
        return None
