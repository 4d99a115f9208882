"""Who inspects what was drawn (R27): in turn among those without a conflict, the load shared out evenly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique

from policies.duties import no_own_inspection

MONTHS_RUNNING = 3
"""Not the same inspector for the same person in so many months running."""


@unique
class Hindrance(StrEnum):
    """Why somebody may not inspect a unit."""

    OWN_WORK = "own_work"
    OWN_DEPARTMENT = "own_department"
    OWN_SCORING = "own_scoring"
    THIRD_MONTH = "third_month"


@dataclass(frozen=True)
class Inspector:
    """Somebody who may inspect: ids of the person and the department, and how many inspections wait for them.

    ``away``: absent for too much of the time to be given anything while others are there.
    """

    id: int
    code: str
    department: int | None
    waiting: int = 0
    away: bool = False


@dataclass(frozen=True)
class ToInspect:
    """A drawn unit: whoever had a function on the record, the inspected, the department that it counts for.

    ``scored_by``: of a second scoring, who scored it first. ``inspected_by``: who inspects or inspected the same record
    by any plan.
    """

    worked: frozenset[int]
    subject: int | None = None
    department: int | None = None
    scored_by: int | None = None
    inspected_by: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Assigned:
    """Whom a unit went to; to nobody: how many were held off by what (empty when there is no inspector at all)."""

    inspector: int | None
    hindered: Mapping[str, int] = field(default_factory=dict)


def hindrance(
    inspector: Inspector, unit: ToInspect, third_month: Collection[tuple[int, int]], *, other_department_only: bool
) -> Hindrance | None:
    """What keeps an inspector from a unit, or None. ``third_month``: (inspector, inspected) of the two months before.

    Whoever worked on a record, or is the one inspected, never inspects it (``no_own_inspection``).
    """
    own = {*unit.worked, *(() if unit.subject is None else (unit.subject,))}
    if no_own_inspection(inspector.id, own) is not None:
        return Hindrance.OWN_WORK
    if unit.scored_by == inspector.id or inspector.id in unit.inspected_by:
        return Hindrance.OWN_SCORING
    if other_department_only and inspector.department is not None and inspector.department == unit.department:
        return Hindrance.OWN_DEPARTMENT
    if unit.subject is not None and (inspector.id, unit.subject) in third_month:
        return Hindrance.THIRD_MONTH
    return None


def assign(
    units: Iterable[ToInspect],
    inspectors: Sequence[Inspector],
    third_month: Collection[tuple[int, int]] = frozenset(),
    *,
    other_department_only: bool = True,
) -> list[Assigned]:
    """Each unit to the one without a conflict who has the least waiting; of several, to who got the least of this draw,
    then by code. Who is away gets only what nobody else may inspect. A unit that nobody may inspect stays with nobody.
    """
    load = {one.id: one.waiting for one in inspectors}
    given: Counter[int] = Counter()
    assigned = []
    for unit in units:
        held = {
            one.id: hindrance(one, unit, third_month, other_department_only=other_department_only) for one in inspectors
        }
        free = [one for one in inspectors if held[one.id] is None]
        if not free:
            assigned.append(Assigned(None, Counter(str(why) for why in held.values() if why is not None)))
            continue
        there = [one for one in free if not one.away] or free
        taken = min(there, key=lambda one: (load[one.id], given[one.id], one.code))
        load[taken.id] += 1
        given[taken.id] += 1
        assigned.append(Assigned(taken.id))
    return assigned


def is_away(absences: Iterable[tuple[datetime, datetime]], days: Sequence[datetime]) -> bool:
    """Whether somebody is away for at least half of these working days, each given by its noon (R27).

    A day off within two weeks takes nobody out of the draw; a holiday that leaves too little time does.
    """
    spans = list(absences)
    missed = sum(any(begins <= noon < ends for begins, ends in spans) for noon in days)
    return missed > 0 and 2 * missed >= len(days)


def months_before(day: date, months: int = MONTHS_RUNNING - 1) -> list[tuple[date, date]]:
    """The months before a day's own, the nearest first: (first day, first day of the next month)."""
    first, found = day.replace(day=1), []
    for _ in range(months):
        before = (first.replace(year=first.year - 1, month=12) if first.month == 1
                  else first.replace(month=first.month - 1))  # fmt: skip
        found.append((before, first))
        first = before
    return found
