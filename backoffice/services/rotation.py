"""Change the office's key while the office is in use (R39).

A new wrapping key is added to the key file; whoever seals from then on uses it. Then everything that lies under an
older one is put under the new one, in short transactions, so that nobody waits long; what was done stays done if it is
killed, and the next call goes on. Last, with every writer held for a moment, it is seen that nothing was left behind,
and the old key goes. The keys of the histories and of the digests stay: see ``docs/decisions``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.file_settings import files_of, papers_of
from backoffice.keys import Keys, end_rotation, kept_before, load_keys, put_back, rotate_keys
from backoffice.services.core.office_sealed import (
    PLACES,
    TABLES,
    Renewal,
    renew_files,
    renew_settings,
    renew_some,
)

GRACE_SECONDS = 5.0
"""For a request that has sealed with the old key and not yet written: it comes to its end in this time."""
Tell = Callable[[int], None]


@dataclass(frozen=True)
class Rotated:
    """What came of it: values put under the new key, those that are signed as they lie or could not be opened, whether
    the old keys are gone, and where the key file from before is kept.
    """

    renewed: int
    signed: int
    unopened: int
    old_keys: int
    resumed: bool
    kept: Path


def rotate(
    database: Database, folder: Path, *, grace: float = GRACE_SECONDS, tell: Tell = lambda _count: None
) -> Rotated:
    """Rotate the key of the office in ``folder``, or go on with a rotation that was broken off.

    ``tell`` is called after each transaction with how many values are done. Raises ``KeysError`` when the key file
    cannot be used; whatever breaks it off, both keys are there and everything can be opened.
    """
    directory = folder / "keys"
    before = load_keys(directory)
    keys = before if before.rotating else rotate_keys(directory)
    total = Renewal()
    _all(database, keys, folder, total, tell)
    time.sleep(grace)
    left = _last(database, keys, folder)
    total.renewed += left.renewed
    ended = end_rotation(directory, left.needed)
    after = _last(database, keys, folder)
    if after.needed - left.needed:  # somebody still sealed with the old one, and it could not be put right
        put_back(directory, keys)
        ended = end_rotation(directory, after.needed)
    return Rotated(
        total.renewed + after.renewed,
        after.signed,
        after.unopened,
        len(ended.seal) - 1,
        before.rotating,
        kept_before(directory, keys),
    )


def _all(database: Database, keys: Keys, folder: Path, total: Renewal, tell: Tell) -> None:
    """Everything, a few values at a time."""
    for place in PLACES:
        after: int | None = 0
        while after is not None:
            with database.writing() as session:
                after = renew_some(session, keys, place, after, total)
            tell(total.renewed)
    with database.writing() as session:
        renew_settings(session, keys, total)
    with database.reading() as session:
        renew_files(session, keys, files_of(folder), papers_of(folder), total)
    tell(total.renewed)


def _last(database: Database, keys: Keys, folder: Path) -> Renewal:
    """What came in between, in one transaction that waits for all writers and lets none in; mostly there is nothing."""
    found = Renewal()
    with database.writing() as session:
        _hold(session, database.dialect)
        for place in PLACES:
            after: int | None = 0
            while after is not None:
                after = renew_some(session, keys, place, after, found)
        renew_settings(session, keys, found)
        renew_files(session, keys, files_of(folder), papers_of(folder), found)
    return found


def _hold(session: Session, dialect: str) -> None:
    session.connection()  # on SQLite the write lock comes with the transaction
    if dialect == "postgresql":
        session.execute(sa.text(f"LOCK TABLE {', '.join(TABLES)} IN SHARE ROW EXCLUSIVE MODE"))
