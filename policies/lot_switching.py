"""How strictly the next lot of a department is inspected (R27; ISO 2859-1, 9.3 and 9.4), from the lots before it.

Normal inspection tightens when two of five or fewer consecutive lots were not accepted; five accepted in a row bring it
back; five not accepted on tightened inspection stop the sampling until an improvement is on record. Reduced inspection
begins when the switching score has reached 30 and the office wants it, and ends with the first lot that gives cause.
Only first inspections count: a complaint is not submitted again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum, unique

from policies.lot_tables import LotPlan, would_pass_tighter
from policies.vocabulary_inspection import LotSeverity

WINDOW = 5  # lots in which a second one not accepted tightens the inspection
FAILURES_TO_TIGHTEN = 2
ACCEPTED_TO_RELAX = 5
FAILURES_TO_STOP = 5
SCORE_TO_REDUCE = 30


@unique
class Switch(StrEnum):
    """Why the next lot is inspected otherwise than the last one."""

    TWO_OF_FIVE = "two_of_five"
    FIVE_ACCEPTED = "five_accepted"
    FIVE_REFUSED = "five_refused"
    SCORE_REACHED = "score_reached"
    REDUCED_FAILED = "reduced_failed"
    BETWEEN_NUMBERS = "between_numbers"
    NOT_WANTED = "not_wanted"
    IMPROVED = "improved"


@dataclass(frozen=True)
class Lot:
    """A decided lot: how it was inspected, by which numbers, and how many of its records were nonconforming.

    ``reduced_wanted``: whether the office allows reduced inspection after it (production steady, authority agrees).
    """

    severity: LotSeverity
    quality_limit: str
    plan: LotPlan
    nonconforming: int
    reduced_wanted: bool = True

    @property
    def accepted(self) -> bool:
        """Between the two numbers of a reduced plan a lot is still accepted (MIL-STD-105E, 4.7.4)."""
        return self.nonconforming < self.plan.reject

    @property
    def is_between(self) -> bool:
        """More than the acceptance number, fewer than the rejection number."""
        return self.plan.accept < self.nonconforming < self.plan.reject


@dataclass(frozen=True)
class Improvement:
    """An improvement put on record for a department whose sampling had stopped: it goes on, tightened."""


@dataclass(frozen=True)
class Course:
    """How a department is inspected next, and what that was reckoned from.

    ``recent``: of the lots inspected so since the last switch, whether each was accepted, the last five;
    ``refused``: lots not accepted in this stretch of tightened inspection; ``score``: the switching score.
    """

    severity: LotSeverity = LotSeverity.NORMAL
    score: int = 0
    recent: tuple[bool, ...] = ()
    refused: int = 0
    switch: Switch | None = None


START = Course()
Event = Lot | Improvement


def course_after(events: Iterable[Event], begun: Course = START) -> Course:
    """How the next lot is inspected after all that happened, oldest first; a department begins normally."""
    course = begun
    for event in events:
        course = step(course, event)
    return course


def step(course: Course, event: Event) -> Course:
    """One lot, or one improvement, further.

    A lot drawn before an earlier one was decided may have been inspected otherwise than the course says: it counts for
    a new stretch of what it was inspected by.
    """
    if isinstance(event, Improvement):
        if course.severity is not LotSeverity.DISCONTINUED:
            return replace(course, switch=None)
        return Course(LotSeverity.TIGHTENED, switch=Switch.IMPROVED)
    if event.severity is not course.severity:
        if course.severity is LotSeverity.DISCONTINUED:
            return replace(course, switch=None)
        course = Course(event.severity)
    return _STEPS[event.severity](course, event)


def score_after(score: int, lot: Lot) -> int:
    """The switching score after a lot of normal inspection (ISO 2859-1, 9.3.3.2, single sampling).

    With an acceptance number of 2 or more it grows by 3 when the lot had also passed at a limit one step tighter; with
    0 or 1 by 2 when it was accepted; otherwise it starts again from nothing.
    """
    if lot.plan.accept >= 2:
        return score + 3 if would_pass_tighter(lot.plan, lot.quality_limit, lot.nonconforming) else 0
    return score + 2 if lot.accepted else 0


def _after_normal(course: Course, lot: Lot) -> Course:
    recent = (*course.recent, lot.accepted)[-WINDOW:]
    if recent.count(False) >= FAILURES_TO_TIGHTEN:
        return Course(LotSeverity.TIGHTENED, switch=Switch.TWO_OF_FIVE)
    score = score_after(course.score, lot)
    if score >= SCORE_TO_REDUCE and lot.reduced_wanted:
        return Course(LotSeverity.REDUCED, switch=Switch.SCORE_REACHED)
    return Course(LotSeverity.NORMAL, score, recent)


def _after_tightened(course: Course, lot: Lot) -> Course:
    recent = (*course.recent, lot.accepted)[-ACCEPTED_TO_RELAX:]
    refused = course.refused + (not lot.accepted)
    if refused >= FAILURES_TO_STOP:
        return Course(LotSeverity.DISCONTINUED, switch=Switch.FIVE_REFUSED)
    if len(recent) == ACCEPTED_TO_RELAX and all(recent):
        return Course(LotSeverity.NORMAL, switch=Switch.FIVE_ACCEPTED)
    return Course(LotSeverity.TIGHTENED, recent=recent, refused=refused)


def _after_reduced(course: Course, lot: Lot) -> Course:
    if not lot.accepted:
        return Course(LotSeverity.NORMAL, switch=Switch.REDUCED_FAILED)
    if lot.is_between:
        return Course(LotSeverity.NORMAL, switch=Switch.BETWEEN_NUMBERS)
    if not lot.reduced_wanted:
        return Course(LotSeverity.NORMAL, switch=Switch.NOT_WANTED)
    return replace(course, recent=(*course.recent, True)[-WINDOW:], switch=None)


def _after_stop(course: Course, _lot: Lot) -> Course:
    return replace(course, switch=None)


_STEPS = {
    LotSeverity.NORMAL: _after_normal,
    LotSeverity.TIGHTENED: _after_tightened,
    LotSeverity.REDUCED: _after_reduced,
    LotSeverity.DISCONTINUED: _after_stop,
}
