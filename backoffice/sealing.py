"""Personal data under a key per complaint (R39): sealing, opening, and finding by blind index.

A complaint's key is wrapped by the office's newest key and stored with it; destroying the wrapped key erases all that
it sealed. What is sealed is bound to its complaint and to its purpose (a column, an event), so that ciphertexts cannot
change places. ``case`` is the complaint's own lasting name, its number. What belongs to no complaint (a message to
staff, a setting that is a secret) is sealed by the office's key itself.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backoffice.errors import DomainError
from backoffice.keys import Keys
from policies.message import Refusal

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_ID_BYTES = 4
BLIND_BYTES = 16


class SealError(DomainError):
    """Sealed data cannot be opened: it was changed, moved, or its office key is not among the keys."""


@dataclass(frozen=True)
class Erased:
    """Stands for data whose key was destroyed; empty as text and false as a condition."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""


ERASED = Erased()


def new_case_key(keys: Keys, case: str) -> bytes:
    """A new key for one complaint, wrapped by the office's newest key, to be stored with the complaint."""
    return _wrap(keys, case, os.urandom(32))


def rewrap(keys: Keys, wrapped: bytes, case: str) -> bytes:
    """The same key of a complaint under the office's newest key; what it sealed stays as it is."""
    return (
        wrapped
        if wrapped[1 : 1 + KEY_ID_BYTES] == keys.wrapping.id
        else _wrap(keys, case, _unwrap(keys, wrapped, case))
    )


class CaseSeal:
    """Seals and opens the data of one complaint; ``wrapped`` is its stored key, None or empty once erased."""

    def __init__(self, keys: Keys, wrapped: bytes | None, case: str) -> None:
        self._keys = keys
        self._wrapped = wrapped
        self._case = case
        self._unwrapped: AESGCM | None = None

    @property
    def erased(self) -> bool:
        return not self._wrapped

    @property
    def _cipher(self) -> AESGCM:
        if self._unwrapped is None:
            if not self._wrapped:
                raise SealError(Refusal("keys.case.erased", {"number": self._case}))
            self._unwrapped = AESGCM(_unwrap(self._keys, self._wrapped, self._case))
        return self._unwrapped

    def seal(self, content: bytes | str, context: str) -> bytes:
        """Ciphertext of ``content`` for this purpose only; raises ``SealError`` once the complaint is erased."""
        raw = content.encode() if isinstance(content, str) else content
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, raw, _bound("data", self._case, context))

    def open(self, sealed: bytes, context: str) -> bytes | Erased:
        """What was sealed for this purpose, or ``ERASED``; raises ``SealError`` when it was changed or moved."""
        if self.erased:
            return ERASED
        sealed = bytes(sealed)
        try:
            return self._cipher.decrypt(
                sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], _bound("data", self._case, context)
            )
        except (InvalidTag, ValueError) as error:
            raise SealError(Refusal("keys.case.broken", {"number": self._case})) from error

    def open_text(self, sealed: bytes, context: str) -> str | Erased:
        """The same as text."""
        raw = self.open(sealed, context)
        return raw if isinstance(raw, Erased) else raw.decode()

    def seal_json(self, content: Any, context: str) -> bytes:
        """Seals plain values (text, whole numbers, lists, mappings); others raise ``TypeError``."""
        return self.seal(json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False), context)

    def open_json(self, sealed: bytes | None, context: str) -> Any:
        """The values that were sealed; None for None, ``ERASED`` once the complaint is erased."""
        if sealed is None:
            return None
        raw = self.open(sealed, context)
        return raw if isinstance(raw, Erased) else json.loads(raw.decode())


def seal_for_office(keys: Keys, content: bytes | str, context: str) -> bytes:
    """Ciphertext under the office's newest key, for what belongs to no complaint."""
    raw = content.encode() if isinstance(content, str) else content
    newest = keys.wrapping
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + newest.id + nonce + _office_cipher(newest.secret).encrypt(nonce, raw, _bound("office", context))


def open_for_office(keys: Keys, sealed: bytes, context: str) -> bytes:
    """What ``seal_for_office`` sealed for this purpose; raises ``SealError`` when it was changed or moved."""
    return _open_by_office_key(keys, sealed, _bound("office", context), context)


def reseal_for_office(keys: Keys, sealed: bytes, context: str) -> bytes:
    """The same content under the office's newest key; raises ``SealError`` like opening it."""
    return seal_for_office(keys, open_for_office(keys, sealed, context), context)


def beginning_of(key_id: bytes) -> bytes:
    """How everything begins that lies under an office key of that id."""
    return VERSION + key_id


def blind(keys: Keys, kind: str, normalised: str) -> bytes:
    """What stands in the blind index for a normalised phone, name or e-mail: equal for equal, telling no more."""
    return hmac.digest(keys.blind, _bound("blind", kind, normalised), "sha256")[:BLIND_BYTES]


def _wrap(keys: Keys, case: str, case_key: bytes) -> bytes:
    newest = keys.wrapping
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + newest.id + nonce + _office_cipher(newest.secret).encrypt(nonce, case_key, _bound("key", case))


def _unwrap(keys: Keys, wrapped: bytes, case: str) -> bytes:
    return _open_by_office_key(keys, wrapped, _bound("key", case), case)


def _open_by_office_key(keys: Keys, sealed: bytes, bound: bytes, name: str) -> bytes:
    sealed = bytes(sealed)
    key_id, rest = sealed[1 : 1 + KEY_ID_BYTES], sealed[1 + KEY_ID_BYTES :]
    key = keys.seal_key(key_id)
    if key is None:
        raise SealError(Refusal("keys.case.other_office_key", {"number": name, "key_id": key_id.hex()}))
    try:
        return _office_cipher(key.secret).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:
        raise SealError(Refusal("keys.case.broken", {"number": name})) from error


@lru_cache(maxsize=8)
def _office_cipher(secret: bytes) -> AESGCM:
    """Of the few wrapping keys of an office: a list opens some thousand complaints under one."""
    return AESGCM(secret)


def _bound(*parts: str) -> bytes:
    """Parts one after another, each behind its length, so that no two lists of parts give the same bytes."""
    pieces = [b"complaint-desk/seal/1"]
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        pieces += (len(raw).to_bytes(8, "big"), raw)
    return b"".join(pieces)
