"""What the check of a process finds beyond plain faults (R14, R11, R3), and its courses against a walker of its own."""

from __future__ import annotations

import copy
import itertools
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.actions import ACTIONS
from policies.process import parse_process
from policies.process_check import Known, check_process, remarks
from tests.policies.test_process import KNOWN, ROLES, changed, faults, way
from tests.support.told_cases import process

OTHERS = {severity: parse_process(process(severity)) for severity in ("general", "important", "major")}
WITH_OTHERS = Known(ROLES, KNOWN.evidence, None, {}, OTHERS)


def give(steps, step, **more):
    steps[step].update(more)


MORE_FAULTS = [
    ("the first step is not the registering one", lambda s, m: give(s, "register", status="checking"),
     "first_step", "register"),
    ("regrading without its reason", lambda s, m: way(s, "plan", "regrade").update(requires=["severity"]),
     "needs_field", "plan"),
    ("regrading without the new severity", lambda s, m: way(s, "plan", "regrade").update(requires=["regrade_reason"]),
     "needs_field", "plan"),
    ("an order without a department", lambda s, m: s["dispatch"]["required_fields"].remove("department"),
     "needs_field", "dispatch"),
    ("R11: a transfer without a reason", lambda s, m: way(s, "appoint", "transfer").update(requires=[]),
     "needs_field", "appoint"),
    ("R12: an appointment of nobody", lambda s, m: give(s, "appoint", required_fields=[]), "needs_field", "appoint"),
    ("R19: an approval without words", lambda s, m: give(s, "approve", required_fields=["approval_decision"]),
     "needs_field", "approve"),
    ("R20: measures are ticked off while they are carried out", lambda s, m: give(s, "carry_out", status="planning"),
     "wrong_status", "carry_out"),
    ("R22: archived from an open status", lambda s, m: give(s, "archive", status="executing"),
     "wrong_status", "archive"),
    ("R4: a review that cannot be given", lambda s, m: give(s, "explain", status="accepted"),
     "wrong_status", "explain"),
    ("R19: nobody approves any amount", lambda s, m: give(s, "approve", approvals=s["approve"]["approvals"][:2]),
     "approvals_end", "approve"),
    ("R19: no limit, but no right to approve",
     lambda s, m: s["approve"]["approvals"][2].update(role="auditor"), "approvals_end", "approve"),
    ("R19: nobody is named to approve", lambda s, m: give(s, "approve", approvals=[]), "no_approvals", "approve"),
    ("an approver twice", lambda s, m: s["approve"]["approvals"].append({"role": "senior_manager"}),
     "approver_twice", "approve"),
    ("R4: a reviewer who may not review",
     lambda s, m: give(s, "explain", approvals=[{"role": "handler", "up_to_cny": None}]), "nobody", "explain"),
    ("closing unsatisfied is left to who may not",
     lambda s, m: give(s, "rework", approvals=[{"role": "callback_clerk", "up_to_cny": None}]), "nobody", "rework"),
    ("nobody asks for what a step requires",
     lambda s, m: give(s, "carry_out", next=[{"action": "withdraw", "to": "archive", "outcome": "withdrawn",
                                              "requires": ["closing_reason_text"]}]), "never_asked", "carry_out"),
    ("a condition against the action itself", lambda s, m: way(s, "dispatch", "send_order").update(when="order_sent"),
     "never_open", "dispatch"),
    ("one action, one place without and one with a condition",
     lambda s, m: s["explain"]["next"].insert(0, {"action": "resume", "to": "investigate"}),
     "action_twice", "explain"),
    ("sending the order leads to the desk", lambda s, m: way(s, "dispatch", "send_order").update(to="dispatch"),
     "back_to_desk", "dispatch"),
    ("appointing before there is an order", lambda s, m: way(s, "check", "accept").update(to="appoint"),
     "dead_end_not_ordered", "appoint"),
    ("explaining ends only without an order",
     lambda s, m: (way(s, "explain", "explain").update(when="no_order_sent"),
                   give(s, "explain", next=[one for one in s["explain"]["next"] if one["action"] != "resume"])),
     "dead_end_ordered", "explain"),
    ("a reason that was given once does not end a loop",
     lambda s, m: (s["carry_out"]["next"].append({"action": "redo", "to": "plan"}),
                   s["carry_out"]["required_fields"].append("check_reason"),
                   give(s, "approve", required_fields=["approval_decision"])), "endless", "carry_out"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "reason", "step"), [r[1:] for r in MORE_FAULTS], ids=[r[0] for r in MORE_FAULTS])
