"""Reserved numbers (R9): how many, for which day, for whom; and when one may be accounted for as not used."""

from __future__ import annotations

from datetime import date, timedelta

from policies.message import Refusal

MOST = 200
AHEAD = timedelta(days=31)
LONGEST_HOLDER = 60
LONGEST_REASON = 200


def check_reservation(count: int | None, day: date | None, taken_by: str, today: date) -> tuple[Refusal, ...]:
    """Why numbers cannot be reserved, each beside its field. A day may be past: forms are also made up afterwards."""
    refusals = []
    if count is None or not 1 <= count <= MOST:
        refusals.append(Refusal("paper_forms.refused.count", {"most": MOST}, "count", 422))
    if day is None or not today - AHEAD <= day <= today + AHEAD:
        refusals.append(Refusal("paper_forms.refused.day", {"days": AHEAD.days}, "day", 422))
    if not taken_by:
        refusals.append(Refusal("paper_forms.refused.taken_by", field="taken_by", status=422))
    return tuple(refusals)


def check_void(number: str, reason: str, *, is_used: bool, is_void: bool) -> tuple[Refusal, ...]:
    """Why a number cannot be accounted for as not used."""
    if is_used:
        return (Refusal("paper_forms.refused.used", {"number": number}),)
    if is_void:
        return (Refusal("paper_forms.refused.void", {"number": number}),)
    if not 1 <= len(reason) <= LONGEST_REASON:
        return (Refusal("paper_forms.refused.reason", {"longest": LONGEST_REASON}, "reason", 422),)
    return ()
