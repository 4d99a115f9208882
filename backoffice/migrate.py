"""Bring a database to the newest shape and back, by the migrations in ``migrations/``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from backoffice.database import Database

if TYPE_CHECKING:  # every start asks where the database stands; only a migration needs the migrations' own library
    from alembic.config import Config

OPENING = 0x6465736B6F70656E  # no other lock of the desk has this number
SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


def configuration(database: Database) -> Config:
    """The migrations' configuration for this database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["database"] = database
    return config


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """While an office is opened: of several programs that start at once on a server, the others wait, and then find
    everything done. A file has one program that opens it.
    """
    if database.dialect != "postgresql":
        yield
        return
    with database.engine.begin() as connection:  # a lock of a transaction: a pooler between may share connections
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(OPENING)))
        yield


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up; one transaction, so that a migration that fails leaves nothing half done."""
    from alembic import command

    command.upgrade(configuration(database), revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to a revision (``base`` empties the database)."""
    from alembic import command

    command.downgrade(configuration(database), revision)


def current(database: Database) -> str | None:
    """The revision that the database is at, None when it has never been migrated."""
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return found


def is_known(revision: str | None) -> bool:
    """Whether this version knows how to go on from a revision; one of a newer version it does not."""
    return revision is None or any(f'revision = "{revision}"' in text for text in _texts())


def head() -> str | None:
    """The newest revision: the one on which no other builds."""
    texts = _texts()
    made = {match[1] for text in texts if (match := re.search(r'^revision = "(\w+)"', text, re.MULTILINE))}
    built_on = {match[1] for text in texts if (match := re.search(r'^down_revision = "(\w+)"', text, re.MULTILINE))}
    return max(made - built_on, default=None)


def _texts() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((SCRIPTS / "versions").glob("*.py"))]