def test_R14_what_would_fail_a_complaint_on_its_way_is_found(change, reason, step):
    assert (reason, step) in faults(change)


def test_R14_an_act_that_the_process_does_not_have_is_named():
    process_with = changed(lambda s, m: give(s, "plan", acts=["task_force"]))
    found = check_process(process_with, Known(ROLES, KNOWN.evidence, frozenset()))
    assert [(one.key, one.field) for one in found] == [("process.refused.unknown_act", "plan")]


@pytest.mark.parametrize("severity", OTHERS)
def test_R3_the_office_s_processes_can_be_regraded_into_each_other(severity):
    assert check_process(OTHERS[severity], WITH_OTHERS) == ()


def test_R11_regrading_never_brings_an_order_back_to_the_desk():
    def renamed(steps, mapping):
        steps["plan"].update(status="accepted")

    found = check_process(changed(renamed, "major"), WITH_OTHERS)
    assert ("process.refused.regrade_to_desk", "plan") in {(one.key, one.field) for one in found}


def test_R3_regrading_needs_a_like_step():
    def no_planning(steps, mapping):
        mapping["steps"] = [step for step in mapping["steps"] if step["code"] not in ("plan", "review_plan")]
        way(steps, "investigate", "submit_facts").update(to="approve")
        steps["approve"]["next"] = [one for one in steps["approve"]["next"] if one["action"] != "return_plan"]

    found = check_process(changed(no_planning, "major"), WITH_OTHERS)
    assert "process.refused.no_like_step" in {one.key for one in found}


def test_R14_a_way_that_nobody_comes_to_is_told_but_not_refused():
    """Nothing brings an order to *explain* of a major complaint, so that *resume* is of no use there."""
    assert [(one.key, one.field) for one in remarks(OTHERS["major"], WITH_OTHERS)] == [
        ("process.refused.never_met", "explain")
    ]
    assert remarks(OTHERS["general"], WITH_OTHERS) == ()


# The courses, walked a second time in plain words

REASONED = {
    "approval_opinion_text", "check_reason", "closing_reason_text", "decision_reason", "dissatisfaction_reason",
    "handover_reason", "regrade_reason", "review_conclusion",
}  # fmt: skip
KEPT_FROM_BEFORE = {
    "check_decision", "check_reason", "root_cause", "dissatisfaction_reason", "new_demand", "handover_reason",
    "promised_time",
}  # fmt: skip
ONLY_WITHOUT = {"solve_at_first_contact", "send_order", "hand_over"}
ONLY_WITH = {"resume", "report_unsatisfied", "appoint", "transfer", "raise_dispute"}


def walk(mapping):
    """(states, arrows) by trying every action from every state; a state is (step, has an order)."""
    steps = {step["code"]: step for step in mapping["steps"]}
    states, arrows, todo = set(), [], [(mapping["steps"][0]["code"], False)]
    while todo:
        state = todo.pop(0)
        if state in states:
            continue
        states.add(state)
        code, order = state
        for one in steps[code]["next"]:
            if one["to"] == "new_process" or one.get("when") == ("no_order_sent" if order else "order_sent"):
                continue
            if (one["action"] in ONLY_WITHOUT and order) or (one["action"] in ONLY_WITH and not order):
                continue
            target = None if one["to"] == "end" else (one["to"], order or one["action"] == "send_order")
            asked = set(one.get("requires", ()))
            if ACTIONS[one["action"]].finishes:
                asked |= set(steps[code]["required_fields"]) - KEPT_FROM_BEFORE
            arrows.append((state, target, bool(asked & REASONED)))
            if target is not None:
                todo.append(target)
    return steps, states, arrows


