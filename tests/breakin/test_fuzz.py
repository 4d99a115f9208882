"""R39: whatever is sent to whatever route by whatever role, the desk does not break; most of it is even answered.

At least half of the calls must be answered 2xx: a fuzz that is turned away at the door has tried the door alone. An
ordinary run lets today's roles call, with calls of that day; the long one every role, ten times as often.
"""

from __future__ import annotations

import sys
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.support.access_cells import Asking
from tests.support.day_part import day, part_of
from tests.support.fuzzing import calls, ground_of, make, token_for
from tests.support.page_forms import Answers
from tests.views.access_table import ROLES

SUPPRESSED = list(HealthCheck)
# A post whose parts break off leaves its half file to Python's own tidying.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


ROLES_A_DAY = 5


def fuzzed(desk, table, clock, code, answers, *, examples, looked_at):
    """Let one role make its calls: others each day, the same all day."""
    asking, chance = Asking(desk, ROLES[code], clock), f"{day()}-{code}"
    ground = ground_of(asking, table, code, looked_at, Random(chance), answers)

    @seed(chance)
    @settings(
        max_examples=examples, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=SUPPRESSED
    )
    @given(calls(ground, token_for(desk)))
    def called(call):
        make(asking, call, answers)

    called()


def test_R39_no_role_breaks_a_page_or_an_act_whatever_it_sends(desk, table, clock, record_property):
    answers, roles = Answers(), part_of(list(ROLES), len(ROLES) // ROLES_A_DAY)
    for code in roles:
        fuzzed(desk, table, clock, code, answers, examples=50, looked_at=8)
    record_property("fuzz", f"day {day()}, {' '.join(roles)}: {answers}")
    sys.stdout.write(f"day {day()}, {' '.join(roles)}: {answers}\n")
    assert answers.broken == []
    assert answers.calls >= 50 * ROLES_A_DAY
    assert answers.share >= 0.5


@pytest.mark.long
@pytest.mark.parametrize("code", ROLES)
def test_R39_no_role_breaks_a_page_or_an_act_in_ten_times_as_many_calls(desk, table, clock, code):
    answers = Answers()
    fuzzed(desk, table, clock, code, answers, examples=500, looked_at=400)
    sys.stdout.write(f"day {day()}, {code}: {answers}\n")
    assert answers.broken == []
    assert answers.share >= 0.5
