"""What time it is: asked here and handed down as a value, so that tests and the demonstration can move it."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """The real clock; ``now()`` is aware UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock(Clock):
    """A clock that stands where it was put, for tests and for playing past days."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at
