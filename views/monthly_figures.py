"""Figures from outside by month (R31), entered by who computes the sheets until the month is locked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from backoffice.errors import DomainError
from backoffice.queries import choices
from backoffice.queries import monthly_figures as queries
from backoffice.queries.indicator_definitions import definitions
from backoffice.services import monthly_figures as service
from forms.indicators import FigureForm
from policies.access import Permission
from policies.indicator import Indicator
from policies.message import Message
from policies.monthly_figure import read_month
from policies.vocabulary_appraisal import IndicatorSource, PeriodState
from views import context
from views.case.looking import work_in
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("monthly_figures", __name__, url_prefix="/appraisal/figures")


@blueprint.route("", methods=["GET", "POST"])
@needs(Permission.SHEET_COMPUTE)
def index() -> Any:
    """What was entered for a month, and the form for another figure; what is refused comes back as it was typed."""
    month = read_month(request.values.get("month")) or f"{context.today():%Y-%m}"
    form, known = _form(month)
    refusals: Any = ()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with context.writing() as session:
                    service.enter(work_in(session), form.indicator.data or "", form.department_id.data, form.entered())
            except DomainError as error:
                refusals, status = onto_form(error, form), error.status
            else:
                flash(_("monthly_figures.saved"), "success")
                return redirect(url_for("monthly_figures.index", month=month), 303)
    with context.reading() as session:
        page = render_template(
            "indicators/figures.html",
            month=month,
            form=form,
            refusals=refusals,
            known=known,
            rows=queries.of_month(session, month),
            locked=queries.state_of(session, month) is PeriodState.LOCKED,
        )
    return page, status


def _form(month: str) -> tuple[Any, dict[str, Indicator]]:
    form = FigureForm(request.form if request.method == "POST" else None, data={"month": month})
    with context.reading() as session:
        known = dict(definitions(session, context.today()).indicators)
        departments = choices.departments(session)
    outside = [one for one in known.values() if one.source is IndicatorSource.IMPORT]
    form.indicator.choices = [("", Message("form.choose")), *((one.code, named(dict(one.name))) for one in outside)]
    form.department_id.choices = [
        ("", Message("form.choose")), *((int(one.value), named(one.name)) for one in departments)
    ]  # fmt: skip
    return spoken(form), known
