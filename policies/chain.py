"""The history of a complaint as a keyed chain (R40): who can write the database cannot change it unnoticed.

Each event carries a MAC over the head before it, its sequence and its text. The head after an event is a second MAC
over that event, kept apart from the events. So an event that was changed, removed, moved or added breaks the chain,
and one cut off at the end leaves a head that nobody can make up without the key: an earlier head stands nowhere in the
database.
The daily seal over all heads, kept outside the database too, reveals a complaint that was deleted whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from policies.message import Message

MAC_BYTES = 32


@dataclass(frozen=True)
class ChainEvent:
    """What is stored of one event: its place (from 1), the text exactly as it was hashed, and its MAC."""

    sequence: int
    body: str
    mac: bytes


@dataclass(frozen=True)
class Head:
    """The end of a chain, kept apart from its events: the last sequence (0 before the first) and the MAC over it."""

    sequence: int
    mac: bytes


class ChainFaultKind(StrEnum):
    """How a chain is broken."""

    CHANGED = "changed"
    MISSING = "missing"
    OUT_OF_ORDER = "out_of_order"
    CUT_OFF = "cut_off"
    HEAD_MISSING = "head_missing"
    HEAD_CHANGED = "head_changed"


@dataclass(frozen=True)
class ChainFault:
    """The first thing wrong in a chain; ``sequence`` is the first event that cannot be trusted."""

    kind: ChainFaultKind
    sequence: int

    @property
    def message(self) -> Message:
        return Message(f"history.fault.{self.kind.value}", {"sequence": self.sequence})


def encode_body(content: Mapping[str, object]) -> str:
    """The canonical text of an event, made once; what is stored is hashed as stored and never made again (R40).

    Decimals and times become text (times in UTC); a float is refused with ``TypeError``: its text may change.
    """
    return json.dumps(_plain(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return str(value) if isinstance(value, StrEnum) else value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("an event holds aware times only")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("the names in an event are text")
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"an event cannot hold a {type(value).__name__}")


def first_head(key: bytes, complaint_id: int | str) -> Head:
    """The head before the first event; it binds the whole chain to its complaint, or (as text) to its own name."""
    kind = "number" if isinstance(complaint_id, int) else "name"
    return Head(0, _mac(key, "start", kind, str(complaint_id)))


def event_mac(key: bytes, previous: bytes, sequence: int, body: str) -> bytes:
    """The MAC of one event: over the head before it, its sequence and its text."""
    return _mac(key, "event", previous, str(sequence), body)


def append(key: bytes, head: Head, body: str) -> tuple[ChainEvent, Head]:
    """The next event of a chain and the head after it; both are to be stored in the transaction of the change."""
    sequence = head.sequence + 1
    event = ChainEvent(sequence, body, event_mac(key, head.mac, sequence, body))
    return event, head_after(key, event)


def head_after(key: bytes, event: ChainEvent) -> Head:
    """The head that stands after an event."""
    return Head(event.sequence, _mac(key, "head", str(event.sequence), event.mac))


def check_chain(
    key: bytes, complaint_id: int | str, events: Iterable[ChainEvent], head: Head | None
) -> ChainFault | None:
    """The first fault of a chain whose events come in the order of their sequence, or None when all is whole."""
    if head is None:
        return ChainFault(ChainFaultKind.HEAD_MISSING, 1)
    current = first_head(key, complaint_id)
    for event in events:
        expected = current.sequence + 1
        if event.sequence != expected:
            kind = ChainFaultKind.MISSING if event.sequence > expected else ChainFaultKind.OUT_OF_ORDER
            return ChainFault(kind, expected)
        if not hmac.compare_digest(event_mac(key, current.mac, expected, event.body), event.mac):
            return ChainFault(ChainFaultKind.CHANGED, expected)
        current = head_after(key, event)
    if current.sequence < head.sequence:
        return ChainFault(ChainFaultKind.CUT_OFF, current.sequence + 1)
    if current.sequence > head.sequence or not hmac.compare_digest(current.mac, head.mac):
        return ChainFault(ChainFaultKind.HEAD_CHANGED, min(current.sequence, head.sequence) + 1)
    return None


def seal(key: bytes, heads: Iterable[tuple[int, Head]]) -> bytes:
    """The seal over all heads, given by rising complaint id (else ``ValueError``).

    A head of the past can be had again from the event that it stood after (``head_after``), so an old seal can be
    checked at any later time from the events that existed when it was made.
    """
    made = SealMaker(key)
    for complaint_id, head in heads:
        made.add(complaint_id, head)
    return made.mac()


class SealMaker:
    """A seal made head by head, so that several can be made in one reading."""

    def __init__(self, key: bytes) -> None:
        self._digest = hmac.new(key, _encode("seal"), hashlib.sha256)
        self._last: int | None = None

    def add(self, complaint_id: int, head: Head) -> None:
        """The next head, of a complaint with a higher id than the one before (else ``ValueError``)."""
        if self._last is not None and complaint_id <= self._last:
            raise ValueError("heads are sealed by rising complaint id, each once")
        self._last = complaint_id
        self._digest.update(_encode(str(complaint_id), str(head.sequence), head.mac))

    def mac(self) -> bytes:
        """The seal over what was added."""
        return self._digest.digest()


def _mac(key: bytes, *parts: str | bytes) -> bytes:
    return hmac.digest(key, _encode(*parts), "sha256")


def _encode(*parts: str | bytes) -> bytes:
    """Parts one after another, each behind its length, so that no two lists of parts give the same bytes."""
    pieces = [b"complaint-desk/chain/1"]
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        pieces.append(len(raw).to_bytes(8, "big") + raw)
    return b"".join(pieces)
