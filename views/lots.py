"""Lots (R27): how each department is inspected now and why, what its lots came to, and letting a stopped one go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Department
from backoffice.models.sampling import InspectionLot
from backoffice.queries import lots as queries
from backoffice.queries.lots import Progress
from backoffice.services import lots as service
from backoffice.services.core.lots import Past, courses_of, past_of
from backoffice.services.core.upkeep import row_of
from forms.lots import ImprovementForm
from policies.access import Actor, Permission, Scope, may
from policies.lot_switching import SCORE_TO_REDUCE, Course, Switch
from policies.lot_tables import code_letter
from policies.vocabulary_inspection import LotSeverity
from views import context
from views.addresses import whole_number
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("lots", __name__)
P = Permission
LOOK = {
    LotSeverity.NORMAL: "good", LotSeverity.TIGHTENED: "wait", LotSeverity.REDUCED: "good",
    LotSeverity.DISCONTINUED: "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """How a department is inspected next, and since which lot; ``stopped_id``: the one with which sampling stopped."""

    department: Department
    course: Course
    look: str
    switch: Switch | None
    switched: InspectionLot | None
    stopped_id: int | None


@dataclass(frozen=True)
class ShownLot:
    """One lot: ``letter`` by its size, ``row.code_letter`` the one that the table led to."""

    row: InspectionLot
    letter: str
    look: str
    progress: Progress | None
    after: Course | None


@blueprint.get("/inspection/lots")
@needs(P.INSPECTION_SCORE, P.STATISTICS_VIEW)
def index() -> str:
    """The departments of a lot plan, and their newest lots."""
    reach = _reach(context.actor())
    with context.reading() as session:
        plans = queries.lot_plans(session)
        plan = next((one for one in plans if one.code == request.args.get("plan")), next(iter(plans), None))
        rows = [] if plan is None else queries.newest(session, plan.code, reach)
        ids = sorted({row.department_id for row in rows})
        past = [] if plan is None else past_of(session, plan.code, ids)
        courses = {} if plan is None else courses_of(session, plan.code, ids)
        chosen = whole_number(request.args.get("department"))
        return render_template(
            "lots/index.html",
            plans=_tabs(plans, plan),
            plan=plan,
            standings=_standings(rows, past, courses),
            lots=_shown(session, [row for row in rows if chosen in (None, row.department_id)], past),
            chosen=next((row.department for row in rows if row.department_id == chosen), None),
            may_resume=may(context.actor(), P.CORRECTIVE_VERIFY),
            most=SCORE_TO_REDUCE,
        )


@blueprint.route("/inspection/lots/<int:lot_id>/improvement", methods=["GET", "POST"])
@needs(P.CORRECTIVE_VERIFY)
def improve(lot_id: int) -> Any:
    """Let the sampling of a department go on, with the corrective action that has improved it."""
    form: Any = spoken(ImprovementForm(request.form if request.method == "POST" else None))
    with context.reading() as session:
        lot = row_of(session, InspectionLot, lot_id)
        department, plan_code = named(lot.department), lot.plan_code
    refusals: Any = ()
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.validate():
        try:
            with context.writing() as session:
                said = (form.action_number.data, form.reason.data)
                service.record_improvement(session, context.actor(), context.now(), lot_id, *said)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            refusals, status = onto_form(error, form), error.status
        else:
            flash(_("lots.resumed", name=department), "success")
            return redirect(url_for("lots.index", plan=plan_code), 303)
    page = render_template("lots/improve.html", form=form, refusals=refusals, department=department, plan=plan_code)
    return page, status


def _reach(actor: Actor) -> Collection[int] | None:
    """The departments whose lots somebody may see; None for all."""
    if actor.scope(P.INSPECTION_SCORE) is Scope.ALL or actor.scope(P.STATISTICS_VIEW) is Scope.ALL:
        return None
    if actor.scope(P.STATISTICS_VIEW) is not Scope.DEPARTMENT:
        abort(403)
    return actor.departments


def _tabs(plans: Sequence[Any], plan: Any) -> list[dict[str, Any]]:
    return [
        {
            "text": named(one),
            "address": url_for("lots.index", plan=one.code),
            "is_current": one is plan,
            "count": 0,
        }
        for one in plans
    ]


def _standings(rows: Iterable[InspectionLot], past: Sequence[Past], courses: dict[int, Course]) -> list[Standing]:
    departments = {row.department_id: row.department for row in rows}
    last_switch = {one.row.department_id: one for one in past if one.after.switch is not None}
    newest = {one.row.department_id: one.row.id for one in past}
    found = []
    for department_id, department in departments.items():
        course, switched = courses[department_id], last_switch.get(department_id)
        stopped = course.severity is LotSeverity.DISCONTINUED
        found.append(
            Standing(
                department,
                course,
                LOOK[course.severity],
                course.switch or (switched.after.switch if switched is not None else None),
                switched.row if switched is not None else None,
                newest[department_id] if stopped else None,
            )
        )
    return sorted(found, key=lambda one: one.department.id)


def _shown(session: Session, rows: Sequence[InspectionLot], past: Iterable[Past]) -> list[ShownLot]:
    waiting = queries.progress(session, rows)
    after = {one.row.id: one.after for one in past}
    return [
        ShownLot(row, code_letter(row.lot_size), LOOK[row.severity], waiting.get(row.id), after.get(row.id))
        for row in rows
    ]
