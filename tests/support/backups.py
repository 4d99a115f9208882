"""An office to be backed up: its data directory with complaints in it, and what tests ask of it afterwards."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.file_settings import files_of as place_of_files
from backoffice.integrations import tables
from backoffice.jobs import daily_seal
from backoffice.jobs.running import Taken, Workshop, plan, take
from backoffice.keys import Keys
from backoffice.queries.verification import verify
from backoffice.services import office_keys
from tests.support.played import RECEIVED, Play

SECRET = "lantern river seven quiet stones"
PLAIN = ("周㛃敏", "13900004172", "彻底修复", "the customer: it drops every evening")
"""What stands in the records and may stand nowhere in the open."""


@dataclass(frozen=True)
class Filled:
    """An office's database and folder."""

    database: Database
    folder: Path
    keys: Keys

    def play(self) -> Play:
        """A complaint of this office that is yet to be registered."""
        return Play(self.database, self.keys, place_of_files(self.folder))


def fill(database: Database, folder: Path, complaints: int = 2) -> Filled:
    """Some complaints, the first one dispatched, with a file each, and a sealed day."""
    folder.mkdir(exist_ok=True, mode=0o700)
    keys = office_keys.open_for(database, folder / "keys")
    filled = Filled(database, folder, keys)
    for number in range(complaints):
        play = filled.play()
        play.register(texts={"contact_phone": f"139000041{number:02}"} if number else {})
        if not number:
            play.dispatch()
    shop = Workshop(database, keys, SetClock(RECEIVED), folder)
    plan(database, daily_seal.KIND, "2026-11-23", RECEIVED)
    job = take(shop, {daily_seal.KIND: daily_seal.seal_day})
    assert isinstance(job, Taken)
    daily_seal.seal_day(shop, job)
    return filled


@contextlib.contextmanager
def sqlite_office(folder: Path) -> Iterator[Database]:
    """The database of a folder, closed at the end so that others have it to themselves."""
    database = Database(f"sqlite:///{folder / 'office.db'}")
    try:
        yield database
    finally:
        database.dispose()


def moved_in(database: Database, folder: Path) -> None:
    """Make a test's SQLite file the database of a data directory; the engine must not be used after it."""
    folder.mkdir(exist_ok=True, mode=0o700)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    shutil.copyfile(database.url.removeprefix("sqlite:///"), folder / "office.db")


def content(database: Database) -> dict[str, list[list[object]]]:
    """Every row of every table, by table."""
    with database.engine.connect() as connection:
        return {
            table.name: [
                json.loads(line) for block, _count in tables.lines(connection, table) for line in block.splitlines()
            ]
            for table in tables.tables(connection)
        }


def records(database: Database) -> dict[str, list[list[object]]]:
    """The same without the messages: those that waited are held when an office is restored."""
    return {name: rows for name, rows in content(database).items() if name != "outbox"}


def faults(database: Database, folder: Path) -> list[str]:
    """What ``verify`` finds wrong; the keys must be the database's."""
    keys = office_keys.open_for(database, folder / "keys")
    with database.reading() as session:
        return [str(one.number) for one in verify(session, keys.chain).broken]


def files_of(folder: Path, below: tuple[str, ...] = ("files", "seals", "mappings")) -> dict[str, bytes]:
    """The office's files and its log of seals, by their path."""
    found = [path for name in below for path in (folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
