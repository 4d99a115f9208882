"""What is typed into a draft, sealed: under the key of the complaint that it belongs to, else under the office's."""

from __future__ import annotations

import json
from typing import Any

from backoffice.keys import Keys
from backoffice.sealing import CaseSeal, Erased, open_for_office, seal_for_office

PURPOSE = "draft"


def context_of(sitting: str) -> str:
    """What a draft is sealed for."""
    return f"{PURPOSE}:{sitting}"


def sealed(keys: Keys, sitting: str, content: Any, complaint: tuple[bytes | None, str] | None) -> bytes:
    """``complaint``: its wrapped key and number, where it belongs to one."""
    if complaint is not None:
        return CaseSeal(keys, *complaint).seal_json(content, context_of(sitting))
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return seal_for_office(keys, raw, context_of(sitting))


def opened(
    keys: Keys, sitting: str, value: bytes | None, complaint: tuple[bytes | None, str] | None
) -> dict[str, Any] | None:
    """None where there is nothing any more: it was carried out, or the complaint's key was destroyed."""
    if value is None:
        return None
    if complaint is not None:
        found = CaseSeal(keys, *complaint).open_json(value, context_of(sitting))
        return None if isinstance(found, Erased) else dict(found)
    return dict(json.loads(open_for_office(keys, value, context_of(sitting)).decode()))
