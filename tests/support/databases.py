"""Databases for tests: migrated once into a template, then copied for each test."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.migrate import upgrade
from tests.support import postgresql

Filling = Callable[[Database], None]
OPENED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def empty(database: Database) -> None:
    """Leave it without any table."""
    database.engine.connect().close()


def migrated(database: Database) -> None:
    """Bring an empty database to the newest shape."""
    upgrade(database)


def with_default_office(database: Database) -> None:
    """The newest shape with the default office and its sample staff, set up on 5 January 2026."""
    from backoffice.services.office import load_default_office

    upgrade(database)
    with database.writing() as session:
        load_default_office(session, OPENED)


class Templates:
    """One run's templates, by dialect and filling; the folder is shared by all workers of the run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copy(self, dialect: str, filling: Filling, target: Path) -> AbstractContextManager[Database]:
        """A database of one test's own; it is gone when the test ends."""
        return self._sqlite(filling, target) if dialect == "sqlite" else self._postgresql(filling)

    @contextlib.contextmanager
    def _sqlite(self, filling: Filling, target: Path) -> Iterator[Database]:
        template = self.folder / f"{filling.__name__}.sqlite"
        with self._locked():
            if not template.exists():
                unfinished = template.with_suffix(".unfinished")
                _fill(Database(f"sqlite:///{unfinished}"), filling)
                unfinished.rename(template)
        path = target / "desk.sqlite"
        shutil.copyfile(template, path)
        database = Database(f"sqlite:///{path}")
        try:
            yield database
        finally:
            database.dispose()

    @contextlib.contextmanager
    def _postgresql(self, filling: Filling) -> Iterator[Database]:
        cluster = self.folder / "postgresql"
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with self._locked():
            if not cluster.exists():
                cluster.mkdir()
                postgresql.start(cluster)
            template = f"template_{filling.__name__}"
            if not self._has(cluster, template):
                self._administer(cluster, f"CREATE DATABASE {template}_unfinished")
                _fill(Database(postgresql.url(cluster, f"{template}_unfinished")), filling)
                self._administer(cluster, f"ALTER DATABASE {template}_unfinished RENAME TO {template}")
            # Under the same lock: a template is copied by one at a time.
            self._administer(cluster, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
        database = Database(postgresql.url(cluster, name))
        try:
            yield database
        finally:
            database.dispose()
            self._administer(cluster, f"DROP DATABASE {name} WITH (FORCE)")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _has(self, cluster: Path, name: str) -> bool:
        rows = self._administer(cluster, f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
        return bool(rows)

    def _administer(self, cluster: Path, statement: str) -> list[object]:
        engine = sa.create_engine(
            postgresql.url(cluster, "postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )
        with engine.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []


def _fill(database: Database, filling: Filling) -> None:
    try:
        filling(database)
    finally:
        database.dispose()
