"""Read appraisal sheets for papers and exports (R33), a batch at a time: memory stays flat however many there are.

Everything comes from the stored sheet, its lines, what it brings and what was said about it; nothing is reckoned anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.appraisal import (
    AppraisalAppeal,
    AppraisalLine,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalRules,
    AppraisalSheet,
)
from backoffice.models.office import Staff
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office
from backoffice.services.appraisal_papers.record import AppealRecord, ItemRecord, LineRecord, Record, name_of
from backoffice.services.core.appraisal_reckoning import beside, effect_text
from policies.appraisal_outcome import brought_alone, known_to
from policies.appraisal_rules import BY_GRADE, Rules, bonus_of, months_before, parse_rules
from policies.indicator import Indicator, parse_indicators
from policies.masked_text import mask_text
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import EffectKind, LineKind, SheetStatus, SubjectKind

BATCH = 25
CONTEXT = "appraisal"
BY_LINE = "line:"
SCORED = (LineKind.ADJUSTMENT, LineKind.CORRECTION)
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Book:
    """The shared rules that a month was computed by."""

    rules: Rules
    indicators: Mapping[str, Indicator]


def find_period(session: Session, month: str) -> AppraisalPeriod:
    """A month by its name; raises ``DomainError`` (404) for none."""
    period = session.scalars(sa.select(AppraisalPeriod).where(AppraisalPeriod.month == month)).one_or_none()
    if period is None:
        raise DomainError(Refusal("appraisal_paper.refused.no_month", {"month": month}, status=404))
    return period


def count(session: Session, period_id: int, *where: Condition) -> int:
    """How many sheets of a month there are."""
    mine = sa.select(sa.func.count()).select_from(AppraisalSheet).where(AppraisalSheet.period_id == period_id, *where)
    return session.scalar(mine) or 0


def in_order(session: Session, period_id: int, *where: Condition) -> list[int]:
    """Ids of a month's sheets as papers have them: department by department, its own sheet first, then its people."""
    rows = (
        sa.select(AppraisalSheet.id)
        .outerjoin(Staff, Staff.id == AppraisalSheet.staff_id)
        .where(AppraisalSheet.period_id == period_id, *where)
        .order_by(
            AppraisalSheet.department_id,
            AppraisalSheet.staff_id.is_not(None),
            Staff.code,
            AppraisalSheet.from_day,
            AppraisalSheet.id,
        )
    )
    return list(session.scalars(rows))


def read_all(session: Session, keys: Keys, ids: Sequence[int]) -> Iterator[Record]:
    """Sheets by their ids, in that order; a batch is forgotten before the next is read."""
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        found = dict(_Reader(session, keys).read(batch))
        session.expunge_all()
        yield from (found[one] for one in batch if one in found)


def read_one(session: Session, keys: Keys, sheet: AppraisalSheet) -> Record:
    """One sheet."""
    return next(record for _id, record in _Reader(session, keys).read([sheet.id]))


def items_of(
    session: Session, keys: Keys, rules_id: int, rows: Sequence[AppraisalManualLine]
) -> tuple[tuple[ItemRecord, ...], Decimal]:
    """What lines of one person or department are, and bring, where no sheet carries them; and the money in all."""
    rules = book_of(session, rules_id).rules
    effects = brought_alone(rules, known_to(rules, beside(rows)))
    reader = _Reader(session, keys)
    reader.lines_alone(rows)
    lines = [{"id": row.id, "kind": row.kind, "code": row.code, "points": row.points, "corrects": row.corrects}
             for row in rows]  # fmt: skip
    vetoes = [row.code for row in rows if row.kind is LineKind.VETO and row.code in rules.vetoes]
    return tuple(reader.items(lines, vetoes, [effect_text(one) for one in effects], rules)), bonus_of(effects)


def book_of(session: Session, rules_id: int | None) -> Book:
    """A version of the shared rules, read; kept for good. 409 where the month was never computed."""
    if rules_id is None:
        raise DomainError(Refusal("appraisal_paper.refused.not_computed"))

    def load() -> Book:
        definition = session.get_one(AppraisalRules, rules_id).definition
        return Book(parse_rules(definition), parse_indicators(definition))

    return Rulebook(session).keep_for_good(("appraisal papers", rules_id), load)


