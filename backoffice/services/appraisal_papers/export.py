"""What payroll gets of a month (R33): persons, departments, lines, rewards and penalties, corrections, totals, legend.

Column codes never change their meaning (docs/users/hr_export.md); what was written about complaints stays out, so that
no customer data leaves with it. The same rows go into a workbook or into CSV files.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

from backoffice.errors import DomainError
from backoffice.queries.appraisal_reach import departments_exported, of_departments
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.csv_export import csv_lines
from backoffice.reports.paper import Say
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn, write_workbook
from backoffice.services.appraisal_papers.loose import Loose, read_loose
from backoffice.services.appraisal_papers.record import ItemRecord, LineRecord, Record
from backoffice.services.appraisal_papers.records import find_period, in_order, read_all
from backoffice.services.core.access_log import log_access
from backoffice.services.core.work import Work
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import EffectKind, LineKind

EXPORTED = "appraisal_export"
ZERO = Decimal(0)
WHOLE_OFFICE = "*"
Column = tuple[str, Kind, int]

SHEET: tuple[Column, ...] = (("month", Kind.TEXT, 9), ("sheet_no", Kind.TEXT, 20))
PERSON: tuple[Column, ...] = (("employee_no", Kind.TEXT, 12), ("name", Kind.TEXT, 16))
DEPARTMENT: tuple[Column, ...] = (("department_code", Kind.TEXT, 18), ("department", Kind.TEXT, 22))
RESULT: tuple[Column, ...] = (
    ("scheme", Kind.TEXT, 18), ("scheme_version", Kind.WHOLE, 8), ("from_day", Kind.DAY, 12),
    ("until_day", Kind.DAY, 12), ("working_days", Kind.WHOLE, 9), ("status", Kind.TEXT, 10),
    ("rated_weight", Kind.NUMBER, 10), ("base_score", Kind.NUMBER, 10), ("adjustment", Kind.NUMBER, 10),
    ("final_score", Kind.NUMBER, 10), ("grade_by_score", Kind.TEXT, 9), ("grade", Kind.TEXT, 8),
    ("rank", Kind.WHOLE, 8), ("rank_of", Kind.WHOLE, 8), ("bonus_amount", Kind.NUMBER, 13),
    ("bonus_reduction_percent", Kind.NUMBER, 12), ("merit_points", Kind.NUMBER, 10),
)  # fmt: skip
LEARNING: tuple[Column, ...] = (
    ("coaching_hours", Kind.NUMBER, 10), ("training_hours", Kind.NUMBER, 10), ("retest", Kind.WHOLE, 8),
    ("certificates", Kind.WHOLE, 8),
)  # fmt: skip
SIGNED: tuple[Column, ...] = (
    ("acknowledged_at", Kind.MOMENT, 17), ("acknowledged_silently", Kind.WHOLE, 9), ("appealed", Kind.WHOLE, 8),
    ("approved_at", Kind.MOMENT, 17), ("locked_at", Kind.MOMENT, 17), ("sheet_sha256", Kind.TEXT, 66),
)  # fmt: skip
DEDUCTED: tuple[Column, ...] = (("wage_deduction", Kind.NUMBER, 13),)
WHOSE: tuple[Column, ...] = (
    ("subject", Kind.TEXT, 10),
    ("subject_code", Kind.TEXT, 18),
    ("subject_name", Kind.TEXT, 18),
)
KINDS: dict[str, tuple[Column, ...]] = {
    "persons": (*SHEET, *PERSON, *DEPARTMENT, ("post", Kind.TEXT, 16), *RESULT, *LEARNING, *SIGNED, *DEDUCTED),
    "departments": (*SHEET, *DEPARTMENT, *RESULT, *SIGNED),
    "lines": (
        *SHEET, *WHOSE, ("indicator_code", Kind.TEXT, 22), ("indicator", Kind.TEXT, 20), ("weight", Kind.NUMBER, 9),
        ("target", Kind.NUMBER, 9), ("numerator", Kind.NUMBER, 12), ("denominator", Kind.NUMBER, 12),
        ("sample", Kind.WHOLE, 8), ("value", Kind.EXACT, 12), ("rated", Kind.WHOLE, 7), ("score", Kind.NUMBER, 9),
        ("contribution", Kind.EXACT, 12),
    ),
    "rewards_penalties": (
        *SHEET, *WHOSE, ("kind_code", Kind.TEXT, 16), ("kind", Kind.TEXT, 14), ("item_code", Kind.TEXT, 22),
        ("item", Kind.TEXT, 30), ("basis", Kind.TEXT, 24), ("score_points", Kind.NUMBER, 10),
        ("amount", Kind.NUMBER, 12), ("quantity", Kind.NUMBER, 10), ("unit", Kind.TEXT, 10),
        ("decided_by", Kind.TEXT, 14), ("decided_at", Kind.MOMENT, 17),
    ),
    "corrections": (
        *SHEET, *WHOSE, ("corrected_month", Kind.TEXT, 10), ("score_points", Kind.NUMBER, 10),
        ("decided_by", Kind.TEXT, 14), ("decided_at", Kind.MOMENT, 17),
    ),
    "totals": (
        ("month", Kind.TEXT, 9), *DEPARTMENT, ("person_sheets", Kind.WHOLE, 9), ("department_sheets", Kind.WHOLE, 9),
        ("rated_sheets", Kind.WHOLE, 9), ("bonus_amount", Kind.NUMBER, 14), ("merit_points", Kind.NUMBER, 12),
        *DEDUCTED,
    ),
}  # fmt: skip
"""Sheet of the workbook → its columns; codes as docs/users/hr_export.md lists them."""
LEGEND: tuple[Column, ...] = (
    ("table", Kind.TEXT, 20), ("column_code", Kind.TEXT, 26), ("column_type", Kind.TEXT, 12),
    ("column_zh", Kind.TEXT, 24), ("column_en", Kind.TEXT, 34),
)  # fmt: skip


@dataclass(frozen=True)
class Export:
    """A month's export, allowed and logged; rows are read when it is written."""

    work: Work
    month: str
    period_id: int
    reach: frozenset[int] | None
    say: Say
    speak: Callable[[Message, str], str]
    zone: ZoneInfo

    def workbook(self, stream: IO[bytes]) -> None:
        """As one workbook with a sheet per kind."""
        write_workbook(stream, (*self._sheets(), self._legend()))

    def archive(self, stream: IO[bytes]) -> None:
        """As a ZIP of CSV files whose only head is the line of codes."""
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as room:
            for code, sheet in zip((*KINDS, "legend"), (*self._sheets(), self._legend()), strict=True):
                with room.open(f"{code}.csv", "w") as file:
                    for line in csv_lines([column.code for column in sheet.columns], _plain(sheet.rows)):
                        file.write(line.encode())

    def _sheets(self) -> Iterator[Sheet]:
        rows = {
            "persons": self._persons, "departments": self._departments, "lines": self._lines,
            "rewards_penalties": self._items, "corrections": self._corrections, "totals": self._totals,
        }  # fmt: skip
        for code, columns in KINDS.items():
            yield Sheet(self.say(Message(f"hr_export.sheet.{code}")), self._columns(columns), rows[code]())

    def _columns(self, columns: Iterable[Column]) -> list[SheetColumn]:
        return [
            SheetColumn(self.say(Message(f"hr_export.column.{code}")), kind, width, code)
            for code, kind, width in columns
        ]

    def _records(self) -> Iterator[Record]:
        session = self.work.session
        yield from read_all(
            session, self.work.keys, in_order(session, self.period_id, of_departments(self.work.actor, self.reach))
        )

    def _persons(self) -> Iterator[list[Any]]:
        for of in self._records():
            if of.is_person:
                post = self._name(of.role_name) if of.role_name is not None else ""
                yield [
                    of.month, of.number, of.code, self._name(of.name), of.department, self._name(of.department_name),
                    post, *self._result(of), *_learning(of), *self._signed(of), of.deducted,
                ]  # fmt: skip

    def _departments(self) -> Iterator[list[Any]]:
        for of in self._records():
            if not of.is_person:
                yield [of.month, of.number, of.code, self._name(of.name), *self._result(of), *self._signed(of)]

    def _result(self, of: Record) -> list[Any]:
        status = self.say(Message(f"appraisal_paper.status.{of.status.value}"))
        return [
            of.scheme, of.scheme_version, of.from_day, of.until_day, of.days, status, of.rated_weight, of.base_score,
            of.adjustment, of.final_score, of.grade_by_score, of.grade, of.rank, of.rank_of, of.amount,
            of.reduction, of.quantity(EffectKind.POINTS),
        ]  # fmt: skip

    def _signed(self, of: Record) -> list[Any]:
        return [
            self._at(of.acknowledged_at), int(of.acknowledged_silently), int(of.appeal is not None),
            self._at(of.approved_at), self._at(of.locked_at), of.sha256,
        ]  # fmt: skip

    def _lines(self) -> Iterator[list[Any]]:
        for of in self._records():
            for line in of.lines:
                yield [*self._whose(of), *self._line(line)]

    def _line(self, line: LineRecord) -> list[Any]:
        indicator = line.indicator
        return [
            indicator.code, self._name(Name(indicator.name["zh"], indicator.name["en"])), line.weight,
            _decimal(line.target), _decimal(line.numerator), _decimal(line.denominator), line.sample,
            _decimal(line.value), int(line.score is not None), line.score, _decimal(line.contribution),
        ]  # fmt: skip

    def _items(self) -> Iterator[list[Any]]:
        for of in self._records():
            for item in of.items:
                yield [*self._whose(of), *self._item(item)]
        for one in self._loose():
            for item in one.items:
                yield [*self._whose_alone(one), *self._item(item)]

    def _item(self, item: ItemRecord) -> list[Any]:
        kind = self.say(Message(f"appraisal_paper.kind.{item.kind}"))
        return [
            item.kind, kind, item.code, kind if item.name is None else self._name(item.name), self.say(item.basis),
            item.points, item.money, item.quantity, item.unit, self._name(item.decided_by), self._at(item.decided_at),
        ]  # fmt: skip

    def _corrections(self) -> Iterator[list[Any]]:
        for of in self._records():
            for item in of.items:
                if item.kind == LineKind.CORRECTION:
                    yield [*self._whose(of), *self._corrected(item)]
        for one in self._loose():
            for item in one.items:
                if item.kind == LineKind.CORRECTION:
                    yield [*self._whose_alone(one), *self._corrected(item)]

    def _corrected(self, item: ItemRecord) -> list[Any]:
        return [item.corrects, item.points, self._name(item.decided_by), self._at(item.decided_at)]

    def _totals(self) -> Iterator[list[Any]]:
        """Department by department, the whole last, under the code ``*``."""
        sums: dict[str, _Sums] = {}
        whole = _Sums(Name("", ""))
        for of in self._records():
            mine = sums.setdefault(of.department, _Sums(of.department_name))
            mine.add(of)
            whole.add(of)
        for one in self._loose():
            sums.setdefault(one.department, _Sums(one.department_name)).add_loose(one)
            whole.add_loose(one)
        for code, mine in sums.items():
            yield [self.month, code, self._name(mine.name), *mine.cells()]
        yield [self.month, WHOLE_OFFICE, self.say(Message("hr_export.whole")), *whole.cells()]

    def _whose(self, of: Record) -> list[Any]:
        subject = self.say(Message(f"hr_export.subject.{of.subject.value}"))
        return [of.month, of.number, subject, of.code, self._name(of.name)]

    def _loose(self) -> list[Loose]:
        """What lines bring to whoever has no sheet."""
        return read_loose(self.work, self.period_id, self.reach)

    def _whose_alone(self, one: Loose) -> list[Any]:
        subject = self.say(Message(f"hr_export.subject.{one.subject.value}"))
        return [self.month, "", subject, one.code, self._name(one.name)]

    def _legend(self) -> Sheet:
        rows = [
            [
                table, code, self.say(Message(f"hr_export.type.{kind.value}")),
                self.speak(Message(f"hr_export.column.{code}"), "zh_Hans"),
                self.speak(Message(f"hr_export.column.{code}"), "en"),
            ]
            for table, columns in KINDS.items()
            for code, kind, _width in columns
        ]  # fmt: skip
        return Sheet(self.say(Message("hr_export.sheet.legend")), self._columns(LEGEND), rows)

    def _name(self, name: Name | None) -> str:
        return "" if name is None else self.say(Message("appraisal_paper.name", {"name": name}))

    def _at(self, at: Any) -> Any:
        return None if at is None else at.astimezone(self.zone)


