"""Lines outside the formula (R32, R33): proposed with a ground and evidence, approved or refused by somebody else.

What is approved counts at once on the month's sheet, which then has to be checked again. Once the sheet is published,
a line belongs to a later month.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod
from backoffice.models.office import Department, Staff
from backoffice.queries import appraisal_rules
from backoffice.queries.appraisal_rules import Book
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.appraisal_later import follow_grades, set_back
from backoffice.services.core.appraisal_notes import keep_files, note, opened, sealed
from backoffice.services.core.appraisal_open import is_open, sheets_of_subject
from backoffice.services.core.appraisal_periods import find, is_running, refresh, rerank
from backoffice.services.core.appraisal_reckoning import around, load, reckon
from backoffice.services.core.work import Work
from policies.access import Permission, Subject, may
from policies.appraisal_course import LONGEST, refused
from policies.appraisal_lines import LineFacts, Proposal, amount_of, refuse_decision, refuse_proposal, refuse_withdrawal
from policies.appraisal_outcome import is_known
from policies.appraisal_posts import days_of, next_month
from policies.completeness import holds_something
from policies.message import Refusal
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SheetStatus

KEEPERS = (Permission.SHEET_CHECK, Permission.SHEET_APPROVE, Permission.SHEET_COMPUTE)
"""Who proposes: whoever computes, checks or approves, as far as that reaches."""
DECIDERS = (Permission.SHEET_CHECK, Permission.SHEET_APPROVE)


@dataclass(frozen=True)
class Asked:
    """What somebody proposes, for whom and for which month; exactly one of staff and department."""

    month: str
    staff_id: int | None
    department_id: int | None
    proposal: Proposal


def propose(work: Work, asked: Asked, uploads: Collection[Upload] = ()) -> AppraisalManualLine:
    """Write down a proposal; raises with everything that speaks against it."""
    one, whose = asked.proposal, _refuse_whose(work, asked)
    if not whose and not _reaches(work, asked.staff_id, asked.department_id, KEEPERS):
        raise DomainError(refused("line_not_proposer_of", status=403))
    if not whose and answers_of(work, asked.staff_id, asked.department_id) == work.actor.staff_id:
        raise DomainError(refused("line_self", status=403, at="whose"))
    problems = [*whose, *_refuse_month(work, asked), *refuse_proposal(one, book_of(work, asked.month).lines)]
    if not whose:
        problems += [*_refuse_day(work, asked), *_refuse_again(work, asked)]
    if problems or one.kind is None:
        raise DomainError(tuple(problems))
    known = book_of(work, asked.month).lines[one.kind, one.code]
    row = AppraisalManualLine(
        month=asked.month,
        staff_id=asked.staff_id,
        department_id=asked.department_id,
        kind=one.kind,
        code=one.code,
        points=known.points,
        amount=amount_of(one, known),
        state=LineState.PROPOSED,
        proposed_by_id=work.actor.staff_id,
        proposed_at=work.at,
        sealed=sealed(work.keys, {"ground": one.ground.strip()}),
    )
    work.session.add(row)
    work.session.flush()
    keep_files(work, uploads, line_id=row.id)
    return row


def decide(work: Work, line_id: int, *, approve: bool, ground: str = "") -> AppraisalManualLine:
    """Approve a line, which then counts, or refuse it with a ground."""
    row, period = _held(work, line_id)
    facts = _facts(work, row, period)
    decides = _reaches(work, row.staff_id, row.department_id, DECIDERS)
    _ensure(refuse_decision(facts, work.actor.staff_id, decides=decides, approve=approve))
    if period is not None and is_running(work.session, period):
        raise DomainError(refused("running"))
    if not approve and not holds_something(ground):
        raise DomainError(refused("ground", status=422, at="ground"))
    if len(ground) > LONGEST:
        raise DomainError(refused("too_long", status=422, at="ground", limit=LONGEST))
    counted = approve or facts.is_void
    row.state = LineState.APPROVED if approve else LineState.REFUSED
    row.decided_by_id, row.decided_at = work.actor.staff_id, work.at
    if ground.strip():
        row.sealed = sealed(work.keys, {**opened(work.keys, row.sealed), "decision": ground.strip()})
    work.session.flush()
    _follow(work, row, period, "line_approved" if approve else "line_refused", counted=counted)
    return row


def withdraw(work: Work, line_id: int) -> AppraisalManualLine:
    """Take back what one proposed oneself, while nobody has decided it."""
    row, period = _held(work, line_id)
    _ensure(refuse_withdrawal(_facts(work, row, period), work.actor.staff_id))
    row.state, row.decided_at, row.decided_by_id = LineState.WITHDRAWN, work.at, work.actor.staff_id
    work.session.flush()
    _follow(work, row, period, "line_withdrawn")
    return row


def book_of(work: Work, month: str) -> Book:
    """The rules of a month: those that it was computed by, else those that hold on its first day."""
    period = find(work.session, month)
    if period is not None and period.rules_id is not None:
        return appraisal_rules.book(work.session, period.rules_id)
    days = days_of(month)
    if days is None:
        raise DomainError(refused("month", status=422, at="month"))
    return appraisal_rules.book(work.session, appraisal_rules.rules_on(work.session, days[0]).id)


def answers_of(work: Work, staff_id: int | None, department_id: int | None) -> int | None:
    """Whom a line is for: the person, for a department its head."""
    if staff_id is not None:
        return staff_id
    return work.session.scalar(sa.select(Department.head_id).where(Department.id == department_id))


def _reaches(work: Work, staff_id: int | None, department_id: int | None, permissions: Collection[Permission]) -> bool:
    """Whether one of these permissions reaches whom the line is for, by the department."""
    place = department_id
    if staff_id is not None:
        place = work.session.scalar(sa.select(Staff.department_id).where(Staff.id == staff_id))
    subject = Subject(departments=frozenset({place} - {None}))  # type: ignore[arg-type]
    return any(may(work.actor, permission, subject) for permission in permissions)


def _refuse_whose(work: Work, asked: Asked) -> list[Refusal]:
    if (asked.staff_id is None) == (asked.department_id is None):
        return [refused("line_whose", status=422, at="whose")]
    model, key = (Staff, asked.staff_id) if asked.staff_id is not None else (Department, asked.department_id)
    return [] if work.session.get(model, key) is not None else [refused("line_whose", status=422, at="whose")]


def _refuse_again(work: Work, asked: Asked) -> list[Refusal]:
    """The same was proposed before and waits: sent twice, or by two people."""
    one, row = asked.proposal, AppraisalManualLine
    same = sa.select(row).where(
        row.month == asked.month, row.state == LineState.PROPOSED, row.kind == one.kind, row.code == one.code,
        row.staff_id == asked.staff_id, row.department_id == asked.department_id,
    )  # fmt: skip
    grounds = {opened(work.keys, found.sealed).get("ground") for found in work.session.scalars(same)}
    return [refused("line_again", at="code")] if one.ground.strip() in grounds else []


def _refuse_day(work: Work, asked: Asked) -> list[Refusal]:
    """A month that has begun, or the next one, and in which the person was there."""
    days = days_of(asked.month)
    if days is None:
        return []
    today = work.at.astimezone(Rulebook(work.session).zone()).date()
    if days[0] > today and asked.month != next_month(f"{today:%Y-%m}"):
        return [refused("line_month_to_come", status=422, at="month")]
    joined = None if asked.staff_id is None else work.session.get_one(Staff, asked.staff_id).joined
    return [refused("line_before_joining", status=422, at="month")] if joined and days[-1] < joined else []


def _refuse_month(work: Work, asked: Asked) -> list[Refusal]:
    """The month is still open to figures for whom it is for."""
    period = find(work.session, asked.month)
    if period is None or is_open(work.session, period, asked.staff_id, asked.department_id):
        return []
    return [refused("line_month_closed", status=409, at="month")]


def _held(work: Work, line_id: int) -> tuple[AppraisalManualLine, AppraisalPeriod | None]:
    """The month first, then the line: as everybody who acts on a month. 404 for what is not there."""
    month = work.session.scalar(sa.select(AppraisalManualLine.month).where(AppraisalManualLine.id == line_id))
    if month is None:
        raise DomainError(Refusal("appraisal.refused.no_line", status=404))
    period = find(work.session, month, locked=True)
    row = work.session.get_one(AppraisalManualLine, line_id, with_for_update=True, populate_existing=True)
    return row, period


def _facts(work: Work, row: AppraisalManualLine, period: AppraisalPeriod | None) -> LineFacts:
    return LineFacts(
        state=row.state,
        kind=row.kind,
        answers_id=answers_of(work, row.staff_id, row.department_id),
        proposed_by=row.proposed_by_id,
        month_open=period is None or is_open(work.session, period, row.staff_id, row.department_id),
        known=_is_known(work, row, period),
    )


def _is_known(work: Work, row: AppraisalManualLine, period: AppraisalPeriod | None) -> bool:
    """A locked month keeps what it was locked with."""
    locked = period is not None and period.state is PeriodState.LOCKED
    return locked or is_known(book_of(work, row.month).rules, row.kind, row.code)


def is_void(work: Work, row: AppraisalManualLine, book: Book) -> bool:
    """Whether it was approved and its month's rules, ``book``, do not have it: it counts for nothing, and is refused.

    A locked month keeps what it was locked with; which month it is, is asked only where the rules do not know the line.
    """
    if row.state is not LineState.APPROVED or is_known(book.rules, row.kind, row.code):
        return False
    return not _is_known(work, row, find(work.session, row.month))


def _follow(
    work: Work, row: AppraisalManualLine, period: AppraisalPeriod | None, kind: str, *, counted: bool = False
) -> None:
    """The sheets follow what was approved (of several parts a veto touches each), and have to be checked again; where
    there is none the month keeps it. ``counted``: it is approved, or was until now.
    """
    sheets = [] if period is None else sheets_of_subject(work.session, period.id, row.staff_id, row.department_id)
    if period is None:
        return
    facts = {"line": row.id, "kind": row.kind, "code": row.code, "points": str(row.points), "amount": str(row.amount)}
    if not sheets:
        note(work, period, kind, facts)
        work.session.flush()
        return
    at, grades = around(work.session, period, sheets), {sheet.id: sheet.grade for sheet in sheets}
    for sheet in load(work.session, grades):
        before = _text(sheet.final_score)
        changed = counted and reckon(work.session, period, sheet, at)
        if changed and sheet.status is not SheetStatus.APPEALED:  # whoever decides the objection sees what it says now
            set_back(sheet)
        if changed or at.bears.get(sheet.id, True):
            note(work, period, kind, {**facts, "score": [before, _text(sheet.final_score)]}, sheet=sheet)
    work.session.flush()
    if counted:
        refresh(work, period)
        rerank(work.session, period)
        follow_grades(work, period, sheets, grades)
    work.session.flush()


def _text(score: Decimal | None) -> str | None:
    return None if score is None else f"{score:.2f}"


def _ensure(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise DomainError(refusal)


def is_by_rule(row: AppraisalManualLine) -> bool:
    """Whether the system proposed it."""
    return row.proposed_by_id is None or row.kind is LineKind.CORRECTION
