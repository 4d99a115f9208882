"""Urged twice without an answer (R13): the urgings of an order after which its owner still had not said a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

TIMES = 2
"""So many urgings without an update count once (``overdue_after_urge`` of ``office/appraisal.yaml``)."""


@dataclass(frozen=True)
class Happened:
    """One event of a complaint, in order: an urging, an update by whoever owns the order, or something else."""

    id: int
    at: datetime
    is_urging: bool = False
    is_update: bool = False


def unanswered(events: Iterable[Happened]) -> Iterator[Happened]:
    """Each urging that was the second since the last update; then it is counted anew."""
    since = 0
    for event in events:
        if event.is_urging:
            since += 1
            if since == TIMES:
                yield event
                since = 0
        elif event.is_update:
            since = 0
