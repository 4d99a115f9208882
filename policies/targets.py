"""How long a clock runs for a complaint, and so when it is due (R23): base value, category row, channel row.

The base value of the severity is replaced by the most specific matching category row (leaf, branch, trunk); a channel
row is compared with that, and the earlier deadline holds. A row that names a severity applies to it alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from policies.calendar import WorkingCalendar
from policies.deadline import Amount, Deadline, Whole, reckon, share
from policies.message import Message, Refusal
from policies.vocabulary import ClockCode, Severity, Unit

Place = tuple[ClockCode, Severity, str | None]


@dataclass(frozen=True)
class Target:
    """An amount of time in a unit; ``override`` is the code of the special row that it comes from."""

    amount: Decimal
    unit: Unit
    override: str | None = None

    @property
    def reckoned(self) -> Amount:
        """The amount as a whole number where it is one, as days must be."""
        return int(self.amount) if self.amount == int(self.amount) else self.amount


@dataclass(frozen=True)
class SpecialRow:
    """A row of ``overrides``: for a category or a channel, maybe for one severity, a clock has another target."""

    clock: ClockCode
    target: Target
    category: str | None = None
    channel: str | None = None
    severity: Severity | None = None

    def is_for(self, clock: ClockCode, severity: Severity) -> bool:
        return self.clock is clock and self.severity in (None, severity)


@dataclass(frozen=True)
class TargetTable:
    """The targets of one version of the clocks."""

    base: Mapping[Place, Target]
    special: tuple[SpecialRow, ...] = ()


@dataclass(frozen=True)
class Case:
    """What a target is chosen by. ``categories``: codes, the leaf first, then branch and trunk."""

    severity: Severity
    categories: Sequence[str] = ()
    channel: str | None = None


@dataclass(frozen=True)
class Due:
    """The target that holds and the deadline that comes of it."""

    target: Target
    deadline: Deadline


def parse_targets(document: Mapping[str, Any]) -> TargetTable:
    """Read ``targets`` and ``overrides`` of a version in the form of ``office/sla.yaml``."""
    base = {
        (ClockCode(row["clock"]), Severity(row["severity"]), row.get("phase")): _target(row)
        for row in document["targets"]
    }
    special = tuple(
        SpecialRow(
            ClockCode(row["clock"]),
            _target(row, row["code"]),
            category=row["when"].get("category"),
            channel=row["when"].get("channel"),
            severity=Severity(row["when"]["severity"]) if "severity" in row["when"] else None,
        )
        for row in document.get("overrides", ())
    )
    return TargetTable(MappingProxyType(base), special)


def _target(row: Mapping[str, Any], override: str | None = None) -> Target:
    return Target(Decimal(str(row["amount"])), Unit(row["unit"]), override)


def candidates(table: TargetTable, clock: ClockCode, case: Case, phase: str | None = None) -> tuple[Target, ...]:
    """The targets that compete (one or two, by the office's selection); none where the severity has no such clock."""
    base = table.base.get((clock, case.severity, phase))
    if base is None:
        return ()
    fitting = [row for row in table.special if row.is_for(clock, case.severity)]
    by_category = {row.category: row.target for row in fitting if row.category is not None and row.channel is None}
    chosen = next((by_category[code] for code in case.categories if code in by_category), base)
    by_channel = [
        row.target
        for row in fitting
        if row.channel is not None and row.channel == case.channel and row.category in (None, *case.categories)
    ]
    return (chosen, *by_channel)


def due(
    calendar: WorkingCalendar,
    targets: Sequence[Target],
    start: datetime,
    *,
    resolve: Whole | None = None,
    event: Message | None = None,
) -> Due | Refusal:
    """The earliest deadline among competing targets (R23), counted from ``start``.

    ``resolve`` is the resolve clock, of which percentages are taken; ``event`` names the start in the explanation.
    Refuses what cannot be reckoned, and percentages without a resolve clock.
    """
    found: Due | None = None
    for target in targets:
        deadline = _deadline(calendar, target, start, resolve, event)
        if isinstance(deadline, Refusal):
            return deadline
        if found is None or deadline.due < found.deadline.due:
            found = Due(target, deadline)
    return found if found is not None else Refusal("workflow.refused.no_target")


def _deadline(
    calendar: WorkingCalendar, target: Target, start: datetime, resolve: Whole | None, event: Message | None
) -> Deadline | Refusal:
    if target.unit is not Unit.PERCENT_OF_RESOLVE:
        return reckon(calendar, start, target.reckoned, target.unit.value, event=event)
    if resolve is None:
        return Refusal("workflow.refused.no_target")
    return share(calendar, start, resolve, target.reckoned, event=event)


def whole(target: Target, start: datetime, deadline: Deadline) -> Whole:
    """The resolve clock as percentages are taken of it: of its hours where it runs round the clock."""
    return Whole(start, deadline.due, target.reckoned if target.unit is Unit.HOUR else None)
