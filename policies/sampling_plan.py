"""What a sampling plan says (R27), read from a row of ``plans`` in the office's sampling document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum, unique
from fractions import Fraction
from typing import Any, TypeVar

from policies.sampling import SizeRule
from policies.sampling_period import PeriodRule, is_draw_day
from policies.vocabulary import Outcome
from policies.vocabulary_inspection import PlanKind

Choice = TypeVar("Choice", bound=StrEnum)


@unique
class Source(StrEnum):
    """What a plan's population is made of."""

    CLOSED = "closed"
    STANDING = "standing"
    NOT_ESTABLISHED = "not_established"
    FOCUS = "focus"
    CALLS = "calls"
    NEW_STAFF = "new_staff"
    SCORED = "scored"

    @property
    def is_of_calls(self) -> bool:
        """Whether its units are calls and chats, not whole complaints."""
        return self in (Source.CALLS, Source.NEW_STAFF)

    @property
    def is_second_scoring(self) -> bool:
        """Whether what is drawn is scored a second time by somebody else (R28)."""
        return self is Source.SCORED


# The office tells its populations in words; these are the plans that it names. A plan of one's own says ``source``.
SOURCES: Mapping[str, Source] = {
    "monthly_regular": Source.STANDING,
    "monthly_calls": Source.CALLS,
    "new_staff": Source.NEW_STAFF,
    "not_established_check": Source.NOT_ESTABLISHED,
    "spot_check": Source.CLOSED,
    "focus_category": Source.FOCUS,
    "double_scoring": Source.SCORED,
}

STANDING = frozenset({
    Outcome.RESOLVED, Outcome.FIRST_CONTACT_RESOLVED, Outcome.CLOSED_UNSATISFIED, Outcome.CLOSED_UNREACHABLE,
})  # fmt: skip
"""Outcomes of a complaint that was found to stand."""
OUTCOMES: Mapping[Source, frozenset[Outcome]] = {
    Source.STANDING: STANDING,
    Source.NOT_ESTABLISHED: frozenset({Outcome.NOT_ESTABLISHED, Outcome.REFERRED_OUT}),
}
"""Outcomes that belong to a population; any where nothing is said."""

COMPLAINT_STRATA = ("handler", "intake_clerk", "department", "category", "severity", "channel", "outcome")
CALL_STRATA = ("speaker", "person", "department", "category", "severity", "channel")
SCORED_STRATA = ("inspector", "department")
COMPULSORY = ("severity", "outcome", "channel", "category", "priority")
"""Fields by whose value every unit may be taken (``all_of``)."""

FILTERS = ("departments", "channels", "categories", "severities")
"""What a plan may be narrowed down to for good, by codes; categories are leaves, or branches with all under them."""


def strata_of(source: Source) -> tuple[str, ...]:
    """By what a population may be divided."""
    if source.is_second_scoring:
        return SCORED_STRATA
    return CALL_STRATA if source.is_of_calls else COMPLAINT_STRATA


@dataclass(frozen=True)
class Compulsory:
    """Every unit with this value of this field is taken."""

    field: str
    value: str


@dataclass(frozen=True)
class Plan:
    """One version of a plan, read; ``due_working_days`` until its inspections must be published.

    ``double_share``: percent of what is drawn that a second inspector scores as well. ``filters``: what a plan of the
    calendar is narrowed down to for good, codes by ``FILTERS``; a person who draws says it anew each time.
    """

    code: str
    kind: PlanKind
    source: Source
    period: PeriodRule
    draw_on: str
    stratify_by: tuple[str, ...]
    size: SizeRule
    all_of: tuple[Compulsory, ...]
    exclude_outcomes: tuple[str, ...]
    scorecard: str
    due_working_days: int
    blind: bool = False
    other_department_only: bool = True
    confidential: bool = True
    double_share: Fraction = Fraction(0)
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_of_people(self) -> bool:
        """Whether a person chooses when, and from what, it draws, and says why."""
        return self.kind is PlanKind.AD_HOC


class PlanFormError(ValueError):
    """A definition that is none; says which part."""


def is_of_another_department(definition: Mapping[str, Any]) -> bool:
    """Whether its inspectors are of another department than the inspected, as long as there are such (R27)."""
    return bool(definition.get("other_department_only", True))


def parse_plan(definition: Mapping[str, Any]) -> Plan:
    """A plan from its definition; raises ``PlanFormError`` with the name of the part that cannot be read."""
    code = str(definition.get("code") or "")
    source = _source(definition, code)
    plan = Plan(
        code=code,
        kind=_one_of(PlanKind, definition, "kind"),
        source=source,
        period=_one_of(PeriodRule, definition, "period"),
        draw_on=str(definition.get("draw_on") or ""),
        stratify_by=tuple(str(one) for one in definition.get("stratify_by") or ()),
        size=SizeRule(
            _share(definition.get("share_percent")),
            _whole(definition, "number"),
            _whole(definition, "minimum_per_stratum") or 0,
        ),
        all_of=tuple(Compulsory(str(one["field"]), str(one["value"])) for one in definition.get("all_of") or ()),
        exclude_outcomes=tuple(str(one) for one in definition.get("exclude_outcomes") or ()),
        scorecard=str(definition.get("scorecard") or ""),
        due_working_days=_whole(definition, "due_working_days") or 0,
        blind=bool(definition.get("blind", False)),
        other_department_only=is_of_another_department(definition),
        confidential=bool(definition.get("confidential", True)),
        double_share=_share(definition.get("double_share_percent"), "double_share_percent") or Fraction(0),
        filters=_filters(definition),
    )
    if not is_draw_day(plan.draw_on):
        raise PlanFormError("draw_on")
    by_department = plan.stratify_by == ("department",)
    if set(plan.stratify_by) - set(strata_of(source)) or (plan.kind is PlanKind.LOT and not by_department):
        raise PlanFormError("stratify_by")
    if {one.field for one in plan.all_of} - set(COMPULSORY):
        raise PlanFormError("all_of")
    return plan


def _source(definition: Mapping[str, Any], code: str) -> Source:
    said = definition.get("source") or SOURCES.get(code, Source.CLOSED).value
    try:
        return Source(said)
    except ValueError as error:
        raise PlanFormError("source") from error


def _one_of(choices: type[Choice], definition: Mapping[str, Any], name: str) -> Choice:
    try:
        return choices(str(definition.get(name)))
    except ValueError as error:
        raise PlanFormError(name) from error


def _share(value: object, name: str = "share_percent") -> Fraction | None:
    if value is None:
        return None
    try:
        share = Fraction(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise PlanFormError(name) from error
    if not 0 <= share <= 100:
        raise PlanFormError(name)
    return share


def _filters(definition: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    said = definition.get("filters") or {}
    if not isinstance(said, Mapping) or set(said) - set(FILTERS):
        raise PlanFormError("filters")
    return {name: tuple(str(code) for code in codes) for name, codes in said.items() if codes}


def _whole(definition: Mapping[str, Any], name: str) -> int | None:
    value = definition.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PlanFormError(name)
    return value
