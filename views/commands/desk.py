"""Open an office's database and keys for a command, in the shape that this version needs."""

from __future__ import annotations

import argparse
from pathlib import Path

from backoffice import database_settings, migrate
from backoffice.database import Database
from backoffice.database_faults import DatabaseError
from backoffice.keys import Keys
from backoffice.services import office_keys
from views.commands import CommandError, spoken
from views.language import say


def open_database(folder: Path) -> Database:
    """The office's database, whatever its shape; raises ``CommandError`` with what to do when it cannot be used."""
    if not database_settings.is_there(folder):
        raise CommandError(f"there is no office in {folder}: open the console there once, or name another --data")
    try:
        return database_settings.connect(database_settings.url_for(folder))
    except DatabaseError as error:
        raise CommandError(sentence(error)) from error


def open_desk(folder: Path) -> tuple[Database, Keys]:
    """Database and keys of an office that is there; raises ``CommandError`` with what to do when it is not, and
    ``KeysError`` when its keys cannot be used.
    """
    database = open_database(folder)
    try:
        if migrate.current(database) != migrate.head():
            raise CommandError(
                "the database has not the shape of this version: open the console once, it brings it up to date"
            )
        return database, office_keys.open_for(database, folder / "keys")
    except BaseException:
        database.dispose()
        raise


def sentence(error: DatabaseError) -> str:
    """Why the database cannot be used, in the terminal's language."""
    return " ".join(say(refusal, spoken(argparse.Namespace())) for refusal in error.refusals)
