"""How often one person may ask for what costs the desk much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies.pace import BESIDE, BESIDE_WITHIN, seconds_to_wait

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def ago(*seconds: float) -> list[datetime]:
    return [AT - timedelta(seconds=one) for one in seconds]


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [([], 0), ([10, 20], 0), ([10, 20, 50], 10), ([50, 10, 20], 10), ([10, 20, 60], 0), ([0, 0, 0, 5], 60)],
)
def test_who_asks_three_times_a_minute_at_most_waits_until_the_third_last_is_a_minute_ago(tries, seconds):
    assert seconds_to_wait(3, timedelta(minutes=1), ago(*tries), AT) == seconds


def test_R38_who_types_fast_for_ten_minutes_never_waits():
    tries, at = list[datetime](), AT
    for _ in range(800):  # a question every three quarters of a second: half a second's pause, and an answer
        assert seconds_to_wait(BESIDE, BESIDE_WITHIN, tries[-BESIDE:], at) == 0
        tries.append(at)
        at += timedelta(seconds=0.75)
