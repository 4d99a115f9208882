"""R26: who is warned as the owner at every step of the three processes, by ``owner_note`` of the office's policy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policies.step_holder import Holder, OnTheCase, holder
from policies.vocabulary import Severity
from tests.support.flow import PROCESSES

INTAKE, INTAKE_HEAD, HANDLER, HEAD, CALLER = 5, 4, 16, 15, 11
CASE = OnTheCase(INTAKE, (INTAKE_HEAD,), HANDLER, (HEAD,), CALLER)
ON_IT = {
    "register": INTAKE, "check": INTAKE, "explain": INTAKE,
    "appoint": HEAD,
    "contain": HANDLER, "investigate": HANDLER, "plan": HANDLER, "carry_out": HANDLER, "feed_back": HANDLER,
    "rework": HANDLER,
    "call_back": CALLER,
}  # fmt: skip
BY_ROLE = {
    "dispatch": "dispatcher",
    "dispute": "complaints_manager",
    "set_up_task_force": "complaints_manager",
    "review_plan": "complaints_manager",
    "coordinate": "senior_manager",
    "executive_feedback": "senior_manager",
    "emergency_response": "senior_manager",
    "set_up_team": "senior_manager",
    "post_review": "quality_manager",
    "archive": "archivist",
}
STEPS = [(severity, step) for severity, process in PROCESSES.items() for step in process.steps]


@pytest.mark.parametrize(("severity", "step"), STEPS, ids=[f"{one.value}-{step.code}" for one, step in STEPS])
def test_R26_every_step_of_the_office_has_its_holder(severity, step):
    found = holder(step, CASE)
    if step.code == "approve":
        expected = {
            Severity.GENERAL: Holder((HEAD,)),
            Severity.IMPORTANT: Holder(role="complaints_manager"),
            Severity.MAJOR: Holder(role="senior_manager"),
        }[severity]
    else:
        expected = Holder((ON_IT[step.code],)) if step.code in ON_IT else Holder(role=BY_ROLE[step.code])
    assert found == expected


def step(code, severity=Severity.GENERAL):
    return PROCESSES[severity].step(code)


LIMITS = {limit.role: limit.up_to_cny for limit in step("approve").approvals}


@pytest.mark.parametrize(
    ("amount", "writer", "expected"),
    [
        (Decimal(0), HANDLER, Holder((HEAD,))),
        (LIMITS["department_head"], HANDLER, Holder((HEAD,))),
        (LIMITS["department_head"] + 1, HANDLER, Holder(role="complaints_manager")),
        (LIMITS["complaints_manager"] + 1, HANDLER, Holder(role="senior_manager")),
        (Decimal(0), HEAD, Holder(role="complaints_manager")),  # R19: never one's own plan
    ],
)
def test_R19_a_plan_waits_for_the_lowest_role_that_may_approve_its_amount(amount, writer, expected):
    assert holder(step("approve"), CASE, amount=amount, writer=writer) == expected


@pytest.mark.parametrize(
    ("code", "case", "expected"),
    [
        ("check", OnTheCase(intake_heads=(INTAKE_HEAD,)), Holder((INTAKE_HEAD,))),  # came in by itself, untaken
        ("check", OnTheCase(), Holder(role="intake_clerk")),
        ("investigate", OnTheCase(heads=(HEAD,)), Holder((HEAD,))),
        ("investigate", OnTheCase(), Holder(role="handler")),
        ("appoint", OnTheCase(), Holder(role="department_head")),
        ("call_back", OnTheCase(), Holder(role="callback_clerk")),
        ("approve", OnTheCase(), Holder(role="department_head")),
    ],
)
def test_R26_where_the_complaint_names_nobody_the_next_place_holds(code, case, expected):
    assert holder(step(code), case) == expected
