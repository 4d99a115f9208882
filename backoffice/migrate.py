"""Bring a database to the newest shape and back, by the migrations in ``migrations/``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from backoffice.database import Database

if TYPE_CHECKING:  # every start asks where the database stands; only a migration needs the migrations' own library
    from alembic.config import Config

SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


def configuration(database: Database) -> Config:
    """The migrations' configuration for this database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["database"] = database
    return config


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


def head() -> str | None:
    """The newest revision: the one on which no other builds."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((SCRIPTS / "versions").glob("*.py"))]
    made = {match[1] for text in texts if (match := re.search(r'^revision = "(\w+)"', text, re.MULTILINE))}
    built_on = {match[1] for text in texts if (match := re.search(r'^down_revision = "(\w+)"', text, re.MULTILINE))}
    return max(made - built_on, default=None)
