"""The plug is pulled while people write: what was answered is there, nothing is half there, nothing is there twice.

The server is killed with SIGKILL, all its processes at once, and started again on what it left. The figures of a run
are printed (`pytest -rP`); those of the long ones stand in `docs/performance.md`.
"""

from __future__ import annotations

import pytest

from tests.support import postgresql
from tests.support.plugged_desk import PluggedDesk, PluggedServers
from tests.support.pulled_plug import Figures, pull


def hold(figures: Figures, kills: int) -> None:
    """What every run must come to."""
    print(figures.table())  # noqa: T201
    assert figures.wrong == []
    assert figures.kills == kills
    assert figures.in_flight >= 0.9 * kills
    assert figures.found.there == figures.found.answered > kills
    assert figures.found.acts > 0
    assert figures.found.files > 0
    assert figures.messages.arrived > 0


def test_R1_R40_nothing_that_was_answered_is_lost_when_the_plug_is_pulled_ten_times(tmp_path):
    hold(pull(PluggedDesk, tmp_path, 10), 10)


@pytest.mark.long
def test_R1_R40_nor_when_it_is_pulled_two_hundred_times(tmp_path):
    hold(pull(PluggedDesk, tmp_path, 200), 200)


@pytest.mark.long
@pytest.mark.postgresql
def test_R1_R40_nor_from_servers_on_postgresql_two_hundred_times_and_every_tenth_from_the_database(tmp_path):
    assert postgresql.why_not() is None, postgresql.why_not()
    hold(pull(PluggedServers, tmp_path, 200, database_every=10), 200)
