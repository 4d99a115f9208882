"""What must be true of a sampling plan (R27); the office's own plans are true, each fault is named beside its field."""

from __future__ import annotations

from copy import deepcopy

import pytest

from backoffice.office import document
from policies.sampling_plan_check import KnownToPlans, check_plan, known_values
from policies.vocabulary_inspection import UnitKind

KNOWN = KnownToPlans(
    {"record_process_card": UnitKind.CLOSED_COMPLAINT, "call_quality_card": UnitKind.CALL_OR_CHAT},
    known_values({"hotline"}, {"net_broadband_slow", "network"}, {"technical_support"}),
)
PLANS = {row["code"]: row for row in document("sampling")["plans"]}


@pytest.mark.parametrize("code", PLANS)
def test_R27_the_plans_of_the_office_have_no_fault(code):
    assert check_plan(PLANS[code], KNOWN) == []


FAULTS = [
    ("monthly_regular", {"kind": "yearly"}, "kind", "kind"),
    ("monthly_regular", {"source": "everything"}, "source", "source"),
    ("monthly_regular", {"name": {"zh": "月度", "en": ""}}, "name_en", "missing"),
    ("monthly_regular", {"population": {"zh": "上月", "en": " "}}, "population_en", "population"),
    ("monthly_regular", {"note": {"zh": "长" * 401, "en": ""}}, "note_zh", "too_long"),
    ("monthly_regular", {"stratify_by": []}, "stratify_by", "no_stratum"),
    ("monthly_regular", {"stratify_by": ["moon"]}, "stratify_by", "stratum"),
    ("monthly_regular", {"stratify_by": ["speaker"]}, "stratify_by", "stratum"),
    ("monthly_regular", {"stratify_by": ["handler", "handler"]}, "stratify_by", "stratum"),
    ("monthly_regular", {"share_percent": None}, "share_percent", "no_size"),
    ("monthly_regular", {"number": 5}, "number", "two_sizes"),
    ("monthly_regular", {"share_percent": 0}, "share_percent", "share"),
    ("monthly_regular", {"share_percent": "100.01"}, "share_percent", "share"),
    ("monthly_regular", {"share_percent": "NaN"}, "share_percent", "share"),
    ("spot_check", {"number": 0}, "number", "number"),
    ("monthly_regular", {"minimum_per_stratum": -1}, "minimum_per_stratum", "minimum"),
    ("monthly_regular", {"all_of": [{"field": "severity", "value": "huge"}]}, "all_of", "all_of"),
    ("monthly_regular", {"all_of": [{"field": "channel", "value": "telex"}]}, "all_of", "all_of"),
    ("monthly_regular", {"exclude_outcomes": ["lost"]}, "exclude_outcomes", "outcome"),
    ("monthly_regular", {"scorecard": "no_card"}, "scorecard", "scorecard"),
    ("monthly_regular", {"scorecard": "call_quality_card"}, "scorecard", "card_for_closed_complaint"),
    ("monthly_calls", {"scorecard": "record_process_card"}, "scorecard", "card_for_call_or_chat"),
    ("monthly_regular", {"due_working_days": 0}, "due_working_days", "due"),
    ("monthly_regular", {"due_working_days": 61}, "due_working_days", "due"),
    ("monthly_regular", {"period": "yesteryear"}, "period", "period"),
    ("monthly_regular", {"period": "chosen"}, "period", "chosen_period"),
    ("monthly_regular", {"draw_on": "full_moon"}, "draw_on", "draw_on"),
    ("monthly_regular", {"draw_on": "on_alert"}, "draw_on", "by_calendar"),
    ("spot_check", {"draw_on": "monday"}, "draw_on", "by_hand"),
    ("lots_by_department", {"source": "calls", "scorecard": "call_quality_card"}, "source", "lot_source"),
    ("lots_by_department", {"stratify_by": ["handler"]}, "stratify_by", "lot_strata"),
    ("lots_by_department", {"all_of": [{"field": "severity", "value": "major"}]}, "all_of", "lot_all_of"),
    ("lots_by_department", {"quality_limit": "3.0"}, "quality_limit", "quality_limit"),
    ("lots_by_department", {"quality_limit": None}, "quality_limit", "quality_limit"),
    ("lots_by_department", {"quality_limit": "15"}, "quality_limit", "quality_limit"),  # faults per 100, no percentage
    ("lots_by_department", {"nonconforming_when": {"score_below": 101}}, "score_below", "score_below"),
    ("lots_by_department", {"period": "last_30_days"}, "period", "lot_period"),
    ("monthly_regular", {"double_share_percent": "100.1"}, "double_share", "double_share"),
    ("monthly_regular", {"double_share_percent": -1}, "double_share", "double_share"),
    ("double_scoring", {"double_share_percent": 5}, "double_share", "double_of_second"),
    ("monthly_regular", {"filters": {"departments": ["moon"]}}, "filter_departments", "filter"),
    ("monthly_regular", {"filters": {"channels": ["telex"]}}, "filter_channels", "filter"),
    ("monthly_regular", {"filters": {"categories": ["nothing"]}}, "filter_categories", "filter"),
    ("monthly_regular", {"filters": {"severities": ["huge"]}}, "filter_severities", "filter"),
    ("spot_check", {"filters": {"channels": ["hotline"]}}, "source", "filters_of_kind"),
    ("lots_by_department", {"filters": {"channels": ["hotline"]}}, "source", "filters_of_kind"),
]


@pytest.mark.parametrize(("code", "changed", "field", "key"), FAULTS)
def test_R27_a_fault_stands_beside_its_field(code, changed, field, key):
    plan = {**deepcopy(PLANS[code]), **changed}
    assert [(one.field, one.key.rpartition(".")[2], one.status) for one in check_plan(plan, KNOWN)] == [
        (field, key, 422)
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"double_share_percent": 0},
        {"double_share_percent": "12.5"},
        {"filters": {"departments": ["technical_support"], "categories": ["network"], "severities": ["major"]}},
        {"filters": {"channels": []}},
    ],
)
def test_R27_a_regular_plan_may_be_narrowed_down_for_good_and_score_a_share_twice(said):
    assert check_plan({**PLANS["monthly_regular"], **said}, KNOWN) == []


@pytest.mark.parametrize("limit", [4, 4.0, "4.00", "4.0"])
def test_R27_a_quality_limit_may_be_written_as_any_number(limit):
    assert check_plan({**PLANS["lots_by_department"], "quality_limit": limit}, KNOWN) == []


def test_R27_not_every_outcome_can_be_left_out():
    every = [
        "resolved", "first_contact_resolved", "not_established", "referred_out", "merged", "withdrawn",
        "closed_unsatisfied", "closed_unreachable",
    ]  # fmt: skip
    (fault,) = check_plan({**PLANS["monthly_regular"], "exclude_outcomes": every}, KNOWN)
    assert fault.key == "plans.refused.every_outcome"
