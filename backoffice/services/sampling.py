"""Draws by the office's sampling plans (R27, R28): looked at beforehand, drawn, gone on with, caught up.

A draw takes three transactions (``services/core/draws.py``); between them nothing is locked, and the population is
read and drawn from outside of them, so that a population of a million holds nobody up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.models.sampling import Draw, SamplingPlan
from backoffice.queries import frozen, populations, sampling_plans
from backoffice.queries.populations import Asked, Filters
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import draws, upkeep
from backoffice.services.core.upkeep import row_of
from backoffice.services.core.work import Work
from policies.access import Actor, Permission, refuse_unless
from policies.message import Refusal
from policies.reference import check_text
from policies.sampling import Stratum, StratumCount
from policies.sampling_period import EARLIEST, LONGEST, Period, PeriodRule, due_periods, month_of, period_at, week_of
from policies.sampling_period import chosen as chosen_period
from policies.sampling_plan import Plan, PlanFormError, Source, parse_plan
from policies.sampling_plan_check import HIGHEST_NUMBER
from policies.vocabulary_inspection import DrawState, PlanKind

WorkIn = Callable[[Session], Work]
"""Makes the unit of work of a session: who acts, when, with which keys."""
LONGEST_REASON = 400


@dataclass(frozen=True)
class Order:
    """What is to be drawn: a plan, the days, narrowed down to what, and why."""

    plan: str
    first: date | None = None
    last: date | None = None
    filters: Filters = field(default_factory=Filters)
    number: int | None = None
    reason: str = ""
    blind: bool | None = None


@dataclass(frozen=True)
class Preview:
    """What a draw would draw from, before anything is kept."""

    period: Period
    count: int
    exclusions: dict[str, int]
    strata: dict[Stratum, StratumCount]
    sizes: dict[Stratum, int]

    @property
    def drawn(self) -> int:
        """How many inspections it would make."""
        return sum(self.sizes.values()) + sum(count.compulsory for count in self.strata.values())


def preview(session: Session, actor: Actor, at: datetime, order: Order) -> Preview:
    """How many there are and how many would be drawn; refuses what could not be drawn either."""
    row, asked = _asked(session, actor, at, order)
    with closing(frozen.freeze(populations.rows(session, asked))) as frame:
        sizes = draws.sizes_of(asked.plan, frame, draws.lots_of(session, row, asked.plan, frame))
        return Preview(asked.period, frame.count, frame.exclusions, frame.strata, sizes)


def draw(database: Database, work_in: WorkIn, order: Order) -> int:
    """Freeze, make the nonce, draw; gives the draw's id. Raises ``DomainError`` when nothing may be drawn."""
    return go_on(database, work_in, freeze(database, work_in, order))


def freeze(database: Database, work_in: WorkIn, order: Order) -> int:
    """The first transaction: the population as it is now, kept with its hash; gives the draw's id."""
    with database.reading() as session:
        work = work_in(session)
        newest = draws.newest_of(work, order.plan)  # before anything is asked: what is drawn from here on is noticed
        row, asked = _asked(session, work.actor, work.at, order)
        frame = frozen.freeze(populations.rows(session, asked))
    frame.newest = newest
    with closing(frame), database.writing() as session:
        blind = asked.plan.blind if order.blind is None else order.blind
        made = draws.freeze(work_in(session), row, asked, frame, reason=order.reason.strip(), blind=blind)
        return made.id


def go_on(database: Database, work_in: WorkIn, draw_id: int) -> int:
    """From a frozen population to the result, wherever it was broken off; a draw that is done stays as it is."""
    with database.writing() as session:
        work, row = _locked(work_in(session), draw_id)
        if row.state is DrawState.DRAWN:
            return draw_id
        draws.make_nonce(work, row)
    with database.reading() as session:
        row = row_of(session, Draw, draw_id)
        plan = parse_plan(row.plan.definition)
        again = _again(session, row)
        lines = frozen.lines_of(session, draw_id, {one.number for one in again.result})
    with database.writing() as session:
        work, row = _locked(work_in(session), draw_id)
        if row.state is not DrawState.DRAWN:
            draws.finish(work, row, plan, again, lines)
    return draw_id


