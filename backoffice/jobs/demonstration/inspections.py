"""Inspections of the demonstration (R27–R30) through the real services: two months of draws and a spot check of these
days, so that every state can be seen.

What was drawn in the months before is scored, published and final; ten in a hundred of it twice. The spot check of
these days stands half way: drawn, begun, scored, published, objected to, cancelled. Marks follow what the system shows
beside an item, and chance with a fixed seed where it shows nothing; only the nonces of the draws differ each time.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.inspection import Inspection
from backoffice.models.office import Staff
from backoffice.models.sampling import Draw, SamplingPlan
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.services import appeals, inspection
from backoffice.services.core.appeals import Appealing
from backoffice.services.core.inspection_evidence import evidence_for
from backoffice.services.core.inspections import open_inspection
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order, draw
from policies.access import SYSTEM
from policies.calendar import WorkingCalendar
from policies.card import Item, Mark, marks_of
from policies.inspection import CancelReason
from policies.sampling_period import month_of
from policies.vocabulary_inspection import AppealResult, InspectionStatus

MANAGER = "S024"
SEED = 20260202
MONTHLY, SECONDLY, SPOT, LOTS = "monthly_regular", "double_scoring", "spot_check", "lots_by_department"
MOST = 60
"""So many records of a draw are scored at most, the fatal one among them; an opening is not to take minutes."""
FATAL, CHANGED = 1, 2
"""Which record of a month or of its lots hits a fatal item, and which of a month is changed by an appeal."""
SPOT_NUMBER, SPOT_DAYS = 10, 30
SPOT_BEFORE = timedelta(days=3)
SETTLED = timedelta(days=10)
"""So long after its draw everything of a month is scored, published and over."""
LATELY = timedelta(days=3)
"""What would be scored later than so long before the present is still to be scored."""
FATES = ("appeal", "drawn", "draft", "scored", "published", "cancelled")
"""What becomes of the first of the spot check; every second one after them waits to be scored, so that each inspector
has some.
"""
LEVELS = (100,) * 8 + (50,) * 2
POOR = (100,) * 2 + (50,) * 2 + (0,)


@dataclass(frozen=True)
class Month:
    """A month's draw: the days that are drawn from, and when it is drawn."""

    first: date
    last: date
    drawn_at: datetime


def play_inspections(player: Player, present: datetime) -> list[str]:
    """Draws of the last months and of these days, as far as they were over by ``present`` (aware UTC); gives the
    numbers of what was drawn. None where this office has drawn by its monthly plan already.
    """
    return Season(player, present).play()


