"""How a locked month is sealed (R33, R40): the hash of a sheet's text, and the keyed signature over the month's."""

from __future__ import annotations

import hashlib
import hmac


def sha256_of(text: str) -> str:
    """The hash of a text as it stands."""
    return hashlib.sha256(text.encode()).hexdigest()


def mac_of(key: bytes, month: str, body: str) -> bytes:
    """The signature of a month's text: who can write the database cannot make it without the key."""
    return hmac.digest(key, f"complaint-desk/appraisal/1\n{month}\n{body}".encode(), "sha256")
