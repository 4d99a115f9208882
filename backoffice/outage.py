"""What keeps the desk from reading or writing at all, told from a fault of the database or of the disk.

An outage is nobody's mistake: nothing of what was asked is done, and the same can be asked again when it is over. The
page, the commands and the jobs say so in words of their own; everything else that goes wrong is a fault of the desk.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping
from enum import StrEnum, unique

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError


@unique
class Outage(StrEnum):
    """What is the matter with the place where the office's data lie."""

    FULL = "full"  # no room is left on the disk
    READ_ONLY = "read_only"  # it can be read and not written
    FAULTY = "faulty"  # the disk reports a fault
    BUSY = "busy"  # others held it longer than anybody waits
    AWAY = "away"  # the database does not answer, or went away in the middle


_SQLITE: Mapping[int, Outage] = {
    sqlite3.SQLITE_FULL: Outage.FULL,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
    sqlite3.SQLITE_PERM: Outage.READ_ONLY,
    sqlite3.SQLITE_IOERR: Outage.FAULTY,
    sqlite3.SQLITE_BUSY: Outage.BUSY,
    sqlite3.SQLITE_LOCKED: Outage.BUSY,
    sqlite3.SQLITE_CANTOPEN: Outage.AWAY,
}
# PostgreSQL's SQLSTATE, whole or its class; https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQLSTATES: Mapping[str, Outage] = {
    "53100": Outage.FULL,
    "25006": Outage.READ_ONLY,
    "58030": Outage.FAULTY,
    "55P03": Outage.BUSY,
    "40001": Outage.BUSY,
    "40P01": Outage.BUSY,
    "57014": Outage.BUSY,
    "53": Outage.BUSY,
    "08": Outage.AWAY,
    "57": Outage.AWAY,
}
_ERRNOS: Mapping[int | None, Outage] = {
    errno.ENOSPC: Outage.FULL,
    errno.EDQUOT: Outage.FULL,
    errno.EFBIG: Outage.FULL,
    errno.EROFS: Outage.READ_ONLY,
    errno.EACCES: Outage.READ_ONLY,
    errno.EPERM: Outage.READ_ONLY,
    errno.EIO: Outage.FAULTY,
}


def outage_of(error: BaseException) -> Outage | None:
    """Which outage an exception tells of; None for one that is a fault of the desk itself."""
    if isinstance(error, NoConnectionError):
        return Outage.BUSY
    if isinstance(error, OSError):
        return _ERRNOS.get(error.errno)
    return _of_database(error) if isinstance(error, DBAPIError) else None


def _of_database(error: DBAPIError) -> Outage | None:
    said = error.orig
    if isinstance(said, sqlite3.Error):
        code: int | None = getattr(said, "sqlite_errorcode", None)  # Python's own complaints bear none
        return None if code is None else _SQLITE.get(code & 0xFF)
    state: str | None = getattr(said, "sqlstate", None)
    if state:
        return _SQLSTATES.get(state) or _SQLSTATES.get(state[:2])
    # Without a state the server said nothing: it cannot be reached, or hung up.
    return Outage.AWAY if error.connection_invalidated or type(said).__name__ == "OperationalError" else None
