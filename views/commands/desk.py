"""Open an office's database and keys for a command, in the shape that this version needs."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backoffice import migrate
from backoffice.database import Database
from backoffice.keys import Keys
from backoffice.services import office_keys
from views.commands import CommandError


def database_url(folder: Path) -> str:
    """The office's database: as the environment says, else the file in its folder."""
    return os.environ.get("BACKOFFICE_DATABASE_URL") or f"sqlite:///{folder / 'office.db'}"


def open_desk(folder: Path) -> tuple[Database, Keys]:
    """Database and keys of an office that is there; raises ``CommandError`` with what to do when it is not, and
    ``KeysError`` when its keys cannot be used.
    """
    url = database_url(folder)
    if url.startswith("sqlite") and not (folder / "office.db").is_file():
        raise CommandError(f"there is no office in {folder}: open the console there once, or name another --data")
    database = Database(url)
    try:
        at = migrate.current(database)
    except SQLAlchemyError as error:
        raise CommandError(f"the database cannot be opened: {str(error.__cause__ or error).splitlines()[0]}") from error
    if at != migrate.head():
        raise CommandError(
            "the database has not the shape of this version: open the console once, it brings it up to date"
        )
    return database, office_keys.open_for(database, folder / "keys")
