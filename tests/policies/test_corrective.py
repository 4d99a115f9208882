"""R30: kinds of corrective actions as the office writes them, days by kind and level, and what must be said."""

from __future__ import annotations

from datetime import date

import pytest

from policies.corrective import parse_corrective, refuse_review, refuse_rows
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus
from tests.support.told_cases import office

WRITTEN = office("corrective_actions")
RULES = parse_corrective(WRITTEN)
ROW = {"title": "修订", "type": "rule_change", "root_cause": "无时限", "owner": 12, "expected_effect": "及时"}


def test_R30_kinds_and_statuses_are_the_office_s():
    assert list(RULES.types) == [row["code"] for row in WRITTEN["types"]]
    assert {status.value for status in CorrectiveStatus} == {row["code"] for row in WRITTEN["statuses"]}
    assert {level.value for level in CorrectiveLevel} == {row["code"] for row in WRITTEN["levels"]}


@pytest.mark.parametrize(
    ("kind", "level", "days"),
    [
        ("rule_change", "normal", 20), ("rule_change", "urgent", 10), ("customer_remedy", "urgent", 2),
        ("record_correction", "urgent", 1), ("network_improvement", "normal", 40), ("training", "urgent", 8),
    ],
)  # fmt: skip
def test_R30_an_urgent_one_has_half_the_days_rounded_up(kind, level, days):
    assert RULES.working_days(kind, CorrectiveLevel(level)) == days


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, []),
        ({"title": ""}, ["row_incomplete"]),
        ({"owner": None, "expected_effect": " "}, ["row_incomplete"]),
        ({"type": "wish"}, ["type"]),
        ({"due_on": date(2026, 11, 21)}, ["due_past"]),
        ({"due_on": date(2026, 11, 22)}, []),
    ],
)
def test_R30_one_is_assigned_with_everything_the_office_asks_for(change, why):
    found = refuse_rows([{**ROW, **change}], "rows", set(RULES.types), date(2026, 11, 22))
    assert [one.key.rpartition(".")[2] for one in found] == why


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        (["rule_change"], []), (["process_change"], []), (["training"], []), (["discipline", "training"], []),
        (["discipline"], ["no_improvement"]), (["staffing", "network_improvement"], ["no_improvement"]),
    ],
)  # fmt: skip
def test_R17_a_post_review_changes_a_rule_or_a_process_or_trains(kinds, why):
    rows = [{**ROW, "type": kind} for kind in kinds]
    assert [one.key.rpartition(".")[2] for one in refuse_review(rows, "rows")] == why
