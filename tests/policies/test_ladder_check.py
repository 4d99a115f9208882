"""R26: a ladder that would leave a clock without warning, warn twice, or run in a circle is refused, and named."""

from __future__ import annotations

import copy

import pytest

from policies.ladder_check import check_ladders
from policies.message import Name
from tests.support.clocks import office

LADDERS = office("sla")["warnings"]["ladders"]
ROLES = {role["code"] for role in office("organisation")["roles"]}
TEMPLATES = {row["code"]: row["audience"] for row in office("messages")["templates"]}
STANDARD, SHORT, ARCHIVE = range(3)


def check(ladders):
    return check_ladders(ladders, ROLES, TEMPLATES)


def changed(change):
    ladders = copy.deepcopy(LADDERS)
    change(ladders)
    return ladders


def step(ladders, number, ladder=STANDARD):
    return ladders[ladder]["steps"][number]


def test_R26_the_ladders_of_the_office_can_be_used():
    assert check(LADDERS) == []


BROKEN = {
    "a clock without a ladder": (lambda x: x[ARCHIVE]["applies_to"].remove("archive"), {"no_clock", "clock_without"}),
    "a clock in two ladders": (lambda x: x[SHORT]["applies_to"].append("resolve"), {"clock_twice"}),
    "a clock twice in one": (lambda x: x[SHORT]["applies_to"].append("report"), {"clock_twice"}),
    "a clock that there is not": (lambda x: x[SHORT]["applies_to"].append("lunch"), {"unknown_clock"}),
    "no ladder at all": (list.clear, {"clock_without"}),
    "no steps": (lambda x: x[SHORT].update(steps=[]), {"empty"}),
    "steps that are none": (lambda x: x[SHORT].update(steps="soon"), {"empty"}),
    "a step that is none": (lambda x: x[SHORT].update(steps=[None]), {"empty"}),
    "too many steps": (lambda x: x[SHORT].update(steps=[step(x, 0)] * 11), {"too_many_steps"}),
    "a code twice": (lambda x: x[SHORT].update(code="standard"), {"code_twice"}),
    "a code with a blank": (lambda x: x[SHORT].update(code="my ladder"), {"code"}),
    "one language": (lambda x: x[SHORT].update(name={"zh": "短", "en": " "}), {"no_name"}),
    "a step's code twice": (lambda x: step(x, 1).update(code="before"), {"step_twice"}),
    "a step without a code": (lambda x: step(x, 1).pop("code"), {"step_code"}),
    "a moment nobody knows": (lambda x: step(x, 0).update(at="noon"), {"unknown_moment"}),
    "no percent": (lambda x: step(x, 0).update(value=None), {"no_number"}),
    "a truth for a number": (lambda x: step(x, 0).update(value=True), {"no_number"}),
    "0 percent": (lambda x: step(x, 0).update(value=0), {"percent"}),
    "100 percent": (lambda x: step(x, 0).update(value=100), {"percent"}),
    "hours at the deadline": (lambda x: step(x, 1).update(value=3), {"deadline_value"}),
    "0 hours after": (lambda x: step(x, 2).update(value=0), {"hours"}),
    "a year after": (lambda x: step(x, 3).update(value=9_000), {"hours"}),
    "reaching nobody": (lambda x: step(x, 1).update(to=[]), {"nobody"}),
    "somebody twice": (lambda x: step(x, 1).update(to=["owner", "owner"]), {"recipient_twice"}),
    "a role that is gone": (lambda x: step(x, 1).update(to=["owner", "sheriff"]), {"unknown_recipient"}),
    "a template that is gone": (lambda x: step(x, 1).update(message="shout"), {"unknown_template"}),
    "a customer's template": (lambda x: step(x, 1).update(message="survey_sms"), {"for_customers"}),
    "later steps first": (lambda x: x[STANDARD]["steps"].reverse(), {"out_of_order", "circle"}),
    "twice at the deadline": (lambda x: step(x, 0).update(at="deadline", value=0), {"out_of_order"}),
    "two kinds of hours": (lambda x: step(x, 3).update(at="hours_after"), {"mixed_hours"}),
    "back to the owner": (lambda x: step(x, 2).update(to=["owner"]), {"circle"}),
    "down again": (lambda x: step(x, 3).update(to=["department_head"]), {"circle"}),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), BROKEN.values(), ids=list(BROKEN))
def test_R26_a_ladder_that_cannot_be_used_is_refused_with_what_is_wrong(change, expected):
    found = check(changed(change))
    assert {refusal.key.rsplit(".", 1)[1] for refusal in found} == expected
    assert all(refusal.field and refusal.status == 422 for refusal in found)


def test_R26_the_refusal_names_the_ladder_and_the_step():
    (refusal,) = check(changed(lambda x: step(x, 0, SHORT).update(value=120)))
    assert refusal.params["ladder"] == Name("短时限梯级", "Ladder for short clocks")
    assert (refusal.params["step"], refusal.field) == (1, "ladder-1-step-0")


def test_R26_reminding_the_same_people_again_is_no_circle():
    again = {**LADDERS[STANDARD]["steps"][0], "code": "again", "value": 95}
    assert check(changed(lambda x: x[STANDARD]["steps"].insert(1, again))) == []


def test_R26_only_the_clocks_that_the_policy_has_must_be_warned_of():
    ladders = changed(lambda x: (x.pop(ARCHIVE), x[STANDARD]["applies_to"].remove("formal_reply")))
    clocks = [*ladders[STANDARD]["applies_to"], *ladders[SHORT]["applies_to"]]
    assert check_ladders(ladders, ROLES, TEMPLATES, clocks=clocks) == []
    assert len(check_ladders([LADDERS[STANDARD]] * 30, ROLES, TEMPLATES)) == 1


@pytest.mark.parametrize("junk", [[{}], [{"applies_to": 3, "steps": [{}]}], [{"steps": [{"to": 1, "value": []}]}]])
def test_R26_whatever_was_typed_ends_in_sentences(junk):
    assert check(junk)
