"""What all schemes share (R32): grades and what each brings, vetoes, points more or less, rules over several months.

Amounts are Decimal: money in yuan, points, hours, or per cent, as their unit says; nothing here is rounded. What is
switched off brings nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum, unique
from typing import Any

from policies.vocabulary_appraisal import EffectKind, SubjectKind

Names = Mapping[str, str]
NOTHING = Decimal(0)
WHOLE = Decimal(100)
MONTHS = 12
IN_QUARTER = 3
BY_GRADE = "grade"
MONEY = (EffectKind.BONUS, EffectKind.WAGE_DEDUCTION)
"""What is paid or deducted in yuan."""


@unique
class Within(StrEnum):
    """Which months a rule over several months looks at: months on end, or those of one quarter or year."""

    RUNNING = "running"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True)
class EffectRule:
    """A reward or a penalty. What one code brings on one sheet in all lies between ``floor`` and ``ceiling``."""

    code: str
    name: Names
    kind: EffectKind
    amount: Decimal | None
    unit: str | None
    enabled: bool
    floor: Decimal | None = None
    ceiling: Decimal | None = None

    def within(self, total: Decimal) -> Decimal:
        """A total of this effect, between its floor and its ceiling."""
        low = total if self.floor is None else max(total, self.floor)
        return low if self.ceiling is None else min(low, self.ceiling)


@dataclass(frozen=True)
class Effect:
    """What a sheet brings; ``cause``: "grade", the code of a rule over several months, or what a caller says.

    ``amount`` of what is deducted from wages is below nought.
    """

    code: str
    kind: EffectKind
    amount: Decimal | None
    unit: str | None
    cause: str


@dataclass(frozen=True)
class Grade:
    """A grade holds from ``from_score`` (included) up to the next higher one."""

    code: str
    name: Names
    from_score: Decimal
    effects: tuple[str, ...]


@dataclass(frozen=True)
class VetoRule:
    """What, once proved, caps the grade."""

    code: str
    name: Names
    grade_cap: str
    rule: str = ""


@dataclass(frozen=True)
class AdjustmentRule:
    """Points more or less for an occurrence; ``limit_per_month`` has the sign of ``points``."""

    code: str
    name: Names
    points: Decimal
    limit_per_month: Decimal | None
    rule: str = ""


@dataclass(frozen=True)
class ConsecutiveRule:
    """``count`` months with one of ``grades``, looked for ``within`` a span, bring ``effects``; None: whoever."""

    code: str
    when: Names
    grades: frozenset[str]
    count: int
    within: Within
    subject: SubjectKind | None
    effects: tuple[str, ...]


# The office's document says these four in words only.
_SAID: Mapping[str, Mapping[str, Any]] = {
    "two_e": {"grades": ["E"], "count": 2, "within": "running"},
    "three_d": {"grades": ["D", "E"], "count": 3, "within": "running"},
    "three_a": {"grades": ["A"], "count": 3, "within": "quarter"},
    "department_year": {"grades": ["A"], "count": 10, "within": "year", "subject": "department"},
}


@dataclass(frozen=True)
class Rules:
    """The rules that all schemes share. ``grades``: the best first. Days are working days (R33)."""

    grades: tuple[Grade, ...]
    effects: Mapping[str, EffectRule]
    vetoes: Mapping[str, VetoRule]
    adjustments: Mapping[str, AdjustmentRule]
    consecutive: tuple[ConsecutiveRule, ...]
    minimum_rated_weight: Decimal
    submit_working_days: int = 3
    decide_working_days: int = 5
    sign_off: Mapping[str, str] = field(default_factory=dict)

    def grade(self, code: str) -> Grade:
        """Raises KeyError for a grade that there is not."""
        for one in self.grades:
            if one.code == code:
                return one
        raise KeyError(code)

    def grade_of(self, score: Decimal) -> Grade:
        """The best grade that a score of 0 to 100 reaches."""
        for one in self.grades:
            if score >= one.from_score:
                return one
        return self.grades[-1]

    def capped(self, grade: Grade, vetoes: Iterable[str]) -> Grade:
        """The grade after what was proved: the lowest one holds. Raises KeyError for a veto that there is not."""
        caps = [self.grade(self.vetoes[code].grade_cap) for code in vetoes]
        return min([grade, *caps], key=lambda one: one.from_score)


def exact(value: object) -> Decimal:
    """A number of a definition as it is written there, not as binary floats have it."""
    return Decimal(str(value))


def _maybe(value: object) -> Decimal | None:
    return None if value is None or value == "" else exact(value)


def parse_rules(definition: Mapping[str, Any]) -> Rules:
    """The rules of a definition that has the keys of ``office/appraisal.yaml``."""
    grades = [
        Grade(row["code"], row["name"], exact(row["from_score"]), tuple(row["effects"])) for row in definition["grades"]
    ]
    appeal = definition.get("appeal") or {}
    return Rules(
        grades=tuple(sorted(grades, key=lambda one: one.from_score, reverse=True)),
        effects={
            row["code"]: _parse_effect(row)
            for row in [*(definition.get("rewards") or ()), *(definition.get("penalties") or ())]
        },
        vetoes={
            row["code"]: VetoRule(row["code"], row["name"], row["grade_cap"], row.get("rule") or "")
            for row in definition.get("vetoes") or ()
        },
        adjustments={
            row["code"]: AdjustmentRule(
                row["code"],
                row["name"],
                exact(row["points"]),
                _maybe(row.get("limit_per_month")),
                row.get("rule") or "",
            )
            for row in definition.get("adjustments") or ()
        },
        consecutive=tuple(_parse_consecutive(row) for row in definition.get("consecutive_rules") or ()),
        minimum_rated_weight=exact(definition["minimum_rated_weight"]),
        submit_working_days=int(appeal.get("submit_working_days", 3)),
        decide_working_days=int(appeal.get("decide_working_days", 5)),
        sign_off={row["step"]: row["by"] for row in definition.get("sign_off") or ()},
    )


def _parse_effect(row: Mapping[str, Any]) -> EffectRule:
    return EffectRule(
        code=row["code"],
        name=row["name"],
        kind=EffectKind(row["kind"]),
        amount=_maybe(row.get("amount")),
        unit=row.get("unit") or None,
        enabled=bool(row.get("enabled", True)),
        floor=_maybe(row.get("amount_floor")),
        ceiling=_maybe(row.get("amount_ceiling")),
    )


def said_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A rule over several months with all that it says; the office's four say some of it in words only."""
    return {**_SAID.get(str(row.get("code")), {}), **row}


