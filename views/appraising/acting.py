"""What is done to months and sheets (R33): compute, act on many at once, lock; and every act on one sheet."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalAppeal, AppraisalSheet
from backoffice.models.office import Staff
from backoffice.queries import appraisal as queries
from backoffice.queries.appeals import holders
from backoffice.queries.appraisal_reach import READERS, seen
from backoffice.services import appraisal, appraisal_appeal, appraisal_compute, appraisal_lock
from backoffice.services.core.appraisal_sheets import asker_of, facts_of, look_around
from forms.appraisal import appeal_form, decider_form, decision_form, decision_from, present_decision
from forms.fields import clean
from policies.access import Permission
from policies.appraisal_course import COURSE, SheetAct, refuse_act, refuse_named
from policies.appraisal_rules import Rules
from policies.message import Message, Refusal
from views import context
from views.appraising.listing import months_page
from views.appraising.naming import item_names, worth
from views.appraising.room import blueprint, book_of, period_or_404, sheet_or_404, uploads, whose
from views.appraising.showing import AppealShown, appeal_shown
from views.case.looking import seen_revision, work_in
from views.errors import onto_form
from views.filters import named
from views.guard import needs, signed_in
from views.language import _, say
from views.spoken import spoken

PLAIN = (SheetAct.CHECK, SheetAct.PUBLISH, SheetAct.ACKNOWLEDGE, SheetAct.APPROVE)
MANY = (SheetAct.CHECK, SheetAct.PUBLISH, SheetAct.APPROVE)
MOST_SAID = 8
MOST_AT_ONCE = 2000


@blueprint.post("/appraisal/compute")
@needs(Permission.SHEET_COMPUTE)
def compute() -> Any:
    """Have a month computed; its page shows how far that is."""
    month = clean(request.form.get("month", ""))[:7]
    try:
        with context.writing() as session:
            appraisal_compute.ask(work_in(session), month)
    except DomainError as error:
        if error.status == HTTPStatus.FORBIDDEN:
            raise
        return months_page(month, error.refusals), error.status
    flash(_("appraisal.asked"), "success")
    return redirect(url_for("appraisal.month", month=month), 303)


@blueprint.post("/appraisal/<month>/act")
@needs(*READERS)
def act_on_many(month: str) -> Any:
    """The same act on the sheets that were ticked, or on all that can be; of each that cannot it is said why."""
    chosen, _colon, scope = request.form.get("act", "").partition(":")
    if chosen not in list(MANY):
        abort(404)
    action = SheetAct(chosen)
    with context.writing() as session:
        period = period_or_404(session, month)
        numbers = _all(session, period.id, action) if scope == "all" else _ticked(session, period.id)
        outcomes = appraisal.act_on_many(work_in(session), month, action, numbers)
    done = [one for one in outcomes if one.refusal is None]
    if not outcomes:
        flash(_("appraisal.none_ticked"), "warning")
    if done:
        flash(
            say(Message("appraisal.done_many", {"act": Message(f"appraisal.act.{action}"), "n": len(done)})), "success"
        )
    left = [one for one in outcomes if one.refusal is not None]
    for one in left[:MOST_SAID]:
        flash(say(Message("appraisal.not_done", {"number": one.number, "why": one.refusal})), "warning")
    if len(left) > MOST_SAID:
        flash(_("appraisal.more_not_done", n=len(left) - MOST_SAID), "warning")
    return redirect(url_for("appraisal.month", month=month), 303)


def _ticked(session: Session, period_id: int) -> list[str]:
    """The sheets that were ticked, as far as this person sees them."""
    numbers = request.form.getlist("number")[:MOST_AT_ONCE]
    rows = sa.select(AppraisalSheet.number).where(
        AppraisalSheet.period_id == period_id, AppraisalSheet.number.in_(numbers), seen(context.actor())
    )
    return list(session.scalars(rows.order_by(AppraisalSheet.number)))


def _all(session: Session, period_id: int, action: SheetAct) -> list[str]:
    """Those at the status from which the act leads on, and that are this person's to act on."""
    rows = sa.select(AppraisalSheet).where(
        AppraisalSheet.period_id == period_id,
        AppraisalSheet.status == COURSE[action].source,
        seen(context.actor()),
    )
    found = list(session.scalars(rows.order_by(AppraisalSheet.number).limit(MOST_AT_ONCE)))
    around, at = look_around(session, found), context.now()
    asked = [(row, refuse_act(action, facts_of(row, around), asker_of(context.actor(), row), at)) for row in found]
    return [row.number for row, refusal in asked if refusal is None or refusal.status != 403]


