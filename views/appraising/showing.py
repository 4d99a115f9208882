"""One sheet (R33): how far it is, its figures, what it brings, the objection, and what this reader can do to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import render_template, url_for
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalAppeal, AppraisalEvent, AppraisalLine, AppraisalSheet
from backoffice.queries import appraisal as queries
from backoffice.queries import appraisal_rules
from backoffice.queries.appraisal_beside import scores_before
from backoffice.queries.appraisal_parts import bearing_number
from backoffice.queries.appraisal_reach import reads_words
from backoffice.queries.appraisal_rules import Book
from backoffice.services import appraisal as service
from backoffice.services.appraisal_appeal import lines_on
from backoffice.services.core import appraisal_notes as notes
from backoffice.services.core.appraisal_sheets import names_of
from backoffice.services.core.work import Work
from policies.access import Permission, may
from policies.appraisal_course import SheetAct
from policies.indicator import shown_text
from policies.message import Message
from policies.vocabulary_appraisal import LineState, SheetStatus
from views import context
from views.appraising.lines import shown as line_shown
from views.appraising.lines import worded
from views.appraising.naming import effect_name, indicator_name, item_names, veto_name
from views.appraising.room import GRADES, KINDS, blueprint, book_of, sheet_or_404, unit_sign, whose
from views.appraising.why import is_figures, whys
from views.case.looking import work_in
from views.filters import due_badge, named
from views.guard import signed_in

S = SheetStatus


@dataclass(frozen=True)
class Figure:
    """One indicator of a sheet in words."""

    line: AppraisalLine
    name: str
    sign: str
    value: str
    previous: str
    numerator: str
    denominator: str
    address: str
    numerator_address: str
    below: bool


@dataclass(frozen=True)
class Step:
    """One step of a sheet's course."""

    key: str
    who: str
    at: datetime | None
    mark: str
    note: Message | None = None


@dataclass(frozen=True)
class Brought:
    """One thing that a sheet brings."""

    name: str
    kind: str
    cause: Message
    points: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True)
class AppealShown:
    """The objection with its texts masked."""

    row: AppraisalAppeal
    items: tuple[str, ...]
    reasons: str
    ground: str
    files: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Happened:
    """One event of a sheet in words."""

    at: datetime
    kind: str
    who: str
    changes: tuple[dict[str, Any], ...]
    whys: tuple[str, ...]
    score: tuple[str | None, str | None] | None
    note: str


@blueprint.get("/appraisal/sheets/<number>")
@signed_in
def sheet(number: str) -> Any:
    """One sheet, for its person and for whoever reads sheets of others."""
    with context.reading() as session:
        row = sheet_or_404(session, number)
        work = work_in(session)
        book = book_of(session, row.period)
        found = queries.appeal_of(session, row.id)
        mine = lines_on(work, row, LineState.APPROVED, LineState.PROPOSED)
        offers = service.offers_on(work, row)
        own = row.staff_id == work.actor.staff_id
        words = reads_words(work.actor, row.department_id, row.staff_id)
        return render_template(
            "appraisal/sheet.html",
            sheet=row,
            name=named(whose(row)),
            figures=[_figure(book, row, line) for line in row.lines],
            steps=_steps(session, row, found),
            lines=[line_shown(work, one) for one in mine if one.state is LineState.APPROVED],
            waiting=0 if own else sum(1 for one in mine if one.state is LineState.PROPOSED),
            brought=_brought(book, row),
            borne_by=bearing_number(session, row),
            vetoes=[veto_name(book, code) for code in row.vetoes],
            appeal=None if found is None else appeal_shown(work, row, found),
            offers={offer.act.value: offer for offer in offers},
            acts=[offer for offer in offers if offer.act in (SheetAct.CHECK, SheetAct.PUBLISH, SheetAct.APPROVE)],
            badge=due_badge(row.acknowledge_until) if row.status is S.PUBLISHED and row.acknowledge_until else None,
            said=worded(notes.opened(work.keys, row.sealed).get("note"), words),
            looks=GRADES,
            kinds=KINDS,
            moved=_moved(session, row),
            grades=[(grade.code, grade.from_score) for grade in book.rules.grades],
            events=[] if own else [_happened(work, book, event, words) for event in queries.events_of(session, row.id)],
            definition=appraisal_rules.scheme(session, row.scheme_id),
            proposes=may(work.actor, Permission.SHEET_CHECK) and not own,
            is_own=own,
        )


def _moved(session: Session, row: AppraisalSheet) -> tuple[Decimal | None, bool]:
    """By how much the score is above or below that of the month before, None where there is nothing to compare; and
    whether that month may change yet.
    """
    before = scores_before(session, [row]).get(row.id)
    return (None, False) if before is None or row.final_score is None else (row.final_score - before[0], before[1])


