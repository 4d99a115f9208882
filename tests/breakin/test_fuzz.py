"""R39: whatever is sent to whatever route by whatever role, the desk does not break; most of it is even answered.

At least half of the calls must be answered 2xx: a fuzz that is turned away at the door has tried the door alone.
"""

from __future__ import annotations

import sys
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.access_cells import Asking
from tests.support.fuzzing import calls, ground_of, make, token_for
from tests.support.page_forms import Answers
from tests.views.access_table import ROLES

SUPPRESSED = list(HealthCheck)
# A post whose parts break off leaves its half file to Python's own tidying.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def fuzzed(desk, table, clock, code, answers, *, examples, looked_at, seed=1):
    """Let one role make its calls."""
    asking = Asking(desk, ROLES[code], clock)
    ground = ground_of(asking, table, code, looked_at, Random(f"{seed}-{code}"), answers)

    @settings(
        max_examples=examples, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=SUPPRESSED
    )
    @given(calls(ground, token_for(desk)))
    def called(call):
        make(asking, call, answers)

    called()


def test_R39_no_role_breaks_a_page_or_an_act_whatever_it_sends(desk, table, clock, record_property):
    answers = Answers()
    for code in ROLES:
        fuzzed(desk, table, clock, code, answers, examples=25, looked_at=5)
    record_property("fuzz", str(answers))
    sys.stdout.write(f"{answers}\n")
    assert answers.broken == []
    assert answers.calls >= 550
    assert answers.share >= 0.5


@pytest.mark.long
@pytest.mark.parametrize("code", ROLES)
def test_R39_no_role_breaks_a_page_or_an_act_in_ten_times_as_many_calls(desk, table, clock, code):
    answers = Answers()
    fuzzed(desk, table, clock, code, answers, examples=2500, looked_at=400, seed=2)
    sys.stdout.write(f"{code} {answers}\n")
    assert answers.broken == []
    assert answers.share >= 0.5
