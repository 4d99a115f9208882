"""Which complaints come in when: lives to make patterns of, and then of which pattern each of a million is a copy.

A pattern is copied to weeks alone in which the office's calendar is, from its first day to its last, as it was where
the life was lived: deadlines, working hours and warnings are then the same by the clock. The last weeks hold lives
that were lived there, up to the present, so that what is open is at every step, with its clocks running or overdue.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from backoffice.queries.rulebook import Rulebook
from benchmarks.many.copy import Item
from benchmarks.many.life import CHANNELS, GENERAL, Life
from benchmarks.many.pattern import Pattern
from benchmarks.many.stage import Stage
from benchmarks.many.words import sentinels
from policies.numbering import NumberPattern
from policies.vocabulary import Severity

DAYS, LATELY = 395, 42
WEEK = timedelta(days=7)
SHARES = {Severity.GENERAL: 80, Severity.IMPORTANT: 17, Severity.MAJOR: 3}
LIVES = {Severity.GENERAL: 60, Severity.IMPORTANT: 28, Severity.MAJOR: 12}
"""Of a hundred lives that are lived: the rarer are more varied than their share."""
STILL_OPEN = 0.01
AGAIN, APART = 5, 75
"""Every fifth complaint is of somebody who complained about ``APART`` days before."""


def lives(stage: Stage, count: int, seed: int) -> list[Life]:
    """Lives to be lived for an office of ``count`` complaints: 24 for a few, 380 for 100,000, 800 for a million."""
    chance = random.Random(seed)
    wanted = max(24, min(800, round(1.2 * math.sqrt(count))))
    return [_life(stage, chance, place) for place in range(wanted)]


def _life(stage: Stage, chance: random.Random, place: int) -> Life:
    severity = chance.choices(list(LIVES), list(LIVES.values()))[0]
    ago = chance.uniform(0, LATELY) if place % 2 else chance.uniform(LATELY, DAYS)
    if place % 8 == 1:
        ago = chance.uniform(0, 10)
    channel = chance.choice(CHANNELS)
    received = (stage.present - timedelta(days=ago)).replace(microsecond=0)
    if channel != "hotline" or chance.random() < 0.7:
        opens = stage.calendar.next_working_moment(received)
        received = received if opens == received else opens + timedelta(seconds=chance.randrange(30, 12_000))
    while received >= stage.present:
        received -= timedelta(days=chance.randrange(1, 7))
    course = chance.choice(GENERAL) if severity is Severity.GENERAL else ""
    leaf = stage.leaves[min(int(chance.expovariate(0.09)), len(stage.leaves) - 1)]
    slow = chance.random() < 0.1
    return Life(chance.randrange(1 << 40), severity, course, channel, leaf, received, sentinels(), slow)


@dataclass
class Plan:
    """What is to be written: items in the order of receipt, and the counters of numbers after them."""

    items: list[Item]
    received: list[datetime]
    counters: dict[tuple[str, str], int]


class Planner:
    """Plans copies of patterns for one office. ``counters``: the last numbers given, by series and slot."""

    def __init__(self, session: Session, stage: Stage, patterns: list[Pattern], seed: int) -> None:
        rules = Rulebook(session)
        self.stage, self.patterns = stage, patterns
        self.chance = random.Random(seed + 1)
        office = rules.office()
        self.forms = {"complaint": NumberPattern(office.complaint_number_format),
                      "order": NumberPattern(office.order_number_format),
                      "corrective": NumberPattern("CA{yyyy}-{nnnn}")}  # fmt: skip
        self.marks = self._marks(rules)
        self.able = self._able()
        self.open = [place for place, pattern in enumerate(patterns) if pattern.value("complaint", "open")]

    def _marks(self, rules: Rulebook) -> dict[int, object]:
        """What matters of each day: the hours, whether its holidays are known, the versions that hold."""
        calendar, today = self.stage.calendar, self.stage.present.astimezone(self.stage.zone).date()
        marks = {}
        for ordinal in range(today.toordinal() - DAYS - 60, today.toordinal() + 400):
            day = date.fromordinal(ordinal)
            versions = tuple(sorted(rules.processes_on(day).items())), rules.sla_for(day).id
            offset = datetime(day.year, day.month, day.day, 12, tzinfo=self.stage.zone).utcoffset()
            marks[ordinal] = (calendar.day(day).windows, calendar.is_published(day.year, day.year), versions, offset)
        return marks

    def _able(self) -> dict[Severity, list[list[tuple[int, int]]]]:
        """By severity, for every week that has one: the patterns that can be copied there, with how many weeks off."""
        weeks: dict[tuple[Severity, int], list[tuple[int, int]]] = {}
        for place, pattern in enumerate(self.patterns):
            life = pattern.lived.life
            week = (self.stage.present - life.received_at).days // 7
            for shift in self._shifts(pattern):
                weeks.setdefault((life.severity, week - shift), []).append((place, shift))
        return {one: [found for (severity, _), found in sorted(weeks.items(), key=lambda item: item[0][1])
                      if severity is one] for one in SHARES}  # fmt: skip

    def _shifts(self, pattern: Pattern) -> Iterator[int]:
        life, present = pattern.lived.life, self.stage.present
        if present - life.received_at < timedelta(days=LATELY):
            yield 0
        if not pattern.lived.whole:
            return
        first, last = pattern.days[0] - 1, pattern.days[1] + 1
        here = [self.marks.get(day) for day in range(first, last + 1)]
        for shift in range(-60, 61):
            received = life.received_at + shift * WEEK
            if not timedelta(days=LATELY) <= present - received <= timedelta(days=DAYS):
                continue
            if pattern.lived.moments[-1] + shift * WEEK >= present:
                continue
            if here == [self.marks.get(day + 7 * shift) for day in range(first, last + 1)]:
                yield shift

    def plan(self, count: int, words: int, counters: dict[tuple[str, str], int]) -> Plan:
        """``count`` complaints; their words are counted on from ``words``."""
        chosen = [self._choice() for _ in range(count)]
        starts = [one.lived.life.received_at for one in self.patterns]
        chosen.sort(key=lambda one: starts[one[0]] + one[1] * WEEK)
        received = [starts[place] + shift * WEEK for place, shift in chosen]
        given = dict(counters)
        numbers = self._numbers(chosen, given)
        items = [
            Item(place, shift, tuple(numbers[at]), words + at, self._again(at, received, words))
            for at, (place, shift) in enumerate(chosen)
        ]
        return Plan(items, received, given)

    def _choice(self) -> tuple[int, int]:
        """A pattern and how many weeks off; a hundredth are open ones besides, so that about one in fifty is open."""
        if self.open and self.chance.random() < STILL_OPEN:
            return self.chance.choice(self.open), 0
        severities = [one for one in SHARES if self.able[one]]
        severity = self.chance.choices(severities, [SHARES[one] for one in severities])[0]
        return self.chance.choice(self.chance.choice(self.able[severity]))

    def _number(self, series: str, at: datetime, given: dict[tuple[str, str], int]) -> str:
        form, day = self.forms[series], at.astimezone(self.stage.zone).date()
        key = (series, form.slot(day))
        given[key] = given.get(key, 0) + 1
        return form.format(day, given[key])

    def _numbers(self, chosen: list[tuple[int, int]], given: dict[tuple[str, str], int]) -> list[list[str]]:
        """All numbers of each, given in the order of time as the counters give them."""
        wanted = sorted(
            (moment + shift * WEEK, at, place)
            for at, (pattern, shift) in enumerate(chosen)
            for place, (_, moment) in enumerate(self.patterns[pattern].numbers)
        )
        found = [[""] * len(self.patterns[pattern].numbers) for pattern, _ in chosen]
        for moment, at, place in wanted:
            found[at][place] = self._number(self.patterns[chosen[at][0]].numbers[place][0], moment, given)
        return found

    def _again(self, at: int, received: list[datetime], words: int) -> int | None:
        """The words of the complaint by which this customer was there before; None for a new one."""
        back = len(received) * APART // DAYS
        first = at
        while (
            first % AGAIN == 0 and first >= back > 0 and received[first] - received[first - back] > timedelta(days=45)
        ):
            first -= back
        return None if first == at else words + first


def keys_before(
    plan: list[Item], patterns: list[Pattern], batch: int, first: dict[str, int]
) -> Iterator[dict[str, int]]:
    """For each batch the keys of its first rows, by table."""
    tables = sorted({table for pattern in patterns for table in pattern.ids})
    counted = [Counter(pattern.ids) for pattern in patterns]
    place = {table: first.get(table, 0) + 1 for table in tables}
    for begin in range(0, len(plan), batch):
        yield dict(place)
        for pattern, times in Counter(item.pattern for item in plan[begin : begin + batch]).items():
            for table, count in counted[pattern].items():
                place[table] += count * times
