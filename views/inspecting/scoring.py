"""The scoring page (R27, R28): the record beside its card; a draft is kept, marks are submitted, results published.

Without scripts everything works by its buttons; a script saves the draft by itself and reckons the score so far, which
the server reckons again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.queries import inspections
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.services import inspection
from backoffice.services.core.inspection_evidence import evidence_for
from backoffice.services.core.inspections import AFTER_APPEAL, FIRST_ROUND, Inspecting
from backoffice.services.core.work import Work
from forms.inspection import read_card, typed_of
from policies.access import Permission
from policies.card import Card, Mark, Scoring
from policies.evidence_kept import read_evidence
from policies.inspection import leads, refuse_canceller, refuse_publisher
from policies.inspection_evidence import ItemEvidence
from policies.message import Refusal
from policies.scorecard import score_card
from policies.vocabulary_inspection import InspectionStatus
from views import context
from views.case.looking import seen_revision, work_in
from views.filters import named
from views.guard import needs
from views.inspecting.drafts import said_to_script, saved_to_script
from views.inspecting.opening import Opened, open_for
from views.inspecting.record import record_of
from views.language import _

blueprint = Blueprint("scoring", __name__)
Answer = str | tuple[str, int] | Response
SHOWN_EVENTS = frozenset({
    "drawn", "started", "scored", "reopened", "published", "handed_on", "cancelled", "appealed", "decided", "final",
})  # fmt: skip


@blueprint.get("/inspection/<number>")
@needs(Permission.INSPECTION_SCORE)
def page(number: str) -> Answer:
    """The record beside its card: to be filled in, or as it was scored."""
    with context.reading() as session:
        opened = open_for(session, number)
        return _render(opened, opened.one.draft)


@blueprint.post("/inspection/<number>/draft")
@needs(Permission.INSPECTION_SCORE)
def draft(number: str) -> Answer:
    """Keep what was typed; a script gets the new revision, the score so far and the time in answer."""
    by_script = request.form.get("by_script") == "1"
    try:
        done = _do(number, lambda work, entered, seen: inspection.save_draft(work, number, entered, seen))
    except DomainError as error:
        if by_script:
            return said_to_script(error)
        return _again(number, error)
    if by_script:
        return saved_to_script(done.one.inspection.revision, done.card, done.scoring)
    flash(_("inspection.draft_saved"), "success")
    return redirect(url_for("scoring.page", number=number), 303)


@blueprint.post("/inspection/<number>/score")
@needs(Permission.INSPECTION_SCORE)
def score(number: str) -> Answer:
    """Submit the marks; what is missing comes back beside its field, with everything that was typed."""
    try:
        done = _do(number, lambda work, entered, seen: inspection.score(work, number, entered, seen))
    except DomainError as error:
        return _again(number, error)
    flash(_("inspection.scored", score=f"{done.one.inspection.score:.2f}"), "success")
    return redirect(url_for("scoring.page", number=number), 303)


@blueprint.post("/inspection/<number>/reopen")
@needs(Permission.INSPECTION_SCORE)
def reopen(number: str) -> Answer:
    """Take the marks back to a draft."""
    with context.writing() as session:
        opened = open_for(session, number)
        typed = typed_of(_marks(opened.one), opened.one.texts.get("summary", ""))
        inspection.reopen(opened.one.work, number, typed, seen_revision(request.form.get("revision")))
    flash(_("inspection.reopened"), "success")
    return redirect(url_for("scoring.page", number=number), 303)


@blueprint.post("/inspection/<number>/publish")
@needs(Permission.INSPECTION_SCORE)
def publish(number: str) -> Answer:
    """Show the result to the inspected; then on to the next record of the draw."""
    try:
        with context.writing() as session:
            seen = seen_revision(request.form.get("revision"))
            done = inspection.publish(work_in(session), number, seen)
            rest = [one for one in inspections.samples(session, done.inspection) if one.status.is_to_score]
    except DomainError as error:
        return _again(number, error)
    flash(_("inspection.published", number=number), "success")
    mine = done.inspection.inspector_id == context.actor().staff_id
    goes_on = url_for("scoring.page", number=rest[0].number) if rest and mine else url_for("inspection.index")
    return redirect(goes_on, 303)


@dataclass(frozen=True)
class _Done:
    """What a command did, with the card and the rules as they were read in its transaction."""

    one: Inspecting
    card: Card
    scoring: Scoring


def _do(number: str, command: Callable[[Work, inspection.Entered, int], Inspecting]) -> _Done:
    with context.writing() as session:
        opened = open_for(session, number)
        seen = seen_revision(request.form.get("revision"))
        done = command(opened.one.work, read_card(opened.card, request.form), seen)
        return _Done(done, opened.card, scoring_rules(opened.one.rules))


def _again(number: str, error: DomainError) -> Answer:
    """The page as it is now, filled in as it was sent; where it is not this reader's at all, the refusal alone."""
    if error.status in (403, 404):
        raise error
    with context.reading() as session:
        opened = open_for(session, number)
        typed = read_card(opened.card, request.form).typed
        return _render(opened, typed or opened.one.draft, error.refusals), error.status


