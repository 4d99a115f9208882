"""A read-only copy of the database (a streaming replica) that figures and long lists are read from while it keeps up.

Whether it does is looked at every few seconds, not at every request. It is up to date when it has written all that the
database had when asked; else it is as far behind as its last transaction is old. What is too far behind, or does not
answer, is left alone for a while, and the database itself is read; both are told in the log, once for each change.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from backoffice.database import Pool

LAG_SECONDS = 60
LOOKED_AT_EVERY = 5.0
LEFT_ALONE = 30.0
CONNECT_SECONDS = 3

log = logging.getLogger("desk.database")

_WRITTEN = sa.text("SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END")
_REPLAYED = sa.text(
    "SELECT CASE WHEN NOT pg_is_in_recovery() OR CAST(:written AS pg_lsn) IS NULL"
    " OR pg_last_wal_replay_lsn() >= CAST(:written AS pg_lsn) THEN 0"
    " ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END"
)


@dataclass(frozen=True)
class Standing:
    """How the standby was found: ``fits`` to be read, seconds ``behind`` (None: unknown), and the kind of fault."""

    fits: bool
    behind: float | None = None
    fault: str = ""


class Standby:
    """The standby of one process; ``most_behind`` in seconds."""

    def __init__(
        self, url: str, pool: Pool, most_behind: int = LAG_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.engine = pool.engine(url, connect_timeout=CONNECT_SECONDS).execution_options(postgresql_readonly=True)
        self.most_behind = most_behind
        self.standing: Standing | None = None
        self._now = now
        self._next_look = 0.0
        self._lock = threading.Lock()

    def fit(self, primary: Engine) -> Engine | None:
        """The engine to read from; None while the standby is not to be used."""
        if self._now() >= self._next_look and self._lock.acquire(blocking=self.standing is None):
            try:
                if self._now() >= self._next_look:
                    self._note(self.look(primary))
            finally:
                self._lock.release()
        return self.engine if self.standing is not None and self.standing.fits else None

    def look(self, primary: Engine) -> Standing:
        """How it stands now; asks both servers."""
        try:
            with primary.connect() as connection:
                written = connection.scalar(_WRITTEN)
            with self.engine.connect() as connection:
                behind = connection.scalar(_REPLAYED, {"written": written})
        except SQLAlchemyError as error:
            return Standing(False, None, type(error.__cause__ or error).__name__)
        if behind is None:
            return Standing(False, None, "never replayed")
        return Standing(float(behind) <= self.most_behind, float(behind), "")

    def failed(self, error: BaseException) -> None:
        """A question broke off there: it is left alone for a while."""
        self._note(Standing(False, None, type(error.__cause__ or error).__name__))

    def _note(self, found: Standing) -> None:
        before, self.standing = self.standing, found
        self._next_look = self._now() + (LOOKED_AT_EVERY if found.fits else LEFT_ALONE)
        if before is None or before.fits != found.fits:
            facts = {"behind": found.behind, "fault": found.fault}
            level, said = (logging.INFO, "standby is read") if found.fits else (logging.WARNING, "standby is not read")
            log.log(level, said, extra={"desk": facts})

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
