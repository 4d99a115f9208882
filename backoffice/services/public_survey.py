"""A customer answers the survey by its link (R21): once, until its end, by the same acts as a call-back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.services import handling
from backoffice.services.core import public_tries, survey_link
from backoffice.services.core.case import open_case
from backoffice.services.core.credentials import network_of
from backoffice.services.core.facts import flow_settings
from backoffice.services.core.survey_link import MINUTE, Asked
from backoffice.services.core.work import Work
from policies.message import Name
from policies.public_pages import QUESTIONS_OF_ONE_ADDRESS
from policies.survey import Answers, act_of, refuse_answers
from policies.vocabulary import Outcome, Severity

STEP = "call_back"


class SurveyState(StrEnum):
    """Whether a link can be answered."""

    OPEN = "open"
    UNKNOWN = "unknown"
    OVER = "over"
    DONE = "done"


@dataclass(frozen=True)
class Question:
    """One question of the office's survey."""

    code: str
    kind: str
    required: bool
    text: Name


def questions() -> list[Question]:
    """The questions, in their order."""
    rows: list[dict[str, Any]] = document("messages")["surveys"][0]["questions"]
    return [
        Question(row["code"], row["kind"], bool(row["required"]), Name(row["text"]["zh"], row["text"]["en"]))
        for row in rows
    ]


def look(work: Work, text: str) -> tuple[SurveyState, str]:
    """How a link stands, and the number of its complaint where it can be answered."""
    asked = survey_link.read(work.keys, text)
    complaint = work.session.get(Complaint, asked.complaint_id) if asked else None
    if asked is None or complaint is None:
        return SurveyState.UNKNOWN, ""
    if not _waits(complaint):
        return SurveyState.DONE, ""
    if work.recorded_at >= asked.until + MINUTE:
        return SurveyState.OVER, ""
    return SurveyState.OPEN, complaint.number


def admit(work: Work) -> None:
    """Count answers that were sent, whatever comes of them; raises ``WaitError`` (429) where too many came. A
    transaction of its own, so that what is refused counts, and nobody waits for another's.
    """
    limits = {f"survey/{network_of(work.address)}": QUESTIONS_OF_ONE_ADDRESS}
    if wait := public_tries.admit(work.session, work.keys, work.recorded_at, limits):
        raise wait


def answer(work: Work, text: str, answers: Answers) -> SurveyState:
    """Take the answers of somebody who was let in; gives how the link stood: nothing was done unless it was open.
    Raises ``DomainError``.
    """
    state, _number = look(work, text)
    if state is not SurveyState.OPEN:
        return state
    asked = survey_link.read(work.keys, text) or Asked(0, work.recorded_at)
    case = open_case(work, asked.complaint_id)
    if not _waits(case.complaint) or survey_link.due(case) is None:  # answered while this one came
        return SurveyState.DONE
    rules = Rulebook(work.session)
    satisfied_from = flow_settings(rules).satisfied_from_score
    refusals = refuse_answers(answers, satisfied_from)
    if refusals:
        raise DomainError(refusals)
    action, values = act_of(answers, satisfied_from, _opinion(answers, rules.office().language))
    handling.act_on(case, action, values)
    return SurveyState.OPEN


def _waits(complaint: Complaint) -> bool:
    """Whether an answer is awaited that may come by a link."""
    first = complaint.outcome is Outcome.FIRST_CONTACT_RESOLVED and complaint.severity is Severity.GENERAL
    return first and complaint.step == STEP and complaint.open


def _opinion(answers: Answers, language: str) -> str:
    """The customer's words, and the scores that stand in no column of their own."""
    texts = {one.code: one.text.zh if language == "zh_Hans" else one.text.en for one in questions()}
    said = [f"{texts[code]} {score}" for code, score in (answers.scores or {}).items() if code in texts]
    return "\n".join([*said, answers.comment.strip()]).strip()
