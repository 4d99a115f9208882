"""Job ``daily_seal``, once a local day: seal all heads, in the database and in a log apart from it (R40).

The row comes first and the line is written from it, so that a job which was broken off between the two goes on with
the same seal.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.integrations import seal_log
from backoffice.jobs.running import Taken, Workshop
from backoffice.models.history import DailySeal
from backoffice.queries import seals
from policies.seals import Seal, day_of

KIND = "daily_seal"


def seal_day(shop: Workshop, job: Taken) -> None:
    """Seal the day that is the job's slot, unless it is sealed already; see that its line stands in the log."""
    day, at = date.fromisoformat(job.slot), shop.clock.now()
    with shop.database.reading() as session:
        row = session.get(DailySeal, day)
        seal = seals.seal_of(row) if row is not None else None
    if seal is None:
        seal = _made(shop, day, at)
        with shop.database.writing() as session:
            job.go_on(session, shop.clock.now(), job.payload)
            session.add(_row(seal))
    if not any(day_of(line) == day for line in seal_log.lines(shop.folder)):
        seal_log.append(shop.folder, seal.line)
    shop.database.measure()  # once a day, as good a moment as any


def _made(shop: Workshop, day: date, at: datetime) -> Seal:
    """Writers are held up for the moment in which the picture is taken, not while it is read.

    So every event up to the newest one in the picture is in it, and what is written later has a higher id.
    """
    with shop.database.reading() as reader:
        if shop.database.dialect == "postgresql":
            reader.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        with shop.database.writing() as barrier:
            _hold(barrier, shop.database.dialect)
            last_event = seals.last_event_id(reader)
        return seals.make(reader, shop.keys.chain, day, at, last_event)


def _hold(barrier: Session, dialect: str) -> None:
    barrier.connection()  # on SQLite the write lock comes with the transaction
    if dialect == "postgresql":
        barrier.execute(sa.text("LOCK TABLE event IN SHARE MODE"))


def _row(seal: Seal) -> DailySeal:
    return DailySeal(
        day=seal.day,
        at=seal.at,
        complaints=seal.complaints,
        last_complaint_id=seal.last_complaint_id,
        last_event_id=seal.last_event_id,
        ids=seal.ids,
        mac=seal.mac,
    )
