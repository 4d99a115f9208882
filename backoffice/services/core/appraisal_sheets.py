"""A sheet as its rules see it (R33): the facts, who asks, and the row held for a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalAppeal, AppraisalPeriod, AppraisalSheet
from backoffice.models.office import Department, Role, Staff, StaffRole
from backoffice.queries.eligible import sheet_checkers
from backoffice.services.core.appraisal_contested import had_a_hand
from backoffice.services.core.appraisal_periods import find
from backoffice.services.core.appraisal_reckoning import lines_for
from backoffice.services.core.appraisal_unknown import unknown_of
from backoffice.services.core.work import Work
from policies.access import Actor, Permission, Scope, Subject, may
from policies.appraisal_course import Asker, SheetFacts
from policies.message import Name, Refusal
from policies.vocabulary_appraisal import LineState, SheetStatus

HEAD = "department_head"


@dataclass
class Around:
    """What the rules ask besides the sheets themselves, read for many of them at once."""

    heads: Mapping[int, int | None]
    head_ids: frozenset[int]
    checkers: frozenset[int]
    open_lines: dict[int, int] = field(default_factory=dict)
    unknown_lines: dict[int, tuple[Name, ...]] = field(default_factory=dict)
    appeals: dict[int, AppraisalAppeal] = field(default_factory=dict)
    had_a_hand: dict[int, frozenset[int]] = field(default_factory=dict)


def look_around(session: Session, sheets: Iterable[AppraisalSheet]) -> Around:
    """For these sheets, in six queries; in up to four more where objections wait."""
    rows = list(sheets)
    heads = dict(session.execute(sa.select(Department.id, Department.head_id)).all())
    role = (
        sa.select(StaffRole.staff_id)
        .join(Role, Role.id == StaffRole.role_id)
        .where(Role.code == HEAD, Role.retired_at.is_(None))
    )
    leading = frozenset(session.scalars(role)) | {head for head in heads.values() if head is not None}
    made = Around(heads, leading, frozenset(session.scalars(sheet_checkers())))
    ids = [row.id for row in rows]
    if rows:
        appeals = sa.select(AppraisalAppeal).where(AppraisalAppeal.sheet_id.in_(ids))
        made.appeals = {row.sheet_id: row for row in session.scalars(appeals)}
        made.had_a_hand = had_a_hand(session, rows, made.appeals)
        period = session.get_one(AppraisalPeriod, rows[0].period_id)
        lines = lines_for(session, period.month, rows, LineState.PROPOSED, LineState.APPROVED)
        for sheet_id, found in lines.items():
            made.open_lines[sheet_id] = sum(line.state is LineState.PROPOSED for line in found)
            if unknown := unknown_of(session, period, found):
                made.unknown_lines[sheet_id] = tuple(dict.fromkeys(name for _line, name in unknown))
    return made


def facts_of(sheet: AppraisalSheet, at: Around) -> SheetFacts:
    """What the rules must know of it."""
    appeal = at.appeals.get(sheet.id)
    department = sheet.staff_id is None
    answers = at.heads.get(sheet.department_id or 0) if department else sheet.staff_id
    return SheetFacts(
        status=sheet.status,
        answers_id=answers,
        is_department=department,
        of_head=department or sheet.staff_id in at.head_ids,
        of_checker=answers in at.checkers,
        open_lines=at.open_lines.get(sheet.id, 0),
        unknown_lines=at.unknown_lines.get(sheet.id, ()),
        computed_by=sheet.period.computed_by_id,
        checked_by=sheet.checked_by_id,
        acknowledge_until=sheet.acknowledge_until,
        appealed=appeal is not None,
        against_check=appeal is not None and appeal.against_check,
        appellant_id=None if appeal is None else appeal.by_id,
        decider_id=None if appeal is None else appeal.decider_id,
        had_a_hand=at.had_a_hand.get(sheet.id, frozenset()),
    )


def asker_of(actor: Actor, sheet: AppraisalSheet) -> Asker:
    """Who asks, and how far their permissions reach here."""
    subject = Subject(departments=frozenset({sheet.department_id} - {None}))  # type: ignore[arg-type]
    return Asker(
        actor.staff_id,
        checks=may(actor, Permission.SHEET_CHECK, subject),
        approves=may(actor, Permission.SHEET_APPROVE, subject),
        senior=actor.scope(Permission.SHEET_APPROVE) is Scope.ALL,
        appeals=may(actor, Permission.APPEAL_SUBMIT),
        decides=may(actor, Permission.APPEAL_DECIDE),
    )


@dataclass
class Held:
    """A sheet locked for a change, with its month."""

    work: Work
    period: AppraisalPeriod
    sheet: AppraisalSheet
    around: Around

    @property
    def facts(self) -> SheetFacts:
        return facts_of(self.sheet, self.around)

    @property
    def asker(self) -> Asker:
        return asker_of(self.work.actor, self.sheet)


def hold(work: Work, number: str) -> Held:
    """Lock the month first, then the sheet: whoever came second sees what the first has done. 404 for none."""
    session, number = work.session, number.strip().upper()
    month = session.scalar(
        sa.select(AppraisalPeriod.month)
        .join(AppraisalSheet, AppraisalSheet.period_id == AppraisalPeriod.id)
        .where(AppraisalSheet.number == number, AppraisalSheet.body != "")
    )
    period = None if month is None else find(session, month, locked=True)
    if period is None:
        raise DomainError(Refusal("appraisal.refused.not_found", status=404))
    statement = sa.select(AppraisalSheet).where(AppraisalSheet.number == number).with_for_update(of=AppraisalSheet)
    sheet = session.scalars(statement.execution_options(populate_existing=True)).one()
    return Held(work, period, sheet, look_around(session, [sheet]))


def sheets_of(session: Session, period_id: int, *statuses: SheetStatus) -> list[AppraisalSheet]:
    """The sheets of a month that nobody has to reckon first, with whom they are of."""
    wanted = sa.select(AppraisalSheet).where(AppraisalSheet.period_id == period_id, AppraisalSheet.body != "")
    if statuses:
        wanted = wanted.where(AppraisalSheet.status.in_(statuses))
    options = (
        joinedload(AppraisalSheet.staff), joinedload(AppraisalSheet.department), joinedload(AppraisalSheet.scheme),
        selectinload(AppraisalSheet.lines),
    )  # fmt: skip
    return list(session.scalars(wanted.options(*options).order_by(AppraisalSheet.number)))


def names_of(session: Session, ids: Iterable[int | None]) -> dict[int, Staff]:
    """Members of staff by id."""
    wanted = sorted({one for one in ids if one is not None})
    return {row.id: row for row in session.scalars(sa.select(Staff).where(Staff.id.in_(wanted)))} if wanted else {}
