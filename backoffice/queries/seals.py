"""Daily seals over all heads (R40): how one is made, and whether those that were made still hold.

A seal covers the events up to its ``last_event_id``. The heads as they were then are had again from the events, so that
any seal can be checked later. A complaint that was deleted whole, events and head included, is missing under every seal
made after it came in: hence the newest ``CHECKED`` are enough to reckon, while all are compared with the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.history import ChainHead, DailySeal, Event
from backoffice.queries.verification import BATCH, BrokenChain
from policies.chain import ChainEvent, Head, SealMaker, head_after
from policies.message import Message
from policies.seals import Seal, day_of, missing, written

CHECKED = 31


def last_event_id(session: Session) -> int:
    """The newest event of all; 0 before the first."""
    return session.scalar(sa.select(sa.func.max(Event.id))) or 0


def make(session: Session, key: bytes, day: date, at: datetime, last_event: int) -> Seal:
    """The seal over all heads as the session sees them; memory stays flat."""
    statement = (
        sa.select(ChainHead.complaint_id, ChainHead.sequence, ChainHead.mac)
        .where(ChainHead.sequence > 0)
        .order_by(ChainHead.complaint_id)
        .execution_options(yield_per=BATCH)
    )
    maker, counted = SealMaker(key), _Counted()
    for row in session.execute(statement):
        maker.add(row.complaint_id, Head(row.sequence, bytes(row.mac)))
        counted.add(row.complaint_id)
    return Seal(day, at, counted.count, counted.last, last_event, counted.ids, maker.mac())


def seal_of(row: DailySeal) -> Seal:
    """A row as a value."""
    return Seal(row.day, row.at, row.complaints, row.last_complaint_id, row.last_event_id, row.ids, bytes(row.mac))


def check_seals(session: Session, key: bytes, lines: Sequence[str]) -> tuple[int, list[BrokenChain]]:
    """How many days are sealed, and what is wrong: rows and lines that differ, seals that do not hold, the deleted."""
    rows = session.scalars(sa.select(DailySeal).order_by(DailySeal.day))
    seals = [seal_of(row) for row in rows]
    broken = list(_compared(seals, lines))
    broken += _reckoned(session, key, seals[-CHECKED:])
    return len(seals), broken


def _compared(seals: Sequence[Seal], lines: Sequence[str]) -> Iterator[BrokenChain]:
    said: dict[date, list[str]] = {}
    for number, line in enumerate(lines, 1):
        day = day_of(line)
        if day is None:
            yield BrokenChain(Message("history.seal.log"), Message("history.seal.unreadable", {"line": number}))
        else:
            said.setdefault(day, []).append(line)
    rows = {seal.day: seal for seal in seals}
    for day in sorted(rows.keys() | said.keys()):
        if day not in said:
            yield _broken(day, Message("history.seal.line_missing"))
        elif day not in rows:
            yield _broken(day, Message("history.seal.row_missing"))
        elif any(line != rows[day].line for line in said[day]):
            yield _broken(day, Message("history.seal.different"))


def _reckoned(session: Session, key: bytes, seals: Sequence[Seal]) -> Iterator[BrokenChain]:
    """Reckon seals again from the events, all in one reading."""
    makers = [SealMaker(key) for _ in seals]
    counts = [_Counted() for _ in seals]
    for complaint_id, events in _links(session):
        heads: dict[int, Head] = {}
        for number, seal in enumerate(seals):
            place = _place(events, seal.last_event_id)
            if place is None:
                continue
            if place not in heads:
                row = events[place]
                heads[place] = head_after(key, ChainEvent(row.sequence, "", bytes(row.mac)))
            makers[number].add(complaint_id, heads[place])
            counts[number].add(complaint_id)
    gone: dict[tuple[int, int], date] = {}
    for seal, maker, counted in zip(seals, makers, counts, strict=True):
        lost = missing(seal.ids, counted.ids)
        gone.update(dict.fromkeys(lost, seal.day))
        if not lost and maker.mac() != seal.mac:
            yield _broken(seal.day, Message("history.seal.broken"))
    for (first, last), day in sorted(gone.items()):
        fault = Message("history.fault.deleted_whole", {"day": day})
        if first != last:
            fault = Message("history.fault.deleted_several", {"first": first, "last": last, "day": day})
        yield BrokenChain(f"#{first}" if first == last else f"#{first}–{last}", fault)


def _links(session: Session) -> Iterable[tuple[int, list[Any]]]:
    columns = (Event.complaint_id, Event.id, Event.sequence, Event.mac)
    statement = sa.select(*columns).order_by(Event.complaint_id, Event.sequence)
    rows = session.execute(statement.execution_options(yield_per=BATCH))
    return ((complaint_id, list(found)) for complaint_id, found in groupby(rows, key=lambda row: row.complaint_id))


def _place(events: Sequence[Any], last_event: int) -> int | None:
    """The place of the last event that a seal covers."""
    return next((place for place in range(len(events) - 1, -1, -1) if events[place].id <= last_event), None)


def _broken(day: date, fault: Message) -> BrokenChain:
    return BrokenChain(Message("history.seal.name", {"day": day}), fault)


class _Counted:
    """How many complaints there are, the last of them, and their ids in short, however many."""

    def __init__(self) -> None:
        self.count = self.last = 0
        self._spans: list[list[int]] = []

    def add(self, complaint_id: int) -> None:
        self.count += 1
        if self._spans and complaint_id == self.last + 1:
            self._spans[-1][1] = complaint_id
        else:
            self._spans.append([complaint_id, complaint_id])
        self.last = complaint_id

    @property
    def ids(self) -> str:
        return written(self._spans)
