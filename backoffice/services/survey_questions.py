"""The questions of the survey, worded by the office (R21): kept with a line in the log, asked from the next page on.

Answers that were given keep the words of their questions: these stand in the customer's opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.models.configuration import Setting
from backoffice.queries import survey_questions
from backoffice.queries.survey_questions import SETTING
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor
from policies.survey_questions import check, field_names

SUBJECT = "survey_questions"


def save(session: Session, actor: Actor, at: datetime, said: Mapping[str, str]) -> bool:
    """Keep the questions; says whether one changed. Raises ``DomainError`` with everything that makes no sense."""
    upkeep.begin(session, actor)
    after = {name: " ".join(said.get(name, "").split()) for name in field_names()}
    upkeep.ensure(check(after))
    before = survey_questions.texts(session)
    changes = {f"survey_{name}": (before[name], text) for name, text in after.items() if text != before[name]}
    if not changes:
        return False
    row = session.get(Setting, SETTING)
    if row is None:
        session.add(Setting(key=SETTING, value=after))
    else:
        row.value = after
    log_change(session, actor, at, SUBJECT, SUBJECT, "change", changes)
    upkeep.count_change(session)
    return True