@blueprint.post("/appraisal/<month>/lock")
@needs(Permission.SHEET_CHECK)
def lock(month: str) -> Any:
    """Lock a month for good."""
    with context.writing() as session:
        appraisal_lock.lock(work_in(session), month)
    flash(_("appraisal.locked", month=month), "success")
    return redirect(url_for("appraisal.month", month=month), 303)


@blueprint.post("/appraisal/sheets/<number>/<act>")
@signed_in
def act(number: str, act: str) -> Any:
    """An act that needs no form of its own; acknowledging may come with a note."""
    if act not in list(PLAIN):
        abort(404)
    said = appraisal.Said(clean(request.form.get("note", "")), seen_revision(request.form.get("revision")))
    try:
        with context.writing() as session:
            sheet_or_404(session, number)
            appraisal.act(work_in(session), number, SheetAct(act), said)
    except DomainError as error:
        if not said.note or error.status == 404:
            raise
        return _typed(number, error, said.note)
    flash(say(Message("appraisal.done", {"act": Message(f"appraisal.act.{act}"), "number": number})), "success")
    return redirect(url_for("appraisal.sheet", number=number), 303)


def _typed(number: str, error: DomainError, note: str) -> Any:
    """It has no place any more: why, and what was typed, so that it is not lost."""
    typed = [(Message("appraisal.field.note"), note)]
    page = render_template("appraisal/late.html", number=number, refusals=error.refusals, typed=typed)
    return page, error.status


# Appeals


@blueprint.route("/appraisal/sheets/<number>/appeal", methods=["GET", "POST"])
@signed_in
def appeal(number: str) -> Any:
    """The form of an objection; posted, the objection."""
    with context.reading() as session:
        sheet = sheet_or_404(session, number)
        form_class, rules = appeal_form(_items(session, sheet)), book_of(session, sheet.period).rules
        refusal = _why_not(session, sheet, SheetAct.APPEAL)
        if refusal is not None and (request.method == "GET" or refusal.status == 403):
            raise DomainError(refusal)
        if request.method == "GET":
            return _appeal_page(sheet, rules, form_class())
        form = form_class(CombinedMultiDict((request.files, request.form)))
        files, wrong = uploads()
        if not form.validate() or wrong:
            return _appeal_page(sheet, rules, form, onto_form(DomainError(wrong), form) if wrong else ()), 422
    try:
        with context.writing() as session:
            appraisal_appeal.submit(
                work_in(session), number, form["items"].data or [], form["reasons"].data or "",
                against_check=bool(form["against_check"].data), uploads=files,
            )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        return _appeal_page(sheet, rules, form, onto_form(error, form)), error.status
    flash(_("appraisal.appeal.submitted"), "success")
    return redirect(url_for("appraisal.sheet", number=number), 303)


def _items(session: Session, sheet: AppraisalSheet) -> list[tuple[str, str]]:
    work = work_in(session)
    names = item_names(session, sheet, appraisal_appeal.lines_on(work, sheet))
    return [(code, names[code]) for code in appraisal_appeal.items_of(work, sheet)]


def _why_not(session: Session, sheet: AppraisalSheet, action: SheetAct) -> Refusal | None:
    facts = facts_of(sheet, look_around(session, [sheet]))
    return refuse_act(action, facts, asker_of(context.actor(), sheet), context.now())


def _appeal_page(sheet: AppraisalSheet, rules: Rules, form: Form, refusals: Any = ()) -> str:
    return render_template(
        "appraisal/appeal.html", sheet=sheet, name=named(whose(sheet)), rules=rules, form=form, refusals=refusals
    )


