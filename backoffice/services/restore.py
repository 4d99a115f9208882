"""Restore an office from its backup (R39, R40): made beside, verified, then put in place in one step.

Nothing of the office that is there changes before the restored one holds: every table is read again from the new
database and must give the SHA-256 that the backup says, every reference must lead somewhere, every file must be there,
all chains must hold. A backup of an earlier version is first put into tables of that version, then brought up to date.
What was there before is kept aside under a name that is told.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from backoffice import database_settings, migrate
from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.file_settings import FILES, PAPERS, files_of, papers_of
from backoffice.integrations import disk, files, placing, seal_log, tables
from backoffice.integrations.archive import ArchiveReader, Digest, PartEnd
from backoffice.integrations.sealed_stream import SealedReader, broken
from backoffice.integrations.store import FolderStore
from backoffice.integrations.store import at as at_place
from backoffice.keys import FILE_NAME, IDENTITY, KeysError, install_keys, load_keys
from backoffice.models.configuration import Setting
from backoffice.queries.kept_files import named
from backoffice.queries.office_check import OfficeCheck, check_office
from backoffice.services.core import held_messages
from policies.message import Refusal

SCHEMA = "desk_restoring"
CLOSING_SECONDS = 2.0
FOLDERS = frozenset({"files", "appraisal_papers", "mappings", "seals"})
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What was put in place, how many messages are held until a person decides, and under which names the former office
    is kept (None where there was none).
    """

    made_at: str
    rows: int
    files: int
    checked: OfficeCheck
    missing: tuple[str, ...]
    held: int
    folder_aside: Path | None
    schema_aside: str | None


@dataclass
class _Counted:
    """What was read from the file: the end of each table, the rows, the files."""

    tables: dict[str, tuple[tables.Table, PartEnd]] = field(default_factory=dict)
    rows: int = 0
    files: int = 0


def restore(
    source: Path, passphrase: str, folder: Path, url: str, at: datetime, *, replace: bool = False, accept: bool = False
) -> Restored:
    """Restore ``source`` to ``folder`` and the database of ``url`` (SQLite: the file ``office.db`` of that folder).

    Raises ``DomainError`` and changes nothing when an office is there (without ``replace``) or in use, the file does
    not hold, it comes from a newer program, the disk is full, or what was restored does not hold (without ``accept``,
    where only its history does not).
    """
    folder = folder.resolve()
    place = _Postgresql(url) if not url.startswith("sqlite") else _Sqlite(folder)
    _refuse_what_is_there(folder, place, replace=replace)
    with disk.Guarded(folder), source.open("rb") as stream:
        archive = _opened(SealedReader(stream, passphrase))
        _room(source, folder)
        with _beside(folder) as staging, place.beside(staging) as database:
            migrate.upgrade(database, archive.first["revision"])
            counted = _taken(archive, database, staging)
            _compared(database, counted)
            migrate.upgrade(database)
            checked = _checked(database, staging, accept=accept)
            missing = _missing(database, staging, archive.last)
            with database.writing() as session:
                held = held_messages.hold(session)
            place.settle(database)
            database.dispose()
            _refuse_use(place)
            _put_elsewhere(folder, staging, anew=replace)
            placing.take_over(folder, staging)
            folder_aside, schema_aside = _put(place, staging, folder, at.strftime("%Y%m%dT%H%M%SZ"))
    made_at = str(archive.first["made_at"])
    return Restored(made_at, counted.rows, counted.files, checked, missing, held, folder_aside, schema_aside)


def _put(place: _Sqlite | _Postgresql, staging: Path, folder: Path, stamp: str) -> tuple[Path | None, str | None]:
    """Database and folder in their places; the database goes back when the folder cannot follow."""
    _sync(staging)
    aside = folder.with_name(f"{folder.name}.before-{stamp}")
    schema_aside = place.put(stamp)
    try:
        return aside if placing.put_in_place(staging, folder, aside) else None, schema_aside
    except OSError:
        place.take_back(schema_aside)
        raise


def _opened(stream: SealedReader) -> ArchiveReader:
    """The archive, if this program knows its version."""
    archive = ArchiveReader(stream)
    if not migrate.is_known(archive.first["revision"]):
        raise DomainError(Refusal("backup.refused.newer", {"revision": str(archive.first["revision"])}, status=422))
    return archive


