"""What is entered with an action must fit the case: amounts, people, grades and times (R3, R12, R13, R19, R21)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policies.vocabulary import ClockEvent, Fault
from policies.workflow import Decision, decide
from tests.support.flow import HANDLER, NOW, SETTINGS, SHIFT_LEAD, at_step, filled


def refused(facts, action, who, **values) -> list[tuple[str, str | None]]:
    """Every refusal, as its key without the room's name and the field beside which it stands."""
    found = decide(facts, action, values, who, NOW, SETTINGS)
    if isinstance(found, Decision):
        return []
    return [(one.key.removeprefix("workflow.refused."), one.field) for one in found]


def measures(*amounts):
    kinds = ("refund", "compensation", "other")
    return [
        {"text": "退费", "kind": kind, "amount": None if amount is None else Decimal(amount)}
        for kind, amount in zip(kinds, amounts, strict=False)
    ]


def plan(amount, *amounts):
    return {
        "root_cause": "方位", "measures": measures(*amounts), "owner": HANDLER.staff_id, "expected_completion": NOW,
        "alternatives": "加装", "compensation_amount": Decimal(amount), "improvements": "复测",
    }  # fmt: skip


BEYOND = [("measures_beyond", "measures")]


@pytest.mark.parametrize(
    ("amount", "amounts", "expected"),
    [
        ("100", ("60", "40", None), []),
        ("100", ("60", "40.01"), BEYOND),
        ("0", ("1",), BEYOND),
        ("100", (None, None, "101"), BEYOND),
        ("100", ("200", "-150"), [("amount_negative", "measures")]),
    ],
)
def test_R19_the_measures_of_a_plan_give_no_more_than_its_compensation(amount, amounts, expected):
    facts = filled(at_step("plan", fault=Fault.OUR_FAULT))
    assert refused(facts, "submit_plan", HANDLER, **plan(amount, *amounts)) == expected


def test_R21_a_rework_gives_no_more_than_its_new_amount_or_the_one_that_stands():
    facts = filled(at_step("rework", plan_compensation=Decimal(100), approved_compensation=Decimal(80), round=2))
    assert refused(facts, "redo", HANDLER, measures=measures("101")) == BEYOND
    assert refused(facts, "redo", HANDLER, measures=measures("100")) == []
    assert refused(facts, "redo", HANDLER, measures=measures("150"), compensation_amount=Decimal(150)) == []


def test_R21_what_is_carried_out_again_gives_no_more_than_was_approved():
    facts = filled(at_step("rework", plan_compensation=Decimal(100), approved_compensation=Decimal(80), round=2))
    assert refused(facts, "carry_out_again", HANDLER, measures=measures("81")) == BEYOND
    assert refused(facts, "carry_out_again", HANDLER, measures=measures("50", "30")) == []


GRADED = {"category": "net_broadband_slow", "urgency": "medium", "impact": "low"}


@pytest.mark.parametrize(
    ("entered", "events"),
    [
        ({"category": "net_broadband_down"}, (ClockEvent.REGRADED,)),
        ({"urgency": "high"}, ()),
        ({"category": "net_broadband_slow", "urgency": "medium", "impact": "high"}, ()),
    ],
)
def test_R3_a_wrong_leaf_urgency_or_impact_is_put_right_under_the_same_severity(entered, events):
    facts = at_step("check", graded=GRADED)
    values = {"severity": "general", "regrade_reason": "点错分类", **entered}
    decision = decide(facts, "regrade", values, SHIFT_LEAD, NOW, SETTINGS)
    assert (decision.process, decision.to_step, decision.moves) == (facts.process, "check", False)
    assert decision.events == events


def test_R3_putting_the_grade_right_needs_a_reason_and_something_that_changes():
    facts = at_step("check", graded=GRADED)
    same = {"severity": "general", **GRADED}
    assert refused(facts, "regrade", SHIFT_LEAD, **same, regrade_reason="x") == [("same_severity", "severity")]
    changed = {**same, "urgency": "high"}
    assert refused(facts, "regrade", SHIFT_LEAD, **changed) == [("field_missing", "regrade_reason")]
