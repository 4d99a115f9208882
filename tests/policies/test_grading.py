"""Priority and suggested severity (R3), by the office's matrix, criteria and told cases."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from policies.grading import PriorityMatrix, SeverityFacts, refuse_severity, suggest_severity
from policies.vocabulary import Level, Priority, Severity

OFFICE = Path(__file__).resolve().parents[2] / "backoffice/office"
ROWS = yaml.safe_load((OFFICE / "processes.yaml").read_text(encoding="utf-8"))["priority_matrix"]["rows"]
CASES = yaml.safe_load((OFFICE / "inspection_cases.yaml").read_text(encoding="utf-8"))["cases"]
MATRIX = PriorityMatrix.from_data(ROWS)


@pytest.mark.parametrize(
    ("urgency", "impact", "priority"),
    [
        ("high", "high", "high"),
        ("high", "medium", "high"),
        ("high", "low", "medium"),
        ("medium", "high", "high"),
        ("medium", "medium", "medium"),
        ("medium", "low", "low"),
        ("low", "high", "medium"),
        ("low", "medium", "low"),
        ("low", "low", "low"),
    ],
)
def test_R3_priority_follows_from_urgency_and_impact(urgency: str, impact: str, priority: str) -> None:
    for severity in (Severity.GENERAL, Severity.IMPORTANT):
        assert MATRIX.priority(severity, Level(urgency), Level(impact)) is Priority(priority)


@pytest.mark.parametrize("case", CASES, ids=[case["code"] for case in CASES])
def test_R3_the_told_case_has_the_told_priority(case: dict) -> None:
    found = MATRIX.priority(Severity(case["severity"]), Level(case["urgency"]), Level(case["impact"]))
    assert found is Priority(case["priority"])


def test_R3_a_major_complaint_is_always_high() -> None:
    assert {MATRIX.priority(Severity.MAJOR, urgency, impact) for urgency in Level for impact in Level} == {
        Priority.HIGH
    }


@pytest.mark.parametrize("rows", [ROWS[:-1], [*ROWS, ROWS[0]], [*ROWS[:-1], {**ROWS[0], "urgency": "none"}]])
def test_R3_a_matrix_that_is_not_whole_is_refused(rows: list) -> None:
    with pytest.raises(ValueError, match=r"complete|twice|valid"):
        PriorityMatrix.from_data(rows)


def test_R3_the_page_gets_the_same_matrix() -> None:
    assert PriorityMatrix.from_data(MATRIX.as_data()) == MATRIX


@pytest.mark.parametrize(
    ("facts", "severity", "reason"),
    [
        ({"customers": 9}, "general", None),
        ({"customers": 10}, "important", "customers"),
        ({"claim": Decimal("4999.99")}, "general", None),
        ({"claim": Decimal(5000)}, "important", "claim"),
        ({"claim": Decimal(50000)}, "major", "claim"),
        ({"key_customer": True}, "important", "key_customer"),
        ({"channel": "regulator_referral"}, "important", "referred"),
        ({"channel": "government_hotline"}, "important", "referred"),
        ({"channel": "third_party_platform"}, "general", None),
        ({"will_appeal": True}, "important", "will_appeal"),
        ({"nth_complaint": 2}, "general", None),
        ({"nth_complaint": 3}, "important", "repeated"),
        ({"leaked_customers": 1}, "important", "personal_data"),
        ({"leaked_customers": 100}, "major", "leak"),
        ({"wide_outage": True}, "major", "wide_outage"),
        ({"emergency_calls": True}, "major", "emergency_calls"),
        ({"media_or_crowd": True}, "major", "media_or_crowd"),
        ({"injury_or_heavy_loss": True}, "major", "injury_or_heavy_loss"),
        ({"category_severity": Severity.IMPORTANT}, "important", "category"),
        ({"category_severity": Severity.MAJOR, "customers": 20}, "major", "category"),
    ],
)
def test_R3_severity_is_suggested_by_the_offices_criteria_with_its_reason(
    facts: dict, severity: str, reason: str | None
) -> None:
    suggestion = suggest_severity(SeverityFacts(**facts))
    assert suggestion.severity is Severity(severity)
    expected = [f"intake_rules.severity.because_{reason}"] if reason else []
    assert [message.key for message in suggestion.reasons] == expected


def test_R3_all_reasons_for_the_gravest_are_named_and_no_others() -> None:
    facts = SeverityFacts(customers=12, nth_complaint=3, claim=Decimal(60000), wide_outage=True)
    suggestion = suggest_severity(facts)
    keys = [message.key.rpartition("because_")[2] for message in suggestion.reasons]
    assert (suggestion.severity, keys) == (Severity.MAJOR, ["wide_outage", "claim"])
    assert suggestion.message.params["reasons"] == suggestion.reasons


def test_R3_another_severity_than_the_suggested_needs_its_reason() -> None:
    suggestion = suggest_severity(SeverityFacts(nth_complaint=3))
    assert refuse_severity(Severity.IMPORTANT, suggestion, "") is None
    assert refuse_severity(Severity.GENERAL, suggestion, "同一件事重复来电") is None
    refusal = refuse_severity(Severity.GENERAL, suggestion, " ")
    assert refusal is not None
    assert (refusal.field, refusal.status) == ("severity_reason", 422)
