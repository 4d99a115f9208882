"""The months, one month with its sheets, and everybody's own sheets (R33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from backoffice.models.office import Department
from backoffice.queries import appraisal as queries
from backoffice.queries.appraisal import NO_GRADE, Wanted
from backoffice.queries.appraisal_loose import loose_lines
from backoffice.queries.appraisal_reach import READERS
from backoffice.queries.appraisal_rules import Book
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.what_now import WAITS, waits_for
from backoffice.services.appraisal_lock import refuse_lock
from backoffice.services.core.appraisal_periods import progress, sign_off_dates
from backoffice.services.core.appraisal_sheets import Around, asker_of, facts_of, look_around
from backoffice.services.core.appraisal_unknown import unknown_lines
from policies.access import Actor, Permission, may, may_any
from policies.appraisal_course import OPEN_TO_FIGURES, ORDER, SheetAct, offers
from policies.message import Message, Refusal
from policies.vocabulary_appraisal import LineState, PeriodState, SheetStatus
from views import context
from views.addresses import page_number, whole_number
from views.appraising.naming import manual_name
from views.appraising.room import APPEAL_READERS, GRADES, KINDS, blueprint, book_of, period_or_404, whose
from views.case.looking import work_in
from views.filters import named
from views.guard import needs, signed_in
from views.language import _, say

BULK = (SheetAct.CHECK, SheetAct.PUBLISH, SheetAct.APPROVE)
RELOAD_SECONDS = 5
MOST_LOOSE = 100
NEXT_STEP = {
    PeriodState.OPEN: "computed",
    PeriodState.COMPUTED: "checked",
    PeriodState.CHECKED: "published",
    PeriodState.PUBLISHED: "approved",
}
"""The step of the sign-off that a month waits for."""


@dataclass(frozen=True)
class Step:
    """One step of a month's sign-off with its date."""

    code: str
    due: datetime
    is_done: bool
    is_late: bool


@blueprint.get("/appraisal")
@needs(*READERS)
def index() -> Any:
    """The months: how far each is, what comes next and until when."""
    return months_page(_last_month())


def months_page(asked: str, refusals: Sequence[Refusal] = ()) -> str:
    """The page of the months; ``asked``: the month that stands in the form, ``refusals``: why it is not computed."""
    actor = context.actor()
    with context.reading() as session:
        rows = [
            {"month": row, "steps": _steps(session, row.period), "running": progress(session, row.period)}
            for row in queries.months(session, actor)
        ]
    return render_template(
        "appraisal/index.html",
        rows=rows,
        order=ORDER,
        kinds=KINDS,
        computes=may(actor, Permission.SHEET_COMPUTE),
        suggested=asked,
        refusals=refusals,
        next_step=NEXT_STEP,
    )


def _last_month() -> str:
    today = context.today()
    year, month = (today.year - 1, 12) if today.month == 1 else (today.year, today.month - 1)
    return f"{year:04d}-{month:02d}"


def _steps(session: Session, period: AppraisalPeriod) -> list[Step]:
    """The dates of the sign-off; a step is done when every sheet has come past it."""
    if period.rules_id is None:
        return []
    dates = sign_off_dates(Rulebook(session).calendar(), period.month, book_of(session, period).rules.sign_off)
    passed = _passed(period)
    at = context.now()
    return [Step(code, due, code in passed, code not in passed and at > due) for code, due in dates.items()]


def _passed(period: AppraisalPeriod) -> set[str]:
    order = [PeriodState.OPEN, PeriodState.COMPUTED, PeriodState.CHECKED, PeriodState.PUBLISHED, PeriodState.LOCKED]
    place = order.index(period.state)
    done = {"computed": 1, "checked": 2, "published": 3, "approved": 4, "locked": 4}
    return {step for step, needed in done.items() if place >= needed}


@blueprint.get("/appraisal/<month>")
@needs(*READERS)
def month(month: str) -> Any:
    """One month: its sheets as far as this reader sees them, how they are spread, what can be done to many at once."""
    actor = context.actor()
    with context.reading() as session:
        period = period_or_404(session, month)
        wanted = _wanted()
        page = queries.sheets(session, actor, period.id, wanted)
        around = look_around(session, page.rows)
        running = progress(session, period)
        book = book_of(session, period) if period.rules_id is not None else None
        checks = may(actor, Permission.SHEET_CHECK)
        refusal = refuse_lock(session, period, work_in(session)) if checks else None
        text = render_template(
            "appraisal/month.html",
            period=period,
            page=page,
            lines=[_line(row, around) for row in page.rows],
            wanted=wanted,
            waits=_waits(),
            departments=_departments(session),
            grades=[] if book is None else [grade.code for grade in book.rules.grades],
            no_grade=NO_GRADE,
            looks=GRADES,
            order=ORDER,
            kinds=KINDS,
            steps=_steps(session, period),
            running=running,
            checks=checks,
            lock_refusal=refusal,
            computes=may(actor, Permission.SHEET_COMPUTE) and _may_compute(period, page),
            bulk=_bulk(page.rows, around),
            missing=queries.without_sheet(session, period.id) if checks else [],
            unknown=_unknown(session, period) if checks else [],
            loose=[] if book is None else _loose(session, actor, period, book),
            tabs=_tabs(period.month),
        )
    answer = make_response(text)
    if running is not None and not running.failed:
        answer.headers["Refresh"] = str(RELOAD_SECONDS)
    return answer