def _parse_consecutive(row: Mapping[str, Any]) -> ConsecutiveRule:
    said = said_of(row)
    subject = said.get("subject")
    return ConsecutiveRule(
        code=said["code"],
        when=said["when"],
        grades=frozenset(said["grades"]),
        count=int(said["count"]),
        within=Within(said["within"]),
        subject=SubjectKind(subject) if subject else None,
        effects=tuple(said["effects"]),
    )


def effects_of(rules: Rules, causes: Iterable[tuple[str, str]]) -> tuple[Effect, ...]:
    """What (code, cause) pairs bring together: without what is switched off, each code between its floor and its
    ceiling over all causes, without what the ceiling left nothing of.
    """
    raw: dict[str, Decimal] = {}
    brought: list[Effect] = []
    for code, cause in causes:
        rule = rules.effects[code]
        if not rule.enabled:
            continue
        amount = rule.amount
        if amount is not None:
            before = rule.within(raw[code]) if code in raw else NOTHING
            raw[code] = raw.get(code, NOTHING) + amount
            amount = rule.within(raw[code]) - before
            if amount == NOTHING != rule.amount:
                continue
        brought.append(Effect(code, rule.kind, _with_sign(rule.kind, amount), rule.unit, cause))
    return tuple(brought)


def _with_sign(kind: EffectKind, amount: Decimal | None) -> Decimal | None:
    """The rules say a deduction without a sign, limits and all; on a sheet it takes money away."""
    return amount if amount is None or kind is not EffectKind.WAGE_DEDUCTION else -abs(amount)


def grade_effects(rules: Rules, grade: str) -> tuple[Effect, ...]:
    """What a grade brings."""
    return effects_of(rules, ((code, BY_GRADE) for code in rules.grade(grade).effects))


def bonus_of(effects: Iterable[Effect]) -> Decimal:
    """What effects bring in money, net, in yuan, exact: bonuses, less what is deducted from wages."""
    return sum((one.amount or NOTHING for one in effects if one.kind in MONEY), NOTHING)


def reduction_of(effects: Iterable[Effect]) -> Decimal:
    """By how many per cent the performance bonus of the month is reduced, at most wholly. Its base is payroll's."""
    return at_most_whole(_total(effects, EffectKind.BONUS_REDUCTION))


def at_most_whole(reduction: Decimal) -> Decimal:
    """Reductions of a bonus together, in per cent: more than the bonus there is not."""
    return min(reduction, WHOLE)


def points_of(effects: Iterable[Effect]) -> Decimal:
    """The points that effects give or take."""
    return _total(effects, EffectKind.POINTS)


def _total(effects: Iterable[Effect], kind: EffectKind) -> Decimal:
    return sum((one.amount or NOTHING for one in effects if one.kind is kind), NOTHING)


def consecutive(
    rules: Rules, grades_by_month: Mapping[str, str | None], subject: SubjectKind = SubjectKind.PERSON
) -> tuple[Effect, ...]:
    """What the newest month of ``grades_by_month`` ("2026-09" → grade, None: none) brings by the rules over months.

    A rule speaks in the month that completes it, and a month completes it once: of E for four months running, the
    second and the fourth are "two E". A month without a grade ends a run.
    """
    if not grades_by_month:
        return ()
    month = max(grades_by_month)
    found = [
        (code, rule.code)
        for rule in rules.consecutive
        if rule.subject in (None, subject) and is_completed(rule, grades_by_month, month)
        for code in rule.effects
    ]
    return effects_of(rules, found)


def is_completed(rule: ConsecutiveRule, grades: Mapping[str, str | None], month: str) -> bool:
    """Whether this month is the one that completes the rule, once more or for the first time."""
    if grades.get(month) not in rule.grades:
        return False
    if rule.within is Within.RUNNING:
        return _run_up_to(rule.grades, grades, month) % rule.count == 0
    span = _span_up_to(rule.within, month)
    return sum(grades.get(one) in rule.grades for one in span) == rule.count


def _run_up_to(wanted: Collection[str], grades: Mapping[str, str | None], month: str) -> int:
    length = 0
    while grades.get(month) in wanted:
        length += 1
        month = months_before(month, 1)
    return length


def _span_up_to(within: Within, month: str) -> Sequence[str]:
    """The months of the quarter or year of ``month``, up to it."""
    place = (int(month[5:]) - 1) % (IN_QUARTER if within is Within.QUARTER else MONTHS)
    return [months_before(month, back) for back in range(place + 1)]


def months_before(month: str, back: int) -> str:
    """The month so many months before: "2026-01" less 1 is "2025-12"."""
    counted = int(month[:4]) * MONTHS + int(month[5:]) - 1 - back
    return f"{counted // MONTHS:04d}-{counted % MONTHS + 1:02d}"
