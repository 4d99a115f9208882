"""What must be true of a scheme and of the shared rules before they may hold (R32): each fault with its field."""

from __future__ import annotations

import copy
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from policies.appraisal_check import KnownToSchemes, check_scheme
from policies.appraisal_example import example_of
from policies.appraisal_rules import parse_rules
from policies.appraisal_rules_check import check_rules, check_rules_texts, sign_off_days, with_sign_off
from policies.indicator import parse_indicators
from policies.message import Name

OFFICE = Path(__file__).resolve().parents[2] / "backoffice/office"
DOCUMENT = yaml.safe_load((OFFICE / "appraisal.yaml").read_text(encoding="utf-8"))
RULES = {**DOCUMENT, "code": "appraisal_default", "name": DOCUMENT["meta"]["title"]}
INDICATORS = parse_indicators(DOCUMENT)
ROLES = {role for row in DOCUMENT["schemes"] for role in row.get("roles", ())}
DEPARTMENTS = {place for row in DOCUMENT["schemes"] for place in row.get("departments", ())}
KNOWN = KnownToSchemes(INDICATORS, ROLES, DEPARTMENTS)


def scheme(code="handler_2026"):
    return copy.deepcopy(next(row for row in DOCUMENT["schemes"] if row["code"] == code))


def found(problems):
    return {(one.field, one.key.rpartition(".")[2]) for one in problems}


@pytest.mark.parametrize("code", [row["code"] for row in DOCUMENT["schemes"]])
def test_R32_the_office_s_schemes_are_without_a_fault(code):
    assert check_scheme(scheme(code), KNOWN) == []


def test_R32_the_office_s_rules_are_without_a_fault():
    assert check_rules(RULES) == []


def put(item, **said):
    """A change of one item of the handlers' scheme; ``scoring`` whole."""

    def change(draft):
        draft["items"][item].update(said)

    return change


def head(**said):
    return lambda draft: draft.update(said)


BANDS_DOWN = [{"from": 90, "score": 100}, {"from": 80, "score": 60}, {"from": 0, "score": 0}]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (put(0, weight=20), ("items-6-weight", "sum")),
        (put(0, weight=0), ("items-0-weight", "weight")),
        (put(0, weight="12.5"), ("items-0-weight", "weight")),
        (put(0, indicator="unheard_of"), ("items-0-indicator", "unknown_indicator")),
        (put(0, indicator="rework_rate"), ("items-6-indicator", "twice")),
        (put(0, indicator="answer_rate", target=90), ("items-0-indicator", "not_of_person")),
        (put(0, target=6), ("items-0-target", "target_range")),
        (put(1, target=101), ("items-1-target", "target_range")),
        (put(1, target=-1), ("items-1-target", "target_range")),
        (put(0, scoring={"kind": "magic"}), ("items-0-kind", "kind")),
        (put(0, scoring={"kind": "as_is"}), ("items-0-kind", "as_is")),  # a score of 5 is none of 100
        (put(6, scoring={"kind": "as_is"}), ("items-6-kind", "as_is")),  # a high rate of rework is not good
        (put(5, scoring={"kind": "ratio_to_target"}), ("items-5-kind", "ratio_lower")),
        (put(1, scoring={"kind": "ratio_to_target"}, target=0), ("items-1-target", "ratio_target")),
        (put(1, scoring={"kind": "ratio_to_target"}, target=None), ("items-1-target", "ratio_target")),
        (put(1, target=None), ("items-1-target", "target")),
        (put(1, scoring={"kind": "minus_per_point"}), ("items-1-per_point", "per_point")),
        (put(1, scoring={"kind": "minus_per_point", "per_point": 0}), ("items-1-per_point", "per_point")),
        (put(0, scoring={"kind": "linear"}), ("items-0-floor", "floor")),
        (put(0, scoring={"kind": "linear", "floor": 4.5}), ("items-0-floor", "floor_below")),
        (put(6, scoring={"kind": "linear", "floor": 8}), ("items-6-floor", "floor_above")),
        (put(1, scoring={"kind": "bands", "bands": BANDS_DOWN[:1]}), ("items-1-bands", "bands_number")),
        (put(1, scoring={"kind": "bands", "bands": BANDS_DOWN[:2]}), ("items-1-bands", "bands_end")),
        (put(1, scoring={"kind": "bands", "bands": [BANDS_DOWN[1], BANDS_DOWN[0], BANDS_DOWN[2]]}),
         ("items-1-bands", "bands_order_higher")),
        (put(6, scoring={"kind": "bands", "bands": [{"up_to": 8, "score": 100}, {"up_to": 5, "score": 50},
                                                     {"up_to": None, "score": 0}]}),
         ("items-6-bands", "bands_order_lower")),
        (put(1, scoring={"kind": "bands", "bands": [{"from": 90, "score": 60}, {"from": 0, "score": 60}]}),
         ("items-1-bands", "bands_falling")),
        (put(1, scoring={"kind": "bands", "bands": [{"from": 90, "score": 110}, {"from": 0, "score": 0}]}),
         ("items-1-bands", "bands_score")),
        (head(roles=[]), ("roles", "no_roles")),
        (head(roles=["emperor"]), ("roles", "unknown_roles")),
        (head(maximum_score=0), ("maximum_score", "maximum")),
        (head(maximum_score=120), ("maximum_score", "maximum")),
        (head(items=[]), ("items-0-indicator", "no_items")),
        (head(name={"zh": "甲", "en": ""}), ("name_en", "missing")),
        (head(subject="team"), ("subject", "subject")),
    ],
)  # fmt: skip
def test_R32_a_fault_of_a_scheme_stands_beside_its_field(change, fault):
    draft = scheme()
    change(draft)
    assert fault in found(check_scheme(draft, KNOWN))


