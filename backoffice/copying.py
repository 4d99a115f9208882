"""Copy an office's database to another one, row by row: from the file of a small office to PostgreSQL, and back.

The source is read in one transaction that sees one moment of it, and is never written to. The target must be empty; it
is brought to the newest shape first, and then filled in a single transaction: a copy that was killed leaves nothing but
empty tables, and is begun again by the same command. Afterwards every row is read on both sides and compared.

PostgreSQL is filled by COPY. Its foreign keys and indexes are taken away before and made again after, in the same
transaction, so that a reference that points nowhere fails the whole copy.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from backoffice import migrate
from backoffice.database import WRITES, Database
from backoffice.database_faults import place_of
from backoffice.errors import DomainError
from backoffice.models import Base
from policies import search
from policies.message import Refusal

BATCH = 5000
SEARCH = "complaint_search"
VERSION = "alembic_version"

_REFERENCES = sa.text("""
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND connamespace = CAST(current_schema() AS regnamespace) ORDER BY 1
""")
_INDEXES = sa.text("""
SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = CAST(current_schema() AS regnamespace)
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY 1
""")
_WORDS_OF_VECTOR = sa.text(
    "SELECT complaint_id AS id, (SELECT string_agg(one.lexeme, ' ' ORDER BY place)"
    " FROM unnest(words) AS one(lexeme, positions, weights), unnest(one.positions) AS place) AS words"
    " FROM complaint_search ORDER BY complaint_id"
)


@dataclass(frozen=True)
class Copied:
    """A table that was copied: its name, rows, and seconds by the clock."""

    table: str
    rows: int
    seconds: float


Told = Callable[[Copied], None]


def tables() -> Sequence[sa.Table]:
    """All tables of an office, those that others point to first."""
    return Base.metadata.sorted_tables


def refuse(source: Database, target: Database) -> Refusal | None:
    """Why nothing is to be copied: the source has another shape than this version's, or the target is not empty."""
    if migrate.current(source) != migrate.head():
        return Refusal("copying.refused.shape", {"place": place_of(source.url)})
    filled = _filled(target)
    if filled is not None:
        return Refusal("copying.refused.filled", {"place": place_of(target.url), "table": filled})
    return None


