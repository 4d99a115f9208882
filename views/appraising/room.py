"""The room of the pages of the appraisal, and what they all say alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload, check_upload
from backoffice.models.appraisal import AppraisalPeriod, AppraisalSheet
from backoffice.queries import appraisal as queries
from backoffice.queries import appraisal_rules
from backoffice.queries.appraisal_rules import Book
from backoffice.services.core.appraisal_periods import find
from policies.access import Permission
from policies.message import Name, Refusal
from policies.vocabulary_appraisal import IndicatorUnit, LineKind, SheetStatus, SubjectKind
from views import context

blueprint = Blueprint("appraisal", __name__)
CORRECTION = LineKind.CORRECTION
KINDS = {
    SheetStatus.COMPUTED: "wait",
    SheetStatus.CHECKED: "wait",
    SheetStatus.PUBLISHED: "now",
    SheetStatus.APPEALED: "bad",
    SheetStatus.ACKNOWLEDGED: "now",
    SheetStatus.APPROVED: "good",
    SheetStatus.LOCKED: "good",
}
"""How a status looks, beside what it says."""
GRADES = {"A": "good", "B": "good", "D": "warn", "E": "bad"}


@dataclass(frozen=True)
class Tab:
    """One of the lists of the appraisal."""

    text: str
    address: str
    is_current: bool
    count: int = 0


def sheet_or_404(session: Session, number: str) -> AppraisalSheet:
    """A sheet that this person may open; else as if it were not there."""
    sheet = queries.find(session, context.actor(), number)
    if sheet is None:
        raise DomainError(Refusal("appraisal.refused.not_found", status=404))
    return sheet


def period_or_404(session: Session, month: str) -> AppraisalPeriod:
    """A month that was opened."""
    period = find(session, month)
    if period is None:
        raise DomainError(Refusal("appraisal.refused.no_month", status=404))
    return period


def book_of(session: Session, period: AppraisalPeriod) -> Book:
    """The rules that a month was computed by."""
    return appraisal_rules.book(session, period.rules_id or 0)


def whose(sheet: Any) -> Name:
    """The person, or the department, of a sheet or a line."""
    row = sheet.staff if sheet.staff_id is not None else sheet.department
    return Name("", "") if row is None else Name(row.name_zh, row.name_en)


def line_name(book: Book, kind: LineKind, code: str) -> Name | None:
    """What a line outside the formula is, by its name; None for a correction, which has words of its own."""
    known = book.lines.get((kind, code))
    return known.name if known is not None else None


def unit_sign(unit: IndicatorUnit) -> str:
    """The sign that stands behind a value."""
    return "%" if unit is IndicatorUnit.PERCENT else ""


def drill_address(code: str, month: str, sheet: AppraisalSheet, part: str = "") -> str:
    """The list behind a figure."""
    level = SubjectKind.PERSON if sheet.staff_id is not None else SubjectKind.DEPARTMENT
    subject = sheet.staff_id if sheet.staff_id is not None else sheet.department_id
    query = {"month": month, "level": level.value, "subject": str(subject)} | ({"part": part} if part else {})
    return f"{request.script_root}/indicators/{code}?{urlencode(query)}"


def uploads() -> tuple[tuple[Upload, ...], list[Refusal]]:
    """The files that were sent, and why some are not taken."""
    found = [
        check_upload(sent.filename, sent.read(), "file") for sent in request.files.getlist("file") if sent.filename
    ]
    refusals = [one for one in found if isinstance(one, Refusal)]
    return tuple(one for one in found if not isinstance(one, Refusal)), refusals


APPEAL_READERS = (Permission.APPEAL_DECIDE, Permission.SHEET_APPROVE, Permission.SHEET_CHECK)
"""Who opens the list of objections."""

LINE_KEEPERS: Sequence[Permission] = (Permission.SHEET_CHECK, Permission.SHEET_APPROVE, Permission.SHEET_COMPUTE)
"""Who proposes lines; whoever reads sheets reads them."""
