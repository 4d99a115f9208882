"""The questions of the satisfaction survey as an office words them (R21).

Whether it is solved, how satisfied the customer is, and a word of theirs are what a call-back asks: they may be worded
otherwise, never left out. Beside them so many scales may be asked as there is room for; nobody has to answer these.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policies.completeness import holds_something
from policies.message import LANGUAGES, Name, Refusal

SOLVED, SATISFACTION, COMMENT = "resolved_flag", "satisfaction", "comment"
NEEDED = (SOLVED, SATISFACTION, COMMENT)
SCALES = ("attitude_score", "speed_score", "further_score", "last_score")
ORDER = (SOLVED, SATISFACTION, *SCALES, COMMENT)
KINDS = {SOLVED: "yes_no", COMMENT: "text"}
LONGEST = 120


@dataclass(frozen=True)
class Question:
    """One question of the office's survey."""

    code: str
    kind: str
    required: bool
    text: Name


Texts = Mapping[str, str]
"""What is asked, by code and language: ``satisfaction_zh``."""


def questions_of(texts: Texts) -> list[Question]:
    """The questions that these texts ask, in their order; a scale without a text is not asked."""
    return [
        Question(
            code,
            KINDS.get(code, "scale_1_5"),
            code in (SOLVED, SATISFACTION),
            Name(texts[f"{code}_zh"], texts[f"{code}_en"]),
        )
        for code in ORDER
        if texts.get(f"{code}_zh") and texts.get(f"{code}_en")
    ]


def field_names() -> list[str]:
    """The names of all texts, in the order of the questions."""
    return [f"{code}_{language}" for code in ORDER for language in LANGUAGES.values()]


def check(texts: Texts) -> Iterator[Refusal]:
    """What speaks against these texts, each beside its field."""
    for code in ORDER:
        said = {f"{code}_{language}": texts.get(f"{code}_{language}", "") for language in LANGUAGES.values()}
        asked = code in NEEDED or any(said.values())
        for name, text in said.items():
            if asked and not holds_something(text):
                yield _refused("needed" if code in NEEDED else "both_languages", name)
            elif len(text) > LONGEST:
                yield _refused("too_long", name, n=LONGEST)


def _refused(reason: str, field: str, **params: object) -> Refusal:
    return Refusal(f"survey_questions.refused.{reason}", params, field, 422)


def mark_of(questions: Sequence[Question]) -> str:
    """By what a page that asks these is told from one that asks others."""
    said = json.dumps([[one.code, *one.text] for one in questions], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def refuse_mark(mark: str, questions: Sequence[Question]) -> Refusal | None:
    """Why answers are not taken: the office asks something else by now. A page that says nothing is believed."""
    return Refusal("survey.refused.changed", status=409) if mark and mark != mark_of(questions) else None
