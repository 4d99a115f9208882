"""The way to the database: one engine, sessions for reading and for writing.

SQLite loses updates silently with deferred transactions, so that every writing transaction there begins IMMEDIATE;
reading
ones do not, so that readers never wait for a writer (WAL).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

BUSY_SECONDS = 30
WRITES = "desk_writes"
LARGE = "desk_large"


class Database:
    """An office's database by its SQLAlchemy URL (``sqlite:///…`` or ``postgresql+psycopg://…``)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
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
    def writing(self, *, large: bool = False) -> Iterator[Session]:
        """A session for one command: committed at the end, rolled back if anything is raised. ``large`` as above."""
        with Session(self._for_large(self._writer, large), expire_on_commit=False) as session, session.begin():
            yield session

    def _for_large(self, engine: Engine, large: bool) -> Engine:
        return engine.execution_options(**{LARGE: True}) if large else engine

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    """Faults are written down, and what they were about may be a customer's (R39): hence without the parameters."""
    if sa.engine.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, hide_parameters=True, pool_size=10, max_overflow=10, pool_pre_ping=True)
    connecting = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = sa.create_engine(url, hide_parameters=True, connect_args=connecting)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


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
