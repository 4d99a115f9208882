"""Notices where complaints are written and read (R8): beside the form, on the home page, on a complaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from backoffice.errors import DomainError
from backoffice.models.fault_notice import FaultLink, FaultNotice
from backoffice.queries import fault_notices as queries
from backoffice.services import fault_notices as service
from backoffice.services.core.fault_links import words_for
from policies.access import Permission, may
from policies.fault_notice import LONGEST_TYPED, MOST_OPEN, Fit
from policies.vocabulary_notice import NoticeState
from policies.workflow import Offer
from views import context
from views.case.looking import Looked, work_in
from views.fault_notices.room import READERS, blueprint
from views.guard import needs
from views.language import _, say

TYPED = ("what", "where", "why", "summary", "product_symptom", "address")
SHOWN = 5
ANSWERS = frozenset({"tell_progress", "communicate", "respond_first", "acknowledge"})
"""Acts whose text a notice drafts."""


@dataclass(frozen=True)
class OnComplaint:
    """The notices of a complaint: those it is linked to, and those in force that it may be linked to."""

    links: list[FaultLink]
    offered: list[tuple[FaultNotice, Fit]]
    answers: str
    may_link: bool

    @property
    def fitting(self) -> list[FaultNotice]:
        return [notice for notice, fit in self.offered if fit.fits]


@blueprint.post("/complaints/<number>/notices/link")
@needs(Permission.COMMUNICATION_RECORD)
def link(number: str) -> Any:
    """The complaint belongs to a notice."""
    return _linked(number, service.link, "fault_notices.linked_now")


@blueprint.post("/complaints/<number>/notices/loose")
@needs(Permission.COMMUNICATION_RECORD)
def loose(number: str) -> Any:
    """It does not."""
    return _linked(number, service.loose, "fault_notices.loosed")


def _linked(number: str, command: Any, done: str) -> Any:
    chosen = request.form.get("notice", "")[:32]
    try:
        with context.writing() as session:
            notice = command(work_in(session), number, chosen)
            said = _(done, number=notice.number)
    except DomainError as error:
        if is_hidden(error):
            raise
        flash(" ".join(say(one) for one in error.refusals), "warning")
    else:
        flash(said, "success")
    return redirect(url_for("complaint.page", number=number, _anchor="notices"), 303)


def is_hidden(error: DomainError) -> bool:
    """Whether the complaint itself is not this person's, or not there; a notice that is not there names its field."""
    return error.status == 403 or any(one.field is None and one.status == 404 for one in error.refusals)


def panel(said: MultiDict[str, str]) -> str:
    """The panel beside the registration form, for what stands in it and what was ticked."""
    typed = " ".join(said.get(name, "")[:LONGEST_TYPED] for name in TYPED)
    return _panel(said.get("category", "")[:64], typed, said.getlist("notice")[:MOST_OPEN])


def _panel(category: str, typed: str, chosen: list[str]) -> str:
    with context.reading() as session:
        found = queries.fits(queries.in_force(session), category, typed)
        first = [pair for pair in found if pair[1].fits or pair[0].number in chosen]
        return render_template(
            "fault_notices/beside.html",
            total=len(found),
            rows=(first or found)[: max(SHOWN, len(chosen))],
            chosen=frozenset(chosen),
        )


def home(session: Session) -> list[FaultNotice] | None:
    """The notices in force for the home page; None for who does not read them."""
    return queries.in_force(session) if any(may(context.actor(), one) for one in READERS) else None


def on_complaint(looked: Looked) -> OnComplaint:
    """What the page of a complaint shows of notices to this reader."""
    case, complaint = looked.case, looked.complaint
    session = case.work.session
    links = queries.of_complaint(session, complaint.id)
    may_link = case.is_current and may(case.work.actor, Permission.COMMUNICATION_RECORD, case.subject)
    offered: list[tuple[FaultNotice, Fit]] = []
    if may_link:
        there = {one.notice_id for one in links}
        free = [one for one in queries.in_force(session) if one.id not in there]
        typed = " ".join(str(case.record.get(name) or "") for name in TYPED) if free else ""
        offered = queries.fits(free, complaint.category.code, typed)
    answers = next((one for one in ("tell_progress", "communicate") if _is_open(looked.offer(one))), "")
    return OnComplaint(links, offered, answers, may_link)


def _is_open(offer: Offer | None) -> bool:
    return offer is not None and offer.is_open


def draft(looked: Looked, action: str) -> str:
    """The words of the linked notice that the address names, as the draft of an answer; nothing else is taken."""
    number = request.args.get("notice", "")[:32]
    if action not in ANSWERS or not number:
        return ""
    links = queries.of_complaint(looked.case.work.session, looked.complaint.id)
    notice = next((one.notice for one in links if one.notice.number == number), None)
    if notice is None:
        return ""
    words = words_for(looked.case, notice)
    if notice.state is NoticeState.PUBLISHED:
        return words["tell"]
    return words["answer_text"] or notice.happened
