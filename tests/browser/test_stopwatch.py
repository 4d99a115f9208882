"""R2, R10, R12, R13, R19, R21, R22: what the ten daily jobs cost somebody who knows the desk; none may come to cost more.

The bounds are what was measured when the short ways were made (``docs/daily-jobs.md``): keys that steer, presses of the
mouse, pages loaded.
"""

from __future__ import annotations

import pytest

from tests.browser.stopwatch import JOBS, RECEIVED, Watch
from tests.support.printing import printing

__all__ = ["printing"]  # fixture

BOUNDS = {
    "register": (38, 6, 2), "dispatch": (14, 1, 2), "appoint": (6, 0, 2), "urge": (3, 0, 1), "report": (3, 1, 3),
    "plan": (25, 0, 2), "approve": (3, 0, 2), "call back": (7, 1, 3), "print": (2, 1, 2),
    "register a repeat": (36, 6, 2),
}  # fmt: skip
"""Job → keys, presses of the mouse, pages."""


@pytest.mark.usefixtures("printing")
def test_the_ten_daily_jobs_take_no_more_keys_clicks_and_pages_than_they_did(chromium, desk, tmp_path):
    desk.move_to(RECEIVED)
    costs = Watch(chromium, desk, tmp_path).run()
    assert set(costs) == set(JOBS) == set(BOUNDS)
    above = {
        name: cost.told
        for name, cost in costs.items()
        if any(n > most for n, most in zip(cost.told, BOUNDS[name], strict=False))
    }
    assert above == {}
