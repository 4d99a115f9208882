"""R7: the way that answers take through an intake script, what it fills, and which script fits."""

from __future__ import annotations

import pytest

from backoffice.office import document
from policies.dispatch_values import ElementDefinition
from policies.script import (
    LONGEST_NOTE,
    SUGGESTS,
    Given,
    Offered,
    fills,
    fitting,
    parse_script,
    refuse_leaf,
    refuse_notes,
    way_through,
)
from policies.vocabulary import Severity
from policies.vocabulary_script import ScriptEnd

ROWS = {row["code"]: row for row in document("scripts")["scripts"]}
NO_SIGNAL = parse_script(ROWS["script_net_indoor_no_signal"])
ELEMENTS = {row["code"]: ElementDefinition.from_data(row) for row in document("categories")["dispatch_elements"]}


def given(**answers):
    return {code: one if isinstance(one, Given) else Given(one) for code, one in answers.items()}


@pytest.mark.parametrize(
    ("answers", "asked", "waits", "end"),
    [
        ({}, [], "q1", None),
        ({"q1": "q1a1"}, ["q1"], "q2", None),
        ({"q1": "q1a1", "q2": "q2a1"}, ["q1", "q2"], None, "link_notice"),
        ({"q1": "q1a2", "q3": "q3a1"}, ["q1", "q3"], None, "solve_at_first_contact"),
        ({"q1": "q1a2", "q3": "q3a2", "q4": "q4a1"}, ["q1", "q3", "q4"], None, "dispatch"),
        # what was answered on a branch that was left does not count
        ({"q1": "q1a3", "q2": "q2a1"}, ["q1"], "q4", None),
        # what is no answer of the question is none
        ({"q1": "q3a1"}, [], "q1", None),
    ],
)
def test_R7_answers_lead_from_question_to_question_to_an_end(answers, asked, waits, end):
    way = way_through(NO_SIGNAL, given(**answers))
    assert [step.question.code for step in way.steps] == asked
    assert (way.waits.code if way.waits else None) == waits
    assert way.end == end


def test_R7_every_end_of_the_offices_paper_suggests_the_act_that_the_paper_names():
    paper = {row["code"]: row["action"] for row in document("scripts")["ends"]}
    assert set(paper) == {end.value for end in ScriptEnd}
    acts = {"solved": "solve_at_first_contact", "not_established": "find_not_established", "save": "refer_out"}
    for end, suggestion in SUGGESTS.items():
        if suggestion.severity is None:
            assert acts.get(suggestion.ending, "accept") == paper[end.value]
        else:
            assert paper[end.value] == "regrade"
    assert SUGGESTS[ScriptEnd.ESCALATE_IMPORTANT].severity is Severity.IMPORTANT
    assert SUGGESTS[ScriptEnd.ESCALATE_MAJOR].severity is Severity.MAJOR


def test_R7_every_script_of_the_office_can_be_read_and_each_is_for_one_leaf():
    scripts = [parse_script(row) for row in ROWS.values()]
    assert len(scripts) == 12
    assert len({script.category for script in scripts}) == 12


OFFERED = [
    Offered(1, "a_general", "slow"), Offered(2, "b_evening", "slow", ("evening", "night")),
    Offered(3, "c_other", "other", ("x",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("category", "symptom", "found"),
    [("slow", "", 1), ("slow", None, 1), ("slow", "evening", 2), ("slow", "morning", 1), ("other", "x", 3),
     ("other", "y", None), ("none", "", None)],
)  # fmt: skip
def test_R7_the_script_that_names_the_symptom_comes_before_the_one_for_the_whole_leaf(category, symptom, found):
    fits = fitting(OFFERED, category, symptom)
    assert (fits.id if fits else None) == found


@pytest.mark.parametrize(
    ("answers", "language", "said", "filled"),
    [
        (given(q1="q1a1", q2="q2a2"), "zh", {}, {"frequency_scope": "都没有", "pre_check_result": "没有"}),
        (given(q1="q1a1", q2="q2a2"), "en", {}, {"frequency_scope": "None of them", "pre_check_result": "No"}),
        (given(q1=Given("q1a2", "邻居有信号")), "zh", {}, {"frequency_scope": "只有本机; 邻居有信号"}),
        # of a question in words the customer's words are kept, not the nearest answer
        (given(q1="q1a3", q4=Given("q4a2", "B2 车库")), "zh", {},
         {"frequency_scope": "不清楚", "fault_location": "B2 车库"}),
        (given(q1="q1a3", q4="q4a1"), "zh", {}, {"frequency_scope": "不清楚"}),
    ],
)  # fmt: skip
def test_R7_R10_answers_fill_the_dispatch_element_that_the_question_names(answers, language, said, filled):
    assert fills(way_through(NO_SIGNAL, answers).steps, ELEMENTS, language, said) == filled


def test_R7_R10_two_answers_to_one_element_are_both_there():
    slow = parse_script(ROWS["script_net_broadband_slow"])
    way = way_through(slow, given(q1=Given("q1a2", "3 Mbps"), q3=Given("q3a2", "4 Mbps")))
    assert fills(way.steps, ELEMENTS, "zh", {}) == {"speed_test": "低于签约; 3 Mbps; 不达标; 4 Mbps"}


def test_R7_R10_an_amount_or_a_time_is_filled_by_the_note_alone_and_only_if_it_is_one():
    overage = parse_script(ROWS["script_bill_data_overage"])
    money = next(one for one in overage.questions if one.stores_in == "disputed_amount")
    way = given(**{one.code: one.answers[0].code for one in overage.questions})
    for note, filled in (("", None), ("大约五十", None), ("49.80", "49.80")):
        steps = list(way_through(_only(overage, money), {**way, money.code: Given("q3a1", note)}).steps)
        assert fills(steps, ELEMENTS, "zh", {}).get("disputed_amount") == filled


def test_R7_what_the_record_answers_itself_stays_as_it_was_written():
    slow = parse_script(ROWS["script_net_mobile_slow"])
    steps = way_through(slow, given(q1="q1a1", q2="q2a2")).steps
    assert fills(steps, ELEMENTS, "zh", {"customer_demand": "退费"}) == {"pre_check_result": "已达限速"}


def test_R7_answers_of_another_leafs_script_and_too_long_notes_are_refused():
    assert refuse_leaf(NO_SIGNAL, "net_indoor_no_signal") is None
    refused = refuse_leaf(NO_SIGNAL, "net_mobile_slow")
    assert (refused.key, refused.field) == ("script.refused.other_category", "category")
    long = given(q1=Given("q1a1", "长" * (LONGEST_NOTE + 1)))
    assert [one.params["question"] for one in refuse_notes(NO_SIGNAL, long)] == [NO_SIGNAL.find("q1").ask]
    assert refuse_notes(NO_SIGNAL, given(q1=Given("q1a1", "长" * LONGEST_NOTE))) == []


def _only(script, question):
    from dataclasses import replace

    return replace(script, start=question.code)
