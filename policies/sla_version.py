"""Versions of the clocks (R23): what a new one must hold, which one holds when, and what it changes.

A version is never changed: what it says was promised. A new one holds for complaints received from its date, and until
then it may be taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from policies.message import Refusal
from policies.reference import LONGEST_NOTE, check_code, check_names, check_text, refused
from policies.vocabulary import ClockCode, Severity, Unit, VersionState

# The longest that a clock may be set to, by its unit: two years of days, and what comes to about the same.
LONGEST: Mapping[str, int] = {
    Unit.WORKING_DAY: 500,
    Unit.WORKING_HOUR: 4_000,
    Unit.HOUR: 17_520,
    Unit.PERCENT_OF_RESOLVE: 100,
}
ALWAYS_SET = (ClockCode.ACKNOWLEDGE, ClockCode.RESOLVE)
"""Clocks that every severity must have: every customer is told that, and by when (R5, R23)."""
PHASES = ("until_contained", "after_contained")
"""The report clock of an emergency runs faster until it is contained (R17); elsewhere a target has no phase."""
MOST_OVERRIDES = 60


@unique
class Standing(StrEnum):
    """Where a version stands on a day."""

    DRAFT = "draft"
    CHECKED = "checked"
    RETIRED = "retired"
    COMING = "coming"
    HOLDS = "holds"
    PAST = "past"


@dataclass(frozen=True)
class Version:
    """A version with the date (local) from which it holds."""

    number: int
    valid_from: date
    retired: bool = False
    state: VersionState = VersionState.EFFECTIVE

    @property
    def binds(self) -> bool:
        """Whether complaints are, were or will be received under it: no draft, and not taken back."""
        return not self.retired and self.state is VersionState.EFFECTIVE


@dataclass(frozen=True)
class Target:
    """How long a clock runs for a severity; ``amount`` None where nothing, or nothing readable, was given."""

    clock: str
    severity: str
    amount: int | None
    unit: str
    phase: str | None = None

    @property
    def place(self) -> tuple[str, str, str | None]:
        return (self.clock, self.severity, self.phase)


@dataclass(frozen=True)
class Override:
    """A special row: for a category or a channel (or both), maybe one severity, a clock runs otherwise."""

    code: str
    name_zh: str
    name_en: str
    clock: str
    amount: int | None
    unit: str
    category: str | None = None
    channel: str | None = None
    severity: str | None = None
    reason_zh: str = ""
    reason_en: str = ""

    @property
    def condition(self) -> tuple[str, str | None, str | None, str | None]:
        return (self.clock, self.category, self.channel, self.severity)


def standing(version: Version, versions: Iterable[Version], today: date) -> Standing:
    """Whether a version is to come, holds, held before or was taken back, on a day of the office."""
    if version.retired:
        return Standing.RETIRED
    if version.state.is_open:
        return Standing(version.state.value)
    if version.valid_from > today:
        return Standing.COMING
    begun = [other for other in versions if other.binds and other.valid_from <= today]
    newest = max(begun, key=lambda other: (other.valid_from, other.number))
    return Standing.HOLDS if newest.number == version.number else Standing.PAST


def check_valid_from(valid_from: date | None, versions: Iterable[Version], today: date) -> list[Refusal]:
    """A new version holds from today or later, and on a day on which no other begins: the past was promised."""
    if valid_from is None:
        return [refused("missing", "valid_from")]
    if valid_from < today:
        return [refused("in_the_past", "valid_from", today=today)]
    if valid_from.year > today.year + 10:
        return [refused("too_far", "valid_from", years=10)]
    same = next((other for other in versions if other.binds and other.valid_from == valid_from), None)
    return [refused("same_day", "valid_from", version=same.number)] if same else []


def refuse_retiring(version: Version, today: date) -> Refusal | None:
    """Only what is still to come may be taken back: complaints were received under all others."""
    if version.retired:
        return Refusal("reference.refused.already_retired", status=409)
    if version.binds and version.valid_from <= today:
        return Refusal("reference.refused.version_began", {"version": version.number, "day": version.valid_from})
    return None


def refuse_editing(version: Version) -> Refusal | None:
    """What is in force was promised: it is never changed, a new version is drawn up from it."""
    if version.state.is_open and not version.retired:
        return None
    return Refusal("reference.refused.sla_in_force", {"version": version.number})


def refuse_outdated(revision: int, seen: int | None) -> Refusal | None:
    """Of two who change a draft at once the second is told, and what he typed stays before him."""
    return None if seen == revision else Refusal("reference.refused.changed_meanwhile")


def refuse_force(version: Version) -> Refusal | None:
    """Into force comes what was checked as it stands."""
    if refusal := refuse_editing(version):
        return refusal
    if version.state is VersionState.CHECKED:
        return None
    return Refusal("reference.refused.sla_not_checked", {"version": version.number})


def target_field(clock: str, severity: str, phase: str | None = None) -> str:
    """The form field of a target, beside which its fault is shown."""
    return f"target-{clock}-{phase or 'all'}-{severity}"


def check_targets(targets: Sequence[Target]) -> list[Refusal]:
    """Amounts are whole, positive and not beyond reason, in a unit that there is; what everybody is promised is set."""
    problems: list[Refusal] = []
    set_places = {target.place for target in targets if target.amount is not None}
    for target in targets:
        field = target_field(*target.place)
        if target.amount is not None:
            problems += check_amount(field, target.clock, target.amount, target.unit)
    for clock in ALWAYS_SET:
        for severity in Severity:
            if not any(place[:2] == (clock, severity) for place in set_places):
                problems.append(refused("always_set", target_field(clock, severity)))
    for phased in sorted({place[:2] for place in set_places if place[2]}):
        missing = [phase for phase in PHASES if (*phased, phase) not in set_places]
        problems += [refused("both_phases", target_field(*phased, phase)) for phase in missing]
        if (*phased, None) in set_places:
            problems.append(refused("phases_or_whole", target_field(*phased)))
    return problems


def check_amount(field: str, clock: str, amount: int | None, unit: str) -> list[Refusal]:
    """One amount of time: at least 1, and a percentage of the resolve clock only for another clock."""
    if amount is None:
        return [refused("missing", field)]
    if unit not in LONGEST:
        return [refused("unit", field)]
    if clock == ClockCode.RESOLVE and unit == Unit.PERCENT_OF_RESOLVE:
        return [refused("percent_of_itself", field)]
    if not 1 <= amount <= LONGEST[unit]:
        return [refused("out_of_bounds", field, lowest=1, highest=LONGEST[unit])]
    return []


def check_overrides(
    overrides: Sequence[Override], categories: Collection[str], channels: Collection[str]
) -> list[Refusal]:
    """Special rows: each with a code of its own, for a category or channel that there is, and no two for the same."""
    if len(overrides) > MOST_OVERRIDES:
        return [refused("too_many", "overrides", most=MOST_OVERRIDES)]
    problems: list[Refusal] = []
    codes: set[str] = set()
    conditions: set[tuple[str, str | None, str | None, str | None]] = set()
    for line, row in enumerate(overrides):
        found = [
            *check_code(row.code, codes),
            *check_names(row.name_zh, row.name_en),
            *check_text("reason_zh", row.reason_zh, longest=LONGEST_NOTE),
            *check_text("reason_en", row.reason_en, longest=LONGEST_NOTE),
            *_check_condition(row, categories, channels),
            *check_amount("amount", row.clock, row.amount, row.unit),
        ]
        if not found and row.condition in conditions:
            found = [refused("same_condition", "clock")]
        problems += [Refusal(fault.key, fault.params, f"override-{line}-{fault.field}", 422) for fault in found]
        codes.add(row.code)
        conditions.add(row.condition)
    return problems


def _check_condition(row: Override, categories: Collection[str], channels: Collection[str]) -> list[Refusal]:
    problems = [] if row.clock in list(ClockCode) else [refused("unknown", "clock")]
    if not row.category and not row.channel:
        problems.append(refused("category_or_channel", "category"))
    if row.category and row.category not in categories:
        problems.append(refused("unknown", "category"))
    if row.channel and row.channel not in channels:
        problems.append(refused("unknown", "channel"))
    if row.severity and row.severity not in list(Severity):
        problems.append(refused("unknown", "severity"))
    return problems


@dataclass(frozen=True)
class Difference:
    """What a version says otherwise than another: a target or an override, None on the side that has none."""

    before: Target | Override | None
    after: Target | Override | None

    @property
    def subject(self) -> Target | Override:
        """The row of the newer version, or the older one's where it was dropped."""
        found = self.after if self.after is not None else self.before
        if found is None:
            raise ValueError("a difference has at least one side")
        return found


def differences(
    before: tuple[Sequence[Target], Sequence[Override]], after: tuple[Sequence[Target], Sequence[Override]]
) -> list[Difference]:
    """What changed from one version to another, targets first, in the order of the newer one; dropped rows last."""
    changed: list[Difference] = []
    changed += _changed({row.place: row for row in before[0]}, {row.place: row for row in after[0]})
    changed += _changed({row.code: row for row in before[1]}, {row.code: row for row in after[1]})
    return changed


def _changed(old: Mapping[object, Target | Override], new: Mapping[object, Target | Override]) -> list[Difference]:
    found = [Difference(old.get(key), row) for key, row in new.items() if old.get(key) != row]
    return found + [Difference(row, None) for key, row in old.items() if key not in new]
