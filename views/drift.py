"""Whether an inspector drifts (R28): month by month beside all the others, beside partners, beside agreed standards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request

from backoffice.queries.drift import Course, Months, courses
from backoffice.queries.inspection_rules import inspection_figures
from backoffice.queries.rulebook import Rulebook
from policies.access import Permission
from policies.agreement_words import said_difference, said_scores, signed
from policies.calibration import is_quality_manager
from policies.drift import FEWEST, Lean, MonthOfInspector, Sums, drift_of, month_of
from policies.interval import Rate, said_rate
from policies.message import Message, Name
from views import context
from views.guard import needs

blueprint = Blueprint("drift", __name__)
FEWEST_MONTHS, USUAL_MONTHS, MOST_MONTHS = 2, 6, 12


@blueprint.get("/inspection/drift")
@needs(Permission.INSPECTION_SCORE)
def index() -> Any:
    """Each inspector's months beside everybody else's; whoever is no quality manager sees the own line alone."""
    actor = context.actor()
    asked = request.args.get("months", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 3 else USUAL_MONTHS
    months = _months(context.today(), min(max(number, FEWEST_MONTHS), MOST_MONTHS))
    with context.reading() as session:
        pass_from = Decimal(inspection_figures(Rulebook(session)).pass_from_score)
        found = courses(session, months, pass_from)
    everybody = [_sum(one.months.get(number) for one in found) for number in range(len(months.days))]
    shown = [
        _shown(one, months, everybody) for one in found if is_quality_manager(actor) or one.staff_id == actor.staff_id
    ]
    return render_template(
        "inspection/drift.html",
        courses=sorted(shown, key=lambda one: one.lean is None),
        months=len(months.days),
        choices=range(FEWEST_MONTHS, MOST_MONTHS + 1),
        fewest=FEWEST,
        sees_all=is_quality_manager(actor),
    )


@dataclass(frozen=True)
class MonthShown:
    """A month of an inspector in words."""

    month: date
    own: Message
    others: Message
    difference: Message | None
    failed: Message
    lean: Lean | None
    is_few: bool


@dataclass(frozen=True)
class CourseShown:
    """An inspector's course in words; ``lean``: that there is drift, and to which side."""

    name: Name
    months: Sequence[MonthShown]
    partners: Message
    standards: Message
    lean: Lean | None


def _shown(course: Course, months: Months, everybody: Sequence[Sums]) -> CourseShown:
    found = []
    for number, (day, of_all) in enumerate(zip(months.days, everybody, strict=True)):
        own = course.months.get(number, Sums())
        found.append(month_of(day, own, of_all.less(own)))
    return CourseShown(
        course.name,
        [_month_shown(one) for one in reversed(found)],
        said_difference(course.partners),
        said_difference(course.standards),
        drift_of(found),
    )


def _month_shown(one: MonthOfInspector) -> MonthShown:
    return MonthShown(
        one.month,
        said_scores(one.own),
        said_scores(one.others),
        _difference(one),
        said_rate(Rate(one.own.failed, one.own.n)),
        one.lean,
        one.is_few,
    )


def _difference(one: MonthOfInspector) -> Message | None:
    if one.difference is None:
        return None
    value = signed(one.difference)
    if one.interval is None:
        return Message("drift.difference_alone", {"value": value})
    low, high = signed(one.interval.low), signed(one.interval.high)
    return Message("drift.difference", {"value": value, "low": low, "high": high})


def _months(today: date, number: int) -> Months:
    """The present month and those before it, oldest first, in the office's time."""
    last = today.year * 12 + today.month - 1
    days = [date(place // 12, place % 12 + 1, 1) for place in range(last - number + 1, last + 2)]
    bounds = [datetime.combine(day, time.min, context.zone()).astimezone(UTC) for day in days]
    return Months(days[:-1], bounds)


def _sum(parts: Iterable[Sums | None]) -> Sums:
    found = Sums()
    for part in parts:
        found = found if part is None else found.plus(part)
    return found
