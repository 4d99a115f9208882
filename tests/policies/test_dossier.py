"""The archive dossier by the rules of the office's own list (R22, R39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from policies.dossier import (
    CONDITIONS,
    DEFAULT_RULES,
    DossierFacts,
    archive_number,
    archive_refusals,
    completeness,
    missing_parts,
    part_states,
    required_parts,
    retained_until,
    retention_class,
    secrecy_level,
)

OFFICE = Path(__file__).parents[2] / "backoffice" / "office" / "dossier.yaml"

ALWAYS = [
    "cover",
    "index",
    "handling_form",
    "original_record",
    "check_record",
    "acknowledgement",
    "communications",
    "lesson",
    "event_log",
]
DISPATCHED = ["work_order", "evidence", "investigation", "plan_drafts", "measures"]

COMPLETE = DossierFacts(
    severity="general",
    outcome="resolved",
    fault="customer_fault",
    dispatched=True,
    has_record=True,
    has_check=True,
    has_acknowledgement=True,
    evidence=2,
    has_investigation=True,
    has_plan=True,
    approvals=1,
    communications=3,
    measures=2,
    has_result_told=True,
    call_back_reached=True,
    call_back_attempts=1,
    has_lesson=True,
    events=19,
    handlers=frozenset({"S013"}),
)


def missing_codes(facts: DossierFacts) -> list[str]:
    return [message.params["part"].key.removeprefix("dossier.part.") for message in missing_parts(facts)]


def lacks(facts: DossierFacts, part: str) -> list[str]:
    state = next(state for state in part_states(facts) if state.part.code == part)
    return [message.key.removeprefix("dossier.missing.") for message in state.missing]


@pytest.fixture(scope="module")
def office() -> dict:
    return yaml.safe_load(OFFICE.read_text(encoding="utf-8"))


def test_R22_the_parts_stand_in_the_order_of_the_office(office):
    told = [(part["code"], part["required"]) for part in sorted(office["parts"], key=lambda part: part["order"])]
    assert [(part.code, part.condition) for part in DEFAULT_RULES.parts] == told
    assert len(told) == 20


def test_R22_every_condition_of_the_office_has_its_rule(office):
    assert set(CONDITIONS) == {condition["code"] for condition in office["conditions"]}


def test_R39_the_years_of_retention_are_those_of_the_office(office):
    assert dict(DEFAULT_RULES.retention_years) == {row["code"]: row["years"] for row in office["retention_classes"]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            {}, ALWAYS + DISPATCHED + ["result_receipt", "call_back_record"], id="general, dispatched, resolved"
        ),
        pytest.param(
            {"dispatched": False, "outcome": "first_contact_resolved"},
            [*ALWAYS, "result_receipt", "call_back_record"],
            id="solved at first contact needs no order, no plan",
        ),
        pytest.param(
            {"dispatched": False, "outcome": "not_established", "fault": None},
            [*ALWAYS, "closing_reason"],
            id="not established needs the reason, no call-back",
        ),
        pytest.param(
            {"outcome": "closed_unsatisfied"},
            ALWAYS + DISPATCHED + ["result_receipt", "call_back_record", "closing_reason"],
            id="closed unsatisfied needs call-back and reason",
        ),
        pytest.param(
            {"fault": "our_fault"},
            ALWAYS + DISPATCHED + ["result_receipt", "call_back_record", "post_review"],
            id="our fault needs what is put right",
        ),
        pytest.param(
            {"fault": "both_fault"},
            ALWAYS + DISPATCHED + ["result_receipt", "call_back_record", "post_review"],
            id="shared fault too",
        ),
        pytest.param(
            {"extended": True},
            ALWAYS + DISPATCHED + ["extension", "result_receipt", "call_back_record"],
            id="an extension needs its approval",
        ),
        pytest.param(
            {"severity": "major"},
            ALWAYS + DISPATCHED + ["statements", "result_receipt", "call_back_record", "post_review"],
            id="major needs statements and review",
        ),
    ],
)
def test_R22_required_parts_follow_from_the_case(change, expected):
    assert {part.code for part in required_parts(replace(COMPLETE, **change))} == set(expected)


def test_R22_a_complete_dossier_lacks_nothing_and_may_be_archived():
    assert missing_parts(COMPLETE) == ()
    assert completeness(COMPLETE) == Decimal("100.0")
    assert archive_refusals(COMPLETE, checked_by="S028") == ()


@pytest.mark.parametrize(
    ("change", "part", "lack"),
    [
        ({"has_record": False}, "original_record", "record"),
        ({"has_check": False}, "check_record", "check"),
        ({"has_acknowledgement": False}, "acknowledgement", "acknowledgement"),
        ({"evidence": 0}, "evidence", "evidence"),
        ({"has_investigation": False}, "investigation", "investigation"),
        ({"has_plan": False}, "plan_drafts", "plan"),
        ({"approvals": 0}, "plan_drafts", "approval"),
        ({"severity": "important"}, "plan_drafts", "plan_review"),
        ({"extended": True, "extensions_told": False}, "extension", "extension_told"),
        ({"communications": 0}, "communications", "communication"),
        ({"measures": 0}, "measures", "measure"),
        ({"measures_open": 1}, "measures", "measure_open"),
        ({"has_result_told": False}, "result_receipt", "result_told"),
        ({"call_back_reached": False, "call_back_attempts": 2}, "call_back_record", "call_back"),
        (
            {"outcome": "closed_unreachable", "call_back_attempts": 2, "has_closing_reason": True},
            "call_back_record",
            "attempts",
        ),
        ({"outcome": "closed_unsatisfied"}, "closing_reason", "closing_reason"),
        ({"fault": "our_fault"}, "post_review", "corrective_action"),
        ({"has_lesson": False}, "lesson", "lesson"),
        ({"events": 0}, "event_log", "event"),
    ],
)
def test_R22_what_is_missing_is_named(change, part, lack):
    facts = replace(COMPLETE, **change)
    assert lacks(facts, part) == [lack]
    assert missing_codes(facts) == [part]
    refusals = archive_refusals(facts, checked_by="S028")
    assert [(refusal.key, refusal.status) for refusal in refusals] == [("dossier.refusal.incomplete", 422)]
    assert refusals[0].params["missing"] == missing_parts(facts)


def test_R22_three_attempts_stand_for_the_call_back_of_a_customer_who_cannot_be_reached():
    facts = replace(
        COMPLETE, outcome="closed_unreachable", call_back_reached=False, call_back_attempts=3, has_closing_reason=True
    )
    assert missing_parts(facts) == ()


def test_R22_a_survey_that_ran_out_after_a_first_contact_solution_stands_for_the_call_back():
    facts = replace(
        COMPLETE, dispatched=False, outcome="first_contact_resolved", call_back_reached=False, survey_expired=True
    )
    assert missing_parts(facts) == ()


def test_R22_completeness_is_required_parts_present_by_required_parts():
    facts = replace(COMPLETE, has_lesson=False)  # 15 of 16: nine always, five dispatched, result, call-back
    assert completeness(facts) == Decimal("93.7")
    assert completeness(replace(facts, communications=0)) == Decimal("87.5")


def test_R22_no_rounding_makes_an_incomplete_dossier_look_full():
    bare = replace(COMPLETE, has_lesson=False)
    assert completeness(bare) < 100


def test_R22_whoever_handled_it_may_not_check_the_dossier():
    refusals = archive_refusals(COMPLETE, checked_by="S013")
    assert [(refusal.key, refusal.status) for refusal in refusals] == [("dossier.refusal.checked_by_handler", 403)]


def test_R22_a_complaint_withdrawn_before_the_plan_can_be_archived_with_the_reason_in_its_place():
    withdrawn = DossierFacts(
        outcome="withdrawn", dispatched=True, has_record=True, has_check=True, has_acknowledgement=True,
        communications=1, has_lesson=True, events=7, handlers=frozenset({"S013"}),
    )  # fmt: skip
    assert missing_codes(withdrawn) == ["evidence", "investigation", "plan_drafts", "measures", "closing_reason"]
    with_reason = replace(withdrawn, has_closing_reason=True)
    assert missing_parts(with_reason) == ()
    excused = {state.part.code for state in part_states(with_reason) if state.excused}
    assert excused == {"evidence", "investigation", "plan_drafts", "measures"}


@pytest.mark.parametrize("part", ["original_record", "communications"])
def test_R22_record_and_communications_are_never_excused(part):
    facts = DossierFacts(outcome="withdrawn", has_closing_reason=True, has_lesson=True, events=3)
    assert part in missing_codes(facts)


def test_R22_a_resolved_complaint_is_excused_nothing():
    facts = replace(COMPLETE, has_investigation=False, has_closing_reason=True)
    assert missing_codes(facts) == ["investigation"]


def test_R22_the_archive_number_is_year_department_complaint():
    assert archive_number(2026, "KF", "TS20260401-0032") == "2026-KF-TS20260401-0032"


@pytest.mark.parametrize(
    ("severity", "marks", "level"),
    [
        ("general", {}, "internal"),
        ("important", {}, "internal"),
        ("general", {"confidentiality_asked": True}, "confidential"),
        ("general", {"personal_data": True}, "confidential"),
        ("general", {"discipline": True}, "confidential"),
        ("major", {}, "restricted"),
        ("general", {"litigation": True}, "restricted"),
        ("general", {"authority": True}, "restricted"),
        ("major", {"personal_data": True}, "restricted"),
    ],
)
def test_R39_the_strictest_secrecy_holds(severity, marks, level):
    assert secrecy_level(severity, **marks) == level


@pytest.mark.parametrize(
    ("severity", "outcome", "marks", "retention"),
    [
        ("general", "not_established", {}, "short"),
        ("general", "merged", {}, "short"),
        ("important", "withdrawn", {}, "short"),
        ("general", "referred_out", {}, "short"),
        ("general", "resolved", {}, "standard"),
        ("important", "closed_unsatisfied", {}, "standard"),
        ("major", "resolved", {}, "long"),
        ("general", "resolved", {"litigation": True}, "long"),
        ("general", "withdrawn", {"injury": True}, "long"),
        ("major", "resolved", {"lasting_reference": True}, "permanent"),
    ],
)
def test_R39_retention_follows_severity_and_outcome(severity, outcome, marks, retention):
    assert retention_class(severity, outcome, **marks) == retention


def test_R39_the_years_run_from_the_end_of_the_year_of_closing():
    assert retained_until(date(2026, 4, 20), "short") == date(2029, 12, 31)
    assert retained_until(date(2026, 1, 1), "standard") == date(2031, 12, 31)
    assert retained_until(date(2026, 12, 31), "long") == date(2036, 12, 31)
    assert retained_until(date(2026, 4, 20), "permanent") is None
