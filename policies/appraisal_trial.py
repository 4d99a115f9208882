"""A scheme tried on a past month (R32): what each sheet came to and would come to, who moves, what it costs in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from policies.access import Actor, Permission, Scope
from policies.appraisal import Rules
from policies.message import Name

NOTHING = Decimal(0)
SEE_ALL = (Permission.SHEET_COMPUTE, Permission.SHEET_CHECK, Permission.SHEET_APPROVE)
"""Who holds one of these for the whole office sees every sheet with its name."""


@dataclass(frozen=True)
class Came:
    """What a month came to. ``bonus`` in yuan, ``reduction`` of the performance bonus in per cent."""

    score: Decimal | None
    grade: str | None
    bonus: Decimal
    reduction: Decimal = NOTHING


@dataclass(frozen=True)
class Tried:
    """One sheet before and after; ``after`` is None where the scheme does not appraise it any more.

    ``uncounted``: indicators of the scheme for which nothing was counted that month.
    """

    sheet_id: int
    number: str
    name: Name
    place: Name | None
    before: Came
    after: Came | None
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Who would have a sheet by the scheme and is not reckoned. ``by``: the scheme that appraised them that month;
    None: none did, so that the month has no figures of theirs.
    """

    name: Name
    place: Name | None
    by: Name | None


@dataclass(frozen=True)
class Outside:
    """Whom a trial leaves out; ``without``: how many people in service that month have no sheet before nor after."""

    new: tuple[LeftOut, ...]
    without: int


@dataclass(frozen=True)
class Outcome:
    """A trial in all. ``spread``: grade (None: none) with how many had it before and would have it, the best first."""

    count: int
    up: int
    down: int
    dropped: int
    spread: tuple[tuple[str | None, int, int], ...]
    cost_before: Decimal
    cost_after: Decimal

    @property
    def same(self) -> int:
        """How many keep their grade."""
        return self.count - self.up - self.down - self.dropped


def may_see_names(actor: Actor) -> bool:
    """Whether a person may see whose sheet it is, of everybody."""
    return any(actor.scope(permission) is Scope.ALL for permission in SEE_ALL)


def move_of(one: Tried, rules: Rules) -> int:
    """1: a better grade, -1: a worse one, 0: the same, or nothing to compare."""
    if one.after is None:
        return 0
    before, after = _rank(one.before.grade, rules), _rank(one.after.grade, rules)
    return (after > before) - (after < before)


def _rank(grade: str | None, rules: Rules) -> Decimal:
    """Where a grade stands; no grade stands below all."""
    known = {one.code: one.from_score for one in rules.grades}
    return known.get(grade or "", Decimal(-1))


def outcome_of(tried: Sequence[Tried], rules: Rules) -> Outcome:
    """What a trial comes to. The cost counts every sheet; one that is dropped costs nothing any more."""
    moves = [move_of(one, rules) for one in tried]
    stays = [one for one in tried if one.after is not None]
    before = Counter(one.before.grade for one in tried)
    after = Counter(one.after.grade for one in stays if one.after is not None)
    grades = dict.fromkeys([*(one.code for one in rules.grades), *before, *after])
    grades.pop(None, None)
    order: list[str | None] = [*grades, *([None] if None in before or None in after else [])]
    return Outcome(
        count=len(tried),
        up=moves.count(1),
        down=moves.count(-1),
        dropped=len(tried) - len(stays),
        spread=tuple((grade, before[grade], after[grade]) for grade in order),
        cost_before=sum((one.before.bonus for one in tried), NOTHING),
        cost_after=sum((one.after.bonus for one in stays if one.after is not None), NOTHING),
    )


def in_order(tried: Sequence[Tried], rules: Rules) -> list[Tried]:
    """Who moves first, the others by how far their score moves."""

    def key(one: Tried) -> tuple[bool, Decimal, str]:
        scores = [side.score for side in (one.before, one.after) if side is not None and side.score is not None]
        far = abs(scores[1] - scores[0]) if len(scores) == 2 else NOTHING
        return (move_of(one, rules) == 0 and one.after is not None, -far, one.number)

    return sorted(tried, key=key)
