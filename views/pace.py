"""Keeps somebody from asking for a costly part of a page without a rest; counted by each process for itself."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from threading import Lock

from flask import current_app

from backoffice.errors import DomainError
from policies.message import Refusal
from policies.pace import BESIDE, BESIDE_WITHIN, seconds_to_wait
from views import context


class TooOftenError(DomainError):
    """Asked too often; ``seconds`` until the next time."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(Refusal("intake.refused.too_often", {"n": seconds}, status=429))


class Pace:
    """When each person asked within the last while."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tries: dict[int, deque[datetime]] = {}

    def admit(self, person: int, at: datetime) -> None:
        """Count one more of this person's; raises ``TooOftenError`` (429), which counts for nothing."""
        with self._lock:
            tries = self._tries.setdefault(person, deque(maxlen=BESIDE))
            if seconds := seconds_to_wait(BESIDE, BESIDE_WITHIN, tries, at):
                raise TooOftenError(seconds)
            tries.append(at)


def admit_beside() -> None:
    """Let the person of this request ask what stands beside the form of registration, or say when again."""
    kept: Pace = current_app.extensions.setdefault("desk_pace_beside", Pace())
    kept.admit(context.actor().staff_id or 0, context.now())
