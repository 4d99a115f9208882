"""A file under a passphrase, written and read as a stream: whatever was cut, changed, swapped or added shows (R39).

The file: magic, version, length of the header, header (JSON in clear: how the key is derived, what the caller says),
the header's MAC, then chunks of one mebibyte, the last one shorter. Each is AES-256-GCM; its nonce is its number and
whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), and it is bound to the
header's SHA-256. The key is Argon2id's (RFC 9106) with a salt of its own for each file, so that no nonce comes twice.
Memory is flat: one chunk is in hand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import unicodedata
from collections.abc import Mapping
from typing import IO, Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backoffice.errors import DomainError
from policies.message import Refusal

MAGIC = b"CDESKBAK"
FORMAT = 1
CHUNK = 1 << 20
TAG = 16
MAC_BYTES = 32
MOST_HEADER = 1 << 16
TIME, MEMORY, LANES = 3, 64 * 1024, 4
"""Argon2id's second recommended choice (RFC 9106, section 4): three passes over 64 MiB, four lanes."""
MOST_TIME, MOST_MEMORY, MOST_LANES = 16, 1024 * 1024, 16
"""What a file may ask for at most: a forged header must not take the machine."""


class SealedFileError(DomainError):
    """The file is no backup, was cut or changed, or is not opened by this passphrase."""


class SealedWriter:
    """Writes ``stream``; ``header`` stands in clear at its front, so it may hold nothing that is secret."""

    def __init__(self, stream: IO[bytes], passphrase: str, header: Mapping[str, Any]) -> None:
        salt = os.urandom(16)
        kdf = {"name": "argon2id", "time": TIME, "memory": MEMORY, "lanes": LANES, "salt": _text(salt)}
        raw = json.dumps({**header, "kdf": kdf, "chunk": CHUNK}, sort_keys=True).encode()
        key, mac_key = _derive(passphrase, salt, TIME, MEMORY, LANES)
        front = MAGIC + FORMAT.to_bytes(2, "big") + len(raw).to_bytes(4, "big") + raw
        stream.write(front + hmac.digest(mac_key, front, "sha256"))
        self._stream, self._cipher, self._bound = stream, AESGCM(key), hashlib.sha256(front).digest()
        self._pending = bytearray()
        self._number = 0

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes to the stream."""
        self._pending += data
        while len(self._pending) > CHUNK:  # a full chunk waits until it is known not to be the last
            self._put(bytes(self._pending[:CHUNK]), last=False)
            del self._pending[:CHUNK]

    def close(self) -> None:
        """Write the last chunk; without it the file is found to be cut."""
        self._put(bytes(self._pending), last=True)
        self._pending.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._stream.write(self._cipher.encrypt(_nonce(self._number, last=last), plain, self._bound))
        self._number += 1


class SealedReader:
    """Reads what ``SealedWriter`` wrote. Raises ``SealedFileError``, at the latest when the end is read."""

    def __init__(self, stream: IO[bytes], passphrase: str | None = None) -> None:
        """Without a passphrase only ``header`` can be read, unproved."""
        self._stream = stream
        self._front, self.header = _front(stream)
        self._plain = b""
        self._at = self._number = 0
        self._ended = False
        if passphrase is not None:
            self._unlock(passphrase)

    def _unlock(self, passphrase: str) -> None:
        kdf = self.header["kdf"]
        key, mac_key = _derive(passphrase, kdf["salt"], kdf["time"], kdf["memory"], kdf["lanes"])
        said = self._stream.read(MAC_BYTES)
        if not hmac.compare_digest(said, hmac.digest(mac_key, self._front, "sha256")):
            raise SealedFileError(Refusal("backup.refused.passphrase", status=422))
        self._cipher, self._bound = AESGCM(key), hashlib.sha256(self._front).digest()
        self._next = self._stream.read(CHUNK + TAG)

    def read(self, size: int) -> bytes:
        """Exactly so many bytes of the stream; raises ``SealedFileError`` when it ends before."""
        found = bytearray()
        while len(found) < size:
            if self._at == len(self._plain):
                if self._ended:
                    raise broken()
                self._plain, self._at = self._chunk(), 0
                continue
            piece = self._plain[self._at : self._at + size - len(found)]
            found += piece
            self._at += len(piece)
        return bytes(found)

    def finish(self) -> None:
        """See that nothing follows, and that the last chunk was the last."""
        while not self._ended and self._at == len(self._plain):
            self._plain, self._at = self._chunk(), 0
        if self._at != len(self._plain) or self._stream.read(1):
            raise broken()

    def _chunk(self) -> bytes:
        sealed = self._next
        self._next = self._stream.read(CHUNK + TAG) if len(sealed) == CHUNK + TAG else b""
        self._ended = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=self._ended), sealed, self._bound)
        except (InvalidTag, ValueError) as error:
            raise broken() from error
        self._number += 1
        return plain


def broken() -> SealedFileError:
    """The refusal of a file that does not hold together."""
    return SealedFileError(Refusal("backup.refused.broken", status=422))


def _front(stream: IO[bytes]) -> tuple[bytes, dict[str, Any]]:
    start = stream.read(len(MAGIC) + 6)
    if start[: len(MAGIC)] != MAGIC or len(start) != len(MAGIC) + 6:
        raise SealedFileError(Refusal("backup.refused.no_backup", status=422))
    if int.from_bytes(start[len(MAGIC) : len(MAGIC) + 2], "big") != FORMAT:
        raise SealedFileError(Refusal("backup.refused.newer_format", status=422))
    length = int.from_bytes(start[-4:], "big")
    raw = stream.read(min(length, MOST_HEADER))
    try:
        if len(raw) != length:
            raise ValueError("cut, or too long")
        return start + raw, _header(json.loads(raw))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise broken() from error


def _header(said: dict[str, Any]) -> dict[str, Any]:
    """The header with its salt as bytes; raises ``ValueError`` for what no writer of ours would have written."""
    kdf = dict(said["kdf"])
    kdf["salt"] = base64.b64decode(kdf["salt"], validate=True)
    within = (
        kdf["name"] == "argon2id"
        and all(type(kdf[name]) is int for name in ("time", "memory", "lanes"))
        and 1 <= kdf["time"] <= MOST_TIME
        and 1 <= kdf["lanes"] <= MOST_LANES
        and 8 * kdf["lanes"] <= kdf["memory"] <= MOST_MEMORY
        and len(kdf["salt"]) == 16
        and said["chunk"] == CHUNK
    )
    if not within:
        raise ValueError("not within bounds")
    return {**said, "kdf": kdf}


def _derive(passphrase: str, salt: bytes, time: int, memory: int, lanes: int) -> tuple[bytes, bytes]:
    """The key of the chunks and the key of the header's MAC."""
    secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    both = hash_secret_raw(secret, salt, time, memory, lanes, 64, Type.ID)
    return both[:32], both[32:]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
