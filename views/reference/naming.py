"""Names for what the log keeps as numbers and codes: whom an id means, what a code is called, when a moment was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalRules, AppraisalScheme
from backoffice.models.configuration import (
    Calendar,
    Category,
    Channel,
    ListEntry,
    MessageTemplate,
    ProcessVersion,
    SlaPolicy,
)
from backoffice.models.history import ReferenceChange
from backoffice.models.inspection import Scorecard
from backoffice.models.office import Department, Role, Staff
from backoffice.models.sampling import SamplingPlan
from backoffice.models.script import IntakeScript
from policies.vocabulary import Unit
from views.filters import moment, named
from views.language import _
from views.reference.words import value_words, words
from views.screens import RequestSession

# What a line of the log is about, and what its columns point at.
SUBJECT_MODELS: dict[str, Any] = {
    "department": Department,
    "staff": Staff,
    "role": Role,
    "channel": Channel,
    "category": Category,
    "list_entry": ListEntry,
    "calendar": Calendar,
    "sla_policy": SlaPolicy,
    "process_version": ProcessVersion,
    "message_template": MessageTemplate,
    "sampling_plan": SamplingPlan,
    "scorecard": Scorecard,
    "intake_script": IntakeScript,
    "appraisal_scheme": AppraisalScheme,
    "appraisal_rules": AppraisalRules,
}
POINTERS: dict[str, Any] = {
    "department_id": Department,
    "default_department_id": Department,
    "head_id": Staff,
    "staff_id": Staff,
    "stand_in_id": Staff,
    "calendar_id": Calendar,
}
CODED: dict[str, str] = {
    "default_severity": "label.severity",
    "default_urgency": "label.level",
    "default_impact": "label.level",
    "entry_way": "label.entry_way",
    "language": "label.language",
    "list": "reference.list",
}
FIELDS = {"mailbox": "mailbox.field", "delivery": "delivery.field"}
"""Subjects whose columns have names of their own."""
OWN_VALUES = {
    ("mailbox", "security"): "mailbox.security",
    ("mailbox", "put_aside"): "mailbox.reason.put_aside",
    ("delivery", "security"): "delivery.security",
    ("delivery", "form"): "delivery.form",
}
KINDS = {"duty": "label.duty_kind", "department": "reference.department_kind", "calendar_day": "reference.day_kind"}
AMOUNT = re.compile(r"([0-9]+) ([a-z_]+)")
TARGET = re.compile(r"target-([a-z_]+)-([a-z_]+)-([a-z]+)")


class Names:
    """The names behind the ids of some lines of the log, read in one query a table."""

    def __init__(self, rows: Iterable[ReferenceChange]) -> None:
        wanted: dict[Any, set[int]] = {}
        for row in rows:
            self._want(wanted, SUBJECT_MODELS.get(row.subject), row.subject_id)
            for field, sides in row.changes.items():
                model = self._pointed_at(row.subject, field)
                for side in sides:
                    self._want(wanted, model, side)
        session = RequestSession.current()
        self._names: dict[tuple[Any, int], str] = {}
        for model, ids in wanted.items():
            for found in session.scalars(sa.select(model).where(model.id.in_(sorted(ids)))):
                self._names[model, found.id] = _name_of(found)

    @staticmethod
    def _want(wanted: dict[Any, set[int]], model: Any, value: Any) -> None:
        text = str(value)
        if model is not None and text.isascii() and text.isdigit() and len(text) < 18:
            wanted.setdefault(model, set()).add(int(text))

    @staticmethod
    def _pointed_at(subject: str, field: str) -> Any:
        return SUBJECT_MODELS.get(subject) if field == "parent_id" else POINTERS.get(field)

    def subject(self, row: ReferenceChange) -> str:
        """What a line is about, by name where there still is one."""
        if row.subject == row.subject_id:  # there is but one of its kind
            return words("reference.subject", row.subject)
        return self._named(SUBJECT_MODELS.get(row.subject), row.subject_id) or row.subject_id

    def value(self, subject: str, field: str, value: Any) -> str:
        """One side of a change, as a reader understands it."""
        if named_row := self._named(self._pointed_at(subject, field), value):
            return named_row
        if isinstance(value, str):
            return _words_of(subject, field, value)
        return value_words(value)

    def _named(self, model: Any, value: Any) -> str:
        text = str(value)
        return self._names.get((model, int(text)), "") if text.isascii() and text.isdigit() else ""


def field_name(field: str, subject: str = "") -> str:
    """What a column is called; a target of the clocks by its clock and severity."""
    if subject in FIELDS:
        return words(FIELDS[subject], field)
    if target := TARGET.fullmatch(field):
        clock, phase, severity = target.groups()
        called = words("label.clock_code", clock)
        if phase != "all":
            called = f"{called} · {words('reference.sla.phase', phase)}"
        return _("reference.sla.cell", clock=called, severity=words("label.severity", severity))
    if field.startswith("override-"):
        return _("reference.sla.override_named", name=field.removeprefix("override-"))
    if field.startswith("backup_"):
        return words("backup.field", field.removeprefix("backup_"))
    if field.startswith("survey_"):
        return words("survey_questions.field", field.removeprefix("survey_"))
    if field.startswith("public_"):
        return words("public_pages.field", field.removeprefix("public_"))
    named_elsewhere = words("figures.field", field)
    return named_elsewhere if named_elsewhere != field else words("reference.field", field)


def amount_words(amount: int, unit: str) -> str:
    """An amount of time: ``5 working days``, ``60% of the resolve clock``."""
    key = f"reference.sla.amount.{unit}"
    return _(key, n=amount) if unit in list(Unit) else f"{amount} {unit}"


def _name_of(row: Any) -> str:
    if isinstance(row, SlaPolicy):
        return _("reference.sla.version", version=row.version)
    if isinstance(row, ProcessVersion | SamplingPlan | Scorecard):
        return _("reference.processes.named", name=named(row), version=row.version)
    return named(row)


def _words_of(subject: str, field: str, value: str) -> str:
    if (subject, field) in OWN_VALUES:
        return words(OWN_VALUES[subject, field], value)
    if field == "kind":
        return words(KINDS.get(subject, "reference.element_kind"), value)
    if field in CODED:
        return words(CODED[field], value)
    if field.startswith("target-") and (amount := AMOUNT.fullmatch(value)):
        return amount_words(int(amount[1]), amount[2])
    if field == "day" and " " in value:  # a day of a calendar: its kind, its name, maybe hours
        kind, _blank, rest = value.partition(" ")
        return f"{words('reference.day_kind', kind)} {rest}"
    if field.endswith("_at"):
        return _moment_words(value)
    return value_words(value)


def _moment_words(value: str) -> str:
    try:
        return moment(datetime.fromisoformat(value))
    except ValueError:
        return value
