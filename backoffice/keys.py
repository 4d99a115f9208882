"""The office's keys: one file beside the database, never in it (R39, R40).

``keys/office.json`` in the data directory holds independent random secrets: the keys that wrap the key of each
complaint (several during a rotation; the newest wraps, all open), the key of the blind index, of the history chain and
of the sessions. It is made once, whole or not at all, and readable by its owner only. The database remembers the
*identity* of the keys that it was filled with, so that another office's keys, or new ones, are refused instead of used.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from backoffice.errors import DomainError
from policies.message import Refusal

FILE_NAME = "office.json"
IDENTITY = "keys.identity"
"""The setting under which a database remembers whose keys it was filled with."""
FORMAT = 1
SECRET_BYTES = 32


class KeysError(DomainError):
    """The office's keys are missing, readable by others, damaged or another office's: nothing may start."""


@dataclass(frozen=True)
class SealKey:
    """A key that wraps the keys of complaints; its id follows from it and stands in what it wrapped."""

    secret: bytes = field(repr=False)

    @cached_property
    def id(self) -> bytes:
        return hashlib.sha256(b"complaint-desk/seal-key/" + self.secret).digest()[:4]


@dataclass(frozen=True)
class Keys:
    """All secrets of one office, 32 bytes each; ``seal`` from the oldest to the newest.

    ``rotating``: a new wrapping key was added, and not everything lies under it yet. ``source``: the file that they
    came from. Whoever wraps looks whether it has a newer key by now, and whoever meets a key that he does not know
    looks again: a running program goes on while its keys are changed.
    """

    seal: tuple[SealKey, ...]
    blind: bytes = field(repr=False)
    chain: bytes = field(repr=False)
    session: bytes = field(repr=False)
    rotating: bool = False
    source: Path | None = field(default=None, repr=False, compare=False)

    @classmethod
    def fresh(cls) -> Keys:
        """New random keys, in memory only."""
        return cls((SealKey(_secret()),), blind=_secret(), chain=_secret(), session=_secret())

    @property
    def identity(self) -> str:
        """Names these keys without telling them; stays the same when a wrapping key is added."""
        return hmac.digest(self.chain, b"complaint-desk/identity/" + self.blind, "sha256").hex()[:16]

    def rotated(self) -> Keys:
        """The same keys with a new wrapping key; what older ones wrapped stays readable."""
        return replace(self, seal=(*self.seal, SealKey(_secret())), rotating=True)

    @property
    def wrapping(self) -> SealKey:
        """The key under which is sealed now: the newest, also when it came after these keys were read."""
        return self._now()[-1]

    def seal_key(self, key_id: bytes) -> SealKey | None:
        """The key of that id, also when it came after these keys were read."""
        known = next((key for key in self.seal if key.id == key_id), None)
        return known or next((key for key in self._now() if key.id == key_id), None)

    def _now(self) -> tuple[SealKey, ...]:
        """The wrapping keys as the file has them; those that were read where there is no file of ours any more."""
        if self.source is None:
            return self.seal
        try:
            seen = self.source.stat()
            mark = (seen.st_mtime_ns, seen.st_ino, seen.st_size)
            known = _SEEN.get(self.source)
            if known is None or known[0] != mark:
                known = (mark, decode(self.source.read_bytes()))
                _SEEN[self.source] = known
        except (OSError, ValueError, KeyError, TypeError):
            return self.seal
        return known[1].seal if known[1].identity == self.identity else self.seal

    def with_earlier(self, earlier: Keys) -> Keys:
        """These keys and the wrapping keys that were there a while ago: together they open whatever lies between."""
        gone = tuple(key for key in earlier.seal if key not in self.seal)
        return replace(self, seal=(*gone, *self.seal))


_SEEN: dict[Path, tuple[tuple[int, int, int], Keys]] = {}
"""What each key file held when it was last read, by the marks of the file."""


def open_keys(directory: Path, known_identity: str | None = None) -> Keys:
    """The keys in ``directory``, made when there are none yet.

    ``known_identity`` is what the database remembers (None for an empty one). Raises ``KeysError`` when the keys are
    missing although the database has data, when they are others' keys, readable by others, or damaged.
    """
    path = directory / FILE_NAME
    if not path.exists():
        if known_identity is not None:
            raise KeysError(Refusal("keys.file.missing", {"path": str(path)}))
        _make_directory(directory)
        _create(path, Keys.fresh())
    keys = load_keys(directory)
    if known_identity is not None and keys.identity != known_identity:
        raise KeysError(
            Refusal("keys.file.foreign", {"path": str(path), "known": known_identity, "found": keys.identity})
        )
    return keys


def load_keys(directory: Path) -> Keys:
    """The keys that are there; raises ``KeysError`` when they are missing, readable by others, or damaged."""
    path = directory / FILE_NAME
    if not path.is_file():
        raise KeysError(Refusal("keys.file.missing", {"path": str(path)}))
    for guarded, command in ((directory, "chmod 700"), (path, "chmod 600")):
        if _open_to_others(guarded):
            raise KeysError(Refusal("keys.file.open_to_others", {"path": str(guarded), "command": command}))
    try:
        return replace(decode(path.read_bytes()), source=path)
    except OSError as error:
        raise KeysError(Refusal("keys.file.unreadable", {"path": str(path)})) from error
    except (ValueError, KeyError, TypeError) as error:
        raise KeysError(Refusal("keys.file.damaged", {"path": str(path)})) from error


def rotate_keys(directory: Path) -> Keys:
    """Add a wrapping key and store all; the file before is kept beside the new one.

    What lay under the older ones stays there until it is re-sealed (``services.rotation``).
    """
    keys = load_keys(directory)
    rotated = keys.rotated()
    os.link(directory / FILE_NAME, kept_before(directory, rotated))
    _put(directory, rotated)
    return rotated


def kept_before(directory: Path, keys: Keys) -> Path:
    """Where the file that was there before the newest key came is kept."""
    return directory / f"office.before-{keys.seal[-1].id.hex()}.json"


def end_rotation(directory: Path, needed: Collection[bytes]) -> Keys:
    """Let the keys go that nothing needs any more; ``needed``: the ids of those that must still open something."""
    keys = load_keys(directory)
    *older, newest = keys.seal
    stay = (*(key for key in older if key.id in needed), newest)
    ended = replace(keys, seal=stay, rotating=False)
    _put(directory, ended)
    return ended


def put_back(directory: Path, keys: Keys) -> None:
    """Have wrapping keys again that were let go too early."""
    _put(directory, replace(load_keys(directory).with_earlier(keys), rotating=True))


def _put(directory: Path, keys: Keys) -> None:
    path = directory / FILE_NAME
    temporary = _write_temporary(path, keys)
    temporary.replace(path)
    _sync_directory(directory)


def install_keys(directory: Path, raw: bytes, *, end_sessions: bool = False) -> Keys:
    """Put a key file that comes out of a backup into a folder that has none; raises ``KeysError`` for a damaged one.

    ``end_sessions``: with a new key of the sessions, so that no cookie opens anything that was ended since the backup.
    """
    try:
        keys = decode(raw)
    except (ValueError, KeyError, TypeError) as error:
        raise KeysError(Refusal("keys.file.damaged", {"path": str(directory / FILE_NAME)})) from error
    keys = replace(keys, session=_secret()) if end_sessions else keys
    _make_directory(directory)
    _create(directory / FILE_NAME, keys)
    return keys


def _secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def encode(keys: Keys) -> bytes:
    """The bytes of the key file: secret, to be written only where nobody else reads."""

    def text(secret: bytes) -> str:
        return base64.b64encode(secret).decode()

    content = {
        "format": FORMAT,
        "seal": [text(key.secret) for key in keys.seal],
        "blind": text(keys.blind),
        "chain": text(keys.chain),
        "session": text(keys.session),
        **({"rotating": True} if keys.rotating else {}),
    }
    return json.dumps(content, indent=1).encode()


def decode(raw: bytes) -> Keys:
    """The keys of such a file; raises ``ValueError``, ``KeyError`` or ``TypeError`` for a damaged one."""

    def secret(text: str) -> bytes:
        try:
            found = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error
        if len(found) != SECRET_BYTES:
            raise ValueError("a secret has 32 bytes")
        return found

    content = json.loads(raw)
    if content["format"] != FORMAT or not content["seal"]:
        raise ValueError("unknown format")
    seal = tuple(SealKey(secret(text)) for text in content["seal"])
    blind, chain, session = (secret(content[name]) for name in ("blind", "chain", "session"))
    return Keys(seal, blind=blind, chain=chain, session=session, rotating=content.get("rotating") is True)


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeysError(Refusal("keys.file.unwritable", {"path": str(directory)})) from error
    if _open_to_others(directory) and not any(directory.iterdir()):
        directory.chmod(0o700)


def _create(path: Path, keys: Keys) -> None:
    """Whole or not at all, and never over keys that another process made in the meantime: a link fails if it exists."""
    try:
        temporary = _write_temporary(path, keys)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        finally:
            temporary.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise KeysError(Refusal("keys.file.unwritable", {"path": str(path)})) from error


def _write_temporary(path: Path, keys: Keys) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(encode(keys))
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":
        return  # Windows has no handle of a directory to sync
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_to_others(path: Path) -> bool:
    if os.name == "nt":
        return False  # Windows keeps no mode bits; the profile folder's own rights hold there
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