def _figure(book: Book, row: AppraisalSheet, line: AppraisalLine) -> Figure:
    indicator = book.indicators.get(line.indicator)
    sign = "" if indicator is None else unit_sign(indicator.unit)
    full = line.score is not None and line.score >= 100
    return Figure(
        line,
        indicator_name(book, line.indicator),
        sign,
        shortest(line.value),
        shortest(line.previous),
        shown_text(line.numerator),
        shown_text(line.denominator),
        url_for("appraisal.counted", number=row.number, code=line.indicator),
        url_for("appraisal.counted", number=row.number, code=line.indicator, part="numerator"),
        below=line.score is not None and not full and _below(line, book),
    )


def _below(line: AppraisalLine, book: Book) -> bool:
    """Whether a value misses its target."""
    indicator = book.indicators.get(line.indicator)
    if indicator is None or line.target is None or line.value is None:
        return False
    value, target = Decimal(line.value), Decimal(line.target)
    return value < target if indicator.better.value == "higher" else value > target


def shortest(value: str | None) -> str:
    """A value without needless zeros: "95.3488", "97"."""
    if value is None:
        return ""
    return value.rstrip("0").rstrip(".") if "." in value else value


def _steps(session: Session, row: AppraisalSheet, found: AppraisalAppeal | None) -> list[Step]:
    """The course as the page shows it: done with who and when, the one that is next, what is still to come."""
    people = names_of(session, [row.checked_by_id, row.approved_by_id, None if found is None else found.decider_id])

    def who(staff_id: int | None) -> str:
        return named(people[staff_id]) if staff_id in people else ""

    silent = Message("appraisal.silent") if row.acknowledged_silently else None
    steps = [
        ("computed", "", row.computed_at, None),
        ("checked", who(row.checked_by_id), row.checked_at, None),
        ("published", "", row.published_at, None),
    ]
    if found is not None:
        steps.append(("appealed", named(found.by), found.submitted_at, None))
        steps.append(("decided", who(found.decider_id) if found.decided_at else "", found.decided_at, None))
    steps += [
        (
            "acknowledged",
            "" if silent else named(whose(row)) if row.acknowledged_at else "",
            row.acknowledged_at,
            silent,
        ),
        ("approved", who(row.approved_by_id), row.approved_at, None),
        ("locked", "", row.locked_at, None),
    ]
    current = next((place for place, step in enumerate(steps) if step[2] is None), len(steps))
    return [
        Step(key, by, at, "done" if place < current else "now" if place == current else "", note)
        for place, (key, by, at, note) in enumerate(steps)
    ]


def _brought(book: Book, row: AppraisalSheet) -> list[Brought]:
    return [
        Brought(
            effect_name(book, one["code"]),
            str(one["kind"]),
            _cause(one["cause"]),
            Decimal(one["amount"]) if one["kind"] == "points" and one["amount"] is not None else None,
            Decimal(one["amount"]) if one["unit"] == "CNY" and one["amount"] is not None else None,
        )
        for one in row.effects
    ]


def _cause(cause: str) -> Message:
    if cause == "grade":
        return Message("appraisal.cause.grade")
    return Message("appraisal.cause.line") if cause.startswith("line:") else Message("appraisal.cause.months")


def appeal_shown(work: Work, row: AppraisalSheet, found: AppraisalAppeal) -> AppealShown:
    """An objection as this reader may read it."""
    texts = notes.opened(work.keys, found.sealed)
    struck = lines_on(work, row, *LineState)
    words = reads_words(work.actor, row.department_id, row.staff_id, found.by_id, found.decider_id)
    files = notes.files_of(work, appeal_id=found.id) if words else ()
    names = item_names(work.session, row, struck)
    return AppealShown(
        found,
        tuple(names.get(code, code) for code in found.items),
        worded(texts.get("reasons"), words),
        worded(texts.get("ground"), words),
        tuple((one.id, notes.veiled(notes.file_name(work, one))) for one in files),
    )


def _happened(work: Work, book: Book, event: AppraisalEvent, words: bool) -> Happened:
    facts = event.facts or {}
    lines = facts.get("lines")
    changes = (
        tuple({**one, "name": indicator_name(book, code)} for code, one in lines.items() if is_figures(one))
        if isinstance(lines, dict)
        else ()
    )
    score = facts.get("score")
    return Happened(
        event.at,
        event.kind,
        "" if event.actor is None else named(event.actor),
        changes,
        whys(work.session, book, facts),
        (score[0], score[1]) if isinstance(score, list) and len(score) == 2 else None,
        worded(notes.opened(work.keys, event.sealed).get("note"), words),
    )
