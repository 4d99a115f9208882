"""R27, R28: who may not inspect, which act an inspection allows in its state, which talk a unit names."""

from __future__ import annotations

import pytest

from policies.inspection import InspectionAct, Unit, UnitWhat, parse_unit, refuse_own, refuse_state
from policies.vocabulary_inspection import InspectionStatus

S = InspectionStatus

# state → what may be done in it (R28: draft until scored, taken back until published, then only an appeal)
ALLOWED = {
    S.DRAWN: {"start", "draft", "score", "hand_on", "cancel"},
    S.IN_PROGRESS: {"start", "draft", "score", "hand_on", "cancel"},
    S.SCORED: {"reopen", "publish", "cancel"},
    S.PUBLISHED: {"finalise"},
    S.UNDER_APPEAL: set(),
    S.FINAL: set(),
    S.CANCELLED: set(),
}


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("act", list(InspectionAct))
def test_R28_each_state_allows_its_acts_and_no_others(status, act):
    assert (refuse_state(act, status) is None) == (act.value in ALLOWED[status])


@pytest.mark.parametrize(
    ("inspector", "worked", "subject", "refused"),
    [
        (7, {1, 2}, 3, False),
        (1, {1, 2}, 3, True),
        (3, {1, 2}, 3, True),  # the speaker of a call, with no function on the complaint
        (7, set(), None, False),
        (None, {1}, 3, False),
    ],
)
def test_R27_nobody_inspects_what_they_worked_on(inspector, worked, subject, refused):
    refusal = refuse_own(inspector, worked, subject)
    assert (refusal is not None) == refused
    assert refusal is None or refusal.status == 403


@pytest.mark.parametrize("unit", [Unit(UnitWhat.INTAKE), Unit(UnitWhat.TALK, 17), Unit(UnitWhat.CALL_BACK, 4)])
def test_R28_a_unit_is_read_as_it_is_written(unit):
    assert parse_unit(str(unit)) == unit


@pytest.mark.parametrize("text", ["", "talk:x", "visit:1", "talk:²", ":"])
def test_R28_what_names_no_talk_is_the_whole_complaint(text):
    assert parse_unit(text) is None
