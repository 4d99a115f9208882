"""What may be entered of training (R34): a session, who was there, a coaching talk, an order by hand, a course."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from policies.message import Refusal
from policies.reference import LONGEST_NAME, check_text
from policies.vocabulary_training import CourseKind, DueSource, TrainingForm

FURTHEST_BACK = timedelta(days=1100)
"""A session may be written up late, as far back as a qualification can matter."""
FURTHEST_AHEAD = timedelta(days=366)
MOST_HOURS = Decimal(80)
FULL_SCORE = Decimal(100)
LONGEST_NOTE = 1000
MOST_PEOPLE = 200
BY_HAND = (
    DueSource.NEW_RULE,
    DueSource.INSPECTION,
    DueSource.CORRECTIVE_ACTION,
    DueSource.POST_REVIEW,
    DueSource.APPRAISAL,
)
"""On whose word somebody may order training by hand, the most usual first."""


@dataclass(frozen=True)
class SessionSays:
    """What is said of a session. ``course``: its kind, None for a coaching; hours in decimal."""

    held_on: date | None
    hours: Decimal | None
    form: TrainingForm | None
    people: tuple[int, ...]
    course: CourseKind | None = None
    role_code: str | None = None
    trainer: str = ""
    place: str = ""


@dataclass(frozen=True)
class Presence:
    """What is written up of one person: there or not, hours, the score of an exam, excellent in a drill."""

    staff_id: int
    present: bool
    hours: Decimal | None = None
    score: Decimal | None = None
    excellent: bool = False


def check_session(says: SessionSays, today: date, *, staff: Collection[int], roles: Collection[str]) -> list[Refusal]:
    """A day within reach, hours, people in service, and the post where it is the exam of the entry training."""
    found = [*check_day(says.held_on, today), *check_hours(says.hours, zero=says.course is CourseKind.EXAM)]
    if says.form is None:
        found.append(_refused("no_form", "form"))
    found += check_people(says.people, staff)
    if says.course is CourseKind.EXAM and says.role_code not in roles:
        found.append(_refused("no_post", "role_code"))
    found += check_text("trainer", says.trainer, longest=LONGEST_NAME)
    return found + check_text("place", says.place, longest=LONGEST_NAME)


def check_day(held_on: date | None, today: date, *, ahead: timedelta = FURTHEST_AHEAD) -> list[Refusal]:
    """A day that is neither long past nor too far off."""
    if held_on is None:
        return [_refused("no_day", "held_on")]
    first, last = today - FURTHEST_BACK, today + ahead
    return [] if first <= held_on <= last else [_refused("day_out_of_reach", "held_on", first=first, last=last)]


def check_hours(hours: Decimal | None, field: str = "hours", *, zero: bool = False) -> list[Refusal]:
    """Hours in steps of a hundredth, more than none (an exam may have none), not more than two weeks' work."""
    if hours is None or not hours.is_finite() or not (0 if zero else Decimal("0.01")) <= hours <= MOST_HOURS:
        return [_refused("hours", field, most=MOST_HOURS)]
    return []


def check_presence(
    rows: Iterable[Presence], *, invited: Collection[int], hours: Decimal, has_exam: bool
) -> list[Refusal]:
    """Each row beside its own fields (``hours-12``): who was there has hours, up to the session's, and in an exam a
    score of 0 to 100.
    """
    found = []
    for row in rows:
        if row.staff_id not in invited:
            found.append(_refused("not_invited", "people"))
        elif row.present:
            found += _check_row(row, hours, has_exam)
    return found


def _check_row(row: Presence, hours: Decimal, has_exam: bool) -> Iterable[Refusal]:
    given = row.hours
    if given is None or not given.is_finite() or not 0 <= given <= hours:
        yield _refused("row_hours", f"hours-{row.staff_id}", most=hours)
    score = row.score
    if score is not None and not (score.is_finite() and 0 <= score <= FULL_SCORE):
        yield _refused("score", f"score-{row.staff_id}", most=FULL_SCORE)
    if has_exam and score is None:
        yield _refused("no_score", f"score-{row.staff_id}", most=FULL_SCORE)


def passes(score: Decimal | None, exam_pass: int | None) -> bool | None:
    """Whether an exam is passed; None where there is none."""
    if exam_pass is None:
        return None
    return score is not None and score >= exam_pass


@dataclass(frozen=True)
class CoachingSays:
    """What a coaching talk leaves behind: the problem, the aim, what was agreed, when it is looked at again."""

    held_on: date | None
    hours: Decimal | None
    problem: str
    aim: str
    agreed: str
    review_on: date | None


def check_coaching(says: CoachingSays, today: date) -> list[Refusal]:
    """Everything that the office's record of a coaching holds; held today or before, looked at again after it."""
    found = [*check_day(says.held_on, today, ahead=timedelta(0)), *check_hours(says.hours)]
    for name in ("problem", "aim", "agreed"):
        found += check_text(name, getattr(says, name), longest=LONGEST_NOTE, required=True)
    if says.review_on is None:
        found.append(_refused("no_review", "review_on"))
    elif says.held_on is not None and not says.held_on < says.review_on <= says.held_on + FURTHEST_AHEAD:
        found.append(_refused("review_turned_round", "review_on", first=says.held_on))
    return found


def check_order(due: date | None, today: date, people: Collection[int], staff: Collection[int]) -> list[Refusal]:
    """By a day to come, for people in service."""
    found = []
    if due is None or not today <= due <= today + FURTHEST_AHEAD:
        found.append(_refused("due_out_of_reach", "due", first=today, last=today + FURTHEST_AHEAD))
    return found + check_people(people, staff)


def check_people(people: Collection[int], staff: Collection[int]) -> list[Refusal]:
    """At least one, all in service."""
    if not people:
        return [_refused("nobody", "people")]
    if len(people) > MOST_PEOPLE or not set(people) <= set(staff):
        return [_refused("not_in_service", "people", most=MOST_PEOPLE)]
    return []


def _refused(key: str, field: str, **params: object) -> Refusal:
    return Refusal(f"training.refused.{key}", params, field, 422)
