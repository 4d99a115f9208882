"""Fill an office with very many complaints, each with its whole life: patterns lived through the services, and copies.

    from benchmarks.many import fill
    fill(database, keys, 100_000, now, seed=7)

The office must have its default configuration and sample staff. What is there already stays; numbers are counted on.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.base import Base
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.models.work import Counter
from backoffice.services.core import numbering
from benchmarks.many.copy import Copier, Item, Rows
from benchmarks.many.life import Life
from benchmarks.many.pattern import Pattern, read, watching
from benchmarks.many.plan import Plan, Planner, keys_before, lives
from benchmarks.many.stage import Stage, live, stage_of
from benchmarks.many.writing import Columns, columns_of, finish, sqlite_writer, write_postgresql, write_sqlite

BATCH, ALONE = 500, 1500
UNFINISHED = "benchmark_fill"
SEED = 20261123
Say = Callable[[str], object]


@dataclass
class Filled:
    """What was written, and in how many seconds: lives lived for patterns, then copies written, then statistics."""

    complaints: int
    patterns: int
    lived: float
    written: float
    finished: float

    @property
    def rate(self) -> float:
        """Complaints a second, everything counted."""
        return self.complaints / max(self.lived + self.written + self.finished, 0.001)


def fill(
    database: Database, keys: Keys, count: int, now: datetime, *, seed: int = SEED, processes: int = 2,
    say: Say = lambda _line: None,
) -> Filled:  # fmt: skip
    """Put ``count`` complaints of the thirteen months up to ``now`` (aware) into an office, beside what is there.

    One that was stopped goes on with what it had set out to do, whatever is asked for now.
    """
    started = time.perf_counter()
    task = _task(database, count, now, seed)
    with database.reading() as session:
        stage = stage_of(session, keys, datetime.fromisoformat(task.now))
    patterns = list(live_patterns(database, stage, lives(stage, task.count, task.seed + task.there), say))
    lived = time.perf_counter()
    say(f"{len(patterns)} lives lived as patterns in {lived - started:.0f} s")
    _write(database, keys, patterns, _plan(database, stage, patterns, task), task, processes, say)
    written = time.perf_counter()
    finish(database, columns_of(patterns, database.dialect))
    with database.writing() as session:
        session.delete(session.get_one(Setting, UNFINISHED))
    return Filled(task.count, len(patterns), lived - started, written - lived, time.perf_counter() - written)


def live_patterns(database: Database, stage: Stage, wanted: Iterable[Life], say: Say = print) -> Iterator[Pattern]:
    """Live each alone through the services, read its rows, and take all back."""
    for place, life in enumerate(wanted):
        with database.writing() as session:
            try:
                with watching(session) as sealed:
                    lived = live(stage, session, [life])[0]
                    pattern = read(session, stage, lived, sealed)
            except DomainError as error:  # a rule forbids something in this life: it is no pattern, and worth a look
                say(f"no pattern: {life.severity} {life.course}: {[one.key for one in error.refusals]}")
                session.rollback()
                continue
            session.rollback()
        if place % 100 == 99:
            say(f"{place + 1} lives lived")
        yield pattern


@dataclass
class Task:
    """What a fill set out to do, kept in the office until it is done, so that one that was stopped goes on."""

    there: int
    count: int
    seed: int
    now: str
    counters: dict[str, int]
    first: dict[str, int]


def _task(database: Database, count: int, now: datetime, seed: int) -> Task:
    """The task that was begun here and not finished; else a new one, written down."""
    with database.writing() as session:
        kept = session.get(Setting, UNFINISHED)
        if kept is not None:
            return Task(**kept.value)
        counters = {f"{row.series} {row.slot}": row.value for row in session.scalars(sa.select(Counter))}
        there = session.scalar(sa.select(sa.func.max(Complaint.id))) or 0
        task = Task(there, count, seed, now.isoformat(), counters, _last_keys(session))
        session.add(Setting(key=UNFINISHED, value=vars(task)))
        return task


def _last_keys(session: Any) -> dict[str, int]:
    """The highest key of each table that has one."""
    keyed = [one for one in Base.metadata.sorted_tables if "id" in one.c and isinstance(one.c.id.type, sa.Integer)]
    return {table.name: session.scalar(sa.select(sa.func.max(table.c.id))) or 0 for table in keyed}


def _plan(database: Database, stage: Stage, patterns: list[Pattern], task: Task) -> Plan:
    before = {
        (series, slot): value for name, value in task.counters.items() for series, _, slot in [name.partition(" ")]
    }
    with database.writing() as session:
        planner = Planner(session, stage, patterns, task.seed + task.there)
        plan = planner.plan(task.count, task.there + 1, before)
        for (series, slot), value in plan.counters.items():  # first of all: no number of the plan is given twice
            numbering.at_least(session, series, slot, value)
    return plan


def _write(
    database: Database, keys: Keys, patterns: list[Pattern], plan: Plan, task: Task, processes: int, say: Say
) -> None:
    columns = columns_of(patterns, database.dialect)
    batches = _batches(database, plan, patterns, task)
    told = _Told(task.count, sum(len(items) for items, _ in batches), say)
    if len(plan.items) < ALONE:
        processes = 0
    url = database.engine.url.render_as_string(hide_password=False)
    if database.dialect == "postgresql":
        for done in _made(processes, _copy_in, (keys, patterns, "postgresql", columns, url), batches):
            told.more(done)
        return
    with sqlite_writer(database) as connection:
        for rows in _made(processes, _rows, (keys, patterns, "sqlite", columns, url), batches):
            write_sqlite(connection, columns, rows)
            told.more(len(rows["complaint"]))


Batch = tuple[list[Item], dict[str, int]]


def _batches(database: Database, plan: Plan, patterns: list[Pattern], task: Task) -> list[Batch]:
    """What is still to be written, with the keys of its rows; of what was begun before, batches are there or not."""
    with database.reading() as session:
        begins = range(task.there + 1, task.there + 1 + task.count, BATCH)
        there = set(session.scalars(sa.select(Complaint.id).where(Complaint.id > task.there))) if task.count else set()
    keys = keys_before(plan.items, patterns, BATCH, task.first)
    every = ((plan.items[at - begins.start : at - begins.start + BATCH], first, at)
             for at, first in zip(begins, keys, strict=True))  # fmt: skip
    return [(items, first) for items, first, at in every if at not in there]


def _made(processes: int, make: Callable[[Batch], Any], given: tuple[Any, ...], batches: list[Batch]) -> Iterator[Any]:
    """What is made of each batch, in their order; no more is made ahead than is soon taken."""
    if processes == 0:
        _begin(*given)
        try:
            yield from map(make, batches)
        finally:
            _end()
        return
    method = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, method, _begin, given) as pool:
        waiting: deque[Future[Any]] = deque()
        for batch in batches:
            waiting.append(pool.submit(make, batch))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_at_hand: dict[str, Any] = {}
"""What a process that makes copies has: the copier, and on PostgreSQL its connection."""


def _begin(keys: Keys, patterns: list[Pattern], dialect: str, columns: Columns, url: str) -> None:
    _at_hand.update(copier=Copier(keys, patterns, dialect), columns=columns)
    if dialect == "postgresql":
        _at_hand["connection"] = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)


def _end() -> None:
    if "connection" in _at_hand:
        _at_hand["connection"].close()
    _at_hand.clear()


def _rows(batch: Batch) -> Rows:
    items, first = batch
    rows: Rows = _at_hand["copier"].rows(items, first)
    return rows


def _copy_in(batch: Batch) -> int:
    write_postgresql(_at_hand["connection"], _at_hand["columns"], _rows(batch))
    return len(batch[0])


class _Told:
    """Says now and then how far it is."""

    def __init__(self, count: int, left: int, say: Say) -> None:
        self.count, self.done, self.say, self.began, self.last = count, count - left, say, time.perf_counter(), 0.0
        self.before = self.done

    def more(self, done: int) -> None:
        self.done += done
        passed = time.perf_counter() - self.began
        if passed - self.last > 10:
            self.last = passed
            self.say(f"{self.done:,} of {self.count:,} written, {(self.done - self.before) / passed:,.0f} a second")
