"""R14, R20–R22: no complaint comes to where nobody can bring it to its end (found by random walks, kept here)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from policies.casefacts import CaseFacts
from policies.dossier import DossierFacts, missing_parts
from policies.vocabulary import ContactWay
from policies.workflow import Decision, decide
from tests.support.flow import (
    DISPATCHER,
    HANDLER,
    INTAKE,
    NETWORK,
    NOW,
    SETTINGS,
    at_step,
    filled,
)

RESULT = {"result_channel": ContactWay.PHONE, "customer_opinion": "接受", "apologised": True}


def keys(found: Decision | tuple) -> list[str]:
    return [] if isinstance(found, Decision) else [refusal.key for refusal in found]


def told(facts: CaseFacts) -> list[str]:
    return keys(decide(facts, "tell_result", RESULT, HANDLER, NOW, SETTINGS))


def test_R5_a_forgotten_acknowledgement_is_made_up_for_until_the_archive():
    """The dossier asks for it always; a complaint closed without one could otherwise never be archived (R22)."""
    closed = at_step("archive", acknowledged=False)
    acknowledged = decide(closed, "acknowledge", {"way": ContactWay.PHONE}, DISPATCHER, NOW, SETTINGS)
    assert isinstance(acknowledged, Decision)
    assert not acknowledged.moves
    assert keys(
        decide(replace(closed, step="end"), "acknowledge", {"way": ContactWay.PHONE}, DISPATCHER, NOW, SETTINGS)
    ) == ["workflow.refused.archived"]


def test_R20_a_measure_that_was_added_late_is_ticked_off_before_the_result_is_told():
    facts = at_step("feed_back", evidence=frozenset({"communication_record"}), measures=2)
    assert told(facts) == []
    assert told(replace(facts, measures_open=1)) == ["workflow.refused.measures_open"]


def test_R22_what_was_found_not_to_stand_after_dispatch_is_archived_on_its_reason():
    """R18: it was explained, not investigated to a plan: the reviewed finding with its reason stands in their place."""
    facts = DossierFacts(
        outcome="not_established", dispatched=True, has_record=True, has_check=True, has_acknowledgement=True, evidence=1,
        communications=1, has_closing_reason=True, has_lesson=True, events=9,
    )  # fmt: skip
    assert missing_parts(facts) == ()
    assert missing_parts(replace(facts, has_closing_reason=False)) != ()


def test_R14_an_answer_of_the_step_is_taken_only_with_the_action_that_asks_for_it():
    """Brought along with another act it would count as given, and the order would be sent without a department."""
    desk = filled(at_step("dispatch", fields=frozenset()))
    act = decide(desk, "communicate", {"way": "phone", "text": "已联系", "department": NETWORK}, INTAKE, NOW, SETTINGS)
    assert isinstance(act, Decision)
    assert dict(act.entered) == {"way": "phone", "text": "已联系"}
    order = {
        "department": NETWORK, "requirements": "查清", "handover_reason": "需上门", "deadline": NOW + timedelta(days=2),
        "promised_time": NOW + timedelta(days=3), "compensation_amount": Decimal(9000),
    }  # fmt: skip
    sent = decide(desk, "send_order", order, DISPATCHER, NOW, SETTINGS)
    assert isinstance(sent, Decision)
    assert set(sent.entered) == set(order) - {"compensation_amount"}
