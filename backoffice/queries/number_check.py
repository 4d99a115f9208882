"""Whether every number of a complaint that was given out is accounted for (R2, R9, R40).

A number is a complaint's, or reserved for a form on paper: not entered yet, or void. What is neither is a gap. Gaps are
named and prove nothing by themselves: a number typed from a form that was printed before the counter came so far leaves
those before it open; whether a complaint was removed is what the chains and the seals say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.office import Office
from backoffice.models.paper import ReservedNumber
from backoffice.models.work import Counter
from policies.numbering import NumberPattern

NAMED = 100
"""So many of each are named; the others are counted."""
BATCH = 5000


@dataclass(frozen=True)
class Waiting:
    """A number that is reserved for a form, which is not entered yet."""

    number: str
    day: date
    taken_by: str


@dataclass
class NumberCheck:
    """Numbers that nothing accounts for, from one to another; reserved ones whose forms are still out."""

    missing: int = 0
    gaps: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    still_out: int = 0


def check_numbers(session: Session) -> NumberCheck:
    """Go through all numbers along their index; memory grows with the days and the forms alone."""
    found = NumberCheck()
    out = sa.select(ReservedNumber).where(ReservedNumber.complaint_id.is_(None))
    still = out.where(ReservedNumber.void_at.is_(None)).order_by(ReservedNumber.id)
    found.waiting = [Waiting(row.number, row.day, row.taken_by) for row in session.scalars(still.limit(NAMED))]
    found.still_out = session.scalar(sa.select(sa.func.count()).select_from(still.order_by(None).subquery())) or 0
    office = session.scalars(sa.select(Office)).first()
    if office is not None:
        _look_for_gaps(session, NumberPattern(office.complaint_number_format), found)
    return found


def _look_for_gaps(session: Session, pattern: NumberPattern, found: NumberCheck) -> None:
    reserved: dict[str, set[int]] = defaultdict(set)
    papers = sa.select(ReservedNumber.number).where(ReservedNumber.complaint_id.is_(None))
    for number in session.scalars(papers.execution_options(yield_per=BATCH)):
        if (said := pattern.parse(number)) is not None:
            reserved[said.slot].add(said.place)
    last: dict[str, int] = defaultdict(int)
    has_others = False
    for number in _numbers(session):
        said = pattern.parse(number)
        if said is None:
            has_others = True
            continue
        _note(found, pattern, said.slot, last[said.slot] + 1, said.place - 1, reserved)
        last[said.slot] = max(last[said.slot], said.place)
    for row in session.execute(sa.select(Counter.slot, Counter.value).where(Counter.series == "complaint")):
        if row.slot in last or row.slot in reserved or not has_others:  # else it counted under an earlier pattern
            _note(found, pattern, row.slot, last[row.slot] + 1, row.value, reserved)
    found.gaps.sort()


def _numbers(session: Session) -> Iterator[str]:
    """All numbers, so that those of one slot come in the order of their places: the shorter ones first."""
    length = sa.func.length(Complaint.number)
    for width in sorted(session.scalars(sa.select(length).distinct())):
        wanted = sa.select(Complaint.number).where(length == width).order_by(Complaint.number)
        yield from session.scalars(wanted.execution_options(yield_per=BATCH))


def _note(
    found: NumberCheck, pattern: NumberPattern, slot: str, first: int, last: int, reserved: dict[str, set[int]]
) -> None:
    """What is missing between two places of a slot, without what is reserved."""
    held = sorted(place for place in reserved.get(slot, ()) if first <= place <= last) if first <= last else []
    for end in [*(place - 1 for place in held), last]:
        if first <= end and (number := pattern.of_slot(slot, first)) is not None:
            found.missing += end - first + 1
            if len(found.gaps) < NAMED:
                found.gaps.append((number, pattern.of_slot(slot, end) or number))
        first = end + 2
