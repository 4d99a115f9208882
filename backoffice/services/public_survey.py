"""A customer answers the survey by its link (R21): once, until its end, by the same acts as a call-back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.queries import survey_questions
from backoffice.queries.rulebook import Rulebook
from backoffice.services import handling
from backoffice.services.core import public_tries, survey_link
from backoffice.services.core.case import open_case
from backoffice.services.core.credentials import network_of
from backoffice.services.core.facts import flow_settings
from backoffice.services.core.survey_link import MINUTE, Asked
from backoffice.services.core.work import Work
from policies.message import LANGUAGES, Message
from policies.public_pages import QUESTIONS_OF_ONE_ADDRESS
from policies.survey import Answers, act_of, refuse_answers
from policies.survey_questions import COMMENT, SATISFACTION, SOLVED, Question, refuse_mark
from policies.vocabulary import Outcome, Severity

STEP = "call_back"
Speak = Callable[[Message, str], str]


class SurveyState(StrEnum):
    """Whether a link can be answered."""

    OPEN = "open"
    UNKNOWN = "unknown"
    OVER = "over"
    DONE = "done"


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


def answer(work: Work, text: str, answers: Answers, speak: Speak, mark: str = "") -> SurveyState:
    """Take the answers of somebody who was let in; gives how the link stood: nothing was done unless it was open.
    Raises ``DomainError``. ``speak`` says a text in a language, ``mark``: of the questions that were answered.
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
    asked_now = survey_questions.questions(work.session)
    changed = refuse_mark(mark, asked_now)
    refusals = [changed] if changed is not None else refuse_answers(answers, satisfied_from)
    if refusals:
        raise DomainError(refusals)
    language = rules.office().language
    own = survey_questions.worded(work.session, LANGUAGES[language])
    opinion = "\n".join(_opinion(answers, asked_now, own, speak, language)).strip()
    action, values = act_of(answers, satisfied_from, opinion)
    handling.act_on(case, action, values)
    return SurveyState.OPEN


def _waits(complaint: Complaint) -> bool:
    """Whether an answer is awaited that may come by a link."""
    first = complaint.outcome is Outcome.FIRST_CONTACT_RESOLVED and complaint.severity is Severity.GENERAL
    return first and complaint.step == STEP and complaint.open


def _opinion(
    answers: Answers, questions: list[Question], own: Mapping[str, str], speak: Speak, language: str
) -> list[str]:
    """The customer's words, and the scores that stand in no column of their own, with the words of their questions.

    ``own``: what the office words otherwise of what a call-back asks; its answers stand in columns that do not know
    these words.
    """
    texts = {one.code: getattr(one.text, LANGUAGES[language]) for one in questions}
    solved = speak(Message("form.yes" if answers.solved else "form.no"), language)
    given = {SOLVED: solved, SATISFACTION: str(answers.satisfaction)}
    said = [f"{own[code]} {text}" for code, text in given.items() if code in own]
    said += [f"{texts[code]} {score}" for code, score in (answers.scores or {}).items() if code in texts]
    words = answers.comment.strip()
    return [*said, *([own[COMMENT]] if words and COMMENT in own else []), words]
