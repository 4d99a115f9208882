"""Short texts that the office signs and reads again: the token of a form, the address of a receipt or a survey."""

from __future__ import annotations

import base64
import binascii
import hmac

from backoffice.keys import Keys

MAC_BYTES = 16
LONGEST = 200


def sign(keys: Keys, purpose: str, content: bytes) -> str:
    """The content with what proves that this office wrote it for this purpose; letters that stand in an address."""
    return base64.urlsafe_b64encode(content + _mac(keys, purpose, content)).rstrip(b"=").decode()


def opened(keys: Keys, purpose: str, text: str) -> bytes | None:
    """The content again; None for what this office did not sign for this purpose."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    content, mac = found[:-MAC_BYTES], found[-MAC_BYTES:]
    return content if hmac.compare_digest(mac, _mac(keys, purpose, content)) else None


def _mac(keys: Keys, purpose: str, content: bytes) -> bytes:
    return hmac.digest(keys.session, f"signed/{purpose}/".encode() + content, "sha256")[:MAC_BYTES]
