"""The questions of the satisfaction survey (R21), worded in the console."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose

from backoffice.errors import DomainError
from backoffice.queries import survey_questions
from backoffice.services import survey_questions as service
from forms.reference.survey_questions import QuestionsForm
from policies.access import Permission
from policies.message import Message
from policies.survey_questions import COMMENT, SATISFACTION, SCALES, SOLVED, field_names
from views import context
from views.errors import onto_form
from views.language import _, lazy
from views.reference.base import Page, log_of, reading
from views.screens import Screen

GROUPS = (("needed", (SOLVED, SATISFACTION)), ("scales", SCALES), ("comment", (COMMENT,)))


class SurveyQuestionsScreen(Screen, BaseView):
    """One form."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(
            name=lazy("survey_questions.title"), category=lazy("reference.group.handling"), endpoint="survey_questions"
        )
        self.summary = lazy("survey_questions.summary")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """What is asked; keep what was entered, or say beside each field why not."""
        now = survey_questions.texts(reading())
        form = QuestionsForm(request.form if request.method == "POST" else None, data=now)
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    said = {name: form[name].data or "" for name in field_names()}
                    changed = service.save(session, context.actor(), context.now(), said)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("survey_questions.saved" if changed else "survey_questions.same"), "success")
                return redirect(url_for("survey_questions.index"), 303)
        page = self.render(
            "reference/survey_questions.html",
            form=form,
            refusals=refusals,
            groups=GROUPS,
            changes=log_of(service.SUBJECT, service.SUBJECT),
        )
        return (page, 422) if request.method == "POST" else page
