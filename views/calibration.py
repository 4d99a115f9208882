"""Calibration sessions (R28): the list, the call, scoring unseen, marks side by side, the agreed standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.queries import calibrations as queries
from backoffice.services import calibration as service
from backoffice.services.core.calibrations import Sitting, look_at_sitting, read
from backoffice.services.core.work import Work
from forms.calibration import call_form, call_of, marks_of, offer, typed_card
from forms.fields import clean
from policies.access import Permission
from policies.calibration import LONGEST_TEXT, CalibrationAct, refuse_act
from policies.card import Mark, Marks
from policies.message import Refusal
from policies.vocabulary_inspection import CalibrationCause
from views import context
from views.addresses import whole_number
from views.calibration_rows import Side, side_by_side
from views.case.looking import work_in
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("calibration", __name__)
P = Permission
A = CalibrationAct
USUAL = timedelta(days=7)
TEXTS = ("discussion", "early_reason", "cancel_reason")


@blueprint.get("/inspection/calibrations")
@needs(P.INSPECTION_SCORE)
def index() -> Any:
    """What goes on first, then the newest."""
    before = whole_number(request.args.get("before"))
    with context.reading() as session:
        rows = queries.listed(session, before=before)
        shown, ids = rows[: queries.PAGE], [row.id for row in rows]
        return render_template(
            "inspection/calibrations.html",
            rows=shown,
            progress=queries.progress(session, ids),
            mine=queries.waits_for(session, context.actor().staff_id, ids),
            older=shown[-1].id if len(rows) > queries.PAGE else None,
        )


@blueprint.route("/inspection/calibrations/call", methods=["GET", "POST"])
@needs(P.INSPECTION_SCORE)
def call() -> Any:
    """Call a session: on a record of one's choice, or (``source``) on one that was scored twice."""
    source = request.args.get("source", "")[:64]
    with context.reading() as session:
        work = work_in(session)
        second = service.source_of(session, source) if source else None
        cards = [(key, named(name)) for key, name in service.cards(work).items()]
        people = [(key, named(name)) for key, name in queries.may_be_members(session)]
        usual = (second.inspector_id, _partner(session, second)) if second is not None else (work.actor.staff_id,)
    made = call_form(context.zone(), with_record=not source)
    if request.method == "GET":
        cause = CalibrationCause.DRIFT if request.args.get("cause") == "drift" else CalibrationCause.CHOSEN
        values = {"members": list(usual), "due_at": context.now() + USUAL, "cause": cause}
        return _call_page(spoken(offer(made(data=values), cards, people)), source)
    form = spoken(offer(made(request.form), cards, people))
    if not form.validate():
        return _call_page(form, source, status=422)
    try:
        with context.writing() as session:
            number = service.call(work_in(session), call_of(form, source)).number
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _call_page(form, source, onto_form(error, form), error.status)
    flash(_("calibration.called", number=number), "success")
    return redirect(url_for("calibration.page", number=number), 303)


@blueprint.get("/inspection/calibrations/<number>")
@needs(P.INSPECTION_SCORE)
def page(number: str) -> Any:
    """A session as far as it has come: who has scored, then all marks side by side, then the standard."""
    return _page(number)


@blueprint.route("/inspection/calibrations/<number>/score", methods=["GET", "POST"])
@needs(P.INSPECTION_SCORE)
def score(number: str) -> Any:
    """A member's own marks, seen by nobody else before all have scored."""
    return _with_card(number, A.SCORE, "inspection/calibration_score.html", _score, "calibration.scored")


@blueprint.route("/inspection/calibrations/<number>/close", methods=["GET", "POST"])
@needs(P.INSPECTION_SCORE)
def close(number: str) -> Any:
    """The agreed standard and what was discussed."""
    return _with_card(number, A.CLOSE, "inspection/calibration_close.html", _close, "calibration.closed")


@blueprint.post("/inspection/calibrations/<number>/end-scoring")
@needs(P.INSPECTION_SCORE)
def end_scoring(number: str) -> Any:
    """Lay the marks open without those who have not scored."""
    return _with_reason(number, A.END_SCORING, service.end_scoring, "calibration.ended")


