"""How the desk stands: what its database and its machine say, put together for ``policies.health`` to judge.

A database that does not answer is a finding as well, never a fault of whoever asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backoffice import migrate
from backoffice.database import Database
from backoffice.database_faults import fault_of
from backoffice.errors import DomainError
from backoffice.file_settings import files_of
from backoffice.integrations import machine
from backoffice.integrations.s3 import S3Store
from backoffice.keys import load_keys
from backoffice.queries import health
from policies.health import FilesWord, Finding, Machine, Standby, Stored, judge
from policies.message import Message

CERTIFICATE = "BACKOFFICE_CERTIFICATE"


def findings(database: Database, folder: Path, at: datetime, kinds: Iterable[str]) -> tuple[Finding, ...]:
    """Every part of the desk, judged. ``kinds`` are the kinds of jobs that somebody does."""
    return judge(at, stored(database, at, kinds), on_machine(folder), _standby(database))


def stored(database: Database, at: datetime, kinds: Iterable[str]) -> Stored | Message:
    """What the database says, or why it does not answer, without its own words: they may name a password."""
    try:
        with database.reading() as session:
            return health.look(session, database.dialect, migrate.head(), at, kinds)
    except SQLAlchemyError as error:
        return fault_of(error, database.url)


def on_machine(folder: Path) -> Machine:
    """What the machine says of the office's folder."""
    path = certificate(folder)
    until, fault = None, False
    if path is not None:
        try:
            until = machine.certificate_end(path)
        except (OSError, ValueError):
            fault = True
    return Machine(
        folder=str(folder),
        free=machine.free_bytes(folder),
        files=files_word(folder),
        keys=_keys_fault(folder),
        certificate=str(path or ""),
        certificate_until=until,
        certificate_fault=fault,
    )


def certificate(folder: Path) -> Path | None:
    """The certificate that the desk is reached by: as ``BACKOFFICE_CERTIFICATE`` says, else the office's own."""
    named = os.environ.get(CERTIFICATE)
    own = folder / "tls" / "server.pem"
    return Path(named).expanduser() if named else own if own.exists() else None


def files_are_far(folder: Path) -> bool:
    """Whether they lie in a store that every server of the office reaches by the network."""
    try:
        return not isinstance(files_of(folder), Path)
    except DomainError:
        return False


def files_word(folder: Path) -> FilesWord:
    """Whether files can be kept where the machine says that they lie."""
    try:
        place = files_of(folder)
    except DomainError:
        return FilesWord.UNREACHABLE
    if isinstance(place, Path):
        return machine.files_word(place.parent)
    return FilesWord.OK if not isinstance(place, S3Store) or place.answers() else FilesWord.UNREACHABLE


def _standby(database: Database) -> Standby | None:
    """How the copy that reports are read from stands; None where there is none."""
    if database.standby is None:
        return None
    found = database.standby.look(database.engine)
    return Standby(found.fits, found.behind, database.standby.most_behind, found.fault)


def _keys_fault(folder: Path) -> Message | None:
    try:
        load_keys(folder / "keys")
    except DomainError as error:
        return error.refusals[0]
    return None
