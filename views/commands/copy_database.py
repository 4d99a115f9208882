"""``run.py copy-database``: carry an office from its database to another one, from the file to PostgreSQL or back."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policies.message import Message
from views.commands import CommandError, check_data, data_option, data_path, language_option, spoken
from views.language import say

if TYPE_CHECKING:
    from backoffice.copying import Copied
    from backoffice.database import Database

DESCRIPTION = (
    "Copies every row of an office's database into an empty one, sets its counters and its index of words, compares all"
    " rows on both sides and reads every history chain again. The source is only read. Stop the console and the workers"
    " before. A copy that was broken off leaves empty tables: give the same command again."
)
EPILOG = (
    "Attachments, keys and seals are not in the database; they stay in the data directory."
    " Exit code 1 when something differs or does not hold, 2 when nothing could be copied."
)


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "copy-database",
        parents=[data_option(), language_option()],
        help="carry the office to another database, for example to PostgreSQL",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    place = "a data directory with its office.db, or the address of a database"
    parser.add_argument("--from", dest="source", metavar="PLACE", help=f"{place} (default: the data directory)")
    parser.add_argument(
        "--to",
        dest="target",
        metavar="PLACE",
        help=f"{place} (default: $BACKOFFICE_DATABASE_URL, so that no password stands on the command line)",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Copy, compare, verify; each table is told as it is done."""
    from sqlalchemy.exc import SQLAlchemyError

    from backoffice.copying import refuse
    from backoffice.database_faults import OTHER, DatabaseError, fault_of
    from views.commands.desk import sentence

    language = spoken(args)
    folder = _folder(args)
    check_data(folder)
    source, target = _source(args, folder), None
    try:
        target = _target(args)
        refused = refuse(source, target)
        if refused is not None:
            raise CommandError(say(refused, language))
        return _carry(source, target, folder, language)
    except SQLAlchemyError as error:
        fault = fault_of(error, (target or source).url)
        if fault.key == OTHER:  # no matter of the server: the log of the commands shall say where
            raise
        raise CommandError(sentence(DatabaseError(fault))) from error
    finally:
        for database in (source, target):
            if database is not None:
                database.dispose()


def _carry(source: Database, target: Database, folder: Path, language: str) -> int:
    from backoffice.copying import copy, differing, newest, snapshot
    from backoffice.services import office_keys
    from views.commands.verify import checked, tell

    keys = office_keys.look(source, folder / "keys")
    began = time.monotonic()

    def told(one: Copied) -> None:
        print(f"{one.table:<32} {one.rows:>12,} {one.seconds:>9.1f} s", flush=True)

    with snapshot(source) as reading:
        done = copy(reading, target, told)
        with snapshot(target) as written:
            unlike = differing(reading, written)
        before = newest(reading)
    with snapshot(source) as reading:
        went_on = newest(reading) != before
    facts = {"tables": len(done), "rows": sum(one.rows for one in done), "seconds": round(time.monotonic() - began)}
    print(say(Message("copying.done", facts), language))
    for table in unlike:
        print(say(Message("copying.differs", {"table": table}), language))
    broken = tell(checked(target, keys, folder), language)
    if went_on:
        print(say(Message("copying.went_on"), language))
    print(say(Message("copying.beside", {"folder": str(folder)}), language))
    return 1 if unlike or broken or went_on else 0


def _folder(args: argparse.Namespace) -> Path:
    """The data directory, which has the keys: the one that is copied from or to, else as everywhere."""
    for place in (args.source, args.target):
        if place and "://" not in place and not args.data:
            return Path(place).expanduser().absolute()
    return data_path(args)


def _source(args: argparse.Namespace, folder: Path) -> Database:
    from backoffice.database_settings import file_of

    place = args.source or str(folder)
    if "://" not in place and not file_of(Path(place).expanduser()).is_file():
        raise CommandError(f"there is no office in {place}: name its data directory, or the address of its database")
    return _connected(place, "--from")


def _target(args: argparse.Namespace) -> Database:
    place = args.target or os.environ.get("BACKOFFICE_DATABASE_URL")
    if not place:
        raise CommandError("--to is missing: name the address of an empty database, or set BACKOFFICE_DATABASE_URL")
    if "://" not in place and not Path(place).expanduser().is_dir():
        raise CommandError(f"{place} is no directory: make it, or name the address of a database")
    return _connected(place, "--to")


def _connected(place: str, option: str) -> Database:
    from backoffice.database_faults import DatabaseError, parsed
    from backoffice.database_settings import connect, file_of
    from views.commands.desk import sentence

    try:
        if "://" not in place:
            return connect(f"sqlite:///{file_of(Path(place).expanduser().absolute())}", {})
        parsed(place, option)
        return connect(place, {})
    except DatabaseError as error:
        raise CommandError(f"{option}: {sentence(error)}") from error
