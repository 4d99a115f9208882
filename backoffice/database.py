"""The way to the database: one engine, sessions for reading and for writing.

SQLite loses updates silently with deferred transactions, so that every writing transaction there begins IMMEDIATE;
reading
ones do not, so that readers never wait for a writer (WAL).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from backoffice.standby import Standby

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
TRUSTED_SECONDS = 5.0
"""So long a connection that was given back is taken again without being asked whether it still answers."""
RENEWED_SECONDS = 3600
WRITES = "desk_writes"
LARGE = "desk_large"
SAMPLE = 1000  # rows of an index that are looked at


@dataclass(frozen=True)
class Pool:
    """Connections of one process to a server: those that are kept, and how many more may be opened under load."""

    kept: int = 10
    more: int = 10
    prepared: bool = True

    def engine(self, url: str, **connecting: object) -> Engine:
        """An engine for PostgreSQL. The one used last is taken first, so that the others may rest and be closed."""
        arguments = {"connect_timeout": CONNECT_SECONDS, **connecting}
        if not self.prepared:
            arguments["prepare_threshold"] = None
        engine = sa.create_engine(
            url, hide_parameters=True, pool_size=self.kept, max_overflow=self.more, pool_use_lifo=True,
            pool_recycle=RENEWED_SECONDS, connect_args=arguments,
        )  # fmt: skip
        event.listen(engine, "checkin", _note_rest)
        event.listen(engine, "checkout", _ask_after_rest)
        return engine


class Database:
    """An office's database by its SQLAlchemy URL (``sqlite:///…`` or ``postgresql+psycopg://…``)."""

    def __init__(self, url: str, pool: Pool | None = None, standby: Standby | None = None) -> None:
        self.url = url
        self.engine = _engine(url, pool or Pool())
        self.standby = standby
        self._writer = self.engine.execution_options(**{WRITES: True})

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self, *, large: bool = False) -> Iterator[Session]:
        """A session for looking; what it changed is rolled back, and the rows read can be used after it.

        ``large``: it may sort a million rows. SQLite then sorts in a file, so that memory does not grow with them.
        """
        bind = self._for_large(self.engine, large)
        with Session(bind, expire_on_commit=False) as session:  # closing lets rows go before it rolls back
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection for a short look at a few columns: what stands on every page is read without the cost of a
        session around it.
        """
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def reporting(self, *, large: bool = False) -> Iterator[Session]:
        """As ``reading``, for figures and long lists: from the standby, where one is set and keeps up. What it says
        may be a little old: never for what is then written, nor for what somebody has just written.
        """
        standby = self.standby
        engine = standby.fit(self.engine) if standby is not None else None
        if standby is None or engine is None:
            with self.reading(large=large) as session:
                yield session
            return
        try:
            with Session(engine, expire_on_commit=False, info={"standby": True}) as session:
                yield session
        except sa.exc.DBAPIError as error:
            standby.failed(error)
            raise

    @contextmanager
    def writing(self, *, large: bool = False) -> Iterator[Session]:
        """A session for one command: committed at the end, rolled back if anything is raised. ``large`` as above."""
        with Session(self._for_large(self._writer, large), expire_on_commit=False) as session, session.begin():
            yield session

    def measure(self) -> None:
        """Let SQLite look how its rows are spread, by samples: without that it takes an index of which a tenth of all
        rows are alike for as good as any other. PostgreSQL does so by itself.
        """
        if self.dialect == "sqlite":
            with self.writing() as session:
                session.connection().exec_driver_sql(f"PRAGMA analysis_limit={SAMPLE}")
                session.connection().exec_driver_sql("ANALYZE")

    def _for_large(self, engine: Engine, large: bool) -> Engine:
        return engine.execution_options(**{LARGE: True}) if large else engine

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self.standby is not None:
            self.standby.dispose()


def _engine(url: str, pool: Pool) -> Engine:
    """Faults are written down, and what they were about may be a customer's (R39): hence without the parameters."""
    if sa.engine.make_url(url).get_backend_name() != "sqlite":
        return pool.engine(url)
    connecting = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = sa.create_engine(url, hide_parameters=True, connect_args=connecting)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rested_since"] = time.monotonic()


def _ask_after_rest(connection: Any, record: Any, _proxy: object) -> None:
    """Whether it still answers: asked only of one that rested, since the question costs a round trip."""
    since = record.info.get("rested_since")
    if since is None or time.monotonic() - since < TRUSTED_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:  # whatever it is, all that were opened before it are no better
        raise sa.exc.InvalidatePoolError("the server closed the connection") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the begin event below says when a transaction starts, not the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # an answered request survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes, place = options.get(WRITES, False), "FILE" if options.get(LARGE, False) else "MEMORY"
    if connection.info.get("temp_store", "MEMORY") != place:  # not to be changed within a transaction
        connection.exec_driver_sql(f"PRAGMA temp_store={place}")
        connection.info["temp_store"] = place
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
