"""R21: the survey asks what a call-back asks, in the office's words, and so many scales besides as there is room for."""

from __future__ import annotations

import pytest

from policies.survey_questions import check, field_names, mark_of, questions_of, refuse_mark

GOOD = {
    "resolved_flag_zh": "解决了吗？", "resolved_flag_en": "Solved?", "satisfaction_zh": "满意吗？（1–5）",
    "satisfaction_en": "Satisfied (1 to 5)?", "comment_zh": "还有什么？", "comment_en": "Anything else?",
}  # fmt: skip
SCALE = {"speed_score_zh": "快不快？", "speed_score_en": "Quick?"}


def wrong(**changed):
    return [(one.field, one.key.rpartition(".")[2]) for one in check({**GOOD, **changed})]


def test_R21_what_a_call_back_asks_comes_in_its_order_and_scales_between():
    asked = questions_of({**GOOD, **SCALE})
    assert [(one.code, one.kind, one.required) for one in asked] == [
        ("resolved_flag", "yes_no", True),
        ("satisfaction", "scale_1_5", True),
        ("speed_score", "scale_1_5", False),
        ("comment", "text", False),
    ]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        (SCALE, []),
        ({"resolved_flag_zh": " "}, [("resolved_flag_zh", "needed")]),
        ({"comment_en": ""}, [("comment_en", "needed")]),
        ({"satisfaction_zh": "？"}, [("satisfaction_zh", "needed")]),
        ({"speed_score_zh": "快不快？"}, [("speed_score_en", "both_languages")]),
        ({"comment_zh": "问" * 121}, [("comment_zh", "too_long")]),
        ({"comment_zh": "问" * 120}, []),
    ],
)
def test_R21_what_is_needed_cannot_be_left_out_and_both_languages_are_said(changed, found):
    assert wrong(**changed) == found


def test_R21_answers_to_other_questions_than_the_present_ones_are_not_taken():
    before, now = questions_of(GOOD), questions_of({**GOOD, **SCALE})
    assert refuse_mark(mark_of(now), now) is None
    assert refuse_mark("", now) is None
    assert refuse_mark(mark_of(before), now).key == "survey.refused.changed"
    assert len(field_names()) == 14
