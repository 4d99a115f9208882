"""Put a folder into another's place in one step, and see whether a database is in use."""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import sqlalchemy as sa

from backoffice.integrations import disk

TLS = "tls"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


def put_in_place(new: Path, place: Path, aside: Path) -> bool:
    """``new`` becomes ``place``; what was there becomes ``aside``. False when there was nothing to put aside.

    On Linux both change names at once; elsewhere one after the other, and back again when the second fails. Whenever it
    is killed, both are whole, and the former one bears its own name or that of ``aside``: neither is cleared away.
    """
    if not place.exists() or not any(place.iterdir()):
        if place.exists() and os.name == "nt":
            place.rmdir()
        new.rename(place)
        return False
    new.rename(aside)
    if _exchange(aside, place):
        return True
    aside.rename(new)
    place.rename(aside)
    try:
        new.rename(place)
    except OSError:
        aside.rename(place)
        raise
    return True


def take_over(place: Path, new: Path) -> None:
    """What of a place belongs to the machine and is in no backup, and whose it is: the desk starts as it did."""
    if (place / TLS).is_dir() and not (new / TLS).exists():
        shutil.copytree(place / TLS, new / TLS, symlinks=True)
    disk.give_to_owner_of(place, new)


def _exchange(one: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


def sqlite_in_use(path: Path) -> bool:
    """Whether another process has this database open. One that is damaged counts as not in use."""
    if not path.is_file():
        return False
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()  # refused while anybody else has it open
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return False


def postgresql_in_use(engine: sa.Engine) -> bool:
    """Whether anybody else is connected to this database."""
    with engine.connect() as connection:
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return bool(others.scalar())
