"""One act on many complaints (R12, R13): ticked in a list, one form, and a page that says what came of each.

The form is that of the single act on the first of them to which it is open, without what only one could answer. Each
complaint is then asked by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.jobs import many as doing
from backoffice.jobs.running import LeaseLostError, Taken, Workshop
from backoffice.models.complaint import Complaint
from backoffice.models.work import Job
from backoffice.queries import paging, worklist
from backoffice.queries.inspections import blind_among
from backoffice.queries.scope import visible
from backoffice.services import many
from backoffice.services.core.access_log import log_access
from backoffice.services.core.case import look_at
from backoffice.services.core.work import Work
from backoffice.services.many import Outcome
from forms.actions import Choices, Wanted, action_form, values_of
from forms.filters import read_filters
from policies import many as rules
from policies.access import CustomerView, Permission, customer_view
from policies.actions import ACTIONS
from policies.fields import FIELD_KINDS, FieldKind
from policies.message import Message, Refusal
from policies.vocabulary import ContactWay
from policies.workflow import Offer
from views import context, language
from views.case import choosing, filling
from views.case.looking import look, work_in
from views.complaints import asking
from views.errors import onto_form
from views.guard import needs
from views.spoken import spoken
from views.streaming import written

blueprint = Blueprint("many", __name__)
Answer = Any
TAKEN = "dossiers_take"
ZIP, VOLUME = "zip", "pdf"
LOOKED_AT = 10
"""So many are looked at to find one to which the act is open."""


@dataclass(frozen=True)
class Asked:
    """What was chosen: an act, and complaints with the revisions that were seen."""

    action: str
    items: Mapping[str, int]


@dataclass(frozen=True)
class Pattern:
    """The form of the act as the first complaint gives it to which it is open; why not, where there is none."""

    wanted: Wanted
    choices: Choices
    refusals: tuple[tuple[str, Refusal], ...] = ()
    is_open: bool = True


@blueprint.post("/complaints/many")
@needs(Permission.COMPLAINT_VIEW)
def choose() -> Answer:
    """The form of an act for the complaints that were ticked, or for all of a list up to a bound."""
    with context.reading() as session:
        asked = Asked(request.form.get("action", ""), _chosen(session))
        refusal = rules.refuse(context.actor(), asked.action, len(asked.items))
        if refusal is not None:
            return _nothing(refusal)
        pattern = _pattern(session, asked)
    form = _form(pattern, MultiDict({"way": ContactWay.PHONE.value, "submission": secrets.token_urlsafe(16)}))
    return _page(asked, pattern, form)


@blueprint.post("/complaints/many/do")
@needs(Permission.COMPLAINT_VIEW)
def carry_out() -> Answer:
    """The act: a few at once, many in the background; then the page of what came of it."""
    asked = Asked(request.form.get("action", ""), rules.read_items(request.form.getlist("item")))
    submission = request.form.get("submission") or secrets.token_urlsafe(16)
    with context.reading() as session:
        there = many.known(session, context.actor().staff_id, submission)
        if there is not None:
            return _done_before(there)
        refusal = rules.refuse(context.actor(), asked.action, len(asked.items))
        if refusal is not None:
            return _nothing(refusal)
        pattern = _pattern(session, asked)
    form = _form(pattern, request.form)
    if not pattern.is_open:
        return _page(asked, pattern, form, typed=_typed()), 409
    if not form.validate():
        return _page(asked, pattern, form), 422
    try:
        with context.writing() as session:
            values = values_of(form, pattern.wanted)
            job = many.ask(work_in(session), asked.action, asked.items, values, language.current(), submission)
            mine, is_new = _is_mine(job), job.due_at == context.now()
            taken = Taken(job.id, job.kind, job.slot, dict(job.payload or {}), job.attempts)
    except DomainError as error:
        return _page(asked, pattern, form, onto_form(error, form)), error.status
    if not is_new:  # it came at the same moment
        return _done_before(job)
    if mine:
        _do_now(taken)
    return redirect(url_for("many.result", run_id=int(job.slot)), 303)


def _done_before(job: Job) -> Answer:
    flash(language.say(Message("acting.done_before")), "success")
    return redirect(url_for("many.result", run_id=int(job.slot)), 303)


def _typed() -> list[tuple[Message, str]]:
    """What was typed into the form, so that it is not lost where there is no form any more."""
    return [
        (Message(f"workflow.field.{code}"), text)
        for code in request.form
        if FIELD_KINDS.get(code) in (FieldKind.TEXT, FieldKind.LINE) and (text := request.form[code].strip())
    ]


@blueprint.get("/complaints/many/<int:run_id>")
@needs(Permission.COMPLAINT_VIEW)
def result(run_id: int) -> str:
    """What came of each, and how far it has come; what was refused can be ticked again."""
    desk = context.desk()
    with context.reading() as session:
        run, order = many.find(session, desk.keys, context.actor().staff_id, run_id)
        refused = [one.number for one in order.outcomes if not one.done]
        seen = _revisions(session, refused)
        over = run.finished_at is not None  # while it goes on nothing is ticked: the page comes anew
        left = [one.number for one in filling.waiting(session, run, order)] if over else []
        shown = [(one, seen.get(one.number) if over and not one.changed else None) for one in order.outcomes]
        facts = {"id": run.id, "action": run.action, "asked_at": run.asked_at, "done": run.done, "total": run.total,
                 "finished": over, "kept_until": _kept_until(run.finished_at)}  # fmt: skip
    return render_template(
        "many/result.html",
        run=facts,
        rule=ACTIONS[str(facts["action"])],
        outcomes=shown,
        good=sum(one.done for one in order.outcomes),
        bad=len(refused),
        to_fill_in=left,
        fill_in_address=filling.address,
        again=any(not one.done and revision is not None for one, revision in shown),
        waiting=[number for number, _revision in order.items[run.done :]],
        actions=rules.open_to(context.actor()),
        titles=ACTIONS,
        prints=facts["action"] == rules.PRINT,
    )


@blueprint.post("/complaints/many/<int:run_id>/dossiers")
@needs(Permission.DOSSIER_PRINT)
def take(run_id: int) -> Response:
    """The dossiers that were printed, as one ZIP or one PDF; logged."""
    desk, form = context.desk(), VOLUME if request.form.get("form") == VOLUME else ZIP
    with context.writing() as session:
        work = work_in(session)
        run, order = many.find(session, desk.keys, work.actor.staff_id, run_id)
        done = {place: one for place, one in enumerate(order.outcomes) if one.done}
        if run.action != rules.PRINT or run.finished_at is None or not done:
            raise DomainError(Refusal("many.refused.not_ready", status=409))
        mine = _still_printable(work, list(done.values()))
        numbers = {place: one.number for place, one in done.items() if one.number in mine}
        if not numbers:
            raise DomainError(Refusal("many.refused.no_longer", status=403))
        left_out = [one.number for one in done.values() if one.number not in mine]
        facts: dict[str, object] = {"dossiers": list(numbers.values()), "left_out": left_out, "form": form}
        log_access(session, desk.keys, work.actor, work.at, TAKEN, facts, address=work.address)
    write = doing.write_volume if form == VOLUME else doing.write_dossiers
    content: Iterator[bytes] = written(lambda room: write(_shop(), run_id, numbers, room))
    if left_out:
        flash(language.say(Message("many.left_out", {"numbers": ", ".join(left_out)})), "warning")
    name = f"dossiers-{context.now().astimezone(context.zone()):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype=f"application/{form}", headers=headers)


def _still_printable(work: Work, copies: list[Outcome]) -> set[str]:
    """Of these the ones that this person could print just so at this moment (R39): in their reach, not theirs to judge
    blind, and their customer not hidden by now.
    """
    session, actor = work.session, work.actor
    rows = sa.select(Complaint.id, Complaint.number, Complaint.confidential).where(
        Complaint.number.in_([one.number for one in copies]),
        visible(actor, Permission.COMPLAINT_VIEW),
        visible(actor, Permission.DOSSIER_PRINT),
    )
    found = {row.number: row for row in session.execute(rows)}
    blind = blind_among(session, actor, [row.id for row in found.values()])
    veiled = {one.number for one in copies if one.hidden}
    return {
        number
        for number, row in found.items()
        if row.id not in blind and (number in veiled or not row.confidential or not _is_hidden(work, row.id))
    }


def _is_hidden(work: Work, complaint_id: int) -> bool:
    return customer_view(work.actor, look_at(work, complaint_id).subject) is CustomerView.HIDDEN


def _chosen(session: Session) -> dict[str, int]:
    """What was ticked; or all of the list, as far as it goes."""
    if not request.form.get("all"):
        return rules.read_items(request.form.getlist("item"))
    ask, filters = asking(), read_filters(request.form)
    lists = worklist.lists_for(ask.actor)
    one = next((one for one in lists if one.code == request.form.get("list")), None)
    if one is None:
        return {}
    sort = request.form.get("sort") if request.form.get("sort") in paging.SORTS else one.sort
    where = worklist.conditions(ask, context.desk().keys, session, one, filters)
    rows = paging.page(session, where, sort=str(sort), size=rules.MOST).rows
    return {row.number: row.revision for row in rows}


def _pattern(session: Session, asked: Asked) -> Pattern:
    """The first of the complaints to which the act is open, as the single act would show it."""
    fields, why = rules.FIELDS[asked.action], []
    if asked.action == rules.PRINT:
        return Pattern(Wanted((), ()), Choices())
    for number in list(asked.items)[:LOOKED_AT]:
        try:
            looked = look(session, number)
        except DomainError as error:
            why += [(number, refusal) for refusal in error.refusals]
            continue
        offer = looked.offer(asked.action)
        if offer is not None and offer.is_open:
            return Pattern(_wanted(offer, fields), choosing.choices(session, looked, _narrowed(offer, fields)))
        why.append((number, offer.refusal if offer and offer.refusal else Refusal("many.refused.not_here", status=409)))
    return Pattern(Wanted((), ()), Choices(), tuple(why), is_open=False)


def _narrowed(offer: Offer, fields: tuple[str, ...]) -> Offer:
    required, optional = (tuple(one for one in part if one in fields) for part in (offer.required, offer.optional))
    return replace(offer, required=required, optional=optional)


def _wanted(offer: Offer, fields: tuple[str, ...]) -> Wanted:
    narrowed = _narrowed(offer, fields)
    return Wanted(narrowed.required, narrowed.optional)


def _form(pattern: Pattern, data: Any) -> Form:
    return spoken(action_form(pattern.wanted, pattern.choices, context.zone())(data))


def _page(asked: Asked, pattern: Pattern, form: Form, refusals: Any = (), typed: Any = None) -> str:
    """The form; ``typed``: what was sent of one that is open no more."""
    return render_template(
        "many/form.html",
        rule=ACTIONS[asked.action],
        items=asked.items,
        pattern=pattern,
        form=form,
        refusals=refusals,
        typed=typed,
        at_once=rules.AT_ONCE,
        prints=asked.action == rules.PRINT,
    )


def _nothing(refusal: Refusal) -> Answer:
    """Nothing can be begun: why, and the way back."""
    return render_template("many/nothing.html", refusal=refusal), refusal.status


def _revisions(session: Session, numbers: list[str]) -> dict[str, int]:
    """The revisions of these as they are now, of those that this person sees."""
    if not numbers:
        return {}
    rows = sa.select(Complaint.number, Complaint.revision).where(
        Complaint.number.in_(numbers), visible(context.actor(), Permission.COMPLAINT_VIEW)
    )
    return {row.number: row.revision for row in session.execute(rows)}


def _is_mine(job: Job) -> bool:
    """Whether this request does it; a form that came twice finds it begun."""
    return job.done_at is None and job.leased_until == context.now() + many.LEASE


def _do_now(taken: Taken) -> None:
    """Do it while the person waits. Should it break off, a worker goes on when the lease is over."""
    shop = _shop()
    try:
        doing.go_through(shop, taken)
    except LeaseLostError:  # a worker goes on already
        return
    with context.writing() as session:
        job = session.get_one(Job, taken.id)
        job.done_at, job.leased_until = shop.clock.now(), None


def _shop() -> Workshop:
    desk = context.desk()
    return Workshop(desk.database, desk.keys, desk.clock, Path(desk.config["DATA_DIR"]), _speak)


def _speak(message: Message, chosen: str) -> str:
    return str(language.say(message, chosen))


def _kept_until(finished: datetime | None) -> datetime | None:
    return None if finished is None else finished + many.KEPT