@blueprint.route("/appraisal/sheets/<number>/decide", methods=["GET", "POST"])
@needs(Permission.APPEAL_DECIDE)
def decide(number: str) -> Any:
    """The form of a decision: the contested figures and lines, the result, its ground; posted, the decision."""
    with context.reading() as session:
        sheet = sheet_or_404(session, number)
        refusal = _why_not(session, sheet, SheetAct.DECIDE)
        if refusal is not None and (request.method == "GET" or refusal.status == 403):
            raise DomainError(refusal)
        found = queries.appeal_of(session, sheet.id)
        if found is None:
            raise DomainError(refusal or Refusal("appraisal.refused.not_found", status=404))
        one = appeal_shown(work_in(session), sheet, found)
        codes, lines = _contested(session, sheet, found)
        form_class = decision_form(codes, lines, _addable(session, sheet, found))
        if request.method == "GET":
            shown = present_decision({line.indicator: line for line in sheet.lines}, codes)
            return _decision_page(sheet, one, form_class(data=shown))
        form = form_class(request.form)
        if not form.validate():
            return _decision_page(sheet, one, form), 422
    try:
        with context.writing() as session:
            sheet_or_404(session, number)
            appraisal_appeal.decide(work_in(session), number, decision_from(form, [code for code, _name in codes]))
    except DomainError as error:
        if error.status == 404:
            raise
        return _decision_page(sheet, one, form, onto_form(error, form)), error.status
    flash(_("appraisal.appeal.decided"), "success")
    return redirect(url_for("appraisal.sheet", number=number), 303)


Pairs = list[tuple[str, str]]


def _contested(session: Session, sheet: AppraisalSheet, found: AppraisalAppeal) -> tuple[Pairs, Pairs]:
    """What was objected to: indicators, and lines outside the formula."""
    wanted = set(found.items) - {appraisal_appeal.MISSING}
    named_ones = [(code, name) for code, name in _items(session, sheet) if code in wanted]
    start = appraisal_appeal.LINE
    codes = [(code, name) for code, name in named_ones if not code.startswith(start)]
    return codes, [(code.removeprefix(start), name) for code, name in named_ones if code.startswith(start)]


def _addable(session: Session, sheet: AppraisalSheet, found: AppraisalAppeal) -> Pairs:
    """The points that can be added, where somebody says that some are missing."""
    if appraisal_appeal.MISSING not in found.items:
        return []
    return [(one.code, worth(one)) for one in appraisal_appeal.addable(work_in(session), sheet)]


def _decision_page(sheet: AppraisalSheet, one: AppealShown, form: Form, refusals: Any = ()) -> str:
    return render_template(
        "appraisal/decide.html",
        sheet=sheet,
        name=named(whose(sheet)),
        appeal=one,
        form=spoken(form),
        refusals=refusals,
        groups=[control.name.partition("-")[2] for control in form if control.name.startswith("numerator-")],
    )


@blueprint.route("/appraisal/sheets/<number>/decider", methods=["GET", "POST"])
@needs(Permission.SHEET_APPROVE)
def decider(number: str) -> Any:
    """Name who decides an objection; posted, the name."""
    with context.reading() as session:
        sheet = sheet_or_404(session, number)
        refusal = _why_not(session, sheet, SheetAct.NAME_DECIDER)
        if refusal is not None:
            raise DomainError(refusal)
        found = queries.appeal_of(session, sheet.id)
        if found is None:
            raise DomainError(Refusal("appraisal.refused.not_found", status=404))
        one = appeal_shown(work_in(session), sheet, found)
        form_class = decider_form(_able(session, sheet))
        form = spoken(form_class(request.form if request.method == "POST" else None))
        if request.method == "GET":
            return _decider_page(sheet, one, form)
    try:
        with context.writing() as session:
            text = str(form["decider"].data or "")
            chosen = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
            appraisal_appeal.name_decider(work_in(session), number, chosen)
    except DomainError as error:
        if error.status == 404:
            raise
        return _decider_page(sheet, one, form, onto_form(error, form)), error.status
    flash(_("appraisal.appeal.named"), "success")
    return redirect(url_for("appraisal.sheet", number=number), 303)


def _able(session: Session, sheet: AppraisalSheet) -> Pairs:
    """Whoever could be named: nobody who is refused anyway."""
    facts, able = facts_of(sheet, look_around(session, [sheet])), holders(session)
    free = [one for one in able if refuse_named(one, facts, able) is None]
    people = session.scalars(sa.select(Staff).where(Staff.id.in_(free)).order_by(Staff.code))
    return [(str(row.id), f"{named(row)} {row.code}") for row in people]


def _decider_page(sheet: AppraisalSheet, one: AppealShown, form: Form, refusals: Any = ()) -> str:
    return render_template(
        "appraisal/decider.html", sheet=sheet, name=named(whose(sheet)), appeal=one, form=form, refusals=refusals
    )
