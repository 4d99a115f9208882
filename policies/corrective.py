"""Corrective actions (R30): what one must say when it is assigned, which kinds there are, and when it is due.

The kinds with their days and verification are the office's data (``corrective_actions.yaml``); what is written here
beside them is the rule, and the kinds that stand while an office has none of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from types import MappingProxyType
from typing import Any

from policies.fields import is_blank
from policies.message import Message, Refusal
from policies.vocabulary_teamwork import CorrectiveLevel

WHOLE = Decimal(100)
REQUIRED = ("title", "type", "root_cause", "owner", "expected_effect")
"""What whoever assigns one must enter; its source follows from where it is opened, its date by its kind."""
IMPROVING = frozenset({"rule_change", "process_change", "training"})
"""Kinds of which a post-review brings at least one (act ``post_review``: a change to rules, process or training)."""
AFTER_FINDING = "training"
"""The kind that an inspection opens by rule: what its items test is what people do. Others are assigned by hand."""
OF_RECORD: Mapping[str, str] = MappingProxyType({
    "complaint": "complaint", "inspection": "inspection", "appeal": "inspection",
})  # fmt: skip
"""Sources that must name their record, and which record that is."""
BY_AN_ACT = frozenset({"post_review"})
"""Sources from which only an act of their own opens one."""


@dataclass(frozen=True)
class CorrectiveType:
    """A kind of corrective action: working days by default, and by what it is verified."""

    code: str
    working_days: int
    verification: str
    name: Mapping[str, str]


@dataclass(frozen=True)
class Listed:
    """An entry of one of the office's lists: its code, its name; of a way to verify, how it is done."""

    code: str
    name: Mapping[str, str]
    how: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CorrectiveRules:
    """The office's kinds, in order, and the share of the days in percent that a level has; its other lists."""

    types: Mapping[str, CorrectiveType]
    shares: Mapping[CorrectiveLevel, Decimal]
    sources: Mapping[str, Listed] = field(default_factory=dict)
    verifications: Mapping[str, Listed] = field(default_factory=dict)

    @property
    def after_finding(self) -> CorrectiveType:
        """The kind that a finding opens by rule; the first of the list where the office has none of that code."""
        return self.types.get(AFTER_FINDING) or next(iter(self.types.values()))

    @property
    def by_hand(self) -> tuple[Listed, ...]:
        """The sources that somebody may name when assigning one by the form."""
        return tuple(one for code, one in self.sources.items() if code not in BY_AN_ACT)

    def working_days(self, kind: str, level: CorrectiveLevel) -> int:
        """Working days from today to the date by default: the kind's, by the level's share, rounded up, at least 1."""
        days = Decimal(self.types[kind].working_days) * self.shares.get(level, WHOLE) / WHOLE
        return max(1, int(days.to_integral_value(ROUND_CEILING)))


def parse_corrective(document: Mapping[str, Any]) -> CorrectiveRules:
    """Read the office's document of corrective actions."""
    types = {
        row["code"]: CorrectiveType(row["code"], int(row["default_working_days"]), row["verification"], row["name"])
        for row in document["types"]
    }
    shares = {CorrectiveLevel(row["code"]): Decimal(str(row["share_of_days_percent"])) for row in document["levels"]}
    return CorrectiveRules(
        MappingProxyType(types),
        MappingProxyType(shares),
        _listed(document.get("sources", ())),
        _listed(document.get("verifications", ())),
    )


def _listed(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Listed]:
    return MappingProxyType({row["code"]: Listed(row["code"], row["name"], row.get("how") or {}) for row in rows})


def opens_by_rule(score: Decimal | None, fatal: bool, below: Decimal) -> bool:
    """R28, R30: a fatal hit opens a corrective action, and so does a score below the office's figure (75)."""
    return fatal or (score is not None and score < below)


def refuse_new(
    values: Mapping[str, object], rules: CorrectiveRules, today: date, allowed: Collection[int]
) -> Iterator[Refusal]:
    """What is missing or wrong in one that is assigned by the form, each at its field. ``allowed``: who may own one."""
    for name in ("source", *REQUIRED):
        if is_blank(values.get(name)):
            yield _missing(name)
    source, kind, owner = values.get("source"), values.get("type"), values.get("owner")
    if source is not None and source not in {one.code for one in rules.by_hand}:
        yield _wrong("unknown_source", "source")
    if kind is not None and kind not in rules.types:
        yield _wrong("unknown_type", "type")
    if owner is not None and owner not in allowed:
        yield _wrong("owner_not_yours", "owner")
    record = OF_RECORD.get(str(source))
    if record is not None and is_blank(values.get(record)):
        yield _missing(record)
    due = values.get("due_on")
    if isinstance(due, date) and due < today:
        yield _wrong("new_date_past", "due_on")
    helpers = values.get("helpers")
    if isinstance(helpers, (list, tuple)) and owner in helpers:
        yield _wrong("owner_helps", "helpers")


def _missing(name: str) -> Refusal:
    return Refusal("corrective.refused.field_missing", {"name": Message(f"corrective.field.{name}")}, name, 422)


def _wrong(reason: str, field: str) -> Refusal:
    return Refusal(f"corrective.refused.{reason}", field=field, status=422)


def refuse_rows(rows: object, field: str, kinds: Collection[str] | None, today: date | None) -> Iterator[Refusal]:
    """What is missing or wrong in rows of corrective actions, row by row. ``kinds`` None: whatever is said is known."""
    for number, row in enumerate(rows if isinstance(rows, (list, tuple)) else (), 1):
        missing = [name for name in REQUIRED if is_blank(row.get(name))]
        if missing:
            names = tuple(Message(f"corrective.field.{name}") for name in missing)
            yield _refused("row_incomplete", field, n=number, missing=names)
        elif kinds is not None and row["type"] not in kinds:
            yield _refused("type", field, n=number)
        due = row.get("due_on")
        if today is not None and isinstance(due, date) and due < today:
            yield _refused("due_past", field, n=number)


def refuse_review(rows: object, field: str) -> Iterator[Refusal]:
    """R17: a post-review brings at least one change to rules, process or training."""
    kinds = {row.get("type") for row in rows} if isinstance(rows, (list, tuple)) else set()
    if kinds and not kinds & IMPROVING:
        yield _refused("no_improvement", field)


def _refused(reason: str, field: str, **params: object) -> Refusal:
    return Refusal(f"corrective.refused.{reason}", params, field=field, status=422)
