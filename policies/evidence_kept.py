"""What the system showed beside an item, as it is kept with the mark (R28): plain JSON, read back as it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from policies.card import Mark
from policies.inspection_evidence import Fact, ItemEvidence
from policies.message import Message, Name

NOT_APPLICABLE = "not_applicable"


def keep_evidence(evidence: ItemEvidence) -> dict[str, Any]:
    """Facts and suggestion as JSON values: keys, codes, figures and moments, no text of the customer."""
    mark = evidence.suggested
    suggested = None if mark is None else NOT_APPLICABLE if mark.percent is None else str(mark.percent)
    return {
        "facts": [{"text": _kept(fact.text), "kept": fact.kept} for fact in evidence.facts],
        "suggested": suggested,
    }


def read_evidence(kept: Mapping[str, Any] | None) -> ItemEvidence:
    """The same as it was shown; nothing where nothing was kept."""
    if not kept:
        return ItemEvidence()
    facts = tuple(Fact(_message(row["text"]), row["kept"]) for row in kept.get("facts", ()))
    suggested = kept.get("suggested")
    if suggested is None:
        return ItemEvidence(facts)
    return ItemEvidence(facts, Mark() if suggested == NOT_APPLICABLE else Mark(Decimal(suggested)))


def _kept(value: object) -> Any:
    if isinstance(value, Message):
        return {"key": value.key, "params": {name: _kept(one) for name, one in value.params.items()}}
    if isinstance(value, Name):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, tuple):
        return [_kept(one) for one in value]
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return value


def _read(value: Any) -> object:
    if isinstance(value, list):
        return tuple(_read(one) for one in value)
    if not isinstance(value, Mapping):
        return value
    if "key" in value:
        return _message(value)
    if "at" in value:
        return datetime.fromisoformat(value["at"])
    return Decimal(value["number"]) if "number" in value else Name(value["zh"], value["en"])


def _message(kept: Mapping[str, Any]) -> Message:
    return Message(kept["key"], {name: _read(one) for name, one in kept["params"].items()})
