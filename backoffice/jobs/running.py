"""Take waiting jobs and do them (table ``job``): each by one worker at a time, again after a failure, never twice done.

A worker holds a job by a lease. One that was killed lets its lease run out, and another goes on where the job's payload
says. ``attempts`` counts who took it: whoever lost a job is told by it before anything of theirs is kept. Handlers are
idempotent: what is done twice says so by changing nothing.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.file_settings import files_of
from backoffice.integrations.store import Place
from backoffice.keys import Keys
from backoffice.models.work import Job
from backoffice.services import kept_figures, many
from policies.message import Message

LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
ERROR_LENGTH = 400
AWAITED = (kept_figures.JOB, many.KIND)

log = logging.getLogger("desk.jobs")


class LeaseLostError(Exception):
    """The job was taken over by another worker; what this one did since its last step is rolled back."""


@dataclass(frozen=True)
class Workshop:
    """What jobs work with; ``folder`` is the office's data directory. ``speak`` puts a message into a language, for
    papers that are made in the background.
    """

    database: Database
    keys: Keys
    clock: Clock
    folder: Path
    speak: Callable[[Message, str], str] | None = None

    @property
    def files(self) -> Place:
        """Where attachments lie."""
        return files_of(self.folder)


@dataclass
class Taken:
    """A job in the hands of a worker."""

    id: int
    kind: str
    slot: str
    payload: dict[str, Any]
    attempts: int

    def go_on(self, session: Session, at: datetime, payload: dict[str, Any]) -> None:
        """Keep how far the job has come, in the transaction of the work itself, and hold it for another lease.

        Raises ``LeaseLostError`` when another worker has taken it meanwhile.
        """
        values = {"payload": payload, "leased_until": at + LEASE}
        if session.execute(sa.update(Job).where(*self._mine()).values(values)).rowcount != 1:  # type: ignore[attr-defined]
            raise LeaseLostError(self.kind)
        self.payload = payload

    def _mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        return Job.id == self.id, Job.attempts == self.attempts, Job.done_at.is_(None)


Handler = Callable[[Workshop, Taken], None]
Handlers = Mapping[str, Handler]


@dataclass
class Worked:
    """What came of a round: jobs done, and jobs that failed and wait for another time."""

    done: int = 0
    failed: int = 0


def plan(database: Database, kind: str, slot: str, due_at: datetime) -> bool:
    """Have a job done once for its slot; False when it is there already, whoever put it there."""
    there = sa.select(Job.id).where(Job.kind == kind, Job.slot == slot)
    with database.reading() as session:
        if session.scalar(there) is not None:
            return False
    try:
        with database.writing() as session:
            session.add(Job(kind=kind, slot=slot, due_at=due_at, payload={}))
    except IntegrityError:  # another worker was quicker
        return False
    return True


def take(shop: Workshop, handlers: Handlers) -> Taken | None:
    """The job that is due longest, leased to the caller; None when nothing is due that somebody else does not hold.

    What somebody sits and waits for goes before what comes by the clock.
    """
    if not is_waiting(shop, handlers):
        return None  # looking hinders nobody who writes
    at = shop.clock.now()
    waiting = sa.select(Job).where(*_due(handlers, at)).order_by(Job.kind.not_in(AWAITED), Job.due_at, Job.id).limit(1)
    with shop.database.writing() as session:
        job = session.scalars(waiting.with_for_update(skip_locked=True)).first()
        if job is None:
            return None
        job.leased_until = at + LEASE
        job.attempts += 1
        return Taken(job.id, job.kind, job.slot, dict(job.payload or {}), job.attempts)


def is_waiting(shop: Workshop, handlers: Handlers) -> bool:
    """Whether a job is due that nobody holds."""
    with shop.database.reading() as session:
        return session.scalar(sa.select(Job.id).where(*_due(handlers, shop.clock.now())).limit(1)) is not None


def work_off(shop: Workshop, handlers: Handlers, stopped: Callable[[], bool] = lambda: False) -> Worked:
    """Do everything that is due, one job after another, until nothing is left or the worker is to stop."""
    worked = Worked()
    while not stopped():
        job = take(shop, handlers)
        if job is None:
            break
        if _do(shop, handlers[job.kind], job):
            worked.done += 1
        else:
            worked.failed += 1
    return worked


def wait_after(attempts: int) -> timedelta:
    """How long a job waits after it failed so often: a minute, then each time twice as long, six hours at most."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)


def _due(handlers: Handlers, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    free = Job.leased_until.is_(None) | (Job.leased_until <= at)
    return Job.done_at.is_(None), Job.due_at <= at, free, Job.kind.in_(sorted(handlers))


def _do(shop: Workshop, handler: Handler, job: Taken) -> bool:
    facts = {"kind": job.kind, "slot": job.slot, "attempt": job.attempts}
    try:
        handler(shop, job)
    except LeaseLostError:
        log.warning("job taken over", extra={"desk": facts})
        return False
    except Exception as error:
        log.exception("job failed", extra={"desk": facts})
        at = shop.clock.now()
        _keep(shop, job, {"error": _said(error), "due_at": at + wait_after(job.attempts)})
        return False
    _keep(shop, job, {"error": "", "done_at": shop.clock.now()})
    log.info("job done", extra={"desk": facts})
    return True


def _keep(shop: Workshop, job: Taken, values: dict[str, Any]) -> None:
    """Give the job back; one that another worker has by now stays with them."""
    with shop.database.writing() as session:
        session.execute(sa.update(Job).where(*job._mine()).values({**values, "leased_until": None}))  # noqa: SLF001


def _said(error: Exception) -> str:
    """What went wrong, without what it said: that may quote a customer (R39). A refusal is named by its key."""
    if isinstance(error, DomainError):
        return ", ".join(refusal.key for refusal in error.refusals)[:ERROR_LENGTH]
    frames = traceback.extract_tb(error.__traceback__)
    where = f" {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"[:ERROR_LENGTH]
