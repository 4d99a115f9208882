"""R32, R33: lines outside the formula, within what ``office/appraisal.yaml`` allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from backoffice.office import document
from policies.appraisal_lines import (
    LineFacts,
    Proposal,
    amount_of,
    line_codes,
    refuse_decision,
    refuse_proposal,
    refuse_withdrawal,
)
from policies.appraisal_urging import Happened, unanswered
from policies.vocabulary_appraisal import LineKind, LineState

K = LineKind
CODES = line_codes(document("appraisal"))
GROUND = "9 月 12 日客户来信表扬，已核实"


def why(one: Proposal) -> list[str]:
    return [refusal.key.rpartition(".")[2] for refusal in refuse_proposal(one, CODES)]


def test_R32_points_are_the_rules():
    assert CODES[K.ADJUSTMENT, "commendation_letter"].points == 1
    assert CODES[K.ADJUSTMENT, "corrective_overdue"].points == -2


@pytest.mark.parametrize(
    ("one", "reasons"),
    [
        (Proposal(K.ADJUSTMENT, "commendation_letter", GROUND), []),
        (Proposal(K.VETO, "veto_data_leak", GROUND), []),
        (Proposal(K.REWARD, "bonus_top", GROUND, Decimal("150.50")), []),
        (Proposal(K.REWARD, "bonus_top", GROUND, Decimal(201)), ["line_too_much"]),
        (Proposal(K.REWARD, "bonus_top", GROUND, Decimal("0.001")), ["line_amount"]),
        (Proposal(K.REWARD, "bonus_top", GROUND, Decimal(-5)), ["line_amount"]),
        (Proposal(K.REWARD, "commendation_quarter", GROUND, Decimal(5)), ["line_no_amount"]),
        (Proposal(K.PENALTY, "wage_deduction", GROUND), ["line_disabled"]),
        (Proposal(K.PENALTY, "bonus_top", GROUND), ["line_code"]),
        (Proposal(K.CORRECTION, "correction", GROUND), ["line_code"]),
        (Proposal(None, "", ""), ["line_code", "line_ground"]),
        (Proposal(K.VETO, "veto_abuse", " 　"), ["line_ground"]),
    ],
)
def test_R32_what_may_be_proposed(one, reasons):
    assert why(one) == reasons


def test_R32_a_reward_is_worth_what_the_rules_say_unless_less_is_proposed():
    known = CODES[K.REWARD, "bonus_top"]
    assert amount_of(Proposal(K.REWARD, "bonus_top", GROUND), known) == 200
    assert amount_of(Proposal(K.REWARD, "bonus_top", GROUND, Decimal(120)), known) == 120
    assert amount_of(Proposal(K.VETO, "veto_abuse", GROUND), CODES[K.VETO, "veto_abuse"]) == 0


def facts(**more: object) -> LineFacts:
    return LineFacts(
        **{
            "state": LineState.PROPOSED,
            "kind": K.ADJUSTMENT,
            "answers_id": 5,
            "proposed_by": 23,
            "month_open": True,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("line", "who", "decides", "reason"),
    [
        (facts(), 24, True, None),
        (facts(proposed_by=None), 24, True, None),
        (facts(), 24, False, "line_not_decider"),
        (facts(), 5, True, "line_own"),
        (facts(), 23, True, "line_proposer"),
        (facts(state=LineState.APPROVED), 24, True, "line_decided"),
        (facts(month_open=False), 24, True, "line_closed"),
    ],
)
def test_R33_somebody_else_decides_and_only_while_the_month_is_open(line, who, decides, reason):
    refusal = refuse_decision(line, who, decides=decides)
    assert (None if refusal is None else refusal.key.rpartition(".")[2]) == reason


def test_R33_no_line_stays_undecided_for_good():
    assert refuse_decision(facts(month_open=False), 24, decides=True, approve=False) is None
    assert refuse_withdrawal(facts(month_open=False), 23) is None


def test_R33_who_proposed_takes_it_back():
    assert refuse_withdrawal(facts(), 23) is None
    assert refuse_withdrawal(facts(), 24) is not None
    assert refuse_withdrawal(facts(state=LineState.REFUSED), 23) is not None


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ("u", []),
        ("uu", [2]),
        ("upu", []),
        ("uuu", [2]),
        ("uuuu", [2, 4]),
        ("oouou", [5]),
        ("uupuu", [2, 5]),
        ("upupu", []),
    ],
)
def test_R13_urged_twice_without_a_word_between_counts_once(events, found):
    at = datetime(2026, 9, 1, tzinfo=UTC)
    rows = [
        Happened(place, at + timedelta(hours=place), is_urging=kind == "u", is_update=kind == "p")
        for place, kind in enumerate(events, 1)
    ]
    assert [one.id for one in unanswered(rows)] == found
