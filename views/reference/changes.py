"""The log of changes of the office's own data: who, when, what from which value to which (audit_view)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import redirect, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Query, joinedload
from wtforms import Form

from backoffice.models.history import ReferenceChange
from backoffice.models.office import Staff
from policies.access import Permission
from views.filters import named
from views.language import _, lazy
from views.reference.choosing import Choice, Choosing
from views.reference.naming import Names, field_name
from views.reference.words import words
from views.screens import RequestSession

SHOWN = 20  # lines beside a row's form
SUBJECTS = (
    "department",
    "staff",
    "role",
    "channel",
    "category",
    "list_entry",
    "process_version",
    "sla_policy",
    "calendar",
    "calendar_day",
    "public_holidays",
    "duty",
    "absence",
    "office",
    "figures",
    "message_template",
    "message",
    "delivery",
    "mailbox",
    "public_pages",
    "survey_questions",
    "backup",
    "api_token",
    "sampling_plan",
    "scorecard",
    "intake_script",
    "inspection_lot",
    "coaching",
    "appraisal_scheme",
    "appraisal_rules",
)


WORDED = ("process_version", "sampling_plan", "scorecard", "intake_script", "appraisal_scheme", "appraisal_rules")
"""Subjects whose changes are told in their own words."""


@dataclass(frozen=True)
class ShownValue:
    """One field of a change, in words."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class ShownChange:
    """One line of the log, in words."""

    at: datetime
    who: str
    act: str
    subject: str
    name: str
    values: tuple[ShownValue, ...]
    reason: str


def shown_changes(rows: Iterable[ReferenceChange]) -> list[ShownChange]:
    """Lines of the log as a reader sees them."""
    lines = list(rows)
    names = Names(lines)
    return [_shown(row, names) for row in lines]


def _shown(row: ReferenceChange, names: Names) -> ShownChange:
    values = (
        _worded_values(row)
        if row.subject in WORDED
        else (
            ShownValue(
                field_name(field, row.subject),
                names.value(row.subject, field, old),
                names.value(row.subject, field, new),
            )
            for field, (old, new) in row.changes.items()
        )
    )
    return ShownChange(
        row.at,
        named(row.actor) if row.actor else _("reference.changes.system"),
        words("reference.act", row.action),
        words("reference.subject", row.subject),
        names.subject(row),
        tuple(values),
        row.reason,
    )


def _worded_values(row: ReferenceChange) -> Iterator[ShownValue]:
    """A change of a process, a plan or a scorecard in its own words (which rest on this room)."""
    from views.reference.appraisal_words import rules_values, scheme_values
    from views.reference.card_words import card_values
    from views.reference.plan_words import plan_values
    from views.reference.process_log import process_values
    from views.reference.script_words import script_values

    worded = {
        "sampling_plan": plan_values,
        "scorecard": card_values,
        "intake_script": script_values,
        "appraisal_scheme": scheme_values,
        "appraisal_rules": rules_values,
    }.get(row.subject, process_values)
    return (ShownValue(*value) for value in worded(row))


def _people() -> list[tuple[str, str]]:
    """Everybody who ever changed something, by code."""
    changed = sa.select(ReferenceChange.actor_id).distinct()
    people = sa.select(Staff).where(Staff.id.in_(changed)).order_by(Staff.code)
    return [(one.code, named(one)) for one in RequestSession.current().scalars(people)]


class ChangesScreen(Choosing):
    """The whole log, for who may read the trail. Nothing here is ever changed."""

    permissions = (Permission.AUDIT_VIEW,)
    list_template = "reference/changes.html"
    column_display_actions = False
    column_list = ("at", "actor_id", "subject", "changes", "reason")
    column_default_sort = ("id", True)
    column_sortable_list = ()
    column_searchable_list = ("subject_id", "reason")
    column_labels = {
        "subject_id": lazy("reference.changes.subject_id"),
        "reason": lazy("reference.field.reason"),
    }
    column_filters = (
        Choice(
            ReferenceChange.subject,
            lazy("reference.changes.subject"),
            lambda: [(subject, words("reference.subject", subject)) for subject in SUBJECTS],
            lambda value: ReferenceChange.subject == value,
        ),
        Choice(
            ReferenceChange.actor_id,
            lazy("reference.changes.who"),
            _people,
            lambda code: ReferenceChange.actor_id.in_(sa.select(Staff.id).where(Staff.code == code)),
        ),
    )
    form = Form
    # Routes of Flask-Admin that this desk does not have.
    create_view = None
    edit_view = None
    delete_view = None
    action_view = None
    export = None
    ajax_lookup = None
    ajax_update = None

    def __init__(self) -> None:
        super().__init__(
            ReferenceChange,
            name=lazy("reference.changes.title"),
            category=lazy("reference.group.trail"),
            endpoint="changes",
        )
        self.summary = lazy("reference.changes.summary")

    def get_query(self) -> Query[Any]:
        """With who made the change."""
        return super().get_query().options(joinedload(ReferenceChange.actor))

    @expose("/details/")
    def details_view(self) -> Any:
        """The list says everything of a line."""
        self.get_one(request.args.get("id"))
        return redirect(url_for("changes.index_view"), 303)

    def render(self, template: str, **kwargs: Any) -> str:
        """Renders the list with its lines in words."""
        if "data" in kwargs:
            kwargs["lines"] = shown_changes(kwargs["data"])
        return super().render(template, **kwargs)
