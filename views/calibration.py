"""Calibration sessions (R28): the list, the call, scoring unseen, marks side by side, the agreed standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.calibration import Calibration
from backoffice.queries import calibrations as queries
from backoffice.queries.inspections import blind_among
from backoffice.services import calibration as service
from backoffice.services.calibration_minutes import take_minutes
from backoffice.services.core.calibration_side import side_by_side
from backoffice.services.core.calibrations import Sitting, look_at_sitting, read
from backoffice.services.core.inspection_evidence import evidence_for
from backoffice.services.core.work import Work
from backoffice.services.inspection import Entered
from forms.calibration import call_form, call_of, offer
from forms.fields import clean
from forms.inspection import read_card
from policies.access import Actor, Permission
from policies.calibration import LONGEST_TEXT, CalibrationAct, hides_record, refuse_act
from policies.calibration import Session as SessionFacts
from policies.card import Mark
from policies.message import Refusal
from policies.scorecard import score_card
from policies.vocabulary_inspection import CalibrationCause
from views import context, language
from views.addresses import whole_number
from views.calibration_record import source_of, veil_of
from views.case.looking import seen_revision, work_in
from views.errors import onto_form
from views.filters import named
from views.guard import needs
from views.inspecting.drafts import said_to_script, saved_to_script
from views.inspecting.record import record_of
from views.inspection_papers import download
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("calibration", __name__)
P = Permission
A = CalibrationAct
USUAL = timedelta(days=7)
TEXTS = ("discussion", "early_reason", "cancel_reason")
PageOf = Callable[[Sitting, Mapping[str, str], Sequence[Refusal]], str]


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
            hidden=_hidden_among(session, shown),
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
    """A member's own marks, seen by nobody else before all have scored; what is refused is kept as a draft."""
    return _with_card(number, A.SCORE, _scoring_page, _score, "calibration.scored")


@blueprint.post("/inspection/calibrations/<number>/draft")
@needs(P.INSPECTION_SCORE)
def draft(number: str) -> Any:
    """Keep what was typed; a script gets the new revision, the score so far and the time in answer."""
    by_script = request.form.get("by_script") == "1"
    try:
        with context.writing() as session:
            work = work_in(session)
            sitting = look_at_sitting(work, number)
            card, scoring = sitting.card, sitting.scoring
            revision = service.save_draft(work, number, read_card(card, request.form).typed, _seen()).revision
    except DomainError as error:
        if by_script:
            return said_to_script(error)
        if error.status in (403, 404):
            raise
        return _again(number, A.SCORE, _scoring_page, error)
    if by_script:
        return saved_to_script(revision, card, scoring)
    flash(_("inspection.draft_saved"), "success")
    return redirect(url_for("calibration.score", number=number), 303)


@blueprint.route("/inspection/calibrations/<number>/close", methods=["GET", "POST"])
@needs(P.INSPECTION_SCORE)
def close(number: str) -> Any:
    """The agreed standard and what was discussed."""
    return _with_card(number, A.CLOSE, _closing_page, _close, "calibration.closed")


@blueprint.post("/inspection/calibrations/<number>/minutes.pdf")
@needs(P.INSPECTION_SCORE)
def minutes(number: str) -> Any:
    """What was scored, discussed and agreed, on paper. It is in the log before a byte leaves."""
    with context.writing() as session:
        paper = take_minutes(work_in(session), number, language.current())
    return download(paper)


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
            side=side_by_side(sitting, veil_of(sitting)),
            may={act.value: _allowed(sitting, act) for act in A},
            texts={name: veil_of(sitting)(sitting.masked(sitting.texts.get(name, ""))) for name in TEXTS},
            wrong=wrong,
            refusals=refusals,
            typed=typed,
        )
    return text, status


def _hidden_among(session: Session, rows: Sequence[Calibration]) -> set[int]:
    """Of these sessions, those whose record this reader must not know."""
    actor = context.actor()
    members = queries.members_of(session, [row.id for row in rows])
    blind = blind_among(session, actor, [row.complaint_id for row in rows])
    return {row.id for row in rows if row.complaint_id in blind or _hides(row, actor, members.get(row.id, frozenset()))}


