"""What people write on a corrective action (R30, R39), sealed under its complaint's key, or else under the office's.

Rows of an earlier program lie under the office's key although they belong to a complaint: they are read all the same,
and written back under the complaint's key with the next act. Once the complaint is erased, nothing of them is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from backoffice.keys import Keys
from backoffice.models.teamwork import CorrectiveAction
from backoffice.sealing import CaseSeal, Erased, SealError, open_for_office, seal_for_office
from policies.masked_text import mask_text

CONTEXT = "corrective_action"
TEXTS = ("title", "root_cause", "expected_effect", "finding", "reference", "result", "evidence")


def texts_of(keys: Keys, one: CorrectiveAction) -> dict[str, str]:
    """The texts of a corrective action in clear; what it does not have, or what was erased, is empty."""
    return dict.fromkeys(TEXTS, "") | {name: str(text) for name, text in opened(keys, one, one.sealed).items()}


def write(keys: Keys, one: CorrectiveAction, **texts: str) -> None:
    """Add these texts to those that are there."""
    kept = opened(keys, one, one.sealed) if one.sealed else {}
    one.sealed = sealed(keys, one, {**kept, **{name: text for name, text in texts.items() if text}})


def sealed(keys: Keys, one: CorrectiveAction, content: Mapping[str, Any], part: str = "") -> bytes:
    """Ciphertext for this corrective action alone, and for this part of it (one of its events, a file's name)."""
    return sealed_bytes(keys, one, json.dumps(dict(content), ensure_ascii=False).encode(), part)


def opened(keys: Keys, one: CorrectiveAction, content: bytes | None, part: str = "") -> dict[str, Any]:
    """What was sealed for it; empty for nothing and once erased. Raises ``SealError`` when it was changed or moved."""
    if not content:
        return {}
    raw = opened_bytes(keys, one, content, part)
    return {} if raw is None else dict(json.loads(raw))


def sealed_bytes(keys: Keys, one: CorrectiveAction, content: bytes, part: str) -> bytes:
    """The same for bytes as they are."""
    seal = _seal(keys, one)
    context = _context(one, part)
    return seal_for_office(keys, content, context) if seal is None else seal.seal(content, context)


def opened_bytes(keys: Keys, one: CorrectiveAction, content: bytes, part: str) -> bytes | None:
    """The bytes in clear; None once the complaint was erased."""
    seal = _seal(keys, one)
    context = _context(one, part)
    if seal is not None and seal.erased:
        return None
    try:
        found = open_for_office(keys, content, context) if seal is None else seal.open(content, context)
    except SealError:
        if part:
            raise
        return open_for_office(keys, content, CONTEXT)  # as an earlier program wrote it
    return None if isinstance(found, Erased) else found


def veiled(keys: Keys, one: CorrectiveAction, text: str) -> str:
    """A text as pages and papers show it: people write names and numbers into it (R39)."""
    seal = _seal(keys, one)
    if not text or seal is None or one.complaint is None:
        return mask_text(text, [])
    record = dict(seal.open_json(one.complaint.sealed_record, "record") or {})
    name = str(record.get("customer_name") or "").strip()
    return mask_text(text, [name] if name else [])


def _seal(keys: Keys, one: CorrectiveAction) -> CaseSeal | None:
    complaint = one.complaint
    return None if complaint is None else CaseSeal(keys, complaint.sealed_key, complaint.number)


def _context(one: CorrectiveAction, part: str) -> str:
    return f"{CONTEXT}:{one.number}:{part}" if part else f"{CONTEXT}:{one.number}"