class Season:
    """The draws and inspections up to ``present``, and what they are made of: marks, remarks, commands."""

    def __init__(self, player: Player, present: datetime) -> None:
        self.player, self.present = player, present
        self.chance = random.Random(SEED)  # noqa: S311 - a play is to be repeatable, not secret
        self.words = document("demonstration")["inspection"]
        with player.database.reading() as session:
            rules = Rulebook(session)
            self.zone, self.calendar = rules.zone(), rules.calendar()
            self.there = session.scalar(
                sa.select(Inspection.id)
                .join(Draw, Draw.id == Inspection.draw_id)
                .where(Draw.plan_code == MONTHLY)
                .limit(1)
            )
            self.codes = {row.id: row.code for row in session.execute(sa.select(Staff.id, Staff.code))}
            self.plans = set(session.scalars(sa.select(SamplingPlan.code)))

    def play(self) -> list[str]:
        if self.there is not None or not {MONTHLY, SECONDLY, SPOT} <= self.plans:
            return []
        newer = self._month(self.present.astimezone(self.zone).date())
        older = self._month(newer.last)
        numbers = self._settled(older, Order(MONTHLY, older.first, older.last))
        whole = month_of(newer.first)
        twice = Order(SECONDLY, whole.first, whole.last)
        numbers += self._settled(replace(newer, drawn_at=newer.drawn_at - timedelta(hours=1)), twice)
        numbers += self._settled(newer, Order(MONTHLY, newer.first, newer.last))
        if LOTS in self.plans:
            numbers += self._settled(newer, Order(LOTS, newer.first, newer.last))
        return numbers + self._of_these_days()

    def _month(self, today: date) -> Month:
        """The newest whole month before ``today`` whose draw, on the second working day after it, is settled."""
        first = today.replace(day=1)
        while True:
            last = first - timedelta(days=1)
            at = _second_working_day(self.calendar, first, datetime.combine(first, time(9), self.zone))
            if at + SETTLED < self.present:
                return Month(last.replace(day=1), last, at)
            first = last.replace(day=1)

    # what is over

    def _settled(self, month: Month, order: Order) -> list[str]:
        rows = self._drawn(order, month.drawn_at)
        at = month.drawn_at
        for place, (number, inspector) in enumerate(rows[:MOST]):
            at = self.calendar.next_working_moment(at + timedelta(hours=1))
            if at + LATELY > self.present:
                break
            with suppress(DomainError):  # what a rule keeps from being inspected stays as it was drawn
                monthly = order.plan == MONTHLY
                fatal = place == FATAL and order.plan in (MONTHLY, LOTS)
                self._score(number, inspector, at, fatal=fatal, poor=monthly and place == CHANGED)
                self._publish(number, at + timedelta(minutes=40))
                if monthly and place == CHANGED:
                    self._changed(number, self.calendar.next_working_moment(at + timedelta(days=1)))
                self._final(number)
        return [number for number, _inspector in rows]

    def _final(self, number: str) -> None:
        with self.player.database.writing() as session:
            row = session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()
            if row.status is InspectionStatus.PUBLISHED and row.appeal_until and row.appeal_until < self.present:
                at = row.appeal_until + timedelta(minutes=5)
                inspection.finalise(Work(session, self.player.keys, SYSTEM, at, at, self.player.files), row.id)

    # what stands half way

    def _of_these_days(self) -> list[str]:
        begin = self.present - SPOT_BEFORE
        opened = self.calendar.next_working_moment(begin)
        drawn_at = opened if opened < self.present - timedelta(days=1) else begin  # holidays
        last = drawn_at.astimezone(self.zone).date() - timedelta(days=1)
        first = last - timedelta(days=SPOT_DAYS - 1)
        order = Order(SPOT, first, last, number=SPOT_NUMBER, reason=self.words["spot_check_reason"])
        rows = self._drawn(order, drawn_at)
        left = (self.present - drawn_at) / (len(rows) + 2)
        for place, (number, inspector) in enumerate(rows):
            fate = FATES[place] if place < len(FATES) else ("drawn", "published")[place % 2]
            with suppress(DomainError):  # as above
                self._meet(fate, number, inspector, drawn_at + left * (place + 1))
        return [number for number, _inspector in rows]

    def _meet(self, fate: str, number: str, inspector: str, at: datetime) -> None:
        if fate == "drawn":
            return
        if fate == "cancelled":
            with self.player.database.writing() as session:
                work = self.player.work(session, MANAGER, at)
                inspection.cancel(work, number, CancelReason.NOT_FIT, self.words["cancel_reason"])
            return
        if fate == "draft":
            with self.player.database.writing() as session:
                typed = {"summary": self.words["summary_draft"]}
                inspection.save_draft(self.player.work(session, inspector, at), number, inspection.Entered(typed=typed))
            return
        self._score(number, inspector, at, poor=fate == "appeal")
        if fate != "scored":
            self._publish(number, at + timedelta(minutes=20))
        if fate == "appeal":
            self._object(number, min(at + timedelta(hours=2), self.present - timedelta(minutes=10)))

    def _object(self, number: str, at: datetime) -> None:
        """The inspected object to the first item that is not met."""
        with self.player.database.reading() as session:
            one = Appealing(open_inspection(self.player.work(session, MANAGER, at), number))
            subject = one.inspection.subject_id
            items = one.facts.contestable(subject)[:1]
        if subject is not None and items:
            with self.player.database.writing() as session:
                work = self.player.work(session, self.codes[subject], at)
                appeals.submit(work, number, items, self.words["appeal_reasons"])

    def _changed(self, number: str, at: datetime) -> None:
        """The inspected object, and another inspector finds them right."""
        self._object(number, at)
        decided_at = self.calendar.next_working_moment(at + timedelta(days=1))
        with self.player.database.writing() as session:
            one = Appealing(open_inspection(self.player.work(session, MANAGER, decided_at), number))
            if one.appeal is None or one.appeal.decider_id is None:
                return
            work = self.player.work(session, self.codes[one.appeal.decider_id], decided_at)
            marks = {item: Mark(max(one.card.item(item).levels)) for item in one.appeal.items}
            names = "、".join(one.card.item(item).name.zh for item in one.appeal.items)
            ground = self.words["ground_upheld"].format(item=names)
            appeals.decide(work, number, AppealResult.UPHELD, ground, marks)

    # the commands

    def _drawn(self, order: Order, at: datetime) -> list[tuple[str, str]]:
        """Draw; the numbers with their inspectors (a record that nobody may inspect is left alone)."""
        draw_id = draw(self.player.database, lambda session: self.player.work(session, MANAGER, at), order)
        with self.player.database.reading() as session:
            mine = sa.select(Inspection.number, Inspection.inspector_id).where(Inspection.draw_id == draw_id)
            rows = session.execute(mine.order_by(Inspection.position)).all()
        return [(row.number, self.codes[row.inspector_id]) for row in rows if row.inspector_id is not None]

    def _score(self, number: str, inspector: str, at: datetime, *, fatal: bool = False, poor: bool = False) -> None:
        with self.player.database.writing() as session:
            work = self.player.work(session, inspector, at)
            one = open_inspection(work, number)
            card = one.rules.card(one.inspection.card_id)
            shown = evidence_for(one.case, card)
            poor = poor or self.chance.random() < 0.06
            marks: dict[str, Mark] = {}
            for item in (item for item in card.items if not item.fatal):
                found = shown.get(item.code)
                marks[item.code] = self.remarked(item, found.suggested if found else None, poor=poor)
            hits = [card.fatal[0].code] if fatal else []
            given = {**marks_of(card, {}, hits), **marks}
            for code in hits:
                given[code] = replace(given[code], remark=self.remark(card.item(code)))
            inspection.score(work, number, inspection.Entered(given, self.chance.choice(self.words["summaries"])))

    def remarked(self, item: Item, suggested: Mark | None, *, poor: bool) -> Mark:
        """The mark that the system suggests, else one by chance; what is not fully met says against what."""
        if suggested is not None and not poor:
            mark = suggested
        else:
            wanted = self.chance.choice(POOR if poor else LEVELS)
            mark = Mark(max((level for level in item.levels if level <= wanted), default=item.levels[0]))
        below = mark.percent is not None and mark.percent < 100
        return replace(mark, remark=self.remark(item)) if below else mark

    def remark(self, item: Item) -> str:
        """What is written beside an item that is not fully met."""
        return str(self.words["remark"]).format(judge=item.judge.zh)

    def _publish(self, number: str, at: datetime) -> None:
        with self.player.database.writing() as session:
            inspection.publish(self.player.work(session, MANAGER, at), number)


def _second_working_day(calendar: WorkingCalendar, first: date, opening: datetime) -> datetime:
    """The morning of the second working day of the month that begins on ``first``."""
    days = (first + timedelta(days=n) for n in range(31))
    working = [day for day in days if calendar.day(day).is_working][:2]
    return opening + timedelta(days=(working[-1] - first).days if working else 0)
