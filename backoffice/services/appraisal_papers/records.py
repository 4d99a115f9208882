"""Read appraisal sheets for papers and exports (R33), a batch at a time: memory stays flat however many there are.

Everything comes from the stored sheet, its lines, what it brings and what was said about it; nothing is reckoned anew,
and of a locked sheet no name is looked up anew.
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
from backoffice.queries.appraisal_beside import BESIDE, Beside, kept, lines_by_id, names_now, people_named
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office
from backoffice.services.appraisal_papers.record import AppealRecord, ItemRecord, LineRecord, Record, name_of
from backoffice.services.core.appraisal_reckoning import beside, effect_text
from policies.appraisal_outcome import brought_alone, known_to
from policies.appraisal_rules import BY_GRADE, MONEY, Rules, bonus_of, parse_rules
from policies.indicator import Indicator, parse_indicators, shown_text
from policies.masked_text import mask_text
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import LineKind, SubjectKind

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

    beside: Beside

    def __init__(self, session: Session, keys: Keys) -> None:
        self.session, self.keys = session, keys

    def read(self, ids: Sequence[int]) -> Iterator[tuple[int, Record]]:
        options = (
            joinedload(AppraisalSheet.staff), joinedload(AppraisalSheet.department),
            joinedload(AppraisalSheet.scheme), joinedload(AppraisalSheet.period), selectinload(AppraisalSheet.lines),
        )  # fmt: skip
        wanted = sa.select(AppraisalSheet).where(AppraisalSheet.id.in_(ids)).options(*options)
        sheets = list(self.session.scalars(wanted))
        bodies = {sheet.id: json.loads(sheet.body or "{}") for sheet in sheets}
        self.appeals = self._appeals(ids)
        self.manual = lines_by_id(self.session, (line["id"] for body in bodies.values() for line in _lines(body)))
        open_ones = [sheet for sheet in sheets if BESIDE not in bodies[sheet.id].get("signed", {})]
        found = names_now(self.session, open_ones, {one.id: self._named(one, bodies[one.id]) for one in open_ones})
        for sheet in sheets:
            body = bodies[sheet.id]
            self.beside = found[sheet.id] if sheet.id in found else kept(body["signed"][BESIDE])
            yield sheet.id, self._record(sheet, body)

    def _named(self, sheet: AppraisalSheet, body: Mapping[str, Any]) -> set[int | None]:
        """Who decided what stands on a sheet."""
        appeal = self.appeals.get(sheet.id)
        rows = [self.manual[line["id"]] for line in _lines(body) if line["id"] in self.manual]
        return {row.decided_by_id for row in rows} | {None if appeal is None else appeal.decider_id}

    def lines_alone(self, rows: Iterable[AppraisalManualLine]) -> None:
        """Lines that no sheet carries, with whom decided them."""
        self.appeals, self.manual = {}, {row.id: row for row in rows}
        people = people_named(self.session, {row.decided_by_id for row in self.manual.values()})
        self.beside = Beside("", Name("", ""), "", Name("", ""), people=people)

    def _appeals(self, ids: Sequence[int]) -> dict[int, AppraisalAppeal]:
        rows = self.session.scalars(sa.select(AppraisalAppeal).where(AppraisalAppeal.sheet_id.in_(ids)))
        return {row.sheet_id: row for row in rows}

    def _record(self, sheet: AppraisalSheet, body: Mapping[str, Any]) -> Record:
        book, scheme, said = book_of(self.session, sheet.period.rules_id), sheet.scheme, self.beside
        names = {one.code: name_of(one.name) for one in book.rules.grades}
        return Record(
            number=sheet.number,
            month=sheet.period.month,
            subject=SubjectKind.DEPARTMENT if sheet.staff_id is None else SubjectKind.PERSON,
            code=said.code,
            name=said.subject,
            department=said.department_code,
            department_name=said.department,
            role=sheet.role_code,
            role_name=said.role,
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
            previous_score=said.before,
            previous_is_provisional=said.is_provisional,
            amount=sheet.amount,
            rank=sheet.rank,
            rank_of=sheet.rank_of,
            appeal=self._appeal(sheet),
            checked_at=sheet.checked_at,
            checked_by=self.beside.people.get(sheet.checked_by_id or 0),
            published_at=sheet.published_at,
            acknowledged_at=sheet.acknowledged_at,
            acknowledged_silently=sheet.acknowledged_silently,
            approved_at=sheet.approved_at,
            approved_by=self.beside.people.get(sheet.approved_by_id or 0),
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
            decider=self.beside.people.get(row.decider_id or 0),
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
            decided_by=None if row is None else self.beside.people.get(row.decided_by_id or 0),
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
        money = effect["kind"] in MONEY
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
            decided_by=None if row is None else self.beside.people.get(row.decided_by_id or 0),
            decided_at=None if row is None else row.decided_at,
        )


def _cause(cause: str, rules: Rules) -> Message:
    if cause == BY_GRADE:
        return Message("appraisal_paper.basis.grade")
    over = next((rule for rule in rules.consecutive if rule.code == cause), None)
    if over is not None:
        return Message("appraisal_paper.name", {"name": name_of(over.when)})
    return Message("appraisal_paper.basis.line")


def _lines(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    lines: Sequence[Mapping[str, Any]] = body.get("lines", ())
    return lines


def _line(line: AppraisalLine, indicator: Indicator) -> LineRecord:
    return LineRecord(
        indicator=indicator,
        weight=line.weight,
        target=line.target,
        numerator=shown_text(line.numerator),
        denominator=shown_text(line.denominator),
        sample=line.sample,
        value=line.value,
        previous=line.previous,
        score=line.score,
        contribution=line.contribution,
        inputs_sha256=line.inputs_sha256,
    )
