"""What is entered while a told case is played: told texts and figures, and plain fillers where nothing is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category
from backoffice.office import document
from policies.vocabulary import ContactWay, Fault
from policies.vocabulary_teamwork import StatementKind


@dataclass(frozen=True)
class More:
    """What a told case says in its texts alone: amounts of compensation, scores of the calls, the cause."""

    amounts: tuple[int, ...] = (0,)
    scores: tuple[int, ...] = ()
    cause: str = "not_found"


MORE: Mapping[str, More] = MappingProxyType({
    "case_01_first_contact": More((30,), (5,), "system_fault"),
    "case_02_general_on_time": More((0,), (4,), "network_capacity"),
    "case_03_holiday_eve": More((0,), (4,), "customer_side"),
    "case_04_rework_after_outage": More((100, 200), (2, 5), "network_fault"),
    "case_06_dispute": More((20,), (4,), "product_design"),
    "case_07_extension": More((0,), (4,), "network_capacity"),
    "case_08_important_regraded": More((3000,), (4,), "staff_conduct"),
    "case_09_major": More((46800,), (4,), "network_fault"),
    "case_10_closed_unsatisfied": More((50,), (1, 2), "staff_conduct"),
})  # fmt: skip

WAYS = {
    "SMS": ContactWay.SMS,
    "e-mail": ContactWay.EMAIL,
    "in person": ContactWay.VISIT,
    "survey": ContactWay.SURVEY_LINK,
}
"""Words of a told line that say by what means; else it was the phone."""
EVIDENCE_BY = MappingProxyType({"post_review_minutes": "S003"})
"""Who files a piece of evidence that the actor of the line does not file: the minutes of a post-review."""
REVIEWERS = ("S015", "S021")
"""Who reviews a plan: heads of departments that have nothing to do with it."""
SPOKESPERSON, STATEMENT_APPROVER = "S028", "S001"
PUT_RIGHT = MappingProxyType({"case_09_major": 2})
"""How many things a post-review puts right by its line; else one."""
RESULT_DAYS, PROMISE_DAYS = 3, 5


def moment(naive: datetime, zone: ZoneInfo) -> datetime:
    """A local time of the office as a moment."""
    return naive.replace(tzinfo=zone)


def way_of(line: Mapping[str, Any]) -> ContactWay:
    """By what means a told line reached the customer."""
    text = line["text"]["en"].lower()
    return next((way for word, way in WAYS.items() if word.lower() in text), ContactWay.PHONE)


def absent(case: Mapping[str, Any]) -> frozenset[str]:
    """Items that the record lacks: missing ones, and those that do not apply."""
    completeness = case["completeness"]
    return frozenset((*completeness["missing"], *completeness["not_applicable"]))


def texts(case: Mapping[str, Any]) -> dict[str, str]:
    """The texts of the record: the told story in every item that is there; the phone is made up from the number."""
    first = case["timeline"][0]["text"]["zh"]
    first_number = case.get("earlier_number", case["number"])  # who complained before has the phone of then
    digits = "".join(character for character in first_number if character.isdigit())
    found = {
        "customer_name": case["customer"]["zh"].partition("（")[0],
        "contact_phone": f"139{int(digits) % 10**8:08d}",
        "address": case["title"]["zh"],
        "email": f"{case['code'].replace('_', '.')}@example.com",
        "what": first,
        "who": case["title"]["zh"],
        "where": case["title"]["zh"],
        "why": first,
        "demand": first,
        "product": case["title"]["zh"],
        "product_symptom": case["title"]["zh"],
        "severity_reason": case["summary"]["zh"],
    }
    return {code: text for code, text in found.items() if code not in absent(case)}


def read_back(case: Mapping[str, Any]) -> frozenset[str]:
    """Key items that were repeated to the customer."""
    rule = document("channels")["completeness"]["fields"]
    keys = {row["code"] for row in rule if row["key"]}
    return frozenset(keys - absent(case) - set(case["completeness"]["not_read_back"]))


def elements(session: Session, category: str, case: Mapping[str, Any]) -> dict[str, Any]:
    """A value for every element that an order of this category must carry, by its kind."""
    row = session.scalars(sa.select(Category).where(Category.code == category)).one()
    definitions = {one["code"]: one for one in document("categories")["dispatch_elements"]}
    wanted = {*document("categories")["element_rules"]["base"], *row.required_elements}
    return {code: _element(definitions[code], case) for code in sorted(wanted)}


def _element(definition: Mapping[str, Any], case: Mapping[str, Any]) -> object:
    day = str(case["received_at"])[:10]
    by_kind = {
        "phone": texts(case)["contact_phone"],
        "money": "1000",
        "month": day[:7],
        "date_time": f"{day}T08:00",
        "yes_no": "yes",
        "choice": next(iter(definition.get("choices", ())), case["summary"]["zh"]),
        "file": {"unknown": True, "reason": case["summary"]["zh"]},
    }
    return by_kind.get(definition["kind"], case["summary"]["zh"])


def values(action: str, line: Mapping[str, Any], case: Mapping[str, Any], more: More, at: datetime) -> dict[str, Any]:
    """The fields of an action but people, departments and scores, which the player knows."""
    text = line["text"]["zh"]
    later = at + timedelta(days=RESULT_DAYS)
    if action in ("acknowledge", "respond_first", "tell_progress", "reply_formally", "submit_report", "respond"):
        told_by = {"way": way_of(line), "text": text}
        return told_by | ({"containment_measures": text} if action == "respond" else {})
    entered: dict[str, dict[str, Any]] = {
        "accept": {"handover_reason": text, "promised_time": at + timedelta(days=PROMISE_DAYS)},
        "solve_at_first_contact": {
            "solution": text, "customer_opinion": text, "compensation_amount": Decimal(more.amounts[0]),
            "fault": Fault(case["fault"]), "cause_code": more.cause,
        },
        "find_not_established": {"check_reason": text},
        "explain": {"customer_opinion": text},
        "regrade": {
            "severity": case["severity"], "category": case["category"], "regrade_reason": text,
            "urgency": case["urgency"], "impact": case["impact"],
        },
        "send_order": {
            "requirements": text, "deadline": later, "handover_reason": text,
            "promised_time": at + timedelta(days=PROMISE_DAYS),
        },
        "transfer": {"handover_reason": text},
        "raise_dispute": {"handover_reason": text},
        "decide_dispute": {"decision_reason": text},
        "submit_facts": {
            "facts": text, "root_cause": text, "cause_code": more.cause, "fault": Fault(case["fault"]),
            "responsible_party": text,
        },
        "submit_plan": {
            "root_cause": text, "measures": [{"text": text}], "expected_completion": later, "alternatives": text,
            "compensation_amount": Decimal(more.amounts[0]), "improvements": case["lesson"]["zh"],
            "communication_needed": True,
        },
        "approve": {"approval_opinion_text": text},
        "pass_review": {"review_conclusion": text},
        "coordinate": {"coordination_needed": True, "coordination_decisions": text},
        "complete_measures": {"measure_results": text},
        "tell_result": {"result_channel": way_of(line), "customer_opinion": text, "apologised": _ours(case)},
        "confirm_satisfied": {"callback_method": way_of(line), "resolved_flag": True, "customer_opinion": text},
        "report_unsatisfied": {
            "callback_method": way_of(line), "resolved_flag": False, "dissatisfaction_reason": text, "new_demand": text,
        },
        "redo": {"measures": [{"text": text}], "compensation_amount": Decimal(more.amounts[-1])},
        "carry_out_again": {"measures": [{"text": text}]},
        "close_unsatisfied": {"closing_reason_text": text},
        "finish_review": {"improvements": text},
        "archive": {"lesson": case["lesson"]["zh"]} | ({"improvements": case["lesson"]["zh"]} if _ours(case) else {}),
    }  # fmt: skip
    return dict(entered.get(action, {}))


def extended_until(case: Mapping[str, Any]) -> Any:
    """The told deadline of the whole handling after its extension."""
    return next(row["extended_due"] for row in case["clocks"] if row["clock"] == "resolve")


def statement(line: Mapping[str, Any]) -> dict[str, Any]:
    """The statement that a line of the spokesperson tells of: to the authority, or to the public."""
    to_authority = "authority" in line["text"]["en"].lower()
    kind = StatementKind.REGULATOR if to_authority else StatementKind.MEDIA
    return {"statement_kind": kind, "addressee": line["text"]["zh"], "text": line["text"]["zh"]}


def corrective_actions(case: Mapping[str, Any], text: str, owner: int) -> list[dict[str, Any]]:
    """What a post-review puts right: rules, each with the told words."""
    row = {"type": "rule_change", "title": text, "root_cause": case["lesson"]["zh"], "expected_effect": text}
    return [{**row, "owner": owner} for _ in range(PUT_RIGHT.get(case["code"], 1))]


def _ours(case: Mapping[str, Any]) -> bool:
    return case["fault"] in (Fault.OUR_FAULT.value, Fault.BOTH_FAULT.value)
