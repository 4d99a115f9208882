"""R12, R13: what can be done to many complaints at once, and to how many."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from policies import many
from policies.access import Actor, Permission, Scope
from policies.actions import ACTIONS
from policies.dispatch_values import ElementDefinition, refuse_value
from policies.fields import FIELD_KINDS
from policies.message import Name, Refusal


def actor(*permissions: Permission) -> Actor:
    grants = MappingProxyType(dict.fromkeys(permissions, Scope.OWN))
    return Actor(1, "S001", 1, frozenset({1}), frozenset(), grants, frozenset())


def test_R13_every_act_for_many_is_an_act_for_one_and_shares_only_fields_that_it_has():
    for action, fields in many.FIELDS.items():
        assert action in ACTIONS
        assert set(fields) <= set(FIELD_KINDS)


@pytest.mark.parametrize(
    "action", ["confirm_satisfied", "submit_plan", "approve", "archive", "merge", "reveal", "regrade"]
)
def test_R21_what_needs_words_of_each_complaint_is_not_done_to_many(action):
    assert action not in many.FIELDS


@pytest.mark.parametrize(
    ("action", "count", "key"),
    [
        ("gone", 1, "many.refused.action"),
        ("approve", 1, "many.refused.action"),
        ("appoint", 1, "many.refused.permission"),
        ("urge", 0, "many.refused.none"),
        ("urge", 201, "many.refused.too_many"),
        ("urge", 200, None),
        ("urge", 1, None),
    ],
)
def test_R13_an_act_is_refused_as_a_whole_for_the_right_reason(action, count, key):
    refusal = many.refuse(actor(Permission.ORDER_URGE), action, count)
    assert (refusal.key if refusal else None) == key


@pytest.mark.parametrize(
    ("refusals", "fillable"),
    [
        ([], False),
        ([("element-device_model", 422)], True),
        ([("element-device_model", 422), ("element-speed_test", 422)], True),
        ([("element-device_model", 422), (None, 409)], False),  # it would be refused again
        ([("department", 409)], False),
        ([(None, 422)], False),  # there is no field to fill in
    ],
)
def test_R10_only_what_lacks_nothing_but_fields_is_to_be_filled_in(refusals, fillable):
    given = [Refusal("any.key", {}, field, status) for field, status in refusals]
    assert many.to_fill_in(given) == (tuple(given) if fillable else ())


def lacks(code: str) -> Refusal:
    one = ElementDefinition(code, name=Name(code, code))
    refusal = refuse_value(one, None)
    assert refusal is not None
    return refusal


def test_R10_several_elements_that_are_missing_are_named_in_one_sentence():
    elsewhere = Refusal("any.key", {}, status=409)
    one, other = lacks("speed_test"), lacks("device_model")
    assert many.in_short([elsewhere, one]) == (elsewhere, one)
    first, said = many.in_short([one, elsewhere, other])
    assert first == elsewhere
    assert said.key == "workflow.refused.elements_missing"
    assert said.params["missing"] == (Name("speed_test", "speed_test"), Name("device_model", "device_model"))


def test_R39_only_what_somebody_may_do_at_all_is_offered_and_what_waits_in_the_list_first():
    offered = many.open_to(actor(Permission.ORDER_APPOINT, Permission.ORDER_URGE), "to_appoint")
    assert offered[0] == "appoint"
    assert set(offered) == {"appoint", "change_owner", "add_co_handlers", "urge"}
    assert many.open_to(actor(Permission.COMPLAINT_VIEW)) == ()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["TS1:3", "TS2:0"], {"TS1": 3, "TS2": 0}),
        (["ts1:3", "TS1:4"], {"TS1": 3}),
        (["TS1", "TS2:", "TS3:x", "TS4:-1", "TS5:" + "9" * 30], {"TS1": -1, "TS2": -1, "TS3": -1, "TS4": -1, "TS5": -1}),
        (["", ":3", "  "], {}),
    ],
)  # fmt: skip
def test_R40_what_was_seen_is_read_and_what_cannot_be_read_was_not_seen(texts, expected):
    assert many.read_items(texts) == expected
