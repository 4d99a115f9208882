"""Appraisal schemes in the console (R32): their versions, what a draft says, an example while it is being written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, render_template, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalScheme
from backoffice.models.office import Department, Role
from backoffice.queries.appraisal_rules import find_rules, indicators_of
from backoffice.services import appraisal_scheme as service
from forms.reference.appraisal_scheme import ITEMS, NewSchemeForm, SchemeForm, scheme_data, scheme_form, whom_of
from policies.appraisal_check import MOST_ITEMS
from policies.message import Refusal
from policies.vocabulary_appraisal import ScoringKind
from views import context
from views.addresses import whole_number
from views.language import _, lazy
from views.reference import appraisal_words
from views.reference.base import Page, log_of, name_cell, once, reading
from views.reference.process_checking import placed, seen_revision
from views.reference.processes import ReadScreen
from views.reference.versioned import VersionedPages, from_cell, standing_cell
from views.reference.words import words


def _standing(_view: Any, _context: Any, row: AppraisalScheme, _name: str) -> str:
    every = once("schemes", lambda: list(reading().scalars(sa.select(AppraisalScheme))))
    return standing_cell([one for one in every if one.code == row.code], row)


class AppraisalSchemeScreen(VersionedPages, ReadScreen):
    """The versions of the appraisal schemes."""

    kept = service.SCHEMES
    list_template = "reference/scheme_list.html"
    details_template = "reference/scheme.html"
    column_list = ("name_zh", "subject", "version", "valid_from", "items", "state")
    column_labels = {
        "name_zh": lazy("appraisal_form.scheme"),
        "subject": lazy("appraisal_form.said.subject"),
        "version": lazy("reference.field.version"),
        "valid_from": lazy("reference.field.valid_from"),
        "items": lazy("appraisal_form.items"),
        "state": lazy("reference.field.state"),
    }
    column_numbers = ("version", "items")
    column_default_sort = [("code", False), ("version", True)]
    column_formatters = {
        "name_zh": name_cell,
        "subject": lambda _view, _context, row, _name: appraisal_words.subject_text(row.subject),
        "items": lambda _view, _context, row, _name: len(row.definition.get("items") or ()),
        "valid_from": lambda _view, _context, row, _name: from_cell(row),
        "state": _standing,
    }

    def __init__(self) -> None:
        super().__init__(
            AppraisalScheme,
            name=lazy("appraisal_form.title"),
            category=lazy("appraisal_form.category"),
            endpoint="appraisal_schemes",
        )
        self.summary = lazy("appraisal_form.summary")

    @expose("/details/")
    def details_view(self) -> Page:
        """A version: its indicators with weights and scoring, what its check finds, and the versions beside it."""
        row = self.get_one(request.args.get("id"))
        return self.render(
            self.details_template,
            said=appraisal_words.shown_scheme(row.definition),
            items=_items(row.definition),
            total=sum(item.get("weight") or 0 for item in row.definition.get("items") or ()),
            changes=log_of(service.SCHEME_SUBJECT, row.id),
            **self.version_facts(row),
        )

    @expose("/new/", methods=("GET", "POST"))
    def new_scheme(self) -> Page:
        """The first draft of a new scheme."""
        form = NewSchemeForm(request.form if request.method == "POST" else None)
        form.subject.choices = appraisal_words.subject_choices()

        def command(session: Session) -> AppraisalScheme:
            name = {"zh": form.name_zh.data, "en": form.name_en.data}
            said = (form.code.data, form.subject.data, name, form.reason.data)
            return service.begin(session, context.actor(), context.now(), *said)

        return self.acted(form, command, "reference/scheme_new.html", "appraisal_form.begun")

    @expose("/edit/", methods=("GET", "POST"))
    def edit(self) -> Page:
        """What a draft says; with its button, or as it is typed, an example of what values would score."""
        row = self._draft()
        form = self._form_of(row)
        example = self._example(form, row)
        if request.method == "POST" and "example" in request.form:
            form.validate()
            return self._shown(form, row, example)
        if request.method == "GET" and "faults" in request.args and (found := self._faults(row)):
            return self._shown(form, row, example, placed(DomainError(found), form))

        def command(session: Session) -> AppraisalScheme:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return self.kept.change(session, *at, form.facts(row.definition, _indicators()))

        facts = {"row": row, "note": _legal_note(), "example": example}
        return self.acted(form, command, "reference/scheme_form.html", "versions.saved", **facts)

    @expose("/example/", methods=("POST",))
    def example(self) -> Page:
        """What the values typed would score by what is typed; nothing of it is written."""
        row = self._draft()
        form = self._form_of(row)
        return render_template("reference/scheme_example.html", **self._example(form, row))

    @expose("/compare/")
    def compare(self) -> Page:
        """Two versions of a scheme side by side."""
        return self.compared(appraisal_words.scheme_differences, "appraisal_form.scheme")

    def mend_page(self, row: Any, refusal: Refusal) -> str:
        """Where a fault is mended: in the form, with every fault beside its field."""
        return f"{url_for('appraisal_schemes.edit', id=row.id, faults=1)}#{refusal.field}"

    # How

    def _draft(self) -> AppraisalScheme:
        row: AppraisalScheme = self.get_one(request.args.get("id"))
        if not row.state.is_open:
            abort(409)
        return row

    def _form_of(self, row: AppraisalScheme) -> SchemeForm:
        posted = request.form if request.method == "POST" else None
        rows = None if posted is None else whole_number(posted.get("rows"), highest=MOST_ITEMS + 2)
        form = scheme_form(row.definition, rows)(posted, data=scheme_data(row.definition))
        _fill(form, row.definition)
        return form

    def _shown(self, form: SchemeForm, row: AppraisalScheme, example: Any, refusals: Any = ()) -> Page:
        """The form without carrying it out."""
        facts = {"form": form, "row": row, "example": example, "refusals": refusals, "note": _legal_note()}
        return self.render("reference/scheme_form.html", revision=self._revision(row), **facts)

    @staticmethod
    def _example(form: SchemeForm, row: AppraisalScheme) -> dict[str, Any]:
        said = {**row.definition, **form.facts(row.definition, _indicators())}
        found = service.example(reading(), said, context.today(), form.values())
        effects = appraisal_words.effect_names(appraisal_words.rules_now())
        grades = {one["code"]: one["name"] for one in appraisal_words.rules_now().get("grades", ())}
        return {
            "found": found,
            "effects": effects,
            "grades": grades,
            "named_indicator": appraisal_words.indicator_name,
            "with_unit": appraisal_words.with_unit,
        }


def _indicators() -> Any:
    return once("read indicators", lambda: indicators_of(find_rules(reading(), context.today())))


def _legal_note() -> Mapping[str, str]:
    return appraisal_words.rules_now().get("note") or {}


def _items(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": appraisal_words.indicator_name(item.get("indicator")),
            "weight": item.get("weight"),
            "target": appraisal_words.with_unit(item.get("indicator"), item.get("target")),
            "scoring": appraisal_words.scoring_text(item),
        }
        for item in definition.get("items") or ()
    ]


def _fill(form: SchemeForm, definition: Mapping[str, Any]) -> None:
    """Give the form's choices their words; what the draft says already is offered, too."""
    whom = whom_of(definition)
    names = appraisal_words.people(Role if whom == "roles" else Department)
    held = [code for code in definition.get(whom) or () if code not in names]
    form[whom].choices = [*names.items(), *((code, code) for code in held)]
    offered = [("", _("appraisal_form.choose"))]
    level = str(definition.get("subject"))
    rows = appraisal_words.indicator_rows()
    chosen = {item.get("indicator") for item in definition.get("items") or ()}
    offered += [
        (code, appraisal_words.indicator_name(code))
        for code, row in rows.items()
        if level in row["levels"] or code in chosen
    ]
    offered += [(code, code) for code in chosen if code and code not in rows]
    kinds = [(kind.value, words("appraisal_form.kind", kind.value)) for kind in ScoringKind]
    for line in form.rows(ITEMS):
        line["indicator"].choices, line["kind"].choices = offered, kinds
