"""R33: of several sheets in one month one bears the month."""

from __future__ import annotations

from datetime import date

import pytest

from policies.appraisal_bearing import MonthPart, bearer


def part(sheet_id: int, day: int, days: int, *, graded: bool = True) -> MonthPart:
    return MonthPart(sheet_id, date(2026, 9, day), days, graded)


@pytest.mark.parametrize(
    ("parts", "bears"),
    [
        ([], None),
        ([part(1, 1, 22)], 1),
        ([part(1, 1, 22, graded=False)], 1),
        ([part(1, 1, 10), part(2, 15, 12)], 2),
        ([part(1, 1, 14), part(2, 21, 8)], 1),
        ([part(1, 1, 11), part(2, 16, 11)], 2),  # of equals the later
        ([part(1, 1, 10), part(2, 15, 12, graded=False)], 1),  # what has no grade brings nothing
        ([part(1, 1, 10, graded=False), part(2, 15, 12, graded=False)], 2),
        ([part(1, 1, 3), part(2, 4, 9), part(3, 17, 9, graded=False)], 2),
    ],
)
def test_R33_the_longest_part_with_a_grade_bears_the_month_of_equals_the_later(parts, bears):
    found = bearer(parts)
    assert (None if found is None else found.sheet_id) == bears
    again = bearer(reversed(parts))
    assert again == found
