"""Where an office's files lie, behind one small interface: a folder (also one that several servers share), or a store
of objects (``backoffice.integrations.s3``). What is put there is sealed before.

A name is a path of plain parts (``ab/abcd…-17``). A content is there whole or not at all; the same name may be put
again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from backoffice.errors import DomainError
from policies.message import Refusal


class MissingError(Exception):
    """There is nothing of that name."""


class StoreError(DomainError):
    """The store does not do what it was asked for: it does not answer, or lets nobody in. Nothing was kept."""


class Store(ABC):
    """Contents by name."""

    @abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Keep a content; it is safe against a power cut when this returns. Raises ``StoreError``, or ``OSError``."""

    @abstractmethod
    def get(self, name: str) -> bytes:
        """A content; raises ``MissingError``, or ``StoreError``."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is a content of that name."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Forget a content; nothing happens where there is none."""

    @abstractmethod
    def names(self, beginning: str = "") -> Iterator[str]:
        """All names that begin so, folder by folder, in order."""

    @abstractmethod
    def part(self, name: str) -> Store:
        """The store of all names below ``name/``."""


class FolderStore(Store):
    """Files in a folder. On a shared one a rename is as whole as its file system makes it: NFS and SMB do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes) -> None:
        target = self._path(name)
        made = _make_folder(target.parent)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
            raise
        for folder in (target.parent, *made):  # the file's name, and those of folders made for it
            _sync(folder)

    def get(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise MissingError(name) from error

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def delete(self, name: str) -> None:
        path = self._path(name)
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # another file is in it
            if path.parent != self.folder:
                path.parent.rmdir()

    def names(self, beginning: str = "") -> Iterator[str]:
        for place, within, found in os.walk(self.folder / beginning.rpartition("/")[0]):
            within.sort()  # folder by folder, so that a million names are never held at once
            for name in sorted(found):
                path = (Path(place) / name).relative_to(self.folder).as_posix()
                if path.startswith(beginning) and not name.startswith("."):
                    yield path

    def part(self, name: str) -> FolderStore:
        return FolderStore(self._path(name))

    def _path(self, name: str) -> Path:
        return self.folder.joinpath(*checked(name).split("/"))


Place = Path | Store
"""A folder, or another store."""


def at(place: Place) -> Store:
    """The store at a place."""
    return FolderStore(place) if isinstance(place, Path) else place


def checked(name: str) -> str:
    """The name, if it stays within the store; raises ``ValueError``."""
    if not name or any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in name.split("/")):
        raise ValueError("a name in a store consists of plain parts")
    return name


def unreachable(reason: str, **facts: object) -> StoreError:
    """The store could not do it, for one of the reasons of the catalogue (``files.store.…``)."""
    return StoreError(Refusal(f"files.store.{reason}", facts, "attachments", 503))


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder with those above it; gives the folders whose list of names changed by it."""
    above = []
    place = folder
    while not place.exists():
        place = place.parent
        above.append(place)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return above


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no handle of a folder to sync
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some shared file systems cannot; they write names through
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
