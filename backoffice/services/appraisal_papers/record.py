"""An appraisal sheet as papers and exports show it (R33): plain values, read once for both so that they agree.

Scores and money are Decimal as they are stored; values of indicators are decimal text with four decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from policies.appraisal_rules import at_most_whole
from policies.indicator import Indicator
from policies.message import Message, Name
from policies.vocabulary_appraisal import EffectKind, SheetAppealResult, SheetStatus, SubjectKind


@dataclass(frozen=True)
class LineRecord:
    """One indicator on a sheet. ``value``, ``previous``: four decimals; ``contribution``: exact."""

    indicator: Indicator
    weight: Decimal
    target: str | None
    numerator: str
    denominator: str
    sample: int
    value: str | None
    previous: str | None
    score: Decimal | None
    contribution: str | None
    inputs_sha256: str


@dataclass(frozen=True)
class ItemRecord:
    """Something beside the formula: ``kind`` is "adjustment", "veto", "correction" or that of what the sheet brings.

    ``points``: of the score; ``money``: in the office's currency; ``quantity`` with ``unit`` for the rest (hours,
    points of merit, per cent). ``name``: None for the correction of a locked month. ``basis``: what it rests on;
    ``ground``: what was written, masked.
    """

    kind: str
    code: str
    name: Name | None
    basis: Message
    ground: str = ""
    points: Decimal | None = None
    money: Decimal | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    corrects: str | None = None
    decided_by: Name | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class AppealRecord:
    """The objection to a sheet and how it was decided; ``ground`` masked."""

    submitted_at: datetime
    result: SheetAppealResult | None
    ground: str
    decided_at: datetime | None
    decider: Name | None
    old_score: Decimal | None
    new_score: Decimal | None


class Brings:
    """What something brings beside its figures."""

    items: tuple[ItemRecord, ...]

    def brought(self, kind: EffectKind) -> tuple[ItemRecord, ...]:
        """What the sheet brings of one kind."""
        return tuple(item for item in self.items if item.kind == kind.value)

    def quantity(self, kind: EffectKind) -> Decimal:
        """The sum of one kind in its own unit."""
        return sum((item.quantity or Decimal(0) for item in self.brought(kind)), Decimal(0))

    @property
    def reduction(self) -> Decimal:
        """By how many per cent the performance bonus is reduced, at most wholly."""
        return at_most_whole(self.quantity(EffectKind.BONUS_REDUCTION))

    @property
    def deducted(self) -> Decimal:
        """What of the money is deducted from wages, in yuan, below nought."""
        return sum((item.money or Decimal(0) for item in self.brought(EffectKind.WAGE_DEDUCTION)), Decimal(0))


@dataclass(frozen=True)
class Record(Brings):
    """One sheet. ``code``: the employee's number or the department's code; dates both included."""

    number: str
    month: str
    subject: SubjectKind
    code: str
    name: Name
    department: str
    department_name: Name
    role: str | None
    role_name: Name | None
    scheme: str
    scheme_version: int
    scheme_name: Name
    scheme_from: date
    from_day: date
    until_day: date
    days: int
    status: SheetStatus
    lines: tuple[LineRecord, ...]
    items: tuple[ItemRecord, ...]
    rated_weight: Decimal
    weighted_sum: Decimal
    base_score: Decimal | None
    adjustment: Decimal
    final_score: Decimal | None
    grade_by_score: str | None
    grade: str | None
    grade_name: Name | None
    previous_score: Decimal | None
    previous_is_provisional: bool
    amount: Decimal
    rank: int | None
    rank_of: int | None
    appeal: AppealRecord | None
    checked_at: datetime | None
    checked_by: Name | None
    published_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_silently: bool
    approved_at: datetime | None
    approved_by: Name | None
    locked_at: datetime | None
    appeal_days: int
    sha256: str

    @property
    def without_words(self) -> Record:
        """The same without what people wrote: names of customers may stand in it."""
        appeal = None if self.appeal is None else replace(self.appeal, ground="")
        return replace(self, items=tuple(replace(item, ground="") for item in self.items), appeal=appeal)

    @property
    def is_person(self) -> bool:
        return self.subject is SubjectKind.PERSON

    @property
    def is_locked(self) -> bool:
        return self.status is SheetStatus.LOCKED


def name_of(names: Mapping[str, str]) -> Name:
    """A name of one of the office's documents."""
    return Name(names["zh"], names["en"])
