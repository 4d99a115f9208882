"""What a customer answers to the survey after a solution at first contact (R21): the call-back's questions and scale.

Only who says that it is solved and gives a satisfied score confirms; everybody else has it handled on, and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.message import Refusal
from policies.vocabulary import ContactWay

SCORES = ("1", "2", "3", "4", "5")
LONGEST_COMMENT = 1000


@dataclass(frozen=True)
class Answers:
    """What was answered. ``scores``: the questions that need not be answered, by their codes."""

    solved: bool | None = None
    satisfaction: int | None = None
    comment: str = ""
    scores: Mapping[str, int] | None = None

    def satisfied(self, satisfied_from: int) -> bool:
        """Whether this confirms the solution (R21: 4 or 5, and solved)."""
        return bool(self.solved) and (self.satisfaction or 0) >= satisfied_from


def refuse_answers(answers: Answers, satisfied_from: int) -> list[Refusal]:
    """What is missing in the answers, beside each question."""
    found = []
    if answers.solved is None:
        found.append(Refusal("survey.refused.solved", field="resolved_flag", status=422))
    if answers.satisfaction is None:
        found.append(Refusal("survey.refused.satisfaction", field="satisfaction", status=422))
    if not found and not answers.satisfied(satisfied_from) and not answers.comment.strip():
        found.append(Refusal("survey.refused.comment", field="comment", status=422))
    if len(answers.comment) > LONGEST_COMMENT:
        found.append(Refusal("form.too_long", {"n": LONGEST_COMMENT}, "comment", 422))
    return found


def act_of(answers: Answers, satisfied_from: int, opinion: str) -> tuple[str, dict[str, Any]]:
    """The act that the answers are, by the same rules as a call: confirmed, or handed over to be handled on."""
    values: dict[str, Any] = {
        "callback_method": ContactWay.SURVEY_LINK,
        "resolved_flag": answers.solved,
        "satisfaction": answers.satisfaction,
        "customer_opinion": opinion,
    }
    if answers.satisfied(satisfied_from):
        return "confirm_satisfied", values
    return "hand_over", values | {"dissatisfaction_reason": answers.comment, "handover_reason": answers.comment}
