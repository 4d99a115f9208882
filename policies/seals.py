"""The line of a daily seal, as it stands outside the database (R40), and the ids of complaints written shortly.

The seal itself is made by ``policies/chain.py``. A line is JSON with sorted keys; the row in the database says the
same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

Range = tuple[int, int]


@dataclass(frozen=True)
class Seal:
    """A seal over all heads. It covers the events up to ``last_event_id`` and the complaints with these ``ids``."""

    day: date
    at: datetime
    complaints: int
    last_complaint_id: int
    last_event_id: int
    ids: str
    mac: bytes

    @property
    def line(self) -> str:
        """The seal as one line of text, without its end."""
        said = {
            "day": self.day.isoformat(),
            "at": self.at.astimezone(UTC).isoformat(),
            "complaints": self.complaints,
            "last_complaint_id": self.last_complaint_id,
            "last_event_id": self.last_event_id,
            "ids": self.ids,
            "mac": self.mac.hex(),
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":"))


def day_of(line: str) -> date | None:
    """The day that a line is of; None where it cannot be read."""
    try:
        return date.fromisoformat(json.loads(line)["day"])
    except (ValueError, TypeError, KeyError):
        return None


def written(spans: Iterable[Sequence[int]]) -> str:
    """Spans of ids, first and last each, in short: ``1-17,19``."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def missing(sealed: str, present: str) -> list[Range]:
    """Spans of ids that are in ``sealed`` and not in ``present``."""
    gone = []
    there = _read(present)
    for low, last in _read(sealed):
        first = low
        for begin, end in there:
            if end < first:
                continue
            if begin > last:
                break
            if begin > first:
                gone.append((first, begin - 1))
            first = end + 1
        if first <= last:
            gone.append((first, last))
    return gone


def _read(text: str) -> list[Range]:
    """Spans of a short text; what cannot be read in it is left out: the seal shows that it was changed."""
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last.isdecimal() or not last):
            found.append((int(first), int(last or first)))
    return found