def test_R32_an_indicator_of_persons_only_measures_no_department():
    draft = scheme("department_2026")
    draft["items"][0]["indicator"] = "inspector_agreement"
    assert ("items-0-indicator", "not_of_department") in found(check_scheme(draft, KNOWN))


def test_R32_a_role_that_another_scheme_has_is_told_with_its_name():
    other = Name("试行方案", "Trial scheme")
    known = KnownToSchemes(INDICATORS, ROLES, DEPARTMENTS, {"handler": other}, {"handler": Name("承办人", "Handler")})
    (problem,) = check_scheme(scheme(), known)
    assert (problem.key, problem.params["scheme"]) == ("appraisal_check.taken", other)


def rules(change):
    draft = copy.deepcopy(RULES)
    change(draft)
    return draft


def row(part, n, **said):
    def change(draft):
        draft[part][n].update(said)

    return change


def drop(part, n):
    return lambda draft: draft[part].pop(n)


def deduction(draft):
    draft["penalties"][-1].update(enabled=True, amount=100)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (row("grades", 1, from_score=95), ("grades-1-from_score", "overlap")),
        (row("grades", 4, from_score=1), ("grades-4-from_score", "no_lowest")),
        (row("grades", 0, from_score=101), ("grades-0-from_score", "from_score")),
        (row("grades", 0, code="B"), ("grades-0-code", "twice")),
        (row("grades", 0, effects=["a_pony"]), ("grades-0-effects", "unknown_effect")),
        (drop("penalties", 1), ("grades-3-effects", "unknown_effect")),
        (row("rewards", 0, amount=None), ("rewards-0-amount", "amount")),
        (row("rewards", 0, amount=0), ("rewards-0-amount", "amount_range")),
        (row("rewards", 0, amount=-200), ("rewards-0-amount", "amount_range")),
        (row("rewards", 0, amount="0.005"), ("rewards-0-amount", "amount_range")),
        (row("rewards", 0, kind="interview"), ("rewards-0-kind", "kind_of_rewards")),
        (row("rewards", 3, amount=5), ("rewards-3-amount", "no_amount")),
        (row("rewards", 0, amount_floor=300, amount_ceiling=100), ("rewards-0-amount_floor", "bounds")),
        (row("rewards", 0, amount_ceiling=-1), ("rewards-0-amount_ceiling", "bound")),
        (row("rewards", 0, code="coaching_4h"), ("rewards-0-code", "twice")),
        (row("penalties", 0, amount=5), ("penalties-0-amount", "points_taken")),
        (row("penalties", 6, amount=101), ("penalties-6-amount", "amount_range")),
        (row("penalties", 0, kind="bonus"), ("penalties-0-kind", "kind_of_penalties")),
        (deduction, ("penalties-8-legal_confirmed", "wage_deduction")),
        (row("vetoes", 0, grade_cap="F"), ("vetoes-0-grade_cap", "grade_cap")),
        (row("adjustments", 0, points=0), ("adjustments-0-points", "points")),
        (row("adjustments", 0, limit_per_month=-3), ("adjustments-0-limit_per_month", "limit")),
        (row("adjustments", 4, limit_per_month=-1), ("adjustments-4-limit_per_month", "limit")),
        (row("consecutive_rules", 0, count=1), ("consecutive_rules-0-count", "count")),
        (row("consecutive_rules", 2, count=4), ("consecutive_rules-2-count", "count")),
        (row("consecutive_rules", 0, grades=["F"]), ("consecutive_rules-0-grades", "run_grades")),
        (row("consecutive_rules", 0, effects=[]), ("consecutive_rules-0-effects", "run_effects")),
        (lambda draft: draft.update(minimum_rated_weight=0), ("minimum_rated_weight", "minimum_rated")),
        (lambda draft: draft["appeal"].update(submit_working_days=0), ("submit_working_days", "days")),
        (row("sign_off", 1, by="working_day_2"), ("day_checked", "sign_off_order")),
        (row("sign_off", 0, by="working_day_40"), ("day_computed", "sign_off_day")),
        (row("sign_off", 4, by="working_day_8"), ("day_approved", "approved_early")),
    ],
)  # fmt: skip
def test_R32_a_fault_of_the_rules_stands_beside_its_field(change, fault):
    assert fault in found(check_rules(rules(change)))


