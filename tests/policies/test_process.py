"""Processes as data (R14): the three of the office can be used, and each kind of fault is found and named."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from policies.access import Permission, Scope
from policies.process import (
    END,
    ProcessFormError,
    When,
    elapsed_shares,
    like_step,
    parse_process,
    status_of,
)
from policies.process_check import Known, check_process
from policies.vocabulary import ClockCode, ComplaintStatus, Outcome, Severity
from tests.support.told_cases import office, process

ROLES = {
    role["code"]: {Permission(grant["permission"]): Scope(grant["scope"]) for grant in role["grants"]}
    for role in office("organisation")["roles"]
}
KNOWN = Known(ROLES, {row["code"] for row in office("processes")["evidence_types"]})
SEVERITIES = ("general", "important", "major")


def changed(change, severity="general"):
    """The office's process after a change to its plain form."""
    mapping = copy.deepcopy(process(severity))
    change({step["code"]: step for step in mapping["steps"]}, mapping)
    return parse_process(mapping)


def faults(change, severity="general"):
    """(reason, step) of everything that is wrong after a change."""
    return {
        (refusal.key.removeprefix("process.refused."), refusal.field)
        for refusal in check_process(changed(change, severity), KNOWN)
    }


def way(steps, step, action):
    return next(one for one in steps[step]["next"] if one["action"] == action)


def without(steps, step, action):
    steps[step]["next"] = [one for one in steps[step]["next"] if one["action"] != action]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_R14_the_office_s_processes_can_be_used(severity):
    assert check_process(parse_process(process(severity)), KNOWN) == ()


@pytest.mark.parametrize("severity", SEVERITIES)
def test_R14_a_process_is_read_as_it_is_written(severity):
    mapping = process(severity)
    parsed = parse_process(mapping)
    assert [step.code for step in parsed.steps] == [step["code"] for step in mapping["steps"]]
    for step, written in zip(parsed.steps, mapping["steps"], strict=True):
        assert step.status == written["status"] == status_of(parsed, step.code)
        assert (step.role, step.clock_share) == (written["role"], written["clock_share"])
        assert list(step.required_fields) == written["required_fields"]
        assert list(step.required_evidence) == written["required_evidence"]
        assert [(one.action, one.to) for one in step.next] == [(one["action"], one["to"]) for one in written["next"]]
    assert status_of(parsed, END) is ComplaintStatus.ARCHIVED


def test_R14_details_of_a_step_are_read():
    general = parse_process(process("general"))
    approve, explain, call_back = (general.step(code) for code in ("approve", "explain", "call_back"))
    assert approve.limits == {
        "department_head": Decimal(500), "complaints_manager": Decimal(5000), "senior_manager": None,
    }  # fmt: skip
    assert explain.way("accept", order_sent=False).to == "dispatch"
    assert explain.way("accept", order_sent=True) is None
    assert explain.way("resume", order_sent=True).when is When.ORDER_SENT
    assert call_back.clock is ClockCode.CALL_BACK
    assert call_back.way("report_unreachable", True).outcome is Outcome.CLOSED_UNREACHABLE


def test_R14_shares_add_up_in_order():
    shares = elapsed_shares(parse_process(process("general")))
    assert (shares["register"], shares["plan"], shares["feed_back"], shares["archive"]) == (3, 60, 100, 100)


def test_R3_a_regraded_complaint_goes_on_at_the_like_step():
    general, major = parse_process(process("general")), parse_process(process("major"))
    assert like_step(general.step("investigate"), major).code == "investigate"
    # none of that name: the first of that status that is left by the same action, telling the result; else the first
    assert like_step(general.step("feed_back"), major).code == "executive_feedback"
    assert like_step(general.step("dispute"), major).code == "appoint"


