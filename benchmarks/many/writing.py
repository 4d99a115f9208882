"""The way of many rows into a database: SQLite by one writer in large transactions, PostgreSQL by COPY.

What is put aside for it (waiting for the disk, foreign keys, which the plan keeps by itself) is put back after.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from benchmarks.many.copy import SEARCH, Rows
from benchmarks.many.pattern import Pattern

CACHE_KIB = 1_000_000
Columns = dict[str, tuple[str, ...]]


def columns_of(patterns: list[Pattern], dialect: str) -> Columns:
    """The columns of each table that patterns have rows of, and of the index of words."""
    found = {SEARCH: ("complaint_id" if dialect == "postgresql" else "rowid", "words")}
    for pattern in patterns:
        found |= pattern.columns
    return found


@contextmanager
def sqlite_writer(database: Database) -> Iterator[sqlite3.Connection]:
    """A connection of its own that does not wait for the disk; what it wrote is on the disk when it is done."""
    connection = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
    try:
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", f"cache_size=-{CACHE_KIB}", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def write_sqlite(connection: sqlite3.Connection, columns: Columns, rows: Rows) -> None:
    """A batch, whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for table, values in rows.items():
            names = columns[table]
            places = ", ".join("?" * len(names))
            statement = f"INSERT INTO {table} ({', '.join(map(_quoted, names))}) VALUES ({places})"
            connection.executemany(statement, values)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def write_postgresql(connection: Any, columns: Columns, rows: Rows) -> None:
    """A batch by COPY, whole or not at all, on a psycopg connection."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SET LOCAL session_replication_role = replica")  # no look-up of a foreign key for every row
        for table, values in sorted(rows.items(), key=lambda item: item[0] == SEARCH):
            names = ", ".join(map(_quoted, columns[table]))
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                copy.write("".join(map(_line, values)))


def finish(database: Database, columns: Columns) -> None:
    """Have the planner know the rows, and keys counted on after them."""
    if database.dialect == "sqlite":
        database.measure()
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in (one for one, names in columns.items() if "id" in names):
            highest = f"(SELECT coalesce(max(id), 1) FROM {table})"
            counted_on = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})"
            connection.execute(sa.text(counted_on))
        connection.execute(sa.text("VACUUM (ANALYZE)"))


def _quoted(name: str) -> str:
    return f'"{name}"'


def _line(values: tuple[Any, ...]) -> str:
    return "\t".join(map(_field, values)) + "\n"


def _field(value: Any) -> str:
    """A value as COPY reads it."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPED) if "\\" in value or "\n" in value or "\t" in value else value
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