def test_R32_a_deduction_from_wages_may_be_switched_on_once_its_legal_ground_is_confirmed():
    draft = rules(deduction)
    draft["penalties"][-1]["legal_confirmed"] = True
    assert check_rules(draft) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (row("grades", 0, code="甲"), "grades-0-code"),
        (row("rewards", 0, code="Not A Code"), "rewards-0-code"),
        (row("rewards", 0, name={"zh": "", "en": "x"}), "rewards-0-name_zh"),
        (row("consecutive_rules", 0, when={"zh": "长" * 401, "en": "x"}), "consecutive_rules-0-when_zh"),
    ],
)
def test_R32_what_names_nothing_is_not_even_kept_as_a_draft(change, field):
    assert field in {one.field for one in check_rules_texts(rules(change))}


def test_R33_the_days_of_the_sign_off_are_read_and_written_back():
    days = sign_off_days(DOCUMENT)
    assert days == {"computed": 3, "checked": 5, "published": 5, "acknowledged": 3, "approved": 14, "locked": 15}
    assert with_sign_off(DOCUMENT, days) == DOCUMENT["sign_off"]
    other = sign_off_days({"sign_off": with_sign_off(DOCUMENT, {**days, "computed": 4, "acknowledged": None})})
    assert other == {**days, "computed": 4}


def test_R32_an_example_reckons_like_a_sheet_and_leaves_out_what_is_half_written():
    draft = scheme()
    draft["items"].append({"indicator": "", "weight": 0, "target": None, "scoring": {"kind": "as_is"}})
    values = {row["indicator"]: Decimal(str(row["target"])) for row in draft["items"][:-1]}
    example = example_of(draft, parse_rules(DOCUMENT), INDICATORS, values)
    # every target reached: 100 each, but the inspection score of 90 is taken as it is: 100 − 20 × 10 ÷ 100
    assert (example.sheet.base_score, example.sheet.grade) == (Decimal("98.00"), "A")