def copy(source: Connection, target: Database, told: Told) -> list[Copied]:
    """Copy everything that ``source`` sees (``snapshot``); raises ``DomainError`` where a row does not fit."""
    migrate.upgrade(target)
    done: list[Copied] = []
    with target.engine.connect() as plain:
        into = plain.execution_options(**{WRITES: True})
        if target.dialect == "sqlite":  # past the engine: within a transaction it would have no effect
            into.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        with into.begin(), _bare(into):
            for table in tables():
                done.append(_timed(table.name, lambda table=table: _copy_table(source, into, table)))
                told(done[-1])
            done.append(_timed(SEARCH, lambda: _copy_search(source, into)))
            told(done[-1])
            _set_sequences(into)
        _settle(into)
    return done


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees one moment of the database, however long it is read, and writes nothing."""
    with ExitStack() as stack:
        connection = stack.enter_context(database.engine.connect())
        if database.dialect == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.execute(
            sa.text("SELECT version_num FROM alembic_version")
        )  # the moment is that of the first question
        yield connection


def newest(connection: Connection) -> dict[str, int | None]:
    """The highest id of each table: two that differ say that somebody worked in between."""
    return {
        table.name: connection.scalar(sa.select(sa.func.max(table.c.id)))
        for table in tables()
        if "id" in table.c and isinstance(table.c.id.type, sa.Integer)
    }


def fingerprint(connection: Connection, table: sa.Table) -> tuple[int, int]:
    """How many rows a table has, and a sum over their contents that is the same in both databases, in any order."""
    count = total = 0
    rows = connection.execution_options(yield_per=BATCH).execute(sa.select(*table.c))
    for row in rows:
        said = repr([_plain(value) for value in row]).encode()
        total += int.from_bytes(hashlib.blake2b(said, digest_size=16).digest(), "big")
        count += 1
    return count, total % (1 << 128)


def differing(source: Connection, target: Connection) -> list[str]:
    """The tables whose rows are not the same on both sides; of the index of words the rows are counted."""
    unlike = [table.name for table in tables() if fingerprint(source, table) != fingerprint(target, table)]
    counts = {one.scalar(sa.text(f"SELECT count(*) FROM {SEARCH}")) for one in (source, target)}  # noqa: S608 - fixed
    return unlike if len(counts) == 1 else [*unlike, SEARCH]


# One table


def _timed(name: str, work: Callable[[], int]) -> Copied:
    began = time.monotonic()
    try:
        rows = work()
    except (sa.exc.DataError, sa.exc.IntegrityError) as error:
        raise _does_not_fit(name) from error
    except Exception as error:  # psycopg's own, past SQLAlchemy: COPY speaks to the driver
        state = getattr(error, "sqlstate", None) or ""  # what the driver refuses by itself, a NUL sign, bears none
        if state[:2] in ("22", "23") or (not state and type(error).__name__ == "DataError"):
            raise _does_not_fit(name) from None
        raise
    return Copied(name, rows, time.monotonic() - began)


def _does_not_fit(table: str) -> DomainError:
    return DomainError(Refusal("copying.refused.row", {"table": table}))


def _copy_table(source: Connection, target: Connection, table: sa.Table) -> int:
    names = [column.name for column in table.columns]
    if target.dialect.name == "postgresql":
        columns = ", ".join(f'"{name}"' for name in names)
        if source.dialect.name == "postgresql":
            return _piped(source, target, f'"{table.name}" ({columns})')
        question = f'SELECT {columns} FROM "{table.name}"'  # noqa: S608 - names of the models
        with closing(_raw(source, question)) as rows:
            return _by_copy(target, f'"{table.name}" ({columns})', rows)
    found = source.execution_options(yield_per=BATCH).execute(sa.select(*table.c)).mappings()
    return _by_insert(target, sa.insert(table), (dict(row) for row in found))


def _copy_search(source: Connection, target: Connection) -> int:
    """The index of words: the same words, as each database keeps them."""
    if target.dialect.name == "postgresql":
        place = f"{SEARCH} (complaint_id, words)"
        if source.dialect.name == "postgresql":
            return _piped(source, target, place)
        with closing(_raw(source, f"SELECT rowid, words FROM {SEARCH}")) as found:  # noqa: S608 - fixed
            return _by_copy(target, place, ((key, search.vector(words.split())) for key, words in found))
    question = _WORDS_OF_VECTOR
    if source.dialect.name == "sqlite":
        question = sa.text(f"SELECT rowid AS id, words FROM {SEARCH}")  # noqa: S608 - fixed
    rows = source.execution_options(yield_per=BATCH).execute(question)
    insert = sa.text(f"INSERT INTO {SEARCH} (rowid, words) VALUES (:id, :words)")  # noqa: S608 - fixed
    return _by_insert(target, insert, ({"id": row.id, "words": row.words or ""} for row in rows))


def _raw(source: Connection, question: str) -> Generator[tuple[Any, ...], None, None]:
    """Rows as SQLite keeps them: moments, days and JSON as text, truth as 0 and 1. PostgreSQL reads them all."""
    cursor = source.connection.cursor()
    try:
        cursor.execute(question)
        while rows := cursor.fetchmany(BATCH):
            yield from rows
    finally:
        cursor.close()


def _by_copy(target: Connection, place: str, rows: Iterator[tuple[Any, ...]]) -> int:
    count = 0
    with target.connection.cursor() as cursor, cursor.copy(f"COPY {place} FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)
            count += 1
    return count


def _piped(source: Connection, target: Connection, place: str) -> int:
    reading, writing = source.connection.cursor(), target.connection.cursor()
    with reading, writing:
        with reading.copy(f"COPY {place} TO STDOUT") as out, writing.copy(f"COPY {place} FROM STDIN") as into:
            for data in out:
                into.write(data)
        return int(writing.rowcount)


def _by_insert(target: Connection, insert: Any, rows: Iterator[dict[str, Any]]) -> int:
    count, batch = 0, list[dict[str, Any]]()
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            target.execute(insert, batch)
            count, batch = count + len(batch), []
    if batch:
        target.execute(insert, batch)
    return count + len(batch)


# The target around them


def _filled(target: Database) -> str | None:
    """A table of the target that holds something, or that is none of an office's."""
    known = {table.name for table in tables()} | {VERSION}
    with target.engine.connect() as connection:
        for name in sorted(sa.inspect(connection).get_table_names()):
            if name.startswith(SEARCH):
                continue
            if name not in known:
                return name
            rows = sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)
            if name != VERSION and connection.scalar(rows) is not None:
                return name
    return None


@contextmanager
def _bare(target: Connection) -> Iterator[None]:
    """Without references and indexes while it is filled."""
    if target.dialect.name != "postgresql":
        yield
        if broken := target.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise _does_not_fit(str(broken[0]))
        return
    # Moments are kept without their zone in SQLite, and mean UTC.
    target.exec_driver_sql("SET LOCAL TimeZone = 'UTC'")
    taken = [tuple(row) for question in (_REFERENCES, _INDEXES) for row in target.execute(question)]
    with target.connection.cursor() as cursor:  # the driver's own: a sign of per cent in them means itself
        for drop, _make in taken:
            cursor.execute(drop)
        yield
        for _drop, make in reversed(taken):  # indexes first: a reference needs the one it points to
            _timed(make.split()[2], lambda make=make: cursor.execute(make).rowcount)


def _set_sequences(target: Connection) -> None:
    """What is counted up goes on after the highest number that came in."""
    if target.dialect.name != "postgresql":
        return
    for table in tables():
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = target.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        if sequence is not None:
            highest = sa.func.max(column)
            target.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(highest, 1), highest.is_not(None))))


def _settle(target: Connection) -> None:
    """What the planner must know of tables that were empty a moment ago."""
    if target.dialect.name == "postgresql":
        target.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    else:
        target.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return bytes(value) if isinstance(value, memoryview) else value