FAULTS = [
    ("a share is lost", lambda s, m: s["plan"].update(clock_share=19), "shares", None),
    ("a step has no way out", lambda s, m: s["plan"].update(next=[]), "dead_end", "plan"),
    (
        "two steps lead only to each other",
        lambda s, m: s["feed_back"].update(next=[{"action": "complete_measures", "to": "carry_out"}]),
        "dead_end",
        "carry_out",
    ),
    ("nothing leads to a step", lambda s, m: without(s, "appoint", "raise_dispute"), "unreachable", "dispute"),
    (
        "an explained complaint is accepted though it has an order",
        lambda s, m: way(s, "explain", "accept").pop("when"),
        "back_to_desk",
        "explain",
    ),
    (
        "a department sends the order back",
        lambda s, m: s["investigate"]["next"].append({"action": "return_plan", "to": "dispatch"}),
        "back_to_desk",
        "investigate",
    ),
    (
        "a transfer leads to the check",
        lambda s, m: way(s, "appoint", "transfer").update(to="register"),
        "back_to_desk",
        "appoint",
    ),
    ("a field is not known", lambda s, m: s["plan"]["required_fields"].append("mood"), "unknown_field", "plan"),
    (
        "an action asks for a field that is not known",
        lambda s, m: way(s, "check", "merge").update(requires=["mood"]),
        "unknown_field",
        "check",
    ),
    ("an evidence is not known", lambda s, m: s["plan"].update(required_evidence=["x"]), "unknown_evidence", "plan"),
    ("a role is not known", lambda s, m: s["plan"].update(role="wizard"), "unknown_role", "plan"),
    (
        "an approver is not known",
        lambda s, m: s["approve"]["approvals"].append({"role": "wizard", "up_to_cny": None}),
        "unknown_role",
        "approve",
    ),
    ("an action is not known", lambda s, m: way(s, "plan", "submit_plan").update(action="x"), "unknown_action", "plan"),
    (
        "an act is taken for a move",
        lambda s, m: way(s, "plan", "submit_plan").update(action="urge"),
        "unknown_action",
        "plan",
    ),
    ("a way leads nowhere", lambda s, m: way(s, "plan", "submit_plan").update(to="x"), "unknown_step", "plan"),
    ("the role cannot do its step", lambda s, m: s["plan"].update(role="auditor"), "role_may_not", "plan"),
    (
        "an action has two destinations",
        lambda s, m: s["plan"]["next"].append({"action": "submit_plan", "to": "carry_out"}),
        "action_twice",
        "plan",
    ),
    ("only archiving ends", lambda s, m: way(s, "plan", "submit_plan").update(to="end"), "archive_only", "plan"),
    ("only regrading leaves", lambda s, m: way(s, "plan", "regrade").update(to="plan"), "regrade_only", "plan"),
    ("a code twice", lambda s, m: s["dispute"].update(code="plan"), "step_twice", "plan"),
    ("an archived step", lambda s, m: s["plan"].update(status="archived"), "status", "plan"),
]


@pytest.mark.parametrize(("change", "reason", "step"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_R14_a_fault_is_found_and_its_step_is_named(change, reason, step):
    assert (reason, step) in faults(change)


def test_R14_a_loop_needs_somebody_who_says_why():
    def silent(steps, mapping):
        steps["carry_out"]["next"].append({"action": "redo", "to": "plan"})
        steps["approve"].update(required_fields=["approval_decision"])

    def reasoned(steps, mapping):
        steps["carry_out"]["next"].append({"action": "redo", "to": "plan", "requires": ["closing_reason_text"]})
        steps["approve"].update(required_fields=["approval_decision"])

    assert ("endless", "carry_out") in faults(silent)
    assert "endless" not in {reason for reason, _ in faults(reasoned)}


def test_R14_a_permission_that_no_role_holds_closes_the_step():
    roles = {code: {p: s for p, s in grants.items() if p != "dispute_decide"} for code, grants in ROLES.items()}
    found = check_process(parse_process(process("general")), Known(roles))
    assert {(refusal.key, refusal.field) for refusal in found} == {
        ("process.refused.nobody", "dispute"),
        ("process.refused.role_may_not", "dispute"),
    }


BROKEN = [
    (lambda m: m.pop("steps"), "process_general", "steps"),
    (lambda m: m.update(severity="grave"), "process_general", "severity"),
    (lambda m: m.update(version="1"), "process_general", "version"),
    (lambda m: m["steps"][8].update(status="busy"), "approve", "status"),
    (lambda m: m["steps"][8].update(clock_share=-1), "approve", "clock_share"),
    (lambda m: m["steps"][8].update(clock_share="ten"), "approve", "clock_share"),
    (lambda m: m["steps"][8].update(clock="egg_timer"), "approve", "clock"),
    (lambda m: m["steps"][8].update(next={"action": "approve"}), "approve", "next"),
    (lambda m: m["steps"][8]["next"][0].update(when="sunday"), "approve", "when"),
    (lambda m: m["steps"][8]["approvals"][0].pop("role"), "approve", "role"),
    (lambda m: m["steps"][8].update(required_fields="facts"), "approve", "required_fields"),
    (lambda m: m["steps"].append("archive"), "process_general", "steps[15]"),
    (lambda m: m["steps"][8].update(name={"zh": "批示"}), "approve", "name"),
]


@pytest.mark.parametrize(("damage", "where", "what"), BROKEN)
def test_R14_what_cannot_be_read_is_named(damage, where, what):
    mapping = copy.deepcopy(process("general"))
    damage(mapping)
    with pytest.raises(ProcessFormError) as raised:
        parse_process(mapping)
    assert (raised.value.where, raised.value.what) == (where, what)


def test_R14_each_severity_has_its_process():
    assert {parse_process(one).severity for one in office("processes")["processes"]} == set(Severity)
