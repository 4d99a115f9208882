"""Papers and exports of the appraisal (R33): a sheet, certificates, the summary, a whole month, what payroll gets.

Who may open a sheet may print it; what is taken along is in the access log before a byte leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as AnyResponse

from backoffice.errors import DomainError
from backoffice.file_settings import papers_of
from backoffice.integrations.store import Place
from backoffice.models.appraisal import AppraisalPeriod, AppraisalSheet
from backoffice.models.work import Job
from backoffice.queries.appraisal_reach import READERS, departments_exported, departments_read, of_departments, seen
from backoffice.reports.appraisal_sheet import print_appraisal
from backoffice.reports.certificate import print_certificate
from backoffice.reports.pdf import printing_available
from backoffice.reports.sheet import print_sheet
from backoffice.services.appraisal_papers import export, volume
from backoffice.services.appraisal_papers.certificates import (
    award_of,
    loose_certificates,
    take_certificate,
    take_loose_certificate,
)
from backoffice.services.appraisal_papers.record import name_of
from backoffice.services.appraisal_papers.records import book_of, count, find_period
from backoffice.services.appraisal_papers.sheet import take_sheet
from backoffice.services.appraisal_papers.summary import take_summary
from backoffice.services.appraisal_papers.volume import Form, Press, read_order
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.access import SYSTEM, Permission
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import EffectKind, SubjectKind
from views import context, language
from views.case.looking import work_in
from views.guard import needs, signed_in
from views.streaming import written

blueprint = Blueprint("appraisal_papers", __name__, url_prefix="/appraisal")
MONTH = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])")
TYPES = {Form.VOLUME: "application/pdf", Form.ZIP: "application/zip"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.post("/sheets/<number>/sheet.pdf")
@signed_in
def sheet(number: str) -> AnyResponse:
    """One sheet in the reader's language: the own one, or one in reach."""
    with context.writing() as session:
        paper = take_sheet(work_in(session), number, language.current())
    return _pdf(print_appraisal(paper, _sayer(paper.language)))


@blueprint.post("/sheets/<number>/certificates/<code>.pdf")
@signed_in
def certificate(number: str, code: str) -> AnyResponse:
    """A certificate that a locked sheet brings."""
    with context.writing() as session:
        of = take_certificate(work_in(session), number, code, language.current())
    return _pdf(print_certificate(of, _sayer(of.language)))


@blueprint.post("/<month>/certificates/<any(person, department):subject>/<whose>/<code>.pdf")
@needs(*READERS)
def loose_certificate(month: str, subject: str, whose: str, code: str) -> AnyResponse:
    """A certificate that a line brings to somebody without a sheet in a locked month."""
    with context.writing() as session:
        given = (SubjectKind(subject), whose, code, language.current())
        of = take_loose_certificate(work_in(session), _month(month), *given)
    return _pdf(print_certificate(of, _sayer(of.language)))


@blueprint.get("/<month>/papers")
@needs(*READERS)
def index(month: str) -> str:
    """What can be printed and taken along of a month, and what was asked for."""
    actor = context.actor()
    reach = departments_read(actor)
    with context.reading() as session:
        period = find_period(session, _month(month))
        sheets = count(session, period.id, seen(actor))
        certified = _certified(session, period, reach) + _loose(work_in(session), period)
        orders = [_order(job) for job in volume.orders_of(session, actor, period.month)]
        state = period.state
    exported = departments_exported(actor)
    return render_template(
        "appraisal_papers/index.html",
        month=month,
        state=state,
        sheets=sheets,
        at_once=volume.AT_ONCE,
        certified=certified,
        orders=orders,
        running=any(not one.made for one in orders),
        may_export=exported is None or bool(exported),
        unavailable=printing_available(),
    )


@blueprint.post("/<month>/papers")
@needs(*READERS)
def ask(month: str) -> AnyResponse:
    """Have a month printed: a few sheets at once, many in the background."""
    asked = request.form.get("form", "")
    if asked not in set(Form):
        raise DomainError(Refusal("appraisal_volume.refused.form", status=422))
    with context.writing() as session:
        job = volume.ask(work_in(session), _month(month), Form(asked), language.current())
        job_id, mine = job.id, job.done_at is None and job.leased_until is not None and job.attempts == 0
        if mine:
            job.attempts = 1
    if mine:
        _make_now(job_id)
    return redirect(url_for("appraisal_papers.index", month=month, _anchor="orders"), 303)


@blueprint.post("/<month>/papers/<int:job_id>")
@needs(*READERS)
def take(month: str, job_id: int) -> AnyResponse:
    """What was made, as a file; logged."""
    desk = context.desk()
    with context.writing() as session:
        work = work_in(session)
        order = read_order(volume.find_order(work, job_id).payload)
        if order.month != month:
            abort(404)
        facts = {"month": order.month, "form": order.form.value}
        log_access(session, desk.keys, work.actor, work.at, volume.TAKEN, facts, address=work.address)
        content = written(_press(job_id, order).take)
    return _file(content, TYPES[order.form], order.file_name)


