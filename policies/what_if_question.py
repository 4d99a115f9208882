"""What may be asked of past complaints, and by whom (R14, R23, R24, R39)."""

from __future__ import annotations

from datetime import date

from policies.access import Actor, Permission, Scope, may_any
from policies.message import Refusal
from policies.reference import refused

LONGEST_PERIOD = 3_700  # days: ten years
MOST_WAITING = 5
EARLIEST = date(1990, 1, 1)


def refuse_asking(actor: Actor) -> Refusal | None:
    """Whoever edits the rules, and whoever may see the figures of the whole office."""
    everywhere = actor.scope(Permission.STATISTICS_VIEW) is Scope.ALL
    if everywhere or may_any(actor, (Permission.CONFIGURATION_EDIT,)):
        return None
    return Refusal("access.refused.permission", {"permission": Permission.STATISTICS_VIEW}, status=403)


def check_period(first: date | None, last: date | None, today: date) -> list[Refusal]:
    """Two days, the first not after the last, neither to come, at most ten years apart."""
    problems = [refused("missing", name) for name, day in (("first_day", first), ("last_day", last)) if day is None]
    if first is None or last is None:
        return problems
    if first < EARLIEST:
        return [Refusal("what_if.refused.too_early", {"earliest": EARLIEST}, "first_day", 422)]
    if first > last:
        return [Refusal("what_if.refused.reversed", {"first": first, "last": last}, "last_day", 422)]
    if last > today:
        return [Refusal("what_if.refused.to_come", {"today": today}, "last_day", 422)]
    if (last - first).days > LONGEST_PERIOD:
        return [Refusal("what_if.refused.too_long", {"years": LONGEST_PERIOD // 365}, "first_day", 422)]
    return []
