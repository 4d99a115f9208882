"""What a disk says, as sentences: full, read-only, not there; and seeing that what was written is on it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import sqlalchemy as sa

from backoffice.errors import DomainError
from policies.message import Refusal

UNFINISHED = ".unfinished"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Guarded:
    """Within it, what a disk refuses becomes a ``DomainError`` that names ``path`` and what to do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        full = isinstance(error, sa.exc.OperationalError) and "disk is full" in str(error.orig)
        if full or (isinstance(error, OSError) and error.errno in _FULL):
            raise DomainError(Refusal("backup.refused.no_space", {"path": str(self.path.parent)})) from error
        if isinstance(error, OSError):
            reason = (error.strerror or type(error).__name__).lower()
            path = str(error.filename or self.path)
            raise DomainError(Refusal("backup.refused.disk", {"path": path, "reason": reason})) from error


def sync_directory(directory: Path) -> None:
    """See that a new name is on the disk; Windows has no handle of a directory to sync."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """The same for a folder with all below it; its files have been synced by whoever wrote them."""
    for place, _within, _names in os.walk(folder):
        sync_directory(Path(place))


def give_to_owner_of(place: Path, folder: Path) -> None:
    """Where root works for another: ``folder`` with all below it gets the owner of ``place``, who goes on with it."""
    if os.name == "nt" or os.geteuid() != 0 or not place.exists():
        return
    owner = place.stat()
    for within, folders, names in os.walk(folder):
        for one in (Path(within), *(Path(within) / name for name in (*folders, *names))):
            os.chown(one, owner.st_uid, owner.st_gid, follow_symlinks=False)


def unfinished_name(start: str, token: str) -> str:
    """A name for something that is being made by this process, and is to be known as half made if it is killed."""
    return f"{start}{os.getpid()}-{token}{UNFINISHED}"


def left_behind(folder: Path, start: str) -> list[Path]:
    """What processes that live no more have left half made under such names."""
    found = [one for one in folder.iterdir() if one.name.startswith(start) and one.name.endswith(UNFINISHED)]
    return [one for one in found if not _lives(_maker(one.name))]


def _maker(name: str) -> str:
    """The number of the process in such a name."""
    return name.removesuffix(UNFINISHED).rpartition(".")[2].partition("-")[0]


def _lives(number: str) -> bool:
    if not number.isdecimal() or os.name == "nt":
        return os.name == "nt"
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
