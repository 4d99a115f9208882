"""Lines outside the formula (R32, R33): the list, proposing, approving, refusing, taking back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import Response, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalAppeal, AppraisalFile, AppraisalManualLine, AppraisalSheet
from backoffice.models.office import Department, Staff
from backoffice.queries import appraisal as queries
from backoffice.queries.appraisal_reach import READERS, reads_words
from backoffice.services import appraisal_lines as service
from backoffice.services.core import appraisal_notes as notes
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from forms.appraisal import ground_form, proposal_form, proposal_from, whose_from
from forms.fields import clean
from policies.access import Permission, Scope, Subject, may
from policies.appraisal_posts import days_of
from policies.message import Message, Refusal
from policies.vocabulary_appraisal import LineKind, LineState
from views import context
from views.addresses import whole_number
from views.appraising.naming import indicator_name, manual_name, worth
from views.appraising.room import LINE_KEEPERS, blueprint, uploads, whose
from views.case.looking import work_in
from views.errors import onto_form
from views.filters import named
from views.guard import needs, signed_in
from views.language import _, say
from views.spoken import spoken

FILE_OPENED = "appraisal_file"
LOOKS = {LineState.PROPOSED: "wait", LineState.APPROVED: "good", LineState.REFUSED: "bad", LineState.WITHDRAWN: ""}


@dataclass(frozen=True)
class Shown:
    """One line as its reader sees it."""

    row: AppraisalManualLine
    name: str
    whose: str
    ground: str
    decision: str
    by_rule: bool
    late: tuple[dict[str, Any], ...]
    basis: tuple[str, str] | None
    would: tuple[Message, ...]
    files: tuple[tuple[int, str], ...]
    decides: bool
    is_void: bool
    withdraws: bool


@blueprint.get("/appraisal/lines")
@needs(*READERS)
def lines() -> Any:
    """Lines that wait for a decision, or all, as far as this reader sees them."""
    state = request.args.get("state", LineState.PROPOSED.value)
    chosen = LineState(state) if state in list(LineState) else None
    month = clean(request.args.get("month", ""))[:7]
    month = month if days_of(month) is not None else ""
    with context.reading() as session:
        page = queries.lines(session, context.actor(), chosen, month, whole_number(request.args.get("before")))
        work = work_in(session)
        rows = [shown(work, row) for row in page.rows]
    return render_template(
        "appraisal/lines.html",
        rows=rows,
        older=page.older,
        state=chosen,
        month=month,
        tabs=_tabs(chosen, month),
        looks=LOOKS,
        proposes=any(may(context.actor(), one) for one in LINE_KEEPERS),
    )


def _tabs(current: LineState | None, month: str) -> list[dict[str, Any]]:
    states: list[tuple[str, LineState | None]] = [(one.value, one) for one in LineState] + [("all", None)]
    return [
        {
            "text": say(Message(f"appraisal.lines.{code}")),
            "address": url_for("appraisal.lines", state=code, month=month or None),
            "is_current": one is current,
            "count": 0,
        }
        for code, one in states
    ]


def shown(work: Work, row: AppraisalManualLine) -> Shown:
    """A line in words; texts are masked, since people write names into them."""
    book = service.book_of(work, row.month)
    words, opened = notes.opened(work.keys, row.sealed), _reads_words(work, row)
    files, void = notes.files_of(work, line_id=row.id) if opened else (), service.is_void(work, row, book)
    return Shown(
        row=row,
        name=manual_name(book, row),
        whose=named(whose(row)),
        ground=worded(words.get("ground"), opened),
        decision=worded(words.get("decision"), opened),
        by_rule=service.is_by_rule(row),
        late=tuple({**one, "name": indicator_name(book, str(one.get("indicator")))} for one in words.get("lines", ())),
        basis=_basis(words.get("reference") or {}),
        would=tuple(_would(row, words)),
        files=tuple((one.id, notes.veiled(notes.file_name(work, one))) for one in files),
        decides=(row.state is LineState.PROPOSED or void) and _decides(work, row),
        is_void=void,
        withdraws=row.state is LineState.PROPOSED and row.proposed_by_id == work.actor.staff_id,
    )


def _basis(reference: Mapping[str, Any]) -> tuple[str, str] | None:
    """What the rule found, and where it stands: a corrective action, a drill."""
    if number := reference.get("corrective_action"):
        return str(number), url_for("corrective.show", number=number)
    if session_id := reference.get("drill"):
        day = date.fromisoformat(reference["held_on"])
        return say(Message("appraisal.line.drill", {"day": day})), url_for("training.session", session_id=session_id)
    return None


def _would(row: AppraisalManualLine, words: Mapping[str, Any]) -> Iterator[Message]:
    """Of a correction: what the locked month stands at, and what it would come to by now."""
    if row.kind is not LineKind.CORRECTION:
        return
    nothing = Message("appraisal.grade_none")
    if "days_now" in words or "score" not in words:
        yield _by_posts(words)
    if "score" not in words:
        return
    yield Message(
        "appraisal.line.would",
        {
            "month": row.corrects, "old": words.get("locked_score"), "new": words.get("score"),
            "old_grade": words.get("locked_grade") or nothing, "new_grade": words.get("grade") or nothing,
        },
    )  # fmt: skip
    old, new = words.get("bonus") or (None, None)
    if old != new:
        yield Message("appraisal.line.would_money", {"old": old, "new": new})


def _by_posts(words: Mapping[str, Any]) -> Message:
    """Posts were put right since: the locked sheet has other days now, or none."""
    since, until, *now = (date.fromisoformat(day) for day in [*words["days"], *words.get("days_now", ())])
    said = {"number": words["number"], "since": since, "until": until}
    if now:
        return Message("appraisal_days.moved", {**said, "now_since": now[0], "now_until": now[1]})
    grade = words.get("locked_grade") or Message("appraisal.grade_none")
    return Message("appraisal_days.gone", {**said, "grade": grade, "amount": Decimal(words["amount"])})


def worded(text: object, opened: bool) -> str:
    """What somebody wrote, for those who read it; others are told that there is something (R39)."""
    return notes.veiled(text) if opened or not text else _("appraisal.words_kept")


def _reads_words(work: Work, row: AppraisalManualLine) -> bool:
    concerned = service.answers_of(work, row.staff_id, row.department_id)
    return reads_words(work.actor, _place(row), concerned, row.proposed_by_id)


def _place(row: AppraisalManualLine) -> int | None:
    return row.department_id if row.staff is None else row.staff.department_id


def _decides(work: Work, row: AppraisalManualLine) -> bool:
    if work.actor.staff_id in (row.proposed_by_id, service.answers_of(work, row.staff_id, row.department_id)):
        return False
    subject = Subject(departments=frozenset({_place(row)} - {None}))  # type: ignore[arg-type]
    return any(may(work.actor, permission, subject) for permission in service.DECIDERS)


@blueprint.route("/appraisal/lines/new", methods=["GET", "POST"])
@needs(*LINE_KEEPERS)
def propose() -> Any:
    """The form of a new line; posted, the line."""
    with context.reading() as session:
        work = work_in(session)
        month = clean(request.values.get("month", ""))[:7]
        form_class = _proposal_form(session, work, month)
        if request.method == "GET":
            given = {"month": month or f"{context.today():%Y-%m}", "whose": request.args.get("whose", "")[:40]}
            return _new_page(spoken(form_class(data=given)))
        form = spoken(form_class(CombinedMultiDict((request.files, request.form))))
        files, wrong = uploads()
        if not form.validate() or wrong:
            return _new_page(form, onto_form(DomainError(wrong), form) if wrong else ()), 422
    staff_id, department_id = whose_from(form)
    try:
        with context.writing() as session:
            asked = service.Asked(form["month"].data or "", staff_id, department_id, proposal_from(form))
            service.propose(work_in(session), asked, files)
    except DomainError as error:
        return _new_page(form, onto_form(error, form)), error.status
    flash(_("appraisal.line.proposed"), "success")
    return redirect(url_for("appraisal.lines"), 303)


def _proposal_form(session: Session, work: Work, month: str) -> type[Form]:
    valid = month if days_of(month) is not None else f"{context.today():%Y-%m}"
    book = service.book_of(work, valid)
    codes: dict[str, list[tuple[str, str]]] = {}
    for kind in (LineKind.ADJUSTMENT, LineKind.VETO, LineKind.REWARD, LineKind.PENALTY):
        named_ones = [
            (f"{kind}:{one.code}", worth(one)) for one in book.lines.values() if one.kind is kind and one.enabled
        ]
        codes[say(Message(f"appraisal.kind.{kind}"))] = named_ones
    return proposal_form(_people(session), codes)


def _people(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Staff and departments for whom this person may propose."""
    actor = context.actor()
    everybody = any(actor.scope(permission) is Scope.ALL for permission in LINE_KEEPERS)
    people = sa.select(Staff).where(Staff.retired_at.is_(None)).order_by(Staff.code)
    places = sa.select(Department).where(Department.retired_at.is_(None)).order_by(Department.id)
    if not everybody:
        people = people.where(Staff.department_id.in_(sorted(actor.departments)))
        places = places.where(Department.id.in_(sorted(actor.departments)))
    return {
        say(Message("appraisal.people")): [
            (f"staff:{row.id}", f"{named(row)} {row.code}")
            for row in session.scalars(people)
            if row.id != actor.staff_id
        ],
        say(Message("appraisal.departments")): [
            (f"department:{row.id}", named(row)) for row in session.scalars(places)
        ],
    }


