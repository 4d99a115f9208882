"""R40: many people work at once on the real servers; nobody meets a fault, nothing that was answered is lost, and who
changes what another has just changed is told and keeps what was typed. ``python -m benchmarks.crowd`` prints the pace.
"""

from __future__ import annotations

import pytest

from tests.support.crowd import PAUSE, work
from tests.support.plugged_desk import PluggedDesk, PluggedServers

SHORT, LONG = 30, 600
CROWDS = [
    pytest.param(PluggedDesk, 10, SHORT, id="sqlite-10"),
    pytest.param(PluggedServers, 50, SHORT, id="postgresql-50"),
    pytest.param(PluggedDesk, 10, LONG, id="sqlite-10-long", marks=pytest.mark.long),
    pytest.param(PluggedServers, 50, LONG, id="postgresql-50-long", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("kind", "people", "seconds"), CROWDS)
def test_R40_many_people_at_once_lose_nothing_and_meet_no_fault(tmp_path, kind, people, seconds):
    worked = work(kind, tmp_path, people, seconds)
    assert worked.wrong == []
    assert worked.found.answered == worked.found.there > 0
    assert worked.pace.told > 0, "nobody changed what another had just changed"
    assert len(worked.pace.asked) > people * seconds / PAUSE / 10, "hardly anybody got to work"
