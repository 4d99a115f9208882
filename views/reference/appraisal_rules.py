"""The rules that all schemes share, in the console (R32, R33): grades and what they bring, vetoes, points, days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalRules
from backoffice.services import appraisal_scheme as service
from forms.reference.appraisal_rules import ALL_PARTS, DAYS, INDICATORS, PARTS, rules_data, rules_facts, rules_form
from policies.appraisal_rules import Within, said_of
from policies.appraisal_rules_check import MOST_ROWS, PENALTIES, REWARDS
from policies.message import Refusal
from views import context
from views.addresses import whole_number
from views.language import _, lazy
from views.reference import appraisal_words
from views.reference.base import Page, log_of, name_cell, once, reading
from views.reference.process_checking import placed, seen_revision
from views.reference.processes import ReadScreen
from views.reference.versioned import VersionedPages, from_cell, standing_cell
from views.reference.words import words


def _standing(_view: Any, _context: Any, row: AppraisalRules, _name: str) -> str:
    every = once("appraisal rules of all", lambda: list(reading().scalars(sa.select(AppraisalRules))))
    return standing_cell([one for one in every if one.code == row.code], row)


class AppraisalRulesScreen(VersionedPages, ReadScreen):
    """The versions of the rules that all schemes share."""

    kept = service.RULES
    details_template = "reference/appraisal_rules.html"
    column_list = ("name_zh", "version", "valid_from", "state")
    column_labels = {
        "name_zh": lazy("appraisal_form.rules"),
        "version": lazy("reference.field.version"),
        "valid_from": lazy("reference.field.valid_from"),
        "state": lazy("reference.field.state"),
    }
    column_numbers = ("version",)
    column_default_sort = [("code", False), ("version", True)]
    column_formatters = {
        "name_zh": name_cell,
        "valid_from": lambda _view, _context, row, _name: from_cell(row),
        "state": _standing,
    }

    def __init__(self) -> None:
        super().__init__(
            AppraisalRules,
            name=lazy("appraisal_form.rules_title"),
            category=lazy("appraisal_form.category"),
            endpoint="appraisal_rules",
        )
        self.summary = lazy("appraisal_form.rules_summary")

    @expose("/details/")
    def details_view(self) -> Page:
        """A version part by part, what its check finds, and the versions beside it."""
        row = self.get_one(request.args.get("id"))
        return self.render(
            self.details_template,
            said=appraisal_words.shown_days(row.definition),
            parts=_shown(row.definition),
            note=row.definition.get("note") or {},
            penalty_note=appraisal_words.penalty_note(row.definition),
            changes=log_of(service.RULES_SUBJECT, row.id),
            **self.version_facts(row),
        )

    @expose("/edit/", methods=("GET", "POST"))
    def edit(self) -> Page:
        """One part of a draft."""
        row = self.get_one(request.args.get("id"))
        if not row.state.is_open:
            abort(409)
        part = request.args.get("part") or DAYS
        if part not in ALL_PARTS:
            abort(404)
        posted = request.form if request.method == "POST" else None
        rows = None if posted is None else whole_number(posted.get("rows"), highest=MOST_ROWS + 1)
        form = rules_form(part, row.definition, rows)(posted, data=rules_data(part, row.definition))
        if part != DAYS:
            _fill(form, part, row.definition)
        refusals: Any = ()
        if posted is None and "faults" in request.args:
            found = [one for one in self._faults(row) if one.field in form]
            refusals = placed(DomainError(found), form) if found else ()

        def command(session: Session) -> AppraisalRules:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return self.kept.change(session, *at, rules_facts(part, form, row.definition))

        return self.acted(
            form, command, "reference/appraisal_rules_form.html", "versions.saved", refusals, row=row, part=part,
            note=row.definition.get("note") or {}, penalty_note=appraisal_words.penalty_note(row.definition),
        )  # fmt: skip

    @expose("/compare/")
    def compare(self) -> Page:
        """Two versions of the rules side by side."""
        return self.compared(appraisal_words.rules_differences, "appraisal_form.rules")

    def mend_page(self, row: Any, refusal: Refusal) -> str:
        """Where a fault is mended: in the form of its part."""
        part = str(refusal.field).split("-", 1)[0]
        known = part if part in PARTS else DAYS
        return f"{url_for('appraisal_rules.edit', id=row.id, part=known, faults=1)}#{refusal.field}"


def _shown(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "code": part,
            "name": words("appraisal_form.part", part),
            "rows": [
                (appraisal_words.row_name(part, row), appraisal_words.row_text(part, row, definition))
                for row in definition.get(part) or ()
            ],
        }
        for part in PARTS
    ]


def _fill(form: Any, part: str, definition: Mapping[str, Any]) -> None:
    """Give the choices of each row their words; what a row says already is offered, too."""
    if part == INDICATORS:
        for line, row in zip(form.rows(part), definition.get(part) or (), strict=True):
            line["minimum_sample"].label.text = appraisal_words.row_name(part, row)
        return
    effects = list(appraisal_words.effect_names(definition).items())
    grades = [(str(row.get("code")), str(row.get("code"))) for row in definition.get("grades") or ()]
    kinds = [
        (kind.value, words("appraisal_form.effect", kind.value))
        for kind in (REWARDS if part == "rewards" else PENALTIES)
    ]
    offered = {
        "kind": kinds,
        "grade_cap": [("", _("appraisal_form.choose")), *grades],
        "grades": grades,
        "within": [(one.value, words("appraisal_form.within", one.value)) for one in Within],
        "subject": [("", _("appraisal_form.subject.any")), *appraisal_words.subject_choices()],
        "effects": effects,
    }
    held = [said_of(row) for row in definition.get(part) or ()]
    for line in form.rows(part):
        for name, choices in offered.items():
            if name in line:
                line[name].choices = _with_held(choices, [row.get(name) for row in held])


def _with_held(choices: list[tuple[str, str]], held: list[Any]) -> list[tuple[str, str]]:
    codes = {code for code, _text in choices}
    every = [code for one in held for code in (one if isinstance(one, list) else [one])]
    return [*choices, *((code, code) for code in dict.fromkeys(every) if code and code not in codes)]