def _refuse_what_is_there(folder: Path, place: _Sqlite | _Postgresql, *, replace: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise DomainError(Refusal("backup.refused.no_directory", {"path": str(folder)}))
    if not replace and ((folder.exists() and any(folder.iterdir())) or place.filled()):
        raise DomainError(Refusal("backup.refused.office_there", {"path": place.name}))
    if place.in_use():
        raise DomainError(Refusal("backup.refused.in_use", {"path": place.name}))


def _refuse_use(place: _Sqlite | _Postgresql) -> None:
    """Whether the desk was started meanwhile; one's own connection takes a moment to go."""
    until = time.monotonic() + CLOSING_SECONDS
    while place.in_use():
        if time.monotonic() >= until:
            raise DomainError(Refusal("backup.refused.in_use", {"path": place.name}))
        time.sleep(0.1)


def _room(source: Path, folder: Path) -> None:
    """Rows take more room in a database than in their file: less than its size certainly does not do."""
    parent = next(one for one in folder.parents if one.exists())
    if shutil.disk_usage(parent).free < source.stat().st_size:
        raise DomainError(Refusal("backup.refused.no_space", {"path": str(parent)}))


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder of its own beside the place; gone at the end unless it was put in place."""
    start = f".{folder.name}."
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staging = folder.with_name(disk.unfinished_name(start, secrets.token_hex(4)))
    for left in disk.left_behind(folder.parent, start):
        shutil.rmtree(left, ignore_errors=True)
    staging.mkdir(mode=0o700)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


class _Sqlite:
    """The database is a file of the folder and takes its place with it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "office.db"
        self.name = str(folder)

    def filled(self) -> bool:
        return self.path.exists()

    def in_use(self) -> bool:
        return placing.sqlite_in_use(self.path)

    @contextmanager
    def beside(self, staging: Path) -> Iterator[Database]:
        database = Database(f"sqlite:///{staging / 'office.db'}")
        try:
            yield database
        finally:
            database.dispose()

    def settle(self, database: Database) -> None:
        database.measure()

    def put(self, _stamp: str) -> None:
        return None

    def take_back(self, _aside: str | None) -> None:
        return None


class _Postgresql:
    """The tables are made in a schema of their own, which then takes the name of the schema in use."""

    def __init__(self, url: str) -> None:
        database_settings.connect(url).dispose()  # a server that does not answer is told in its own sentence
        self._url = sa.engine.make_url(url)
        self._engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.pool.NullPool)
        self.name = f"{self._url.host or ''}/{self._url.database}"

    def filled(self) -> bool:
        with self._engine.connect() as connection:
            return not tables.empty(connection)

    def in_use(self) -> bool:
        return placing.postgresql_in_use(self._engine)

    @contextmanager
    def beside(self, _staging: Path) -> Iterator[Database]:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        url = self._url.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
        database = Database(url.render_as_string(hide_password=False))
        try:
            yield database
        finally:
            database.dispose()
            with self._engine.begin() as connection:
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")

    def settle(self, database: Database) -> None:
        """What the planner must know of tables that were empty a moment ago."""
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")

    def take_back(self, aside: str | None) -> None:
        """The schemas as they were before ``put``."""
        with self._engine.begin() as connection:
            quote = connection.dialect.identifier_preparer.quote
            now = connection.exec_driver_sql("SELECT current_schema()").scalar() or "public"
            connection.exec_driver_sql(f"ALTER SCHEMA {quote(now)} RENAME TO {SCHEMA}")
            former = f"ALTER SCHEMA {quote(aside)} RENAME TO" if aside is not None else "CREATE SCHEMA"
            connection.exec_driver_sql(f"{former} {quote(now)}")

    def put(self, stamp: str) -> str | None:
        """One transaction: the schema in use gets another name, the new one gets its."""
        with self._engine.begin() as connection:
            quote = connection.dialect.identifier_preparer.quote
            now = connection.exec_driver_sql("SELECT current_schema()").scalar()
            nothing, aside = tables.empty(connection), f"before_{stamp.lower()}"
            if now is not None:
                gone = f"DROP SCHEMA {quote(now)}" if nothing else f"ALTER SCHEMA {quote(now)} RENAME TO {quote(aside)}"
                connection.exec_driver_sql(gone)
            connection.exec_driver_sql(f"ALTER SCHEMA {SCHEMA} RENAME TO {quote(now or 'public')}")
        return None if nothing else aside


# Taking it out of the file


def _taken(archive: ArchiveReader, database: Database, staging: Path) -> _Counted:
    counted = _Counted()
    try:
        with _filling(database) as connection, tables.Loose(connection):
            there = {table.name: frozenset(table.names) for table in tables.tables(connection)}
            for head, blocks in archive.parts():
                if head["kind"] == "table":
                    _table(archive, connection, there, head, blocks, counted)
                else:
                    _file(archive, staging, head["name"], blocks, counted)
    except ValueError as error:  # a reference leads nowhere, or a row is none
        raise broken() from error
    except (sa.exc.DataError, tables.DoesNotFitError) as error:
        raise DomainError(Refusal("backup.refused.does_not_fit", {}, status=422)) from error
    if counted.tables.keys() != there.keys():
        raise broken()
    return counted