def _new_page(form: Form, refusals: Any = ()) -> str:
    return render_template("appraisal/line_new.html", form=form, refusals=refusals)


def _line_or_404(session: Session, line_id: int) -> AppraisalManualLine:
    row = queries.find_line(session, context.actor(), line_id)
    if row is None:
        raise DomainError(Refusal("appraisal.refused.no_line", status=404))
    return row


@blueprint.post("/appraisal/lines/<int:line_id>/approve")
@needs(Permission.SHEET_CHECK, Permission.SHEET_APPROVE)
def approve_line(line_id: int) -> Any:
    """It counts from now on."""
    with context.writing() as session:
        _line_or_404(session, line_id)
        service.decide(work_in(session), line_id, approve=True)
    flash(_("appraisal.line.approved"), "success")
    return redirect(url_for("appraisal.lines"), 303)


@blueprint.route("/appraisal/lines/<int:line_id>/refuse", methods=["GET", "POST"])
@needs(Permission.SHEET_CHECK, Permission.SHEET_APPROVE)
def refuse_line(line_id: int) -> Any:
    """The form for the ground; posted, it is refused."""
    with context.reading() as session:
        one = shown(work_in(session), _line_or_404(session, line_id))
    form = ground_form()(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return _refusal_page(one, form)
    if not form.validate():
        return _refusal_page(one, form), 422
    try:
        with context.writing() as session:
            service.decide(work_in(session), line_id, approve=False, ground=form["ground"].data or "")
    except DomainError as error:
        return _refusal_page(one, form, onto_form(error, form)), error.status
    flash(_("appraisal.line.refused"), "success")
    return redirect(url_for("appraisal.lines"), 303)


def _refusal_page(one: Shown, form: Form, refusals: Any = ()) -> str:
    return render_template("appraisal/line_refuse.html", one=one, form=form, refusals=refusals)


@blueprint.post("/appraisal/lines/<int:line_id>/withdraw")
@needs(*LINE_KEEPERS)
def withdraw_line(line_id: int) -> Any:
    """Whoever proposed it takes it back."""
    with context.writing() as session:
        _line_or_404(session, line_id)
        service.withdraw(work_in(session), line_id)
    flash(_("appraisal.line.withdrawn"), "success")
    return redirect(url_for("appraisal.lines"), 303)


@blueprint.get("/appraisal/files/<int:file_id>")
@signed_in
def file(file_id: int) -> Response:
    """Evidence in clear, as a download, for whoever decides it, sent it or is concerned; logged before it leaves."""
    with context.writing() as session:
        work = work_in(session)
        row = session.get(AppraisalFile, file_id)
        if row is None or not _opens(session, work, row):
            raise DomainError(Refusal("complaint.refused.no_file", status=404))
        facts = {"file": row.sha256, "line": row.line_id, "appeal": row.appeal_id}
        log_access(session, work.keys, work.actor, work.at, FILE_OPENED, facts, address=work.address)
        content, name, media_type = notes.file_content(work, row), notes.file_name(work, row), row.media_type
    answer = send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name="file")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _opens(session: Session, work: Work, row: AppraisalFile) -> bool:
    """Files cannot be masked: they are for who sent them and for those who check, approve or decide just this."""
    if row.by_id == work.actor.staff_id:
        return True
    if row.line_id is not None:
        line = queries.find_line(session, work.actor, row.line_id)
        return line is not None and _reads_words(work, line)
    appeal = session.get(AppraisalAppeal, row.appeal_id)
    if appeal is None:
        return False
    sheet = session.get_one(AppraisalSheet, appeal.sheet_id)
    return reads_words(work.actor, sheet.department_id, sheet.staff_id, appeal.decider_id)
