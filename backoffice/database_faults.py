"""Why a database cannot be used, in a sentence that says what to do next; never with a password or a row in it.

The server's own words are read for what they mean and then left out: they may be in another language, and they may
quote what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import URL

from backoffice.errors import DomainError
from policies.message import Refusal

VARIABLE = "BACKOFFICE_DATABASE_URL"
OTHER = "database.fault.other"
OLDEST = 13
"""The oldest PostgreSQL that is taken; the tests run on whichever is installed."""
BACKENDS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


class DatabaseError(DomainError):
    """The database cannot be used as it is; nothing was changed."""


# What a server answers while a connection is made carries no code, only words: these parts of them are the same in
# every version. Codes are those of PostgreSQL's appendix A.
_WORDS = (
    (r"password authentication failed|no password supplied|authentication failed|no pg_hba\.conf entry", "password"),
    (r'database ".*" does not exist', "name"),
    (r'role ".*" does not exist', "password"),
    (r"the database system is (starting up|shutting down|in recovery)", "starting"),
    (r"too many (clients|connections)|remaining connection slots", "full"),
    (r"could not translate host name|Name or service not known|failed to resolve host|nodename nor servname", "host"),
    (r"Connection refused|No such file or directory|timeout expired|timed out|No route to host|unreachable", "server"),
    (r"permission denied|must be owner|insufficient", "rights"),
    (r"certificate|SSL", "certificate"),
    (r"unable to open database file|readonly database|disk I/O error", "file"),
    (r"file is not a database|malformed", "damaged"),
    (r"database is locked", "locked"),
    (r"No space left|database or disk is full|could not extend file", "disk"),
)
_CODES = {
    "28P01": "password",
    "28000": "password",
    "3D000": "name",
    "42501": "rights",
    "53300": "full",
    "53100": "disk",
    "57P03": "starting",
    "25006": "read_only",
}


def parsed(text: str, variable: str = VARIABLE) -> URL:
    """The address of a database; raises ``DatabaseError`` where it is none that can be used."""
    try:
        url = sa.engine.make_url(text.strip())
        backend = url.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        raise DatabaseError(_refusal("address", variable=variable)) from None
    if backend not in BACKENDS or (backend == "postgresql" and url.drivername != BACKENDS[backend]):
        raise DatabaseError(_refusal("kind", variable=variable, kind=url.drivername))
    if backend == "postgresql" and not url.database:
        raise DatabaseError(_refusal("address", variable=variable))
    return url


def fault_of(error: BaseException, url: str | URL) -> Refusal:
    """Why this address could not be used."""
    said = " ".join(_said(error))
    code = next((found for one in _chain(error) if (found := getattr(one, "sqlstate", None))), None)
    kind = _CODES.get(code or "") or next((kind for words, kind in _WORDS if re.search(words, said, re.IGNORECASE)), "")
    facts = {**_place(url), "why": code or type(_innermost(error)).__name__}
    return _refusal(kind or "other", **facts)


def refuse_server(connection: sa.Connection) -> Refusal | None:
    """Why a PostgreSQL that answers is none for an office: too old, another encoding, or a standby that nobody may
    write to.
    """
    version = connection.dialect.server_version_info or (0,)
    if version[0] < OLDEST:
        return _refusal("old", version=".".join(map(str, version)), oldest=OLDEST)
    statement = sa.text("SELECT current_setting('server_encoding'), pg_is_in_recovery()")
    encoding, recovering = connection.execute(statement).one()
    if encoding != "UTF8":
        return _refusal("encoding", encoding=encoding)
    return _refusal("read_only", **_place(connection.engine.url)) if recovering else None


def place_of(url: str | URL) -> str:
    """Names a database without its password: host, port and name, or the file."""
    facts = _place(url)
    return facts["database"] if not facts["server"] else f"{facts['server']}/{facts['database']}"


def _refusal(kind: str, /, **facts: object) -> Refusal:
    return Refusal(f"database.fault.{kind}", {"variable": VARIABLE, **facts}, status=503)


def _place(url: str | URL) -> dict[str, str]:
    made = sa.engine.make_url(url)
    host = made.host or str(made.query.get("host", ""))
    server = f"{host}:{made.port}" if host and made.port else host
    return {"server": server, "database": str(made.database or ""), "user": str(made.username or "")}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__


def _said(error: BaseException) -> Iterator[str]:
    return (str(one) for one in _chain(error))


def _innermost(error: BaseException) -> BaseException:
    *_rest, last = _chain(error)
    return last
