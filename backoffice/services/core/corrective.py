"""Corrective actions (R30): opened from a complaint with owner and date; the owner is told in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core import numbering
from backoffice.services.core.case import Case
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from policies.calendar import WorkingCalendar, moment
from policies.corrective import CorrectiveRules, parse_corrective
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus

CONTEXT = "corrective_action"
TEMPLATE = "corrective_notice"
TEXTS = ("title", "root_cause", "expected_effect")
FROM_COMPLAINT, FROM_REVIEW = "complaint", "post_review"
"""Sources of the office's list from which a complaint's own corrective actions come."""


def corrective_rules(rules: Rulebook) -> CorrectiveRules:
    """The office's kinds of corrective actions; those of the default office while it has none of its own."""
    name = "corrective_actions"
    return rules.keep("corrective", lambda: parse_corrective(rules.document(name) or document(name)))


def open_actions(case: Case, rows: Sequence[Mapping[str, Any]], source: str) -> list[CorrectiveAction]:
    """One corrective action for each row, numbered, dated and told to its owner."""
    work = case.work
    rules = Rulebook(work.session)
    known, zone = corrective_rules(rules), rules.zone()
    today = work.at.astimezone(zone).date()
    opened = []
    for row in rows:
        level = CorrectiveLevel(str(row.get("level") or CorrectiveLevel.NORMAL.value))
        kind = known.types[str(row["type"])]
        due_on = row.get("due_on") or default_due(rules.calendar(), today, known.working_days(kind.code, level))
        owner = work.session.get_one(Staff, int(row["owner"]))
        due_at = closing(rules.calendar(), due_on)
        one = CorrectiveAction(
            number=_number(work.session, today),
            complaint_id=case.complaint.id,
            source=source,
            type=kind.code,
            level=level,
            status=CorrectiveStatus.ASSIGNED,
            verification=kind.verification,
            department_id=owner.department_id,
            owner_id=owner.id,
            helper_ids=[],
            assigned_by_id=work.actor.staff_id,
            assigned_at=work.at,
            due_on=due_on,
            due_at=due_at,
            first_due_on=due_on,
            revision=0,
            sealed=seal(work.keys, {name: str(row[name]) for name in TEXTS}),
        )
        work.session.add(one)
        work.session.flush()
        _tell(case, one, str(row["title"]))
        opened.append(one)
    return opened


def seal(keys: Keys, texts: Mapping[str, str]) -> bytes:
    """The texts of a corrective action under the office's own key."""
    return seal_for_office(keys, json.dumps(dict(texts), ensure_ascii=False), CONTEXT)


def texts_of(keys: Keys, one: CorrectiveAction) -> dict[str, str]:
    """The texts of a corrective action in clear; what it does not have is empty."""
    return dict.fromkeys(TEXTS, "") | dict(json.loads(open_for_office(keys, one.sealed, CONTEXT)))


def default_due(calendar: WorkingCalendar, today: date, working_days: int) -> date:
    """The day that many working days from today."""
    point, _year = calendar.closing_after_date(today, working_days)
    return calendar.date_of_closing(moment(point))


def closing(calendar: WorkingCalendar, day: date) -> datetime:
    """The closing time of a day, or of the working day after it."""
    found = calendar.closing_of(day)
    return found if found is not None else moment(calendar.closing_after_date(day, 1)[0])


def _number(session: Session, today: date) -> str:
    slot = f"{today:%Y}"
    return f"CA{slot}-{numbering.next_value(session, 'corrective', slot):04d}"


def _tell(case: Case, one: CorrectiveAction, title: str) -> None:
    rules = Rulebook(case.work.session)

    def places(language: str) -> Mapping[str, str]:
        return {"action_title": title, "due_time": Style(rules, language).moment(one.due_at)}

    tell_staff(case.work, TEMPLATE, [one.owner_id], places, case=case, key=f"{TEMPLATE}:{one.id}")
