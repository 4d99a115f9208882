"""Clusters of complaints (R17): what was proposed, with its complaints; accepted one by one, or dismissed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import clusters as queries
from backoffice.services import clusters as service
from backoffice.services import handling
from forms.fields import clean
from policies.access import Permission, Scope
from policies.message import Message
from policies.vocabulary import ProposalState, Severity
from views import context, language
from views.addresses import whole_number
from views.case.looking import work_in
from views.guard import needs

blueprint = Blueprint("clusters", __name__)
LONGEST = 4000


@blueprint.get("/clusters")
@needs(Permission.COMPLAINT_REGRADE)
def index() -> Any:
    """What waits, and what was answered."""
    return _page()


@blueprint.post("/clusters/accept")
@needs(Permission.COMPLAINT_REGRADE)
def accept() -> Response:
    """Raise each complaint of the cluster, each in a transaction of its own; what is refused says why."""
    _everywhere()
    proposal_id = whole_number(request.form.get("proposal")) or 0
    try:
        with context.writing() as session:
            severity, complaints = service.accept(work_in(session), proposal_id)
    except DomainError as error:
        flash(" ".join(language.say(refusal) for refusal in error.refusals), "warning")
        return redirect(url_for("clusters.index"), 303)
    raised = sum(_raise(one, severity) for one in complaints)
    flash(language.say(Message("clusters.accepted", {"n": raised, "of": len(complaints)})), "success")
    return redirect(url_for("clusters.index", _anchor=f"cluster-{proposal_id}"), 303)


@blueprint.post("/clusters/dismiss")
@needs(Permission.COMPLAINT_REGRADE)
def dismiss() -> Any:
    """Nothing is raised; the reason stays with the cluster."""
    _everywhere()
    proposal_id = whole_number(request.form.get("proposal")) or 0
    reason = clean(request.form.get("reason", "")[:LONGEST])
    try:
        with context.writing() as session:
            service.dismiss(work_in(session), proposal_id, reason)
    except DomainError as error:
        if error.status == 422:
            return _page(proposal_id, [language.say(refusal) for refusal in error.refusals]), 422
        if reason:  # somebody else was quicker: what was typed is not lost
            return _page(proposal_id, [language.say(refusal) for refusal in error.refusals], reason), error.status
        flash(" ".join(language.say(refusal) for refusal in error.refusals), "warning")
    else:
        flash(language.say(Message("clusters.dismissed")), "success")
    return redirect(url_for("clusters.index"), 303)


def _page(wrong: int = 0, problems: list[str] | None = None, typed: str = "") -> str:
    _everywhere()
    with context.reading() as session:
        found = queries.clusters(session)
        work = work_in(session)
        return render_template(
            "clusters/index.html",
            waiting=[one for one in found if one.state is ProposalState.OPEN],
            answered=[one for one in found if one.state is not ProposalState.OPEN],
            rule=service.cluster_rule(session),
            left_of=service.left_of,
            reason_of=lambda one: service.reason_of(work, one),
            wrong=wrong,
            problems=problems or [],
            typed=typed,
        )


def _everywhere() -> None:
    """A cluster may hold complaints of every department: who regrades those of one alone does not answer it."""
    if context.actor().scope(Permission.COMPLAINT_REGRADE) is not Scope.ALL:
        abort(403)


def _raise(complaint_id: int, severity: Severity) -> bool:
    """One complaint, whole or not at all, through the same service as its page."""
    reason = language.say(Message("clusters.regrade_reason"))
    values = {"severity": severity, "regrade_reason": reason}
    said = ""
    try:
        with context.writing() as session:
            work = work_in(session)
            service.raising(lambda action: handling.act(work, complaint_id, action, values), severity)
            service.note(session, complaint_id, work.at)
    except DomainError as error:
        said = " ".join(language.say(refusal) for refusal in error.refusals)
        with context.writing() as session:
            service.note(session, complaint_id, context.now(), said)
    return not said