@blueprint.post("/<month>/summary.pdf")
@needs(*READERS)
def summary(month: str) -> AnyResponse:
    """Department summary and ranking."""
    with context.writing() as session:
        paper = take_summary(work_in(session), _month(month), language.current())
    return _pdf(print_sheet(paper, _sayer(paper.language)))


@blueprint.post("/<month>/export.xlsx")
@needs(Permission.DATA_EXPORT)
def export_workbook(month: str) -> AnyResponse:
    """What payroll gets, as a workbook."""
    return _export(month, "xlsx", lambda made, room: made.workbook(room), XLSX)


@blueprint.post("/<month>/export.zip")
@needs(Permission.DATA_EXPORT)
def export_files(month: str) -> AnyResponse:
    """The same as CSV files."""
    return _export(month, "zip", lambda made, room: made.archive(room), "application/zip")


def _export(month: str, ending: str, write: Callable[[export.Export, IO[bytes]], None], media: str) -> AnyResponse:
    with context.writing() as session:
        form = "csv" if ending == "zip" else ending
        made = export.take_export(work_in(session), _month(month), form, language.current(), language.say)
        content = written(lambda room: write(made, room))
    return _file(content, media, f"appraisal-{month}-hr.{ending}")


# Making


def _make_now(job_id: int) -> None:
    """Print while the reader waits. Should it break off, a worker goes on when the lease is over."""
    at = context.now()
    with context.reading() as session:
        order = read_order(session.get_one(Job, job_id).payload)
    press = _press(job_id, order)
    for part in range(order.parts):
        with context.reading() as session:
            press.make(Work(session, context.desk().keys, SYSTEM, at, at), part)
    press.finish()
    with context.writing() as session:
        job = session.get_one(Job, job_id)
        job.payload, job.done_at, job.leased_until = {**job.payload, "done": order.parts}, at, None
        volume.clear_old(session, _place(), at)


def _press(job_id: int, order: volume.Order) -> Press:
    return Press(context.desk().keys, _place(), job_id, order, language.say, context.now())


def _place() -> Place:
    return papers_of(Path(context.desk().config["DATA_DIR"]))


# Showing


@dataclass(frozen=True)
class Shown:
    """Something that was asked for, as the page shows it."""

    id: int
    form: Form
    language: str
    asked_at: Any
    sheets: int
    done: int
    total: int
    made: bool
    failed: bool


def _order(job: Job) -> Shown:
    order, payload = read_order(job.payload), job.payload
    return Shown(
        job.id, order.form, order.language, job.due_at, len(order.ids), int(payload["done"]), int(payload["total"]),
        job.done_at is not None, bool(job.error),
    )  # fmt: skip


@dataclass(frozen=True)
class Certified:
    """A certificate that can be printed; ``address``: where. Of somebody without a sheet ``number`` is empty."""

    number: str
    name: Any
    award: Name
    address: str


def _certified(session: Any, period: AppraisalPeriod, reach: frozenset[int] | None) -> list[Certified]:
    """The certificates of a locked month, in the order of the sheets' numbers."""
    if period.locked_at is None:
        return []
    rows = sa.select(AppraisalSheet).where(
        AppraisalSheet.period_id == period.id, of_departments(context.actor(), reach)
    )
    options = (joinedload(AppraisalSheet.staff), joinedload(AppraisalSheet.department))
    rewards = book_of(session, period.rules_id).rules.effects
    awards = {code: award_of(name_of(rule.name)) for code, rule in rewards.items()}
    return [
        Certified(
            sheet.number,
            sheet.staff or sheet.department,
            awards[effect["code"]],
            url_for("appraisal_papers.certificate", number=sheet.number, code=effect["code"]),
        )
        for sheet in session.scalars(rows.options(*options).order_by(AppraisalSheet.number))
        for effect in sheet.effects
        if effect["kind"] == EffectKind.CERTIFICATE
    ]


def _loose(work: Work, period: AppraisalPeriod) -> list[Certified]:
    """Those that lines bring to whoever has no sheet."""
    return [
        Certified(
            "",
            of.name,
            award_of(item.name or Name("", "")),
            url_for(
                "appraisal_papers.loose_certificate",
                month=period.month,
                subject=of.subject.value,
                whose=of.code,
                code=item.code,
            ),
        )
        for of, item in loose_certificates(work, period)
    ]


def _month(text: str) -> str:
    return text if MONTH.fullmatch(text) else abort(404)


def _pdf(printed: Any) -> AnyResponse:
    if printed.warning is not None:
        flash(language.say(printed.warning), "warning")  # the paper names them too
    response = make_response(printed.data)
    response.mimetype = "application/pdf"
    return _kept_from_caches(response, printed.file_name)


def _file(content: Iterator[bytes], media: str, name: str) -> AnyResponse:
    return _kept_from_caches(Response(content, mimetype=media), name)


def _kept_from_caches(response: Response, name: str) -> AnyResponse:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _sayer(chosen: str) -> Callable[[Message], str]:
    return lambda message: language.say(message, chosen)
