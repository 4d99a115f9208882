"""What every test may ask for: a fixed time, a clock, and a database on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backoffice.clock import SetClock


@pytest.fixture
def at() -> datetime:
    """A fixed moment, aware UTC: Monday 23 November 2026, 10:00 in Shanghai."""
    return datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def clock(at: datetime) -> SetClock:
    """A clock that stands at ``at`` until the test moves it."""
    return SetClock(at)
