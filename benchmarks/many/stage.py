"""Where lives are lived through the real services: to make patterns of them, and to compare copies with.

``live`` lets several lives go on side by side in the order of time, warnings of their clocks included, in one session;
who called decides whether it is committed.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.jobs.demonstration.cast import Cast
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow
from backoffice.models.configuration import Category
from backoffice.models.office import Department
from backoffice.queries.rulebook import Rulebook
from backoffice.services import warning
from backoffice.services.core.case import Case
from backoffice.services.core.work import Work
from backoffice.services.handling import act_on
from backoffice.services.intake import register
from benchmarks.many.life import HANDLERS, Actions, Life, Until
from benchmarks.many.words import Leaf
from policies.access import SYSTEM
from policies.calendar import WorkingCalendar

ADDRESS = "127.0.0.1"
MINUTE = timedelta(minutes=1)


@dataclass
class Stage:
    """An office as the lives need it: its people as actors, leaves, hours; ``present`` is as far as they are lived."""

    keys: Keys
    present: datetime
    cast: Cast
    ids: dict[str, dict[str, int]]
    leaves: tuple[Leaf, ...]
    calendar: WorkingCalendar
    zone: ZoneInfo


@dataclass
class Lived:
    """A life as far as it went: its complaint, when each act happened, and whether it came to its end."""

    life: Life
    complaint_id: int = 0
    number: str = ""
    moments: list[datetime] = field(default_factory=list)
    whole: bool = False


def stage_of(session: Session, keys: Keys, present: datetime) -> Stage:
    """The stage that an office's database offers."""
    cast, rules = Cast(session), Rulebook(session)
    for code in cast.ids:
        cast.actor(code)
    ids = {"staff": dict(cast.ids), "department": dict(cast.departments)}
    return Stage(keys, present, cast, ids, _leaves(session), rules.calendar(), rules.zone())


def _leaves(session: Session) -> tuple[Leaf, ...]:
    codes = {row.id: row.code for row in session.execute(sa.select(Category.id, Category.code))}
    statement = (
        sa.select(Category, Department.code)
        .join(Department, Department.id == Category.default_department_id)
        .where(Category.level == 3, Category.retired_at.is_(None), Category.default_severity == "general")
        .order_by(Category.id)
    )
    return tuple(
        Leaf(leaf.id, leaf.code, leaf.name_zh, codes[int(leaf.path.split("/")[1])], department,
             tuple(one["name"]["zh"] for one in leaf.symptoms))
        for leaf, department in session.execute(statement) if department in HANDLERS
    )  # fmt: skip


def live(stage: Stage, session: Session, lives: list[Life]) -> list[Lived]:
    """Live these side by side up to the present; gives each as far as it went."""
    plays = [_Play(stage, session, life, Lived(life)) for life in lives]
    queue = [(life.received_at, place) for place, life in enumerate(lives)]
    heapq.heapify(queue)
    while queue:
        _, place = heapq.heappop(queue)
        following = plays[place].go_on()
        if following is not None:
            heapq.heappush(queue, (following, place))
    session.flush()
    return [play.lived for play in plays]


class _Play:
    def __init__(self, stage: Stage, session: Session, life: Life, lived: Lived) -> None:
        self.stage, self.session, self.life, self.lived = stage, session, life, lived
        self.actions = Actions(life, stage.ids, session)
        self.chance = random.Random(life.seed + 1)
        self.case: Case | None = None
        self.acts: Iterator[Any] = iter(())
        self.coming: Any = None

    def go_on(self) -> datetime | None:
        """Do what is next; gives when there will be something again."""
        if self.case is None:
            return self._begin()
        if self.coming is None:  # warnings alone were left to send
            self._warn(self.stage.present)
            return None
        at, who, action, values = self.coming
        self._warn(at)
        fresh = Case(self._work(who, at), self.case.complaint, self.case.head)
        self.case = act_on(fresh, action, values).case
        self.lived.moments.append(at)
        return self._next(at)

    def _begin(self) -> datetime | None:
        at = self.life.received_at
        self.case = register(self._work(self.actions.clerk, at), self.actions.registration())
        self.lived.complaint_id, self.lived.number = self.case.complaint.id, self.case.complaint.number
        self.acts = self.actions.acts(self.case)
        return self._next(at)

    def _next(self, before: datetime) -> datetime | None:
        """The next act's moment; the present for the warnings that come until then, None when all is done."""
        assert self.case is not None
        found = next(self.acts, None)
        if found is None:
            self.lived.whole = True
            return None
        delay, who, action, values = found
        at = self._moment(before, delay, who)
        if at is None or at >= self.stage.present:
            self.coming = None
            return self.stage.present
        self.coming = (at, who, action, values)
        return at

    def _moment(self, before: datetime, delay: timedelta, who: str) -> datetime | None:
        known, place = self.life.moments, len(self.lived.moments)
        if known is not None:
            return known[place] if place < len(known) else None
        if isinstance(delay, Until):
            at = max(before, delay.since) + timedelta(seconds=delay.total_seconds())
        else:
            at = before + delay * (3 if self.life.slow else 1)
        if who == self.actions.clerk and self.life.channel == "hotline":
            return at  # the hotline works round the clock
        opens = self.stage.calendar.next_working_moment(at)
        return at if opens == at else opens + timedelta(seconds=self.chance.randrange(40, 1500))

    def _warn(self, until: datetime) -> None:
        """What the worker sends meanwhile: every warning within the minute after it is due."""
        assert self.case is not None
        mine = sa.select(ClockRow.warn_at, ClockRow.id).where(
            ClockRow.complaint_id == self.case.complaint.id, ClockRow.warn_at.is_not(None)
        )
        for _ in range(50):
            found = self.session.execute(mine.order_by(ClockRow.warn_at, ClockRow.id).limit(1)).first()
            if found is None or found.warn_at + MINUTE >= until:
                return
            at = found.warn_at + MINUTE
            work = Work(self.session, self.stage.keys, SYSTEM, at, at)
            warning.send(work, self.case.complaint.id, found.id)
            self.session.flush()

    def _work(self, code: str, at: datetime) -> Work:
        return Work(self.session, self.stage.keys, self.stage.cast.actor(code), at, at, None, ADDRESS)