@dataclass
class _Sums:
    """The sums of a department."""

    name: Name
    persons: int = 0
    departments: int = 0
    rated: int = 0
    amount: Decimal = ZERO
    merit: Decimal = ZERO
    deducted: Decimal = ZERO

    def add(self, of: Record) -> None:
        self.persons += of.is_person
        self.departments += not of.is_person
        self.rated += of.grade is not None
        self.amount += of.amount
        self.merit += of.quantity(EffectKind.POINTS)
        self.deducted += of.deducted

    def add_loose(self, one: Loose) -> None:
        self.amount += one.amount
        self.merit += one.merit
        self.deducted += one.deducted

    def cells(self) -> list[Any]:
        return [self.persons, self.departments, self.rated, self.amount, self.merit, self.deducted]


def take_export(work: Work, month: str, form: str, language: str, speak: Callable[[Message, str], str]) -> Export:
    """The export of a month as far as this person may take it along; logged in this transaction (404, 403).

    ``form``: "xlsx" or "csv", for the log. ``speak`` puts a message into a language.
    """
    reach = departments_exported(work.actor)
    if reach is not None and not reach:
        raise DomainError(Refusal("hr_export.refused.reach", status=403))
    period = find_period(work.session, month)
    facts = {"month": month, "form": form, "reach": "all" if reach is None else sorted(reach)}
    log_access(work.session, work.keys, work.actor, work.at, EXPORTED, facts, address=work.address)
    zone = Rulebook(work.session).zone()
    return Export(work, month, period.id, reach, lambda message: speak(message, language), speak, zone)


def _learning(of: Record) -> list[Any]:
    return [
        of.quantity(EffectKind.COACHING), of.quantity(EffectKind.TRAINING),
        int(bool(of.brought(EffectKind.RETEST))), len(of.brought(EffectKind.CERTIFICATE)),
    ]  # fmt: skip


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _plain(rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Cells of a CSV: moments as they read, money and scores as they are stored."""
    for row in rows:
        yield [cell.strftime("%Y-%m-%d %H:%M") if hasattr(cell, "hour") else cell for cell in row]
