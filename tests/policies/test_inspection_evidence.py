"""What the record shows beside the items of a card (R28): suggestions follow what the items' own judging texts say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from policies.card import parse_card, parse_item
from policies.evidence_kept import keep_evidence, read_evidence
from policies.inspection_evidence import ClockFact, ItemEvidence, RecordFacts, evidence_of, topics_of
from policies.message import Message, Name
from policies.vocabulary_inspection import EvidenceTopic

OFFICE = Path(__file__).resolve().parents[2] / "backoffice/office"
ROWS = yaml.safe_load((OFFICE / "scorecards.yaml").read_text(encoding="utf-8"))["cards"]
CARD = parse_card(ROWS[0])
AT = datetime(2026, 9, 18, 8, 0, tzinfo=UTC)


def clock(code, met, days=0):
    stopped = AT + (timedelta(hours=-1) if met else timedelta(hours=1))
    return ClockFact(code, AT, None if met is None else stopped, met, days)


def suggested(item, **facts):
    found = evidence_of(CARD, RecordFacts(**facts)).get(item)
    if found is None or found.suggested is None:
        return None
    return "n/a" if found.suggested.percent is None else int(found.suggested.percent)


@pytest.mark.parametrize(("item", "facts", "percent"), [
    # all six given; one missing half
    ("rec_5w1h", {}, 100),
    ("rec_5w1h", {"missing": ("who",)}, 50),
    ("rec_5w1h", {"missing": ("who", "why")}, 0),
    ("rec_5w1h", {"missing": ("customer_name",)}, 100),  # not one of the six
    # live channels read back and tick; else not applicable
    ("rec_read_back", {"live": False, "not_read_back": ("what",)}, "n/a"),
    ("rec_read_back", {"live": True}, 100),
    ("rec_read_back", {"live": True, "not_read_back": ("demand",)}, 50),
    ("rec_read_back", {"live": True, "not_read_back": ("demand", "what")}, 0),
    # elements complete, right department at once
    ("pro_elements", {"dispatched": True}, 100),
    ("pro_elements", {}, "n/a"),
    ("pro_elements", {"dispatched": True, "transfers": 1}, None),  # whether the route was wrong is for the inspector
    ("pro_elements", {"dispatched": True, "missing_elements": ("customer_number",)}, None),
    # transfers at most one, with a reason
    ("pro_no_reverse", {}, "n/a"),
    ("pro_no_reverse", {"transfers": 1}, 100),
    ("pro_no_reverse", {"transfers": 2}, 0),
    # alternatives, right approver, approved before it was carried out
    ("pro_plan", {"planned": True, "alternatives": True, "approved_before": True, "within_limit": True}, 100),
    ("pro_plan", {"planned": True, "alternatives": False, "approved_before": True}, 50),
    ("pro_plan", {"planned": True, "alternatives": True, "approved_before": False}, 0),
    ("pro_plan", {"planned": True, "alternatives": True}, None),
    ("pro_plan", {"first_contact": True}, "n/a"),
    # by the clock record
    ("tim_ack", {"clocks": (clock("acknowledge", True),)}, 100),
    ("tim_ack", {"clocks": (clock("acknowledge", False),)}, 0),
    ("tim_ack", {"clocks": (clock("acknowledge", None),)}, None),
    ("tim_ack", {}, None),
    ("tim_resolve", {"clocks": (clock("resolve", True, 3),)}, 100),  # a granted extension counts
    ("tim_resolve", {"clocks": (clock("resolve", False),)}, 0),
    # all three full; one late half
    ("tim_steps", {"dispatched": True, "clocks": (clock("appoint", True), clock("answer", True))}, 100),
    ("tim_steps", {"dispatched": True, "clocks": (clock("appoint", False), clock("answer", True))}, 50),
    ("tim_steps", {"dispatched": True, "clocks": (clock("first_response", False), clock("answer", False))}, 0),
    ("tim_steps", {"dispatched": True, "clocks": (clock("appoint", False), clock("appoint", False))}, 50),  # one of three
    # measures as planned, confirmed by call-back
    ("res_solved", {"measures": 2, "confirmed": True}, 100),
    ("res_solved", {"measures": 2, "confirmed": False}, 50),
    ("res_solved", {"measures": 2, "measures_open": 1, "confirmed": True}, 0),
    ("res_solved", {"measures": 2}, None),
    # told before the customer asked: what the clock of progress says
    ("ton_progress", {"clocks": (clock("progress", True),), "told": 1}, 100),
    ("ton_progress", {"clocks": (clock("progress", False),), "told": 1}, 50),
    # what only a person can judge
    ("rec_basic", {}, None),
    ("rec_class", {"regradings": 1, "raised": True}, None),
    ("res_lesson", {"lesson": True}, None),
    ("fat_leak", {"reveals": 9, "outsiders": 2}, None),
])  # fmt: skip
def test_R28_what_the_record_alone_answers_is_suggested(item, facts, percent):
    assert suggested(item, **facts) == percent


def test_R28_facts_say_whether_they_were_kept():
    found = evidence_of(CARD, RecordFacts(clocks=(clock("acknowledge", False), clock("resolve", True, 2))))
    assert [(fact.text.key, fact.kept) for fact in found["tim_ack"].facts] == [
        ("inspection_evidence.clock_missed", False)
    ]
    assert [(fact.text.key, fact.kept) for fact in found["tim_resolve"].facts] == [
        ("inspection_evidence.clock_met_extended", True)
    ]


def test_R28_every_topic_says_something_and_no_rule_is_asked_twice():
    asked = {topic for item in CARD.items for topic in topics_of(item)}
    assert asked == set(EvidenceTopic)


def an_item(**more):
    return parse_item({"code": "own", "group": "g", "weight": 5, "name": {"zh": "项", "en": "item"},
                       "judge": {"zh": "看", "en": "look"}, "levels_percent": [100, 75, 0], **more})  # fmt: skip


def test_R28_an_item_of_the_offices_own_is_shown_what_belongs_to_its_rules_unless_it_says_otherwise():
    assert topics_of(an_item(rules=["R18", "R19", "R40"])) == (EvidenceTopic.INVESTIGATION, EvidenceTopic.PLAN)
    assert topics_of(an_item(rules=["R18"], evidence=["solved"])) == (EvidenceTopic.SOLVED,)
    assert topics_of(an_item(rules=["R18"], evidence=[])) == ()


def test_R28_a_suggestion_is_one_that_the_item_can_take():
    own = {**ROWS[0], "items": [{**ROWS[0]["items"][1], "levels_percent": [100, 30, 0]}]}
    found = evidence_of(parse_card(own), RecordFacts(missing=("who",)))
    assert found["rec_5w1h"].suggested.percent == Decimal(30)


def test_R28_what_was_shown_is_kept_with_the_mark_and_read_back_as_it_was():
    facts = RecordFacts(
        live=True, missing=("who",), names={"who": Name("何人", "Who")}, dispatched=True, completeness=Decimal("89.0"),
        missing_elements=(Message("dispatch.element", {"n": 1}), "x"), clocks=(clock("acknowledge", False),),
    )  # fmt: skip
    for evidence in evidence_of(CARD, facts).values():
        kept = json.loads(json.dumps(keep_evidence(evidence)))
        assert read_evidence(kept) == evidence
    assert read_evidence({}) == read_evidence(None) == ItemEvidence()
