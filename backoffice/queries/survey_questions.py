"""The questions of the survey (R21): as the office worded them, else those of the default office."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from policies.message import LANGUAGES
from policies.survey_questions import NEEDED, Question, field_names, questions_of

SETTING = "survey_questions"


def texts(session: Session) -> dict[str, str]:
    """What is asked, by code and language; empty where nothing is."""
    kept = Rulebook(session).setting(SETTING)
    said = dict(kept) if isinstance(kept, dict) else _default()
    return {name: str(said.get(name) or "") for name in field_names()}


def questions(session: Session) -> list[Question]:
    """The questions, in their order."""
    return questions_of(texts(session))


def worded(session: Session, language: str) -> dict[str, str]:
    """The questions that a call-back asks as well and that this office words otherwise, by their codes."""
    said, usual = texts(session), _default()
    names = {code: f"{code}_{language}" for code in NEEDED}
    return {code: said[name] for code, name in names.items() if said[name] and said[name] != usual.get(name)}


def _default() -> dict[str, str]:
    rows = document("messages")["surveys"][0]["questions"]
    return {f"{row['code']}_{language}": str(row["text"][language]) for row in rows for language in LANGUAGES.values()}
