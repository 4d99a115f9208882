"""R30 ``our_fault_opens``: no complaint with our or shared fault is archived with nothing put right and no reason."""

from __future__ import annotations

import pytest

from policies.put_right import PutRight, kind_for, opens
from policies.vocabulary import Fault, Outcome
from policies.workflow import Decision, decide
from tests.support.flow import ARCHIVIST, NOW, SETTINGS, at_step
from tests.support.told_cases import office

LESSON = {"lesson": "割接与扩容同批验收"}
NAMED, REASON = {"improvements": "割接与扩容同批验收"}, {"no_corrective_reason": "个别差错，已当场更正"}


def archived(values, *, fault=Fault.OUR_FAULT, outcome=Outcome.RESOLVED, **there):
    facts = at_step("archive", fault=fault, outcome=outcome, put_right=PutRight(**there))
    found = decide(facts, "archive", {**LESSON, **values}, ARCHIVIST, NOW, SETTINGS)
    return "archived" if isinstance(found, Decision) else {refusal.key.rpartition(".")[2] for refusal in found}


@pytest.mark.parametrize("fault", [Fault.OUR_FAULT, Fault.BOTH_FAULT])
@pytest.mark.parametrize(
    ("there", "values", "found"),
    [
        ({}, {}, {"neither"}),
        ({}, REASON, "archived"),
        ({}, NAMED, "archived"),
        ({}, {**NAMED, **REASON}, {"reason_beside_improvements"}),
        ({}, {"no_corrective_reason": "……"}, {"neither"}),
        ({"planned": True}, {}, "archived"),
        ({"planned": True}, REASON, "archived"),
        ({"actions": 1}, {}, "archived"),
        ({"actions": 1}, REASON, {"reason_beside_action"}),
        ({"planned": True, "cancelled": True}, {}, {"neither"}),
        ({"planned": True, "cancelled": True}, NAMED, "archived"),
        ({"planned": True, "cancelled": True}, REASON, "archived"),
    ],
)
def test_R30_our_or_shared_fault_is_archived_with_a_corrective_action_or_a_reason(fault, there, values, found):
    assert archived(values, fault=fault, **there) == found


@pytest.mark.parametrize("fault", [None, Fault.UNREASONABLE, Fault.CUSTOMER_FAULT])
def test_R30_where_the_fault_is_not_ours_nothing_is_asked(fault):
    assert archived({}, fault=fault) == "archived"


def test_R30_closed_with_our_fault_in_whatever_way_it_is_asked_but_not_of_what_was_merged():
    assert archived({}, outcome=Outcome.CLOSED_UNSATISFIED) == {"neither"}
    assert archived({}, outcome=Outcome.WITHDRAWN) == {"neither"}
    assert archived({}, outcome=Outcome.MERGED) == "archived"


def test_R30_one_is_opened_by_rule_only_where_none_stands_and_nobody_cancelled_or_declined_it():
    assert opens(PutRight(planned=True), True, {})
    assert opens(PutRight(), True, NAMED)
    assert not opens(PutRight(planned=True), False, {})
    assert not opens(PutRight(actions=1, planned=True), True, NAMED)
    assert not opens(PutRight(planned=True, cancelled=True), True, {})
    assert not opens(PutRight(planned=True), True, REASON)


def test_R30_whoever_archives_is_told_that_one_was_opened():
    facts = at_step("archive", fault=Fault.OUR_FAULT, outcome=Outcome.RESOLVED, put_right=PutRight(planned=True))
    opened = decide(facts, "archive", LESSON, ARCHIVIST, NOW, SETTINGS)
    declined = decide(facts, "archive", {**LESSON, **REASON}, ARCHIVIST, NOW, SETTINGS)
    assert [message.key for message in opened.warnings] == ["put_right.opened"]
    assert declined.warnings == ()


@pytest.mark.parametrize("cause", [None, "unheard_of", *(row["code"] for row in office("processes")["causes"])])
def test_R30_every_cause_leads_to_a_kind_of_the_office(cause):
    kinds = {row["code"]: row for row in office("corrective_actions")["types"]}
    assert kind_for(cause, kinds) in kinds
    assert kind_for(cause, {"own_kind": None}) == "own_kind"


def test_R30_the_office_asks_it_of_exactly_these_faults():
    asked = {row["code"] for row in office("processes")["faults"] if row["corrective_action_required"]}
    assert asked == {Fault.OUR_FAULT, Fault.BOTH_FAULT}
