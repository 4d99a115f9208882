"""The pulse of whoever does jobs: a sign every half a minute, from a thread of its own, so that a long job does not
look like a dead worker. That a job hangs is seen by the jobs behind it, which become late.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from backoffice.jobs.running import Workshop
from backoffice.services.core import heartbeat

SECONDS = 30.0

log = logging.getLogger("desk.jobs")


@contextlib.contextmanager
def pulse(shop: Workshop, role: str, seconds: float = SECONDS) -> Iterator[None]:
    """Give signs while the body runs, and take the last one back at its end."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat_on, args=(shop, role, seconds, stop), name="desk-pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(seconds)


def once(shop: Workshop, role: str) -> None:
    """One sign of a worker that a timer rings; the next one takes its place."""
    _say(shop, "timer", role)


def _beat_on(shop: Workshop, role: str, seconds: float, stop: threading.Event) -> None:
    name = heartbeat.own_name()
    while not stop.is_set():
        _say(shop, name, role)
        stop.wait(seconds)
    try:
        with shop.database.writing() as session:
            heartbeat.leave(session, name)
    except SQLAlchemyError as error:
        log.warning("no leave taken", extra={"desk": {"why": type(error).__name__}})


def _say(shop: Workshop, name: str, role: str) -> None:
    """A sign that cannot be written is missed by who looks; the work itself goes on."""
    try:
        with shop.database.writing() as session:
            heartbeat.beat(session, name, role, shop.clock.now())
    except SQLAlchemyError as error:
        log.warning("no sign given", extra={"desk": {"why": type(error).__name__}})
