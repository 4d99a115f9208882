"""R7: what is wrong with an intake script is told with the question at fault, and the office's own have no fault."""

from __future__ import annotations

from copy import deepcopy

import pytest

from backoffice.office import document
from policies.script_check import MOST_ANSWERS, KnownToScripts, check_script, check_words
from policies.script_form import differences, moved_question, with_new_question, with_question, without_question

PAPER = document("scripts")
CATEGORIES = document("categories")


def leaves(rows):
    for row in rows:
        if row.get("children"):
            yield from leaves(row["children"])
        else:
            yield row["code"], [one["code"] for one in row.get("symptoms", ())]


KNOWN = KnownToScripts(dict(leaves(CATEGORIES["categories"])), {row["code"] for row in CATEGORIES["dispatch_elements"]})
BASE = {**PAPER["scripts"][0], "closing": PAPER["closing"], "listening_rules": PAPER["listening_rules"]}
BOTH = {"zh": "还在吗？", "en": "Still so?"}


def changed(at=0, nth=None, **said):
    script = deepcopy(BASE)
    row = script["questions"][at]
    (row if nth is None else row["answers"][nth]).update(said)
    return script


def faults(script):
    return [(one.key.removeprefix("script.fault."), one.field) for one in check_script(script, KNOWN)]


@pytest.mark.parametrize("row", PAPER["scripts"], ids=lambda row: row["code"])
def test_R7_the_offices_own_scripts_have_no_fault(row):
    script = {**row, "closing": PAPER["closing"], "listening_rules": PAPER["listening_rules"]}
    assert faults(script) == []
    assert check_words(script) == []


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (changed(0, 0, next="q9"), ("next", "question-q1")),
        (changed(0, 0, next=None), ("leads_nowhere", "question-q1")),
        (changed(0, 0, end="dispatch"), ("leads_twice", "question-q1")),
        (changed(1, 0, end="give_up"), ("end", "question-q2")),
        (changed(0, stores_in="shoe_size"), ("stores_in", "question-q1")),
        (changed(0, kind="guess"), ("kind", "question-q1")),
        (changed(0, ask={"zh": "", "en": "x"}), ("ask", "question-q1")),
        (changed(0, 1, answer={"zh": "x", "en": ""}), ("answer", "question-q1")),
        (changed(0, 1, say={"zh": "x", "en": ""}), ("one_language", "question-q1")),
        (changed(0, answers=[]), ("answers", "question-q1")),
        ({**BASE, "start": "q9"}, ("start", "start")),
        ({**BASE, "category": "gone"}, ("category", "category")),
        ({**BASE, "symptoms": ["gone"]}, ("symptoms", "symptoms")),
        ({**BASE, "opening": {"zh": "x", "en": " "}}, ("opening", "opening_zh")),
        ({**BASE, "closing": None}, ("closing", "closing_zh")),
        ({**BASE, "questions": []}, ("no_questions", "questions")),
        ({**BASE, "questions": [*BASE["questions"], BASE["questions"][0]]}, ("code_twice", "question-q1")),
    ],
)
def test_R7_each_fault_is_told_with_the_question_at_fault(script, fault):
    assert fault in faults(script)


def test_R7_a_circle_is_told_at_each_question_on_it():
    script = changed(2, 1, next="q1")  # q1 → q3 → q1
    assert {field for key, field in faults(script) if key == "circle"} == {"question-q1", "question-q3"}


def test_R7_a_circle_without_a_way_to_an_end_is_told():
    script = deepcopy(BASE)
    script["questions"] = [
        {"code": code, "ask": BOTH, "kind": "choice", "answers": [{"code": f"{code}a", "answer": BOTH, "next": to}]}
        for code, to in (("q1", "q2"), ("q2", "q1"))
    ]
    assert faults(script) == [("no_end", "question-q1"), ("no_end", "question-q2")]


def test_R7_a_question_that_is_never_reached_is_told():
    script = with_new_question(BASE, {"ask": BOTH, "kind": "choice", "answers": [{"answer": BOTH, "end": "dispatch"}]})
    assert faults(script) == [("never_asked", "question-q5")]


def test_R7_more_answers_than_figure_keys_are_refused():
    answers = [{"code": f"q1a{n}", "answer": BOTH, "end": "dispatch"} for n in range(MOST_ANSWERS + 1)]
    assert ("answers", "question-q1") in faults(changed(0, answers=answers))


def test_R7_texts_that_could_not_be_kept_are_refused_at_once():
    assert check_words({**BASE, "opening": {"zh": "长" * 401, "en": "x"}})[0].field == "opening_zh"


def test_R7_a_draft_is_edited_question_by_question_and_nothing_is_changed_in_place():
    before = deepcopy(BASE)
    more = with_question(BASE, "q1", {"answers": [*BASE["questions"][0]["answers"], {"code": "", "answer": BOTH}]})
    assert [one["code"] for one in more["questions"][0]["answers"]] == ["q1a1", "q1a2", "q1a3", "q1a4"]
    assert [one["code"] for one in moved_question(BASE, "q2", -1)["questions"]] == ["q2", "q1", "q3", "q4"]
    assert [one["code"] for one in moved_question(BASE, "q1", -1)["questions"]] == ["q1", "q2", "q3", "q4"]
    assert [one["code"] for one in without_question(BASE, "q2")["questions"]] == ["q1", "q3", "q4"]
    assert [(one.question, one.key) for one in differences(BASE, more)] == [("q1", "answers")]
    assert before == BASE


def test_R7_the_first_question_of_a_new_script_is_where_it_starts():
    assert with_new_question({**BASE, "questions": [], "start": ""}, {"ask": BOTH, "answers": []})["start"] == "q1"
