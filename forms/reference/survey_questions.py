"""The questions of the survey as an administrator words them (R21)."""

from __future__ import annotations

from typing import Any

from wtforms import Form

from forms.reference import fields
from policies.message import LANGUAGES
from policies.survey_questions import LONGEST, NEEDED, ORDER

_members: dict[str, Any] = {
    f"{code}_{language}": fields.text(
        f"survey_questions.field.{code}_{language}", LONGEST, required=code in NEEDED, rows=2
    )
    for code in ORDER
    for language in LANGUAGES.values()
}
QuestionsForm: Any = type("QuestionsForm", (Form,), _members)
"""A field for each question and language; a scale without a text is not asked."""
