"""A database's rows in one written form, the same for SQLite and PostgreSQL, read from either and written to either.

The tables are taken as the database has them, not as the models say, so that a database of an earlier version can be
read and written too. A row is a line of JSON: numbers and texts as they are, truth as 0 or 1, moments and days as text
in UTC, bytes in base64, JSON as the very text that is stored. Rows come in the order of their keys, so that the same
content gives the same lines, and the same SHA-256, from either database. The index of words is a table of words.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from backoffice.integrations.sealed_stream import broken

SEARCH = "complaint_search"
LEFT_OUT = frozenset({"alembic_version"})
BLOCK = 1 << 20
MOST_PLAIN = 256 << 20
AT_ONCE = 1000
KINDS: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "truth"),
    (sa.Integer, "number"),
    (sa.DateTime, "moment"),
    (sa.Date, "day"),
    (sa.JSON, "json"),
    (sa.LargeBinary, "bytes"),
    (sa.String, "text"),
)
_LEXEME = re.compile(r"'([^']*)':([0-9,]+)")


class DoesNotFitError(Exception):
    """A value that one database keeps and the other does not take (a text that is too long, or holds a NUL)."""


@dataclass(frozen=True)
class Table:
    """A table: its columns with the kind of each, and the columns by which its rows are ordered."""

    name: str
    columns: tuple[tuple[str, str], ...]
    order: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _kind in self.columns)


def tables(connection: Connection) -> list[Table]:
    """All tables that hold what an office keeps, by name; the index of words is the last."""
    inspector = sa.inspect(connection)
    found = []
    for name in sorted(inspector.get_table_names()):
        if name in LEFT_OUT or name == SEARCH or name.startswith(f"{SEARCH}_"):
            continue
        columns = tuple((one["name"], _kind(name, one["name"], one["type"])) for one in inspector.get_columns(name))
        order = tuple(inspector.get_pk_constraint(name)["constrained_columns"])
        found.append(Table(name, columns, order or tuple(column for column, _kind in columns)))
    return [*found, Table(SEARCH, (("complaint_id", "number"), ("words", "text")), ("complaint_id",))]


def _kind(table: str, column: str, type_: Any) -> str:
    kind = next((kind for family, kind in KINDS if isinstance(type_, family)), None)
    if kind is None:
        raise TypeError(f"{table}.{column} has a type that has no written form: {type_!r}")
    return kind


# Reading


def lines(connection: Connection, table: Table) -> Iterator[tuple[bytes, int]]:
    """The rows as lines, in blocks of about a mebibyte, each with how many rows it holds."""
    makers = _makers(connection, table)
    options = {"stream_results": True, "yield_per": AT_ONCE}
    result = connection.exec_driver_sql(_question(connection, table), execution_options=options)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    block, rows = bytearray(), 0
    for row in result:
        cells: list[Any] = list(row)
        for place, make in makers:
            if cells[place] is not None:
                cells[place] = make(cells[place])
        block += encode(cells).encode("utf-8", "surrogatepass")
        block += b"\n"
        rows += 1
        if len(block) >= BLOCK:
            yield bytes(block), rows
            block, rows = bytearray(), 0
    if rows:
        yield bytes(block), rows


def packed(blocks: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, bytes, int]]:
    """Blocks as an archive takes them: compressed, and as they are."""
    return ((zlib.compress(plain, 1), plain, count) for plain, count in blocks)


def unpacked(data: bytes) -> bytes:
    """A block of lines again; raises ``SealedFileError`` where it is none, or swells beyond all measure."""
    opener = zlib.decompressobj()
    try:
        plain = opener.decompress(data, MOST_PLAIN)
    except zlib.error as error:
        raise broken() from error
    if not opener.eof:
        raise broken()
    return plain


def _question(connection: Connection, table: Table) -> str:
    quote = connection.dialect.identifier_preparer.quote
    postgresql = connection.dialect.name == "postgresql"
    if table.name == SEARCH:
        if postgresql:
            return f"SELECT complaint_id, words::text FROM {SEARCH} ORDER BY complaint_id"  # noqa: S608 (fixed names)
        return f"SELECT rowid, words FROM {SEARCH} ORDER BY rowid"  # noqa: S608 (fixed names)
    kinds = dict(table.columns)

    def asked(name: str) -> str:
        column = quote(name)
        if not postgresql:
            return column
        match kinds[name]:
            case "moment":
                return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
            case "json" | "day":
                return f"{column}::text"
            case "truth":
                return f"{column}::int"
        return column

    def ordered(name: str) -> str:
        return f'{quote(name)} COLLATE "C"' if postgresql and kinds[name] in {"text", "json"} else quote(name)

    asking, order = ", ".join(map(asked, table.names)), ", ".join(map(ordered, table.order))
    return f"SELECT {asking} FROM {quote(table.name)} ORDER BY {order}"  # noqa: S608 (names of the schema, quoted)


def _makers(connection: Connection, table: Table) -> list[tuple[int, Callable[[Any], Any]]]:
    """For the columns whose stored value is not yet the written one: how it is made."""
    if table.name == SEARCH:
        return [(1, _words)] if connection.dialect.name == "postgresql" else []
    making: dict[str, Callable[[Any], Any]] = {"bytes": _base64}
    if connection.dialect.name == "sqlite":
        making["moment"] = _whole_moment
    return [(place, making[kind]) for place, (_name, kind) in enumerate(table.columns) if kind in making]


def _base64(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode("ascii")


def _whole_moment(value: str) -> str:
    return value if len(value) > 19 else f"{value}.000000"


def _words(vector: str) -> str:
    """The words of a ``tsvector`` in their order."""
    placed = ((int(place), word) for word, places in _LEXEME.findall(vector) for place in places.split(","))
    return " ".join(word for _place, word in sorted(placed))


# Writing


def empty(connection: Connection) -> bool:
    """Whether there is no table at all."""
    return not sa.inspect(connection).get_table_names()


def write(connection: Connection, table: Table, block: bytes) -> int:
    """Put a block of lines into a table that is there; how many rows. References are not looked at (``Loose``)."""
    rows = [json.loads(line) for line in block.splitlines()]
    put = _copy if connection.dialect.name == "postgresql" else _insert
    put(connection, table, rows)
    return len(rows)


def _insert(connection: Connection, table: Table, rows: list[list[Any]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = ("rowid", "words") if table.name == SEARCH else table.names
    for place, (_name, kind) in enumerate(table.columns):
        if kind == "bytes":
            _replace(rows, place, base64.b64decode)
    into, places = ", ".join(map(quote, names)), ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote(table.name)} ({into}) VALUES ({places})"  # noqa: S608 (names of the schema, quoted)
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _copy(connection: Connection, table: Table, rows: list[list[Any]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    making: dict[str, Callable[[Any], Any]] = {
        "bytes": base64.b64decode,
        "moment": lambda text: f"{text}+00",
        "truth": lambda value: "t" if value else "f",
    }
    if table.name == SEARCH:
        _replace(rows, 1, _vector)
    for place, (_name, kind) in enumerate(table.columns):
        if kind in making:
            _replace(rows, place, making[kind])
    cursor = connection.connection.cursor()
    into = ", ".join(map(quote, table.names))
    try:
        with cursor, cursor.copy(f"COPY {quote(table.name)} ({into}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.DataError as error:
        raise DoesNotFitError(table.name) from error


def _replace(rows: list[list[Any]], place: int, make: Callable[[Any], Any]) -> None:
    for row in rows:
        if row[place] is not None:
            row[place] = make(row[place])


def _vector(words: str) -> str:
    return " ".join(f"'{word}':{place}" for place, word in enumerate(words.split(), start=1))


class Loose:
    """Within it rows may come before those that they refer to; at its end all references are looked at.

    On SQLite ``PRAGMA foreign_keys=OFF`` has to be said before the transaction begins. Leaving it raises ``ValueError``
    with the table's name when a reference leads nowhere; PostgreSQL then also counts on from each table's highest key.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: Sequence[Any] = ()

    def __enter__(self) -> Loose:
        if self._connection.dialect.name == "sqlite":
            return self
        self._kept = self._connection.exec_driver_sql(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"
        ).all()
        for table, name, _definition in self._kept:
            self._connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            return
        if self._connection.dialect.name == "sqlite":
            lost = self._connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if lost is not None:
                raise ValueError(lost[0])
            return
        for table, name, definition in self._kept:
            try:
                self._connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            except sa.exc.IntegrityError as error:
                raise ValueError(table) from error
        _count_on(self._connection)


def _count_on(connection: Connection) -> None:
    inspector = sa.inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    for name in inspector.get_table_names():
        key = inspector.get_pk_constraint(name)["constrained_columns"]
        if len(key) != 1:
            continue
        place = f"pg_get_serial_sequence('{quote(name)}', '{key[0]}')"
        if connection.exec_driver_sql(f"SELECT {place}").scalar() is not None:
            connection.exec_driver_sql(f"SELECT setval({place}, max({quote(key[0])})) FROM {quote(name)}")  # noqa: S608