def _render(opened: Opened, typed: Mapping[str, str], refusals: tuple[Refusal, ...] = ()) -> str:
    row, scoring = opened.row, scoring_rules(opened.one.rules)
    session = opened.one.work.session
    samples = inspections.samples(session, row)
    place = next((index for index, one in enumerate(samples) if one.number == row.number), None)
    entered = read_card(opened.card, typed)
    marks, before, people = _standing(opened)
    return render_template(
        "inspection/score.html",
        opened=opened,
        row=row,
        card=opened.card,
        source=opened.source,
        record=record_of(opened.source, row.unit),
        evidence=_evidence(opened),
        so_far=score_card(opened.card, entered.marks, scoring) if opened.can_score else row,
        marks=marks,
        before=before,
        people=people,
        typed=typed,
        scoring=scoring,
        texts={"summary": "", "cancel_reason": "", **_veiled(opened)},
        refusals=refusals,
        events=[event for event in opened.one.events if event.kind in SHOWN_EVENTS],
        place=None if place is None else place + 1,
        of=len(samples),
        previous=samples[place - 1].number if place else None,
        following=samples[place + 1].number if place is not None and place + 1 < len(samples) else None,
        may_publish=_may_publish(opened),
        may_keep=_may_cancel(opened),
        may_hand_on=(opened.is_mine or leads(context.actor())) and row.status.is_to_score,
    )


def _veiled(opened: Opened) -> dict[str, str]:
    return {name: opened.source.veil.text(text) for name, text in opened.one.texts.items()}


_KEEPABLE = (InspectionStatus.DRAWN, InspectionStatus.IN_PROGRESS, InspectionStatus.SCORED)


def _may_publish(opened: Opened) -> bool:
    if opened.row.status is not InspectionStatus.SCORED or opened.own_work is not None:
        return False
    free = bool(inspection.free_leaders(opened.one))
    return refuse_publisher(context.actor(), opened.standing, leader_free=free) is None


def _may_cancel(opened: Opened) -> bool:
    if opened.row.status not in _KEEPABLE:
        return False
    return refuse_canceller(context.actor(), opened.standing, was_scored=opened.one.was_scored) is None


def _marks(one: Inspecting) -> dict[str, Mark]:
    return {item: Mark(row.percent, row.value, one.remark(row)) for item, row in one.marks().items()}


def _evidence(opened: Opened) -> dict[str, ItemEvidence]:
    """What the system shows beside each item now; beside marks that were given, what it showed then."""
    if opened.can_score:
        return evidence_for(opened.one.case, opened.card, opened.source.holdings)
    return {item: read_evidence(row.evidence) for item, row in opened.one.marks(FIRST_ROUND).items()}


def _standing(opened: Opened) -> tuple[dict[str, Mark], dict[str, Mark], dict[str, str]]:
    """The marks that stand, what an appeal changed in them, and whose indicator each counts for (R29, R31).

    A remark may name the customer: it is read veiled as the record is (R39).
    """
    one = opened.one
    if opened.can_score:
        return {}, {}, {}
    first, later = one.marks(FIRST_ROUND), one.marks(AFTER_APPEAL)
    rows = {**first, **later}
    people = {} if opened.blind else {item: named(row.staff) for item, row in rows.items() if row.staff is not None}
    veil = opened.source.veil
    marks = {item: Mark(row.percent, row.value, veil.text(one.remark(row))) for item, row in rows.items()}
    before = {item: Mark(row.percent, row.value) for item, row in first.items() if item in later}
    return marks, before, people