def by_hand(mapping):
    """What is wrong with the courses of a definition, found by reachability on the full table of states."""
    steps, states, arrows = walk(mapping)
    found = {("unreachable", code) for code in steps if not any(state[0] == code for state in states)}
    ends = {start for start, target, _ in arrows if target is None}
    for _ in states:
        ends |= {start for start, target, _ in arrows if target in ends}
    found |= {("dead_end", state[0]) for state in states - ends}
    reach = {(start, target) for start, target, said in arrows if target is not None and not said}
    for middle in states:
        into = {a for a, b in reach if b == middle}
        out = {b for a, b in reach if a == middle}
        reach |= {(a, b) for a in into for b in out}
    found |= {("endless", state[0]) for state in states if (state, state) in reach}
    for start, target, _ in arrows:
        if target is not None and target[1]:
            step = steps[target[0]]
            sends = any(one["action"] == "send_order" for one in step["next"])
            if sends or step["status"] in ("registered", "accepted"):
                found.add(("back_to_desk", start[0]))
    return found


@st.composite
def mutated(draw):
    """One of the office's processes after one to four changes to its ways."""
    mapping = copy.deepcopy(process(draw(st.sampled_from(("general", "important", "major")))))
    codes = [step["code"] for step in mapping["steps"]]
    for _ in range(draw(st.integers(1, 4))):
        step = draw(st.sampled_from(mapping["steps"]))
        ways = [one for one in step["next"] if one["to"] not in ("end", "new_process")]
        kind = draw(st.sampled_from(("drop", "lead", "condition", "more", "silent")))
        if kind == "more":
            action = draw(st.sampled_from(("redo", "return_plan", "complete_measures", "resume", "transfer")))
            if all(one["action"] != action for one in step["next"]):
                step["next"].append({"action": action, "to": draw(st.sampled_from(codes))})
        elif kind == "silent":
            step["required_fields"] = [code for code in step["required_fields"] if code not in REASONED]
        elif ways:
            one = draw(st.sampled_from(ways))
            if kind == "drop":
                step["next"].remove(one)
            elif kind == "lead":
                one["to"] = draw(st.sampled_from(codes))
            else:
                one["when"] = draw(st.sampled_from(("no_order_sent", "order_sent")))
    return mapping


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_R14_the_check_finds_what_a_walker_of_every_state_finds(mapping):
    courses = {"unreachable", "dead_end", "endless", "back_to_desk"}
    told = {
        (refusal.key.removeprefix("process.refused.").split("_not_ordered")[0].removesuffix("_ordered"), refusal.field)
        for refusal in check_process(parse_process(mapping), KNOWN)
    }
    assert {one for one in told if one[0] in courses} == by_hand(mapping)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=13, max_size=13), st.sampled_from((0, 0, 1, -1, 250)))
def test_R14_shares_come_to_a_hundred_or_are_refused(cuts, extra):
    """Fourteen shares that come to a hundred by being cut out of it, and sometimes a hundredth more or less."""
    marks = [0, *sorted(cuts), 10_000]
    shares = [Decimal(b - a) / 100 for a, b in itertools.pairwise(marks)]
    largest = shares.index(max(shares))
    shares[largest] += Decimal(extra) / 100

    def share_out(steps, mapping):
        for step, share in zip(mapping["steps"], shares, strict=True):
            step["clock_share"] = str(share)

    assert (("shares", None) in faults(share_out)) is (extra != 0)