def _hides(row: Calibration, actor: Actor, members: frozenset[int]) -> bool:
    return hides_record(SessionFacts(row.state, row.called_by_id, members, frozenset()), actor, blind=row.blind)


def _shown(sitting: Sitting) -> dict[str, Any]:
    own = sitting.of(sitting.work.actor.staff_id)
    veil = veil_of(sitting)
    return {
        "row": sitting.calibration,
        "hidden": sitting.hidden,
        "card": sitting.card,
        "scoring": sitting.scoring,
        "scores": sitting.scores,
        "own": own,
        "own_marks": {item: Mark(percent) for item, percent in read(own.marks).items()} if own is not None else {},
        "own_remarks": {item: veil(text) for item, text in sitting.remarks(own).items()} if own is not None else {},
    }


def _allowed(sitting: Sitting, act: CalibrationAct) -> bool:
    return refuse_act(act, sitting.facts, sitting.work.actor, sitting.worked) is None


def _seen() -> int | None:
    """The draft that the form was made from; None where it does not say."""
    return seen_revision(request.form["revision"]) if "revision" in request.form else None


def _score(work: Work, number: str, entered: Entered) -> None:
    service.score(work, number, entered.marks, entered.unread, _seen())


def _close(work: Work, number: str, entered: Entered) -> None:
    service.close(work, number, _discussion(), entered.marks, entered.unread)


def _discussion() -> str:
    return clean(request.form.get("discussion", "")[: LONGEST_TEXT * 2])


def _with_card(number: str, act: CalibrationAct, page_of: PageOf, command: Any, done: str) -> Any:
    """A card as a form: what is refused comes back as it was typed, each fault beside its item."""
    with context.reading() as session:
        sitting = look_at_sitting(work_in(session), number)
        refusal = refuse_act(act, sitting.facts, sitting.work.actor, sitting.worked)
        card = sitting.card
        if refusal is not None and (request.method == "GET" or refusal.status == 403):
            raise DomainError(refusal)
        if request.method == "GET":
            return page_of(sitting, _agreed(sitting) if act is A.CLOSE else _own_draft(sitting), ())
    try:
        with context.writing() as session:
            command(work_in(session), number, read_card(card, request.form))
    except DomainError as error:
        return _again(number, act, page_of, error)
    flash(_(done, number=number), "success")
    return redirect(url_for("calibration.page", number=number), 303)


def _again(number: str, act: CalibrationAct, page_of: PageOf, error: DomainError) -> tuple[str, int]:
    """The form as it was sent, with what is wrong; what was to be scored is kept as a draft all the same."""
    if error.status in (403, 404):
        raise error
    with context.reading() as session:
        card = look_at_sitting(work_in(session), number).card
    typed = read_card(card, request.form).typed
    if act is A.SCORE and error.status == _TO_MEND:
        with context.writing() as session:
            service.save_draft(work_in(session), number, typed)
    with context.reading() as session:
        return page_of(look_at_sitting(work_in(session), number), typed, error.refusals), error.status


_TO_MEND = 422


def _own_draft(sitting: Sitting) -> dict[str, str]:
    own = sitting.of(sitting.work.actor.staff_id)
    return {} if own is None else sitting.draft(own)


def _scoring_page(sitting: Sitting, typed: Mapping[str, str], refusals: Sequence[Refusal]) -> str:
    """The record beside the card, as an inspector has it."""
    source = source_of(sitting)
    entered = read_card(sitting.card, typed)
    return render_template(
        "inspection/calibration_score.html",
        **_shown(sitting),
        typed=typed,
        refusals=refusals,
        record=record_of(source, sitting.calibration.unit),
        evidence=evidence_for(sitting.case, sitting.card, source.holdings),
        so_far=score_card(sitting.card, entered.marks, sitting.scoring),
    )


def _closing_page(sitting: Sitting, typed: Mapping[str, str], refusals: Sequence[Refusal]) -> str:
    """The marks side by side, and the form of the standard."""
    side = side_by_side(sitting, veil_of(sitting))
    shown = _shown(sitting)
    return render_template(
        "inspection/calibration_close.html",
        **shown,
        typed=typed,
        refusals=refusals,
        side=side,
        discussion=_discussion(),
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
