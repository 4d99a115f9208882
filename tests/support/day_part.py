"""A part of a long round that changes from day to day: an ordinary run does today's, some days together all of it.

The long form of the same test does everything at once. The number of the day stands in the test's output; with
``BACKOFFICE_TEST_DAY`` set to it the same part is done again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

Thing = TypeVar("Thing")

DAY = "BACKOFFICE_TEST_DAY"


def day() -> int:
    """Today's number, counted on from day to day."""
    return int(os.environ.get(DAY) or datetime.now(UTC).toordinal())


def part_of(things: Sequence[Thing], parts: int) -> list[Thing]:
    """Every ``parts``-th thing, from another beginning each day."""
    return list(things[day() % parts :: parts])
