"""Courses, modules and drills of the office, and what it asks for before somebody takes a post (R34)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Role
from backoffice.models.training import TrainingCourse
from backoffice.queries.fitness import rules_of
from backoffice.services import training_course as service
from forms.training import CourseForm, RulesForm
from policies.access import Permission
from policies.message import Message, Refusal
from policies.vocabulary_training import CourseKind, Interval, TrainingForm
from views import context
from views.errors import onto_form
from views.filters import plain_number
from views.language import _, label, lazy
from views.reference.base import (
    Page,
    ReferenceScreen,
    coded,
    in_use,
    log_of,
    name_cell,
    once,
    reading,
    state_cell,
)
from views.screens import Screen

KEEPERS = (Permission.TRAINING_MANAGE, Permission.CONFIGURATION_EDIT)


class TrainingCourseScreen(ReferenceScreen):
    """The list of courses in the order of the plan."""

    permissions = KEEPERS
    subject = service.SUBJECT
    form_class = CourseForm
    column_list = ("name_zh", "kind", "role_code", "hours", "every", "exam_pass", "retired_at")
    column_labels = {
        "name_zh": lazy("training.field.course"),
        "kind": lazy("training.field.kind"),
        "role_code": lazy("training.field.for_role"),
        "hours": lazy("training.field.hours"),
        "every": lazy("training.field.every"),
        "exam_pass": lazy("training.field.exam_pass"),
        "position": lazy("reference.field.position"),
        "retired_at": lazy("reference.field.state"),
        "name_en": lazy("reference.field.name_en"),
        "code": lazy("reference.field.code"),
    }
    column_sortable_list = ("position", "name_zh")
    column_default_sort = "position"
    column_searchable_list = ("name_zh", "name_en", "code")
    column_numbers = ("hours", "exam_pass")
    column_formatters = {
        "name_zh": name_cell,
        "kind": lambda _view, _context, row, _name: label(row.kind),
        "role_code": lambda view, _context, row, _name: view.role_words(row),
        "hours": lambda _view, _context, row, _name: plain_number(row.hours),
        "every": lambda _view, _context, row, _name: label(row.every) if row.every else _("layout.none"),
        "exam_pass": lambda _view, _context, row, _name: _("layout.none") if row.exam_pass is None else row.exam_pass,
        "retired_at": state_cell,
    }
    home = "training.index"

    def __init__(self) -> None:
        super().__init__(
            TrainingCourse,
            name=lazy("training.courses"),
            category=lazy("training.title"),
            endpoint="training_courses",
        )
        self.summary = lazy("training.courses_summary")
        self.home_name = lazy("training.title")

    def role_words(self, row: TrainingCourse) -> str:
        """For whom a course is."""
        if row.role_code is None:
            return _("training.everybody") if row.kind is CourseKind.COURSE else _("layout.none")
        names = once("role_names", lambda: dict(coded(reading().scalars(in_use(Role)))))
        return names.get(row.role_code, row.role_code)

    def fill(self, form: Any, row: TrainingCourse | None) -> None:
        """Kinds, roles, forms, intervals."""
        form.kind.choices = [(one.value, label(one)) for one in CourseKind]
        form.role_code.choices = coded(reading().scalars(in_use(Role)), blank=_("training.everybody"))
        form.form.choices = [(one.value, label(one)) for one in TrainingForm]
        form.every.choices = [("", _("training.once")), *((one.value, label(one)) for one in Interval)]

    def start(self) -> dict[str, Any]:
        """A classroom course of two hours, every year."""
        return {
            "position": 50,
            "kind": CourseKind.COURSE.value,
            "form": TrainingForm.CLASSROOM.value,
            "every": Interval.YEAR.value,
        }

    def create(self, session: Session, form: CourseForm) -> TrainingCourse:
        """A new course."""
        return service.create(session, context.actor(), context.now(), form.code.data or "", form.facts())

    def change(self, session: Session, row_id: int, form: CourseForm) -> TrainingCourse:
        """Another name, length or interval."""
        return service.change(session, context.actor(), context.now(), row_id, form.facts())

    def retire(self, session: Session, row_id: int, reason: str) -> TrainingCourse:
        """Out of use."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def restore(self, session: Session, row_id: int, reason: str) -> TrainingCourse:
        """Back into use."""
        return service.restore(session, context.actor(), context.now(), row_id, reason)


class TrainingRulesScreen(Screen, BaseView):
    """What the office asks for before somebody takes a post: one form."""

    permissions = KEEPERS
    home = "training.index"

    def __init__(self) -> None:
        super().__init__(name=lazy("training.rules"), category=lazy("training.title"), endpoint="training_rules")
        self.summary = lazy("training.rules_summary")
        self.home_name = lazy("training.title")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """Show what is asked for; keep what was entered, or say beside each field why not."""
        now = rules_of(reading())
        start = {name: getattr(now, name) for name in FIGURES} | {"roles": list(now.roles)}
        form = RulesForm(request.form if request.method == "POST" else None, data=start)
        form.roles.choices = coded(reading().scalars(in_use(Role)))
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                wanted = form.rules(now.exam_full)
                if wanted is None:
                    raise DomainError(Refusal("training.refused.rules_missing", status=422))
                with context.writing() as session:
                    service.change_rules(session, context.actor(), context.now(), wanted)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("training.rules_saved"), "success")
                return redirect(url_for("training_rules.index"), 303)
        page = self.render(
            "reference/training_rules.html",
            form=form,
            refusals=refusals,
            changes=log_of(service.RULES, service.RULES),
        )
        return (page, 422) if request.method == "POST" else page


FIGURES = ("required", "minimum_hours", "exam_pass", "retakes", "wait_days", "validity_months", "absence_days")