class _Reader:
    """Reads one batch in a bounded number of statements."""

    def __init__(self, session: Session, keys: Keys) -> None:
        self.session, self.keys = session, keys
        self.roles = Rulebook(session).role_names()

    def read(self, ids: Sequence[int]) -> Iterator[tuple[int, Record]]:
        options = (
            joinedload(AppraisalSheet.staff), joinedload(AppraisalSheet.department),
            joinedload(AppraisalSheet.scheme), joinedload(AppraisalSheet.period), selectinload(AppraisalSheet.lines),
        )  # fmt: skip
        wanted = sa.select(AppraisalSheet).where(AppraisalSheet.id.in_(ids)).options(*options)
        sheets = list(self.session.scalars(wanted))
        bodies = {sheet.id: json.loads(sheet.body or "{}") for sheet in sheets}
        self.appeals = self._appeals(ids)
        self.manual = self._manual(line["id"] for body in bodies.values() for line in body.get("lines", ()))
        self.people = self._people(sheets)
        self.before = self._before(sheets)
        for sheet in sheets:
            yield sheet.id, self._record(sheet, bodies[sheet.id])

    def lines_alone(self, rows: Iterable[AppraisalManualLine]) -> None:
        """Lines that no sheet carries, with whom decided them."""
        self.appeals, self.manual = {}, {row.id: row for row in rows}
        self.people = self._people(())

    def _appeals(self, ids: Sequence[int]) -> dict[int, AppraisalAppeal]:
        rows = self.session.scalars(sa.select(AppraisalAppeal).where(AppraisalAppeal.sheet_id.in_(ids)))
        return {row.sheet_id: row for row in rows}

    def _manual(self, ids: Iterable[int]) -> dict[int, AppraisalManualLine]:
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        rows = sa.select(AppraisalManualLine).where(AppraisalManualLine.id.in_(wanted))
        return {row.id: row for row in self.session.scalars(rows)}

    def _people(self, sheets: Sequence[AppraisalSheet]) -> dict[int, Name]:
        ids = {one for sheet in sheets for one in (sheet.checked_by_id, sheet.approved_by_id)}
        ids |= {row.decider_id for row in self.appeals.values()} | {row.decided_by_id for row in self.manual.values()}
        wanted = sorted(one for one in ids if one is not None)
        columns = sa.select(Staff.id, Staff.name_zh, Staff.name_en).where(Staff.id.in_(wanted))
        return {row[0]: Name(row[1], row[2]) for row in self.session.execute(columns)} if wanted else {}

    def _before(self, sheets: Sequence[AppraisalSheet]) -> dict[tuple[str, int | None, int | None, str], Decimal]:
        """Scores of the month before where that is locked, by month, subject and scheme; the last part of it."""
        months = {months_before(sheet.period.month, 1) for sheet in sheets}
        people = sorted({sheet.staff_id for sheet in sheets if sheet.staff_id is not None})
        places = sorted({sheet.department_id for sheet in sheets if sheet.staff_id is None and sheet.department_id})
        whose = sa.or_(
            AppraisalSheet.staff_id.in_(people),
            sa.and_(AppraisalSheet.staff_id.is_(None), AppraisalSheet.department_id.in_(places)),
        )
        rows = (
            sa.select(AppraisalSheet)
            .join(AppraisalPeriod, AppraisalPeriod.id == AppraisalSheet.period_id)
            .where(AppraisalPeriod.month.in_(sorted(months)), AppraisalSheet.status == SheetStatus.LOCKED, whose)
            .options(joinedload(AppraisalSheet.scheme), joinedload(AppraisalSheet.period))
            .order_by(AppraisalSheet.from_day)
        )
        return {
            (row.period.month, *_subject(row), row.scheme.code): row.final_score
            for row in self.session.scalars(rows)
            if row.final_score is not None
        }

    def _record(self, sheet: AppraisalSheet, body: Mapping[str, Any]) -> Record:
        book, whose = book_of(self.session, sheet.period.rules_id), sheet.staff or sheet.department
        scheme, department = sheet.scheme, sheet.department
        role = self.roles.get(sheet.role_code or "")
        key = (months_before(sheet.period.month, 1), *_subject(sheet), scheme.code)
        names = {one.code: name_of(one.name) for one in book.rules.grades}
        return Record(
            number=sheet.number,
            month=sheet.period.month,
            subject=SubjectKind.DEPARTMENT if sheet.staff_id is None else SubjectKind.PERSON,
            code="" if whose is None else whose.code,
            name=Name("", "") if whose is None else Name(whose.name_zh, whose.name_en),
            department="" if department is None else department.code,
            department_name=Name("", "") if department is None else Name(department.name_zh, department.name_en),
            role=sheet.role_code,
            role_name=None if role is None else name_of(role),
            scheme=scheme.code,
            scheme_version=scheme.version,
            scheme_name=Name(scheme.name_zh, scheme.name_en),
            scheme_from=scheme.valid_from,
            from_day=sheet.from_day,
            until_day=sheet.until_day,
            days=sheet.days,
            status=sheet.status,
            lines=tuple(_line(line, book.indicators[line.indicator]) for line in sheet.lines),
            items=tuple(self.items(body.get("lines", ()), sheet.vetoes, sheet.effects, book.rules)),
            rated_weight=sheet.rated_weight,
            weighted_sum=sheet.weighted_sum,
            base_score=sheet.base_score,
            adjustment=sheet.adjustment,
            final_score=sheet.final_score,
            grade_by_score=sheet.grade_by_score,
            grade=sheet.grade,
            grade_name=names.get(sheet.grade or ""),
            previous_score=self.before.get(key),
            amount=sheet.amount,
            rank=sheet.rank,
            rank_of=sheet.rank_of,
            appeal=self._appeal(sheet),
            checked_at=sheet.checked_at,
            checked_by=self.people.get(sheet.checked_by_id or 0),
            published_at=sheet.published_at,
            acknowledged_at=sheet.acknowledged_at,
            acknowledged_silently=sheet.acknowledged_silently,
            approved_at=sheet.approved_at,
            approved_by=self.people.get(sheet.approved_by_id or 0),
            locked_at=sheet.locked_at,
            appeal_days=book.rules.submit_working_days,
            sha256=sheet.sha256,
        )

    def _appeal(self, sheet: AppraisalSheet) -> AppealRecord | None:
        row = self.appeals.get(sheet.id)
        if row is None:
            return None
        return AppealRecord(
            submitted_at=row.submitted_at,
            result=row.result,
            ground=self._said(row.sealed, "ground"),
            decided_at=row.decided_at,
            decider=self.people.get(row.decider_id or 0),
            old_score=row.old_score,
            new_score=row.new_score,
        )

    def _said(self, sealed: bytes, what: str) -> str:
        """What somebody wrote, as papers show it: names and numbers of customers masked."""
        content = json.loads(open_for_office(self.keys, sealed, CONTEXT))
        return mask_text(str(content.get(what) or ""), [])

    # Beside the formula

    def items(
        self,
        lines: Sequence[Mapping[str, Any]],
        vetoes: Iterable[str],
        effects: Iterable[Mapping[str, Any]],
        rules: Rules,
    ) -> Iterator[ItemRecord]:
        """Points, vetoes, and what comes of it all."""
        yield from (self._scored(line, rules) for line in lines if line["kind"] in SCORED)
        yield from (self._veto(code, lines, rules) for code in vetoes)
        yield from (self._effect(effect, rules) for effect in effects)

    def _scored(self, line: Mapping[str, Any], rules: Rules) -> ItemRecord:
        known, code = rules.adjustments.get(line["code"]), line["code"]
        correction = line["kind"] == LineKind.CORRECTION
        named = None if known is None else name_of(known.name)
        basis = (
            Message("appraisal_paper.basis.correction", {"month": line["corrects"] or ""})
            if correction
            else Message("appraisal_paper.basis.line")
        )
        return self._by_hand(line["id"], line["kind"], code, named, basis, Decimal(line["points"]), line["corrects"])

    def _by_hand(
        self, line_id: int, kind: str, code: str, name: Name | None, basis: Message,
        points: Decimal | None = None, corrects: str | None = None,
    ) -> ItemRecord:  # fmt: skip
        row = self.manual.get(line_id)
        return ItemRecord(
            kind=kind,
            code=code,
            name=name,
            basis=basis,
            ground="" if row is None else self._said(row.sealed, "ground"),
            points=points,
            corrects=corrects,
            decided_by=None if row is None else self.people.get(row.decided_by_id or 0),
            decided_at=None if row is None else row.decided_at,
        )

    def _veto(self, code: str, lines: Sequence[Mapping[str, Any]], rules: Rules) -> ItemRecord:
        rule = rules.vetoes[code]
        basis = Message("appraisal_paper.basis.veto", {"grade": name_of(rules.grade(rule.grade_cap).name),
                                                       "code": rule.grade_cap})  # fmt: skip
        line_id = next((line["id"] for line in lines if line["kind"] == LineKind.VETO and line["code"] == code), 0)
        return self._by_hand(line_id, LineKind.VETO, code, name_of(rule.name), basis)

    def _effect(self, effect: Mapping[str, Any], rules: Rules) -> ItemRecord:
        rule, cause = rules.effects[effect["code"]], str(effect["cause"])
        amount = None if effect["amount"] is None else Decimal(effect["amount"])
        money = effect["kind"] == EffectKind.BONUS
        row = self.manual.get(int(cause.removeprefix(BY_LINE))) if cause.startswith(BY_LINE) else None
        return ItemRecord(
            kind=effect["kind"],
            code=effect["code"],
            name=name_of(rule.name),
            basis=_cause(cause, rules),
            ground="" if row is None else self._said(row.sealed, "ground"),
            money=amount if money else None,
            quantity=None if money else amount,
            unit=effect["unit"],
            decided_by=None if row is None else self.people.get(row.decided_by_id or 0),
            decided_at=None if row is None else row.decided_at,
        )


def _cause(cause: str, rules: Rules) -> Message:
    if cause == BY_GRADE:
        return Message("appraisal_paper.basis.grade")
    over = next((rule for rule in rules.consecutive if rule.code == cause), None)
    if over is not None:
        return Message("appraisal_paper.name", {"name": name_of(over.when)})
    return Message("appraisal_paper.basis.line")


def _subject(sheet: AppraisalSheet) -> tuple[int | None, int | None]:
    return sheet.staff_id, None if sheet.staff_id is not None else sheet.department_id


def _line(line: AppraisalLine, indicator: Indicator) -> LineRecord:
    return LineRecord(
        indicator=indicator,
        weight=line.weight,
        target=line.target,
        numerator=line.numerator,
        denominator=line.denominator,
        sample=line.sample,
        value=line.value,
        previous=line.previous,
        score=line.score,
        contribution=line.contribution,
        inputs_sha256=line.inputs_sha256,
    )