def cancel(work: Work, draw_id: int, reason: str) -> int:
    """Take back a draw that nobody has begun, with its inspections; gives how many (R27).

    Raises ``DomainError`` without a reason, or once an inspection was begun. Who may draw does not cancel: else a draw
    could be repeated until its result pleases.
    """
    if refusal := refuse_unless(work.actor, Permission.SAMPLING_PLAN_APPROVE):
        raise DomainError(refusal)
    row = work.session.get(Draw, draw_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    upkeep.ensure(check_text("reason", reason, longest=LONGEST_REASON, required=True))
    return draws.cancel(work, row, reason.strip())


def _again(session: Session, row: Draw) -> frozen.Again:
    try:
        return frozen.draw_again(session, row, row.seed or "")
    except (ValueError, frozen.DAMAGED) as error:
        raise DomainError(Refusal("draws.refused.changed")) from error


def _locked(work: Work, draw_id: int) -> tuple[Work, Draw]:
    _ensure_allowed(work.actor)
    row = work.session.get(Draw, draw_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    return work, row


def _ensure_allowed(actor: Actor) -> None:
    if refusal := refuse_unless(actor, Permission.SAMPLE_DRAW):
        raise DomainError(refusal)


def _asked(session: Session, actor: Actor, at: datetime, order: Order) -> tuple[SamplingPlan, Asked]:
    """The plan that holds and what it asks; refuses what the plan does not allow, each fault beside its field."""
    _ensure_allowed(actor)
    zone = Rulebook(session).zone()
    today = at.astimezone(zone).date()
    row = sampling_plans.plans_on(session, today).get(order.plan)
    if row is None:
        raise DomainError(Refusal("draws.refused.no_plan", {}, "plan", 422))
    try:
        plan = parse_plan(_sized(row.definition, order))
    except PlanFormError as error:
        raise DomainError(Refusal("draws.refused.unreadable_plan", {}, "plan", 422)) from error
    period, problems = _period(plan, order, today)
    problems += [] if problems or plan.is_of_people else _of_rule(plan, period, today)
    filters = order.filters if plan.is_of_people else Filters.of(plan.filters)
    problems += _faults(session, plan, order, period, filters)
    if problems:
        raise DomainError(problems)
    since = sampling_plans.first_day(session, plan.code)
    return row, Asked(plan, period, zone, filters, since)


def _sized(definition: dict[str, Any], order: Order) -> dict[str, Any]:
    """The plan with the number that a person asked for instead of its own."""
    if order.number is None:
        return definition
    return {**definition, "number": order.number, "share_percent": None}


def _period(plan: Plan, order: Order, today: date) -> tuple[Period, list[Refusal]]:
    """The days: those of the plan's rule, or those that were said; a rule's days may be said as an older period."""
    if order.first is None and order.last is None and plan.period is not PeriodRule.CHOSEN:
        rule = plan.period
        return period_at(PeriodRule.PREVIOUS_MONTH if rule is PeriodRule.THIS_MONTH else rule, today), []
    if order.first is None or order.last is None:
        name = "first" if order.first is None else "last"
        return period_at(PeriodRule.LAST_30_DAYS, today), [Refusal("draws.refused.no_day", {}, name, 422)]
    period = chosen_period(order.first, order.last)
    if order.last < order.first:
        return period, [Refusal("draws.refused.turned_round", {}, "last", 422)]
    if (order.last - order.first).days >= LONGEST:
        return period, [Refusal("draws.refused.too_long", {"most": LONGEST}, "last", 422)]
    if order.last > today:
        return period, [Refusal("draws.refused.future", {}, "last", 422)]
    if order.first < EARLIEST:
        return period, [Refusal("draws.refused.too_early", {"earliest": EARLIEST}, "first", 422)]
    return _named(plan, period), []


def _named(plan: Plan, period: Period) -> Period:
    """A whole month or week of a plan that draws by them has their label, not that of its days."""
    if plan.period in (PeriodRule.CHOSEN, PeriodRule.LAST_30_DAYS):
        return period
    whole = week_of(period.first) if plan.period is PeriodRule.PREVIOUS_WEEK else month_of(period.first)
    return whole if (whole.first, whole.last) == (period.first, period.last) else period


def _faults(session: Session, plan: Plan, order: Order, period: Period, filters: Filters) -> list[Refusal]:
    found = []
    if plan.is_of_people and not order.reason.strip():
        found.append(Refusal("draws.refused.no_reason", {}, "reason", 422))
    if len(order.reason.strip()) > LONGEST_REASON:
        found.append(Refusal("draws.refused.long_reason", {"most": LONGEST_REASON}, "reason", 422))
    if not plan.is_of_people and (order.number is not None or order.filters != Filters()):
        found.append(Refusal("draws.refused.not_narrowed", {}, "plan", 422))
    if plan.is_of_people and order.number == 0:
        found.append(Refusal("draws.refused.none_wanted", {}, "number", 422))
    if plan.is_of_people and (order.number or 0) > HIGHEST_NUMBER:
        found.append(Refusal("plans.refused.number", {"highest": HIGHEST_NUMBER}, "number", 422))
    if plan.source is Source.FOCUS and not filters.categories:
        found.append(Refusal("draws.refused.no_category", {}, "categories", 422))
    if not plan.is_of_people and _is_drawn(session, plan.code, period):
        found.append(Refusal("draws.refused.drawn_already", {"period": period.label}, "first", 409))
    return found


def _of_rule(plan: Plan, period: Period, today: date) -> list[Refusal]:
    """A plan that draws by months or weeks draws whole ones that are over, by whomever: else a second draw could be
    had for days that were drawn from already.
    """
    if plan.period in (PeriodRule.CHOSEN, PeriodRule.LAST_30_DAYS):
        return []
    if period.label == chosen_period(period.first, period.last).label:
        return [Refusal("draws.refused.not_whole", {}, "first", 422)]
    return [Refusal("draws.refused.not_over", {}, "last", 422)] if period.last >= today else []


def _is_drawn(session: Session, code: str, period: Period) -> bool:
    there = sa.select(Draw.id).where(
        Draw.plan_code == code, Draw.period_label == period.label, Draw.state != DrawState.CANCELLED
    )
    return session.scalar(there.limit(1)) is not None


def due(session: Session, at: datetime) -> list[Order]:
    """What the regular plans are to draw by now and have not drawn yet, the oldest period of each plan first."""
    rules = Rulebook(session)
    today, calendar = at.astimezone(rules.zone()).date(), rules.calendar()
    opened = rules.office().set_up_at
    orders = []
    for row in sampling_plans.plans_on(session, today).values():
        try:
            plan = parse_plan(row.definition)
        except PlanFormError:
            continue  # the editor says what is wrong with it
        if plan.kind is PlanKind.AD_HOC:
            continue
        since = sampling_plans.running_since(session, plan.code, today) or row.valid_from
        if opened is not None:
            since = max(since, opened.astimezone(rules.zone()).date())
        until = _drawn_until(session, plan.code)
        periods = due_periods(
            plan.period, plan.draw_on, today, lambda day: calendar.day(day).is_working, since=since, drawn_until=until
        )
        orders += [
            Order(plan.code, period.first, period.last)
            for period in periods
            if not _is_drawn(session, plan.code, period)
        ]
    return orders


def _drawn_until(session: Session, code: str) -> date | None:
    """The last day of the newest period that was drawn; a draw that was cancelled was none."""
    drawn = sa.select(sa.func.max(Draw.period_until)).where(Draw.plan_code == code, Draw.state != DrawState.CANCELLED)
    return session.scalar(drawn)


def plan_named(session: Session, code: str, day: date) -> SamplingPlan | None:
    """The version of a plan that holds on a day, for its name."""
    return sampling_plans.plans_on(session, day).get(code)


def unfinished(session: Session) -> list[int]:
    """Draws that were broken off: their populations are frozen, and they only have to be gone on with."""
    return list(session.scalars(sa.select(Draw.id).where(Draw.state == DrawState.FROZEN).order_by(Draw.id)))
