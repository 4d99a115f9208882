"""Where an office's database is and how it is reached: the one place that reads the machine's variables for it.

``BACKOFFICE_DATABASE_URL``: the database (``postgresql+psycopg://user:password@host/name``), else ``office.db`` in the
data directory. ``BACKOFFICE_POOL``: connections of one process, ``10`` or ``10+10`` (kept + more under load).
``BACKOFFICE_PREPARED=off``: no prepared statements, for a pooler that cannot carry them. ``BACKOFFICE_STANDBY_URL`` and
``BACKOFFICE_STANDBY_LAG``: a read-only copy for reports, and how many seconds it may be behind.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backoffice.database import Database, Pool
from backoffice.database_faults import VARIABLE, DatabaseError, fault_of, parsed, refuse_server
from backoffice.standby import LAG_SECONDS, Standby
from policies.message import Refusal

POOL, PREPARED, STANDBY, LAG = (
    "BACKOFFICE_POOL", "BACKOFFICE_PREPARED", "BACKOFFICE_STANDBY_URL", "BACKOFFICE_STANDBY_LAG",
)  # fmt: skip
MOST_CONNECTIONS = 100


def file_of(folder: Path) -> Path:
    """The database of a small office: a file in its folder."""
    return folder / "office.db"


def url_for(folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """The address of an office's database."""
    said = os.environ if environment is None else environment
    return said.get(VARIABLE) or f"sqlite:///{file_of(folder)}"


def is_there(folder: Path) -> bool:
    """Whether there may be an office: a server that is named, or the file."""
    return bool(os.environ.get(VARIABLE)) or file_of(folder).is_file()


def connect(url: str, environment: Mapping[str, str] | None = None) -> Database:
    """The database at an address, which must answer and be one that an office can use; raises ``DatabaseError``."""
    said = os.environ if environment is None else environment
    made = parsed(url)
    pool = pool_of(said)
    database = Database(url, pool, standby_of(said, made.get_backend_name(), pool))
    try:
        with database.engine.connect() as connection:
            refused = refuse_server(connection) if database.dialect == "postgresql" else None
    except SQLAlchemyError as error:
        database.dispose()
        raise DatabaseError(fault_of(error, made)) from None
    if refused is not None:
        database.dispose()
        raise DatabaseError(refused)
    return database


def pool_of(said: Mapping[str, str]) -> Pool:
    """How many connections a process keeps and may add; raises ``DatabaseError`` for what is no such figure."""
    text = said.get(POOL, "").strip()
    prepared = said.get(PREPARED, "").strip().lower() not in ("off", "no", "0")
    if not text:
        return Pool(prepared=prepared)
    found = re.fullmatch(r"([0-9]{1,3})(?:\+([0-9]{1,3}))?", text)
    kept, more = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    if not 1 <= kept <= kept + more <= MOST_CONNECTIONS:
        raise DatabaseError(Refusal("database.fault.pool", {"variable": POOL, "most": MOST_CONNECTIONS}, status=503))
    return Pool(kept, more, prepared=prepared)


def standby_of(said: Mapping[str, str], backend: str, pool: Pool) -> Standby | None:
    """The copy that reports are read from, where one is named; raises ``DatabaseError`` for one that cannot be."""
    if not said.get(STANDBY):
        return None
    if backend != "postgresql" or parsed(said[STANDBY], STANDBY).get_backend_name() != "postgresql":
        raise DatabaseError(Refusal("database.fault.standby_kind", {"variable": STANDBY}, status=503))
    text = said.get(LAG, "").strip() or str(LAG_SECONDS)
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise DatabaseError(Refusal("database.fault.lag", {"variable": LAG}, status=503))
    return Standby(said[STANDBY], pool, int(text))
