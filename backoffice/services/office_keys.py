"""Open an office's keys and hold them to its database (R39): keys of another office, or made anew, are refused.

The database remembers the identity of the keys that it was filled with, from the first time on that it can.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backoffice.database import Database
from backoffice.keys import IDENTITY, Keys, load_keys, open_keys
from backoffice.models.configuration import Setting


def open_for(database: Database, folder: Path) -> Keys:
    """The keys in ``folder``, made when neither they nor data are there; raises ``KeysError`` (``backoffice.keys``)."""
    has_settings = sa.inspect(database.engine).has_table(Setting.__tablename__)
    known = _known(database) if has_settings else None
    keys = open_keys(folder, known)
    if has_settings and known is None:
        remember(database, keys)
    return keys


def look(database: Database, folder: Path) -> Keys:
    """The keys of an office that is only read: nothing is made, in the folder or in the database."""
    load_keys(folder)
    return open_keys(folder, _known(database))


def remember(database: Database, keys: Keys) -> None:
    """Note the identity of the keys in a database that does not know one yet."""
    insert = postgresql_insert if database.dialect == "postgresql" else sqlite_insert
    with database.writing() as session:
        session.execute(insert(Setting).values(key=IDENTITY, value=keys.identity).on_conflict_do_nothing())


def _known(database: Database) -> str | None:
    with database.reading() as session:
        return session.scalar(sa.select(Setting.value).where(Setting.key == IDENTITY))
