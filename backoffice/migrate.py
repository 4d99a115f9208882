"""Bring a database to the newest shape and back, by the migrations in ``migrations/``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from backoffice.database import Database

SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


def configuration(database: Database) -> Config:
    """The migrations' configuration for this database."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["database"] = database
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up; one transaction, so that a migration that fails leaves nothing half done."""
    command.upgrade(configuration(database), revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to a revision (``base`` empties the database)."""
    command.downgrade(configuration(database), revision)


def current(database: Database) -> str | None:
    """The revision that the database is at, None when it has never been migrated."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config).get_current_head()
