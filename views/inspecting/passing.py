"""Hand an inspection on, give out one that has no inspector, or leave it uninspected, each with the reason (R27)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.services import inspection
from policies.access import Permission
from policies.inspection import CancelReason, InspectionAct, refuse_canceller, refuse_keeper, refuse_state
from policies.message import Name, Refusal
from views import context
from views.case.looking import seen_revision
from views.guard import needs
from views.inspecting.opening import Opened, open_for
from views.language import _

blueprint = Blueprint("passing", __name__)
Answer = str | tuple[str, int] | Response


@blueprint.route("/inspection/<number>/hand-on", methods=["GET", "POST"])
@needs(Permission.INSPECTION_SCORE)
def hand_on(number: str) -> Answer:
    """Choose another inspector and say why."""
    if request.method == "GET":
        return _page(number, InspectionAct.HAND_ON)
    try:
        with context.writing() as session:
            opened = open_for(session, number)
            to, seen = _id(request.form.get("to", "")), seen_revision(request.form.get("revision"))
            inspection.hand_on(opened.one.work, number, to, request.form.get("reason", ""), seen)
    except DomainError as error:
        return _again(number, InspectionAct.HAND_ON, error)
    flash(_("inspection.handed_on", number=number), "success")
    return redirect(url_for("inspection.index"), 303)


@blueprint.route("/inspection/<number>/cancel", methods=["GET", "POST"])
@needs(Permission.INSPECTION_SCORE)
def cancel(number: str) -> Answer:
    """Say why this record is not inspected after all."""
    if request.method == "GET":
        return _page(number, InspectionAct.CANCEL)
    try:
        with context.writing() as session:
            opened = open_for(session, number)
            why, seen = _why(request.form.get("why", "")), seen_revision(request.form.get("revision"))
            inspection.cancel(opened.one.work, number, why, request.form.get("text", ""), seen)
    except DomainError as error:
        return _again(number, InspectionAct.CANCEL, error)
    flash(_("inspection.cancelled", number=number), "success")
    return redirect(url_for("inspection.index"), 303)


def _again(number: str, act: InspectionAct, error: DomainError) -> Answer:
    if error.status in (403, 404):
        raise error
    return _page(number, act, error.refusals), error.status


def _page(number: str, act: InspectionAct, refusals: tuple[Refusal, ...] = ()) -> str:
    with context.reading() as session:
        opened = open_for(session, number)
        found = _refuse(opened, act) or (None if refusals else refuse_state(act, opened.row.status))
        if found is not None:
            raise DomainError(found)
        return render_template(
            "inspection/pass.html",
            act=act,
            opened=opened,
            row=opened.row,
            people=_people(opened) if act is InspectionAct.HAND_ON else [],
            reasons=list(CancelReason),
            refusals=refusals,
            errors={refusal.field: refusal for refusal in refusals if refusal.field},
            typed=request.form,
        )


def _refuse(opened: Opened, act: InspectionAct) -> Refusal | None:
    if act is InspectionAct.CANCEL:
        return refuse_canceller(context.actor(), opened.standing, was_scored=opened.one.was_scored)
    return refuse_keeper(context.actor(), opened.standing)


def _people(opened: Opened) -> list[dict[str, Any]]:
    found = inspection.possible_inspectors(opened.one)
    return [{"id": str(staff.id), "name": Name(staff.name_zh, staff.name_en)} for staff in found]


def _why(text: str) -> CancelReason:
    if text not in list(CancelReason):
        raise DomainError(Refusal("inspection.refused.why_missing", field="why", status=422))
    return CancelReason(text)


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
