"""R21: the survey after a first-contact solution asks what the call-back asks; satisfied means solved and 4 or 5."""

from __future__ import annotations

import pytest

from policies.survey import Answers, act_of, refuse_answers
from policies.vocabulary import ContactWay


@pytest.mark.parametrize(
    ("solved", "score", "act"),
    [(True, 5, "confirm_satisfied"), (True, 4, "confirm_satisfied"), (True, 3, "hand_over"), (False, 5, "hand_over"),
     (False, 1, "hand_over")],
)  # fmt: skip
def test_R21_satisfied_is_who_says_solved_and_four_or_five(solved, score, act):
    action, values = act_of(Answers(solved, score, "还是慢"), 4, "还是慢")
    assert action == act
    assert values["callback_method"] is ContactWay.SURVEY_LINK
    assert (values["resolved_flag"], values["satisfaction"]) == (solved, score)
    assert values.get("dissatisfaction_reason") == (None if act == "confirm_satisfied" else "还是慢")


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        (Answers(), ["resolved_flag", "satisfaction"]),
        (Answers(True), ["satisfaction"]),
        (Answers(True, 4), []),
        (Answers(True, 3), ["comment"]),
        (Answers(False, 5, " "), ["comment"]),
        (Answers(False, 2, "还是慢"), []),
        (Answers(True, 5, "长" * 1001), ["comment"]),
    ],
)
def test_R21_what_has_to_be_answered_is_said_beside_its_question(answers, fields):
    assert [one.field for one in refuse_answers(answers, 4)] == fields
