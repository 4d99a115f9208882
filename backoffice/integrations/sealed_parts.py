"""A file that lies in a store in sealed parts, each of a mebibyte, and is read again from any place in it.

The key is the file's own: once it is gone, whatever is left of the file opens no more.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backoffice.errors import DomainError
from backoffice.integrations.store import MissingError, Store
from policies.message import Refusal

PART = 1 << 20
NONCE_BYTES = 12
KEY_BYTES = 32


def new_key() -> bytes:
    """A key for one file."""
    return os.urandom(KEY_BYTES)


class Seal:
    """Seals and opens under the key of one file, each content for its purpose."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Ciphertext for this purpose only."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed; raises ``DomainError`` (409) when it was changed or moved."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise DomainError(Refusal("files.refused.changed", status=409)) from error


@dataclass(frozen=True)
class Kept:
    """What was put away: bytes, and their SHA-256."""

    size: int
    sha256: str


def keep(stream: IO[bytes], store: Store, seal: Seal, most: int) -> Kept | None:
    """Put a stream away part by part; None when it is longer than ``most`` bytes, and nothing is left of it then."""
    digest, size, number = hashlib.sha256(), 0, 0
    while piece := stream.read(PART):
        size += len(piece)
        if size > most:
            erase(store, size)
            return None
        digest.update(piece)
        store.put(str(number), seal.seal(piece, f"part:{number}"))
        number += 1
    return Kept(size, digest.hexdigest())


def erase(store: Store, size: int) -> None:
    """Forget all parts of a file of so many bytes."""
    for number in range(-(-size // PART)):
        store.delete(str(number))


class SealedFile(io.RawIOBase):
    """The file in clear, a part in hand; wrapped by ``opened``."""

    def __init__(self, store: Store, seal: Seal, size: int) -> None:
        super().__init__()
        self._store, self._seal, self._size = store, seal, size
        self._place, self._number, self._part = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(start + offset, 0)
        return self._place

    def readinto(self, room: bytearray | memoryview) -> int:  # type: ignore[override]
        number, within = divmod(self._place, PART)
        if self._place >= self._size:
            return 0
        if number != self._number:
            self._part, self._number = self._load(number), number
        piece = self._part[within : within + len(room)]
        room[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def _load(self, number: int) -> bytes:
        try:
            return self._seal.open(self._store.get(str(number)), f"part:{number}")
        except MissingError:
            raise DomainError(Refusal("files.refused.gone", status=404)) from None


def opened(store: Store, seal: Seal, size: int) -> IO[bytes]:
    """The file in clear, to be read from any place."""
    return io.BufferedReader(SealedFile(store, seal, size), 1 << 16)
