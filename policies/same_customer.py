"""A customer who complains again need not say everything again (R2): what a new record takes over from an earlier one.

Nothing of it is shown: it goes from sealed record to sealed record, only for the phone that was typed, and the history
of the new complaint names the one that it came from (R39, R40).
"""

from __future__ import annotations

from collections.abc import Mapping

CARRIED = ("customer_name", "address", "email")
WAY = "preferred_contact"


def carried(typed: Mapping[str, str], known: Mapping[str, object]) -> dict[str, str]:
    """The texts that were left empty and are known; what was typed stands."""
    return {code: str(known[code]) for code in CARRIED if known.get(code) and not (typed.get(code) or "").strip()}


def offered(known: Mapping[str, object]) -> tuple[str, ...]:
    """What an earlier record has to take over, by the codes of its fields."""
    return tuple(code for code in (*CARRIED, WAY) if known.get(code))
