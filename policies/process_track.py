"""The way of one complaint through its process, or its processes where it was regraded (R3, R14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Move:
    """An event that moved a complaint: when, by which action, from where (None: it began), to where; the severities
    before and after where it was regraded to another one.
    """

    at: datetime
    action: str
    from_step: str | None
    to_step: str
    was: str | None = None
    now: str | None = None

    @property
    def changes_process(self) -> bool:
        return self.was is not None and self.now is not None and self.was != self.now


@dataclass
class Visit:
    """A stay at a step: when it came, by what; when it left, by what (None: it is there)."""

    step: str
    came: datetime
    left: datetime | None = None
    action: str | None = None
    to: str | None = None


@dataclass
class Leg:
    """What a complaint went through in one process; ``severity`` is the one by which it ran."""

    severity: str
    visits: list[Visit] = field(default_factory=list)
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def steps(self) -> frozenset[str]:
        """The steps it came to."""
        return frozenset(visit.step for visit in self.visits)

    def of(self, step: str) -> list[Visit]:
        """The stays at a step, the oldest first."""
        return [visit for visit in self.visits if visit.step == step]


def legs(moves: Iterable[Move], severity: str) -> list[Leg]:
    """The way so far, process by process; ``severity`` is the present one, ``moves`` are in the history's order."""
    known = list(moves)
    first = next((move.was for move in known if move.changes_process), None)
    found = [Leg(first or severity)]
    for move in known:
        leg = found[-1]
        if move.from_step is not None:
            leg.ways[move.from_step, move.action] += 1
            if leg.visits and leg.visits[-1].left is None:
                last = leg.visits[-1]
                last.left, last.action, last.to = move.at, move.action, move.to_step
        if move.changes_process:
            found.append(Leg(move.now or severity))
        found[-1].visits.append(Visit(move.to_step, move.at))
    return found
