"""A new draw (R27): looked at beforehand, then drawn; what was typed comes back when something is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.queries import draws, focus, sampling_plans
from backoffice.services import sampling
from forms.draws import DrawForm
from policies.access import Permission
from policies.message import Message
from policies.sampling_plan import PlanFormError, Source, parse_plan
from policies.vocabulary import Outcome, Severity
from policies.vocabulary_inspection import PlanKind
from views import context
from views.case.looking import work_in
from views.drawing import words
from views.drawing.pages import blueprint
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.language import _, label, say


@blueprint.route("/inspection/draws/new", methods=("GET", "POST"))
@needs(Permission.SAMPLE_DRAW)
def new() -> Any:
    """The form; ``act=preview`` counts, anything else draws."""
    posted = request.method == "POST"
    with context.reading() as session:
        form = _form(session)
        if not posted:
            return _page(session, form)
        if form.validate() and request.form.get("act") == "preview":
            return _previewed(session, form)
        if form.errors:
            return _page(session, form), 422
    try:
        draw_id = sampling.draw(context.desk().database, work_in, form.order())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        refusals = onto_form(error, form)
        with context.reading() as session:
            return _page(session, form, refusals=refusals), error.status
    flash(say(Message("draws.drawn")), "success")
    return redirect(url_for("draws.page", draw_id=draw_id), 303)


def _previewed(session: Session, form: DrawForm) -> Any:
    try:
        seen = sampling.preview(session, context.actor(), context.now(), form.order())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(session, form, refusals=onto_form(error, form)), error.status
    return _page(session, form, seen=seen)


def _form(session: Session) -> DrawForm:
    posted = request.form if request.method == "POST" else None
    start: dict[str, Any] = {"plan": request.args.get("plan"), "categories": request.args.getlist("category")}
    form = DrawForm(posted, data=start)
    offered = draws.choices(session)
    plans = sampling_plans.plans_on(session, context.today()).values()
    form.plan.choices = [("", _("draws.choose")), *((row.code, named(row)) for row in plans)]
    form.departments.choices = [(code, named(name)) for code, name in offered["departments"]]
    form.channels.choices = [(code, named(name)) for code, name in offered["channels"]]
    form.handler.choices = [
        ("", _("draws.any")),
        *((code, f"{named(name)} {code}") for code, name in offered["handlers"]),
    ]
    form.categories.choices = [
        (code, f"{'· ' * (level - 1)}{named(name)}") for code, name, level in draws.categories(session)
    ]
    form.severities.choices = [(one.value, label(one)) for one in Severity]
    form.outcomes.choices = [(one.value, label(one)) for one in Outcome]
    return form


def _page(
    session: Session, form: DrawForm, *, refusals: Sequence[Message] = (), seen: sampling.Preview | None = None
) -> str:
    plans = sampling_plans.plans_on(session, context.today())
    strata: list[words.StratumRow] = []
    if seen is not None:
        kinds = plans[form.plan.data].definition.get("stratify_by") or ()
        sizes = [(key, count, seen.sizes.get(key, 0)) for key, count in seen.strata.items()]
        strata = words.strata_rows(session, kinds, sizes, blind=bool(form.blind.data))
    return render_template(
        "draws/new.html",
        form=form,
        refusals=refusals,
        seen=seen,
        strata=strata,
        exclusions=words.exclusions(seen.exclusions) if seen else [],
        notes=[(named(row), row.kind is PlanKind.AD_HOC, row.definition) for row in plans.values()],
        suggested=_suggested(session),
        focus=_focus_plan(session),
    )


def _focus_plan(session: Session) -> str:
    """The plan by which a suggested leaf is drawn; none when the office has none."""
    for code, row in sampling_plans.plans_on(session, context.today()).items():
        try:
            if parse_plan(row.definition).source is Source.FOCUS:
                return code
        except PlanFormError:
            continue
    return ""


def _suggested(session: Session) -> list[focus.Suggestion]:
    return focus.suggestions(session, context.today(), context.zone())