@blueprint.post("/inspection/calibrations/<number>/cancel")
@needs(P.INSPECTION_SCORE)
def cancel(number: str) -> Any:
    """Call it off."""
    return _with_reason(number, A.CANCEL, service.cancel, "calibration.cancelled")


def _call_page(form: Any, source: str, refusals: Sequence[Refusal] = (), status: int = 200) -> tuple[str, int]:
    return render_template("inspection/calibration_call.html", form=form, source=source, refusals=refusals), status


def _partner(session: Session, second: Any) -> int | None:
    return session.get_one(type(second), second.pair_of_id).inspector_id


def _page(
    number: str, wrong: str = "", refusals: Sequence[Refusal] = (), typed: str = "", status: int = 200
) -> tuple[str, int]:
    with context.reading() as session:
        sitting = look_at_sitting(work_in(session), number)
        text = render_template(
            "inspection/calibration.html",
            **_shown(sitting),
            side=side_by_side(sitting),
            may={act.value: _allowed(sitting, act) for act in A},
            texts={name: sitting.masked(sitting.texts.get(name, "")) for name in TEXTS},
            wrong=wrong,
            refusals=refusals,
            typed=typed,
        )
    return text, status


def _shown(sitting: Sitting) -> dict[str, Any]:
    own = next((one for one in sitting.scores if one.staff_id == sitting.work.actor.staff_id), None)
    return {
        "row": sitting.calibration,
        "card": sitting.card,
        "scoring": sitting.scoring,
        "scores": sitting.scores,
        "own": own,
        "own_marks": {item: Mark(percent) for item, percent in read(own.marks).items()} if own is not None else {},
        "own_remarks": sitting.remarks(own) if own is not None else {},
    }


def _allowed(sitting: Sitting, act: CalibrationAct) -> bool:
    return refuse_act(act, sitting.facts, sitting.work.actor, sitting.worked) is None


def _score(work: Work, number: str, marks: Marks) -> None:
    service.score(work, number, marks)


def _close(work: Work, number: str, marks: Marks) -> None:
    service.close(work, number, clean(request.form.get("discussion", "")[: LONGEST_TEXT * 2]), marks)


def _with_card(number: str, act: CalibrationAct, template: str, command: Any, done: str) -> Any:
    """A card as a form: what is refused comes back as it was typed, each fault beside its item."""
    with context.reading() as session:
        sitting = look_at_sitting(work_in(session), number)
        refusal = refuse_act(act, sitting.facts, sitting.work.actor, sitting.worked)
        card = sitting.card
        if refusal is not None and (request.method == "GET" or refusal.status == 403):
            raise DomainError(refusal)
        if request.method == "GET":
            return _card_page(sitting, template, _agreed(sitting) if act is A.CLOSE else {}, ())
    typed = typed_card(card, request.form)
    try:
        with context.writing() as session:
            command(work_in(session), number, marks_of(card, typed))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        with context.reading() as session:
            sitting = look_at_sitting(work_in(session), number)
            return _card_page(sitting, template, typed, error.refusals), error.status
    flash(_(done, number=number), "success")
    return redirect(url_for("calibration.page", number=number), 303)


def _card_page(sitting: Sitting, template: str, typed: Mapping[str, str], refusals: Sequence[Refusal]) -> str:
    side: Side | None = side_by_side(sitting)
    discussion = clean(request.form.get("discussion", "")[: LONGEST_TEXT * 2])
    return render_template(
        template, **_shown(sitting), typed=typed, refusals=refusals, side=side, discussion=discussion
    )


def _agreed(sitting: Sitting) -> dict[str, str]:
    """The form of the standard begins with the marks on which all agree anyway."""
    side = side_by_side(sitting)
    if side is None:
        return {}
    return {f"mark-{line.item.code}": line.agreed for line in side.lines if line.agreed}


def _with_reason(number: str, act: CalibrationAct, command: Any, done: str) -> Any:
    reason = clean(request.form.get("reason", "")[: LONGEST_TEXT * 2])
    try:
        with context.writing() as session:
            command(work_in(session), number, reason)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(number, act.value, error.refusals, reason, error.status)
    flash(_(done, number=number), "success")
    return redirect(url_for("calibration.page", number=number), 303)