def _unknown(session: Session, period: AppraisalPeriod) -> list[tuple[AppraisalManualLine, str, str]]:
    """Approved lines that the month's rules do not have, with whom they are for and what they were called."""
    if period.state is PeriodState.LOCKED:
        return []
    return [(row, named(whose(row)), named(name)) for row, name in unknown_lines(session, period)]


def _loose(
    session: Session, actor: Actor, period: AppraisalPeriod, book: Book
) -> list[tuple[AppraisalManualLine, str, str]]:
    """Lines that no sheet carries, with whom they are for and what they are; as far as this reader sees them."""
    wanted = loose_lines(period.id, LineState.PROPOSED, LineState.APPROVED).where(queries.seen_lines(actor))
    return [(row, named(whose(row)), manual_name(book, row)) for row in session.scalars(wanted.limit(MOST_LOOSE))]


def _tabs(month: str) -> list[dict[str, Any]]:
    named_ones = (("sheets", "appraisal.month", {"month": month}), ("lines", "appraisal.lines", {"month": month}),
                  ("appeals", "appraisal.appeals", {}))  # fmt: skip
    reads_appeals = may_any(context.actor(), APPEAL_READERS)
    return [
        {
            "text": say(Message(f"appraisal.tab.{code}")),
            "address": url_for(endpoint, **values),
            "is_current": code == "sheets",
            "count": 0,
        }
        for code, endpoint, values in named_ones
        if code != "appeals" or reads_appeals
    ]


def _may_compute(period: AppraisalPeriod, page: queries.SheetPage) -> bool:
    if period.state is PeriodState.LOCKED:
        return False
    return not page.statuses or any(status in OPEN_TO_FIGURES for status in page.statuses)


def _wanted() -> Wanted:
    status = request.args.get("status", "")
    return Wanted(
        department_id=whole_number(request.args.get("department")),
        grade=request.args.get("grade", "")[:16],
        status=SheetStatus(status) if status in list(SheetStatus) else None,
        page=page_number(),
        more=(waits_for(context.actor(), act),) if (act := _waits()) is not None else (),
    )


def _waits() -> SheetAct | None:
    """The act of the reader's own that the list is narrowed to."""
    asked = request.args.get("waits", "")
    return next((act for act in WAITS if act.value == asked), None)


def _departments(session: Session) -> list[Department]:
    return list(session.scalars(sa.select(Department).order_by(Department.id)))


@dataclass(frozen=True)
class Line:
    """One sheet of a list."""

    sheet: AppraisalSheet
    name: str
    acts: tuple[SheetAct, ...]
    open_lines: int
    is_part: bool


def _line(sheet: AppraisalSheet, around: Around) -> Line:
    return Line(
        sheet,
        named(whose(sheet)),
        _acts(sheet, around),
        around.open_lines.get(sheet.id, 0),
        sheet.from_day.day != 1 or (sheet.until_day.month == sheet.from_day.month and sheet.until_day.day < 28),
    )


def _acts(sheet: AppraisalSheet, around: Around) -> tuple[SheetAct, ...]:
    found = offers(facts_of(sheet, around), asker_of(context.actor(), sheet), context.now())
    return tuple(one.act for one in found if one.refusal is None and one.act in BULK)


def _bulk(rows: list[AppraisalSheet], around: Around) -> list[SheetAct]:
    there = {act for row in rows for act in _acts(row, around)}
    return [act for act in BULK if act in there]


@blueprint.get("/my-appraisal")
@signed_in
def mine() -> Any:
    """The reader's own sheets, and those of the department that they head; from the publication on."""
    with context.reading() as session:
        rows = queries.own_sheets(session, context.actor())
    return render_template(
        "appraisal/mine.html",
        rows=[(row, named(whose(row))) for row in rows],
        kinds=KINDS,
        looks=GRADES,
        title=_("appraisal.mine.title"),
        waits=[row for row in rows if row.status is SheetStatus.PUBLISHED],
    )
