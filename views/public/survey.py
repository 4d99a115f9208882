"""The survey behind its signed link (R21): the call-back's questions, answered once."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import survey_questions
from backoffice.services import public_survey as service
from backoffice.services.public_survey import SurveyState
from forms.public import answers_of, survey_form
from policies.survey_questions import mark_of
from views import context
from views.errors import onto_form
from views.filters import named
from views.guard import for_customers
from views.language import say
from views.public import blueprint
from views.public.door import SHORT, open_or_404, page, refuse_elsewhere, settings, waiting, work_of_customer

STATUS = {SurveyState.UNKNOWN: 404, SurveyState.OVER: 410, SurveyState.DONE: 200}


@blueprint.get("/s/<link>")
@for_customers
def survey_link(link: str) -> Response:
    """The short address that is sent, to the page in the office's language."""
    open_or_404(settings().survey)
    return redirect(url_for("public.survey", link=link, speaks=SHORT.get(context.office().language, "zh")), 303)


@blueprint.route("/<any(zh,en):speaks>/survey/<link>", methods=["GET", "POST"])
@for_customers
def survey(link: str) -> Any:
    """The questions; posted, thanks, or what is missing."""
    open_or_404(settings().survey)
    with context.reading() as session:
        state, number = service.look(work_of_customer(session), link)
        questions = survey_questions.questions(session)
    if state is not SurveyState.OPEN:
        return page("public/survey_over.html", state=state.value, link=link), STATUS[state]
    form = survey_form(questions, [named(one.text) for one in questions])(request.form)
    if request.method == "GET":
        return _page(form, number, link, mark_of(questions))
    refuse_elsewhere()
    form.validate()
    try:
        with context.writing() as session:
            service.admit(work_of_customer(session))
        with context.writing() as session:
            asked = request.form.get("asked", "")
            state = service.answer(work_of_customer(session), link, answers_of(form), say, asked)
    except DomainError as error:
        rest = onto_form(error, form)
        return waiting(_page(form, number, link, mark_of(questions), rest), error)
    thanked = "thanks" if state is SurveyState.OPEN else state.value
    return page("public/survey_over.html", state=thanked, link=link)


def _page(form: Any, number: str, link: str, asked: str, refusals: Any = ()) -> str:
    return page("public/survey.html", form=form, number=number, link=link, asked=asked, refusals=refusals)
