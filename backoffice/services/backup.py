"""Back an office up while it is in use (R39, R40): one file under a passphrase, whole or not there at all.

The rows are read in one transaction, which sees the office as it is at one moment; the files are read after it. A file
is on the disk before its row is committed, so that every file which the rows name is there by then; what came in later
does no harm. The keys are read before and after, so that what is re-sealed meanwhile can be opened too. When the file
is written it is read once more to its end, and only then given its name.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from backoffice import migrate
from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.file_settings import FILES, PAPERS, files_of, papers_of
from backoffice.integrations import disk, files, seal_log, tables
from backoffice.integrations.archive import ArchiveReader, ArchiveWriter, Digest
from backoffice.integrations.sealed_stream import CHUNK, SealedReader, SealedWriter
from backoffice.integrations.store import MissingError, Place, at
from backoffice.keys import FILE_NAME, Keys, encode, load_keys
from backoffice.models.history import DailySeal
from backoffice.queries.kept_files import named
from policies.backup import refuse_passphrase
from policies.message import Refusal
from policies.seals import day_of

MAPPINGS = "mappings"
TABLE, FILE = "table", "file"
HALVES = (".", "tmp")
"""So begin the names of attachments and papers that are just being written, by this version and earlier ones."""
Tick = Callable[[], None]


@dataclass(frozen=True)
class Backup:
    """What was written: bytes, rows, files, and the files that the rows name but the office no longer has."""

    path: Path
    size: int
    complaints: int
    rows: int
    files: int
    missing: tuple[str, ...]


def back_up(
    database: Database,
    folder: Path,
    target: Path,
    passphrase: str,
    at: datetime,
    *,
    kind: str = "asked",
    tick: Tick = lambda: None,
) -> Backup:
    """Write ``target``; raises ``DomainError`` when it is there already, the passphrase is weak, or the disk says no.

    ``tick`` is called every now and then while it goes on; what it raises ends it, and nothing is left.
    """
    if (refusal := refuse_passphrase(passphrase)) is not None:
        raise DomainError(refusal)
    if os.path.lexists(target):
        raise DomainError(Refusal("backup.refused.exists", {"path": str(target)}))
    with disk.Guarded(target):
        for left in disk.left_behind(target.parent, f".{target.name}."):
            left.unlink(missing_ok=True)
        temporary = target.with_name(disk.unfinished_name(f".{target.name}.", secrets.token_hex(4)))
        try:
            made = _written(_Source(database, folder, at, kind, tick), temporary, passphrase)
            check(temporary, passphrase, tick)
            temporary.rename(target)
            disk.sync_directory(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
    return Backup(target, target.stat().st_size, *made)


def check(path: Path, passphrase: str, tick: Tick = lambda: None) -> dict[str, Any]:
    """Read a backup to its end and hold every part to its count and SHA-256; what its first word says.

    Raises ``SealedFileError`` (``integrations.sealed_stream``) for a wrong passphrase and for whatever does not hold.
    """
    with path.open("rb") as stream:
        archive = ArchiveReader(SealedReader(stream, passphrase))
        for head, blocks in archive.parts():
            digest = Digest()
            for block in blocks:
                if head["kind"] == TABLE:
                    plain = tables.unpacked(block)
                    digest.add(plain, plain.count(b"\n"))
                else:
                    digest.add(block)
                tick()
            archive.check(digest)
        return archive.first


@dataclass(frozen=True)
class _Source:
    database: Database
    folder: Path
    at: datetime
    kind: str
    tick: Tick


def _written(source: _Source, path: Path, passphrase: str) -> tuple[int, int, int, tuple[str, ...]]:
    """Complaints, rows, files and missing files of the backup that is written to ``path``."""
    earlier = load_keys(source.folder / "keys")
    lines_before = seal_log.lines(source.folder)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream, source.database.reading() as session:
        connection = _snapshot(session, source.database.dialect)
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        said = {
            "made_at": source.at.isoformat(),
            "office": earlier.identity,
            "revision": revision,
            "kind": source.kind,
        }
        sealed = SealedWriter(stream, passphrase, said)
        archive = ArchiveWriter(sealed, {**said, "dialect": source.database.dialect, "head": migrate.head()})
        complaints, rows = _tables(archive, connection, source.tick)
        found, missing = _files(archive, source, named(session))
        archive.part("seals/seals.log", {"kind": FILE}, _block(_seal_lines(source, session, lines_before)))
        keys = load_keys(source.folder / "keys").with_earlier(earlier)
        archive.part(f"keys/{FILE_NAME}", {"kind": FILE}, _block(_encoded(keys)))
        archive.last({"rows": rows, "files": found, "missing": list(missing)})
        stream.flush()
        os.fsync(stream.fileno())
    return complaints, rows, found, missing


def _snapshot(session: Session, dialect: str) -> Connection:
    """The connection of a transaction that sees one moment; on SQLite every reading transaction does."""
    if dialect == "postgresql":
        return session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return session.connection()


def _tables(archive: ArchiveWriter, connection: Connection, tick: Tick) -> tuple[int, int]:
    complaints = rows = 0
    for table in tables.tables(connection):
        head = {"kind": TABLE, "table": table.name, "columns": table.columns, "order": table.order}
        end = archive.part(table.name, head, tables.packed(_ticking(tables.lines(connection, table), tick)))
        rows += end.count
        complaints = end.count if table.name == "complaint" else complaints
    return complaints, rows


def _ticking(blocks: Iterator[tuple[bytes, int]], tick: Tick) -> Iterator[tuple[bytes, int]]:
    for block in blocks:
        tick()
        yield block


def _places(folder: Path) -> dict[str, Place]:
    """What is taken along, by its name in the backup: attachments and papers from wherever they lie."""
    return {FILES: files_of(folder), PAPERS: papers_of(folder), MAPPINGS: folder / MAPPINGS}


def _files(archive: ArchiveWriter, source: _Source, wanted: Iterator[tuple[str, str]]) -> tuple[int, tuple[str, ...]]:
    """All files of the places, and the first hundred that the rows name although they are not there."""
    count, places = 0, _places(source.folder)
    for name, place in places.items():
        for relative, blocks in _below(place, (".",) if name == MAPPINGS else HALVES):
            source.tick()
            archive.part(f"{name}/{relative}", {"kind": FILE}, blocks)
            count += 1
    missing: list[str] = []
    kept = at(places[FILES])
    for sha256, holder in wanted:
        if len(missing) < 100 and not kept.exists(files.name_of(sha256, holder)):
            missing.append(f"{sha256}-{holder}")
    return count, tuple(missing)


Blocks = Iterator[tuple[bytes, bytes, int]]


def _below(place: Place, halves: tuple[str, ...]) -> Iterator[tuple[str, Blocks]]:
    """The files of a place, in order, with their contents; what is being written bears other names. One that was
    cleared away meanwhile is left out: no row needs it, or it is counted as missing.
    """
    if not isinstance(place, Path):
        for name in place.names():
            with contextlib.suppress(MissingError):
                yield name, _block(place.get(name))
        return
    for within, folders, names in os.walk(place):
        folders.sort()
        for found in sorted(names):
            path = Path(within) / found
            if found.startswith(halves):
                continue
            with contextlib.suppress(FileNotFoundError), path.open("rb") as stream:
                yield path.relative_to(place).as_posix(), _blocks(stream)


def _blocks(stream: IO[bytes]) -> Blocks:
    while block := stream.read(CHUNK):
        yield block, block, 0


def _block(data: bytes) -> Blocks:
    """A content that is in hand, in blocks as a reader takes them."""
    for start in range(0, len(data), CHUNK):
        block = data[start : start + CHUNK]
        yield block, block, 0


def _encoded(keys: Keys) -> bytes:
    return encode(keys)


def _seal_lines(source: _Source, session: Session, before: Sequence[str]) -> bytes:
    """The log of daily seals as it belongs to the rows: a line that came since only with its row."""
    days = set(session.scalars(sa.select(DailySeal.day)))
    old = frozenset(before)
    lines = [line for line in seal_log.lines(source.folder) if line in old or day_of(line) in days]
    return "".join(f"{line}\n" for line in lines).encode()
