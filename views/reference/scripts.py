"""Intake scripts in the console (R7): versions, a new script, a draft edited question by question, two compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, ListEntry
from backoffice.models.script import IntakeScript
from backoffice.services import script as service
from forms.reference.script import (
    BLANK_ANSWERS,
    END,
    QUESTION,
    HeadForm,
    NewScriptForm,
    QuestionForm,
    head_data,
    question_data,
    question_form,
)
from policies.access import Permission
from policies.message import Refusal
from policies.script_check import MOST_ANSWERS
from policies.vocabulary_script import QuestionKind, ScriptEnd
from views import context
from views.addresses import whole_number
from views.filters import named
from views.language import _, label, lazy, say
from views.reference import script_words
from views.reference.base import Page, log_of, name_cell, once, reading
from views.reference.process_checking import seen_revision
from views.reference.processes import ReadScreen
from views.reference.versioned import VersionedPages, from_cell, standing_cell


def _standing(_view: Any, _context: Any, row: IntakeScript, _name: str) -> str:
    every = once("intake scripts", lambda: list(reading().scalars(sa.select(IntakeScript))))
    return standing_cell([one for one in every if one.code == row.code], row)


def _leaves() -> dict[str, str]:
    """Code → name of every leaf."""
    rows = sa.select(Category).where(Category.level == 3).order_by(Category.position, Category.id)
    return once("leaves", lambda: {row.code: named(row) for row in reading().scalars(rows)})


class ScriptScreen(VersionedPages, ReadScreen):
    """The versions of the intake scripts."""

    kept = service.SCRIPTS
    permissions = (Permission.KNOWLEDGE_EDIT,)
    list_template = "reference/script_list.html"
    details_template = "reference/script.html"
    column_list = ("name_zh", "category", "version", "valid_from", "questions", "state")
    column_labels = {
        "name_zh": lazy("script_editor.script"),
        "category": lazy("script_editor.field.category"),
        "version": lazy("reference.field.version"),
        "valid_from": lazy("reference.field.valid_from"),
        "questions": lazy("script_editor.questions"),
        "state": lazy("reference.field.state"),
    }
    column_numbers = ("version", "questions")
    column_default_sort = [("code", False), ("version", True)]
    column_formatters = {
        "name_zh": name_cell,
        "category": lambda _view, _context, row, _name: _leaves().get(row.category, row.category),
        "questions": lambda _view, _context, row, _name: len(row.definition["questions"]),
        "valid_from": lambda _view, _context, row, _name: from_cell(row),
        "state": _standing,
    }

    def __init__(self) -> None:
        super().__init__(
            IntakeScript,
            name=lazy("script_editor.title"),
            category=lazy("reference.group.intake"),
            endpoint="intake_scripts",
        )
        self.summary = lazy("script_editor.summary")

    @expose("/details/")
    def details_view(self) -> Page:
        """A version: its questions with their answers, what its check finds, and the versions beside it."""
        row = self.get_one(request.args.get("id"))
        return self.render(
            self.details_template,
            script=row.definition,
            leaf=_leaves().get(row.category, row.category),
            elements=_elements(),
            leads_to=lambda answer: script_words.leads_to(row.definition, answer),
            changes=log_of(service.SUBJECT, row.id),
            **self.version_facts(row),
        )

    def mend_page(self, row: Any, refusal: Refusal) -> str:
        """Where a fault is mended: in the form of its question, or of the head."""
        code = str(refusal.field or "").removeprefix("question-")
        if any(one["code"] == code for one in row.definition["questions"]):
            return url_for("intake_scripts.question", id=row.id, question=code)
        return url_for("intake_scripts.edit", id=row.id)

    @expose("/compare/")
    def compare(self) -> Page:
        """Two versions of a script side by side."""
        return self.compared(script_words.compared, "script_editor.part_head")

    @expose("/new/", methods=("GET", "POST"))
    def new_script(self) -> Page:
        """The first draft of a new script."""
        form = NewScriptForm(request.form if request.method == "POST" else None)
        form.category.choices = [("", _("script_editor.choose")), *_leaves().items()]

        def command(session: Session) -> IntakeScript:
            name = {"zh": form.name_zh.data, "en": form.name_en.data}
            said = (form.code.data, form.category.data, name, form.reason.data)
            return service.begin(session, context.actor(), context.now(), *said)

        return self.acted(form, command, "reference/script_new.html", "script_editor.begun")

    @expose("/edit/", methods=("GET", "POST"))
    def edit(self) -> Page:
        """What a draft says as a whole."""
        row = self._draft()
        form = HeadForm(request.form if request.method == "POST" else None, data=head_data(row.definition))
        form.category.choices = list(_leaves().items())
        form.symptoms.choices = _symptoms(row)
        blank = ("", _("script_editor.choose"))
        form.start.choices = [blank, *((code, ask) for code, ask in _questions(row.definition))]

        def command(session: Session) -> IntakeScript:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.change_head(session, *at, form.said())

        return self.acted(form, command, "reference/script_head.html", "versions.saved", row=row)

    @expose("/question/", methods=("GET", "POST"))
    def question(self) -> Page:
        """One question of a draft with its answers."""
        row = self._draft()
        code = request.args.get("question")
        said = next((one for one in row.definition["questions"] if one["code"] == code), None) or abort(404)
        form = _question_form(row, said)

        def command(session: Session) -> IntakeScript:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.change_question(session, *at, said["code"], form.said())

        return self.acted(form, command, "reference/script_question.html", "versions.saved", row=row, question=said)

    @expose("/new_question/", methods=("GET", "POST"))
    def new_question(self) -> Page:
        """One question more."""
        row = self._draft()
        form = _question_form(row, None)

        def command(session: Session) -> IntakeScript:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.add_question(session, *at, form.said())

        return self.acted(form, command, "reference/script_question.html", "versions.saved", row=row, question=None)

    @expose("/move/", methods=("POST",))
    def move(self) -> Page:
        """A question one place up or down."""
        row, code = self._draft(), request.form.get("question") or ""
        by = -1 if request.form.get("by") == "up" else 1
        return self._pressed(row, lambda session, *at: service.move_question(session, *at, code, by))

    @expose("/drop/", methods=("POST",))
    def drop(self) -> Page:
        """One question less."""
        row, code = self._draft(), request.form.get("question") or ""
        return self._pressed(row, lambda session, *at: service.drop_question(session, *at, code))

    # How

    def _draft(self) -> IntakeScript:
        """The version that is asked for; what is in force has no such page."""
        row: IntakeScript = self.get_one(request.args.get("id"))
        if not row.state.is_open:
            raise DomainError(Refusal("process.refused.in_force", {"version": row.version}))
        return row

    def _pressed(self, row: IntakeScript, command: Callable[..., IntakeScript]) -> Page:
        try:
            with context.writing() as session:
                command(session, context.actor(), context.now(), row.id, seen_revision())
        except DomainError as error:
            if error.status in (403, 404):
                raise
            for refusal in error.refusals:
                flash(say(refusal), "error")
        return redirect(self.page_of(row, "questions"), 303)


def _elements() -> dict[str, str]:
    """Code → name of every dispatch element in use."""
    rows = sa.select(ListEntry).where(ListEntry.list == "dispatch_elements", ListEntry.retired_at.is_(None))
    return {row.code: named(row) for row in reading().scalars(rows.order_by(ListEntry.position))}


def _symptoms(row: IntakeScript) -> list[tuple[str, str]]:
    """The symptoms of the leaf, and what the draft names already."""
    leaf = reading().scalars(sa.select(Category).where(Category.code == row.category)).one_or_none()
    offered = {one["code"]: named(one["name"]) for one in (leaf.symptoms if leaf else ())}
    return list(
        {**offered, **{code: code for code in row.definition.get("symptoms") or () if code not in offered}}.items()
    )


def _questions(definition: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one["code"], f"{n}. {named(dict(one['ask']))}") for n, one in enumerate(definition["questions"], 1)]


def _question_form(row: IntakeScript, said: Mapping[str, Any] | None) -> QuestionForm:
    posted = request.form if request.method == "POST" else None
    rows = (len(said["answers"]) if said else 0) + BLANK_ANSWERS
    if posted is not None:
        rows = whole_number(posted.get("rows"), highest=MOST_ANSWERS) or rows
    form = question_form(rows)(posted, data=question_data(said) if said else {"kind": QuestionKind.CHOICE.value})
    form.kind.choices = [(kind.value, label(kind)) for kind in QuestionKind]
    held = said.get("stores_in") if said else None
    elements = _elements()
    form.stores_in.choices = [("", _("script_editor.fills_nothing")), *elements.items()]
    if held and held not in elements:
        form.stores_in.choices.append((held, held))
    own = said["code"] if said else None
    onward = [(f"{QUESTION}{code}", ask) for code, ask in _questions(row.definition) if code != own]
    ends = [(f"{END}{end.value}", _("script_editor.to_end", end=label(end))) for end in ScriptEnd]
    targets = [("", _("script_editor.choose")), *onward, *ends]
    for answer in form.answers():
        held = answer["to"].data
        extra = [(held, held)] if held and all(held != code for code, _ask in targets) else []
        answer["to"].choices = [*targets, *extra]
    return form