@contextmanager
def _filling(database: Database) -> Iterator[Connection]:
    """A connection with one transaction. SQLite keeps no journal meanwhile: a file half filled is thrown away."""
    with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            driver: Any = connection.connection.driver_connection
            for said in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536", "foreign_keys=OFF"):
                driver.execute(f"PRAGMA {said}").fetchone()  # before the transaction: within one they do nothing
        with connection.begin():
            yield connection
    database.dispose()


def _table(
    archive: ArchiveReader,
    connection: Connection,
    there: dict[str, frozenset[str]],
    head: dict[str, Any],
    blocks: Iterator[bytes],
    counted: _Counted,
) -> None:
    columns = tuple((name, kind) for name, kind in head["columns"])
    table = tables.Table(head["table"], columns, tuple(head["order"]))
    if there.get(table.name) != frozenset(table.names):
        raise broken()
    digest = Digest()
    for block in blocks:
        plain = tables.unpacked(block)
        digest.add(plain, tables.write(connection, table, plain))
    counted.tables[table.name] = (table, archive.check(digest))
    counted.rows += digest.count


def _file(archive: ArchiveReader, staging: Path, name: str, blocks: Iterator[bytes], counted: _Counted) -> None:
    path, digest = _path(staging, name), Digest()
    if name == f"keys/{FILE_NAME}":
        raw = b"".join(blocks)
        digest.add(raw)
        install_keys(path.parent, raw, end_sessions=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            for block in blocks:
                stream.write(block)
                digest.add(block)
            stream.flush()
            os.fsync(stream.fileno())
        counted.files += name.split("/", maxsplit=1)[0] != "seals"
    archive.check(digest)


def _path(staging: Path, name: str) -> Path:
    """Where a file of the backup goes; only into the folders that are an office's."""
    parts = PurePosixPath(name).parts
    own = name == f"keys/{FILE_NAME}" or (len(parts) > 1 and parts[0] in FOLDERS)
    if not own or ".." in parts or "\\" in name or ":" in name:
        raise broken()
    return staging.joinpath(*parts)


# Holding it to what the backup says


def _compared(database: Database, counted: _Counted) -> None:
    """Read every table again from the new database. The index of words counts only: databases keep it differently."""
    with database.engine.connect() as connection:
        for table, end in counted.tables.values():
            digest = Digest()
            for plain, count in tables.lines(connection, table):
                digest.add(plain, count)
            same = digest.count == end.count if table.name == tables.SEARCH else digest.end == end
            if not same:
                raise DomainError(Refusal("backup.refused.unlike", {"table": table.name}, status=422))


def _checked(database: Database, staging: Path, *, accept: bool) -> OfficeCheck:
    keys = load_keys(staging / "keys")
    with database.reading() as session:
        known = session.scalar(sa.select(Setting.value).where(Setting.key == IDENTITY))
        if known is not None and known != keys.identity:
            said = {"path": FILE_NAME, "known": known, "found": keys.identity}
            raise KeysError(Refusal("keys.file.foreign", said))
        found = check_office(session, keys.chain, seal_log.lines(staging))
    if found.broken and not accept:
        raise DomainError(Refusal("backup.refused.faults", {"faults": len(found.broken)}, status=422))
    return found


def _missing(database: Database, staging: Path, last: dict[str, Any]) -> tuple[str, ...]:
    """Files that the rows name and the backup does not have: only those that were missing when it was made."""
    known = frozenset(last.get("missing", ()))
    with database.reading() as session:
        lost = [
            f"{sha256}-{holder}"
            for sha256, holder in named(session)
            if not files.path_of(staging / "files", sha256, holder).is_file()
        ]
    if len(lost) > len(known) and len(known) < 100:
        raise broken()
    return tuple(lost)


def _put_elsewhere(folder: Path, staging: Path, *, anew: bool) -> None:
    """Attachments and papers to where this office's lie, if that is not its folder; the last step before it takes its
    place. What is there under the same name is the same content, perhaps of the office in use: it is written ``anew``
    only where that is replaced.
    """
    for name, place in ((FILES, files_of(folder)), (PAPERS, papers_of(folder))):
        if place == folder / name or not (staging / name).is_dir():
            continue
        store, here = at_place(place), FolderStore(staging / name)
        for one in here.names():
            if anew or not store.exists(one):
                store.put(one, here.get(one))
        shutil.rmtree(staging / name)


def _sync(staging: Path) -> None:
    """See that what was made is on the disk before it takes the other's place."""
    if (path := staging / "office.db").exists():
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
    disk.sync_tree(staging)
