"""Corrective actions (R30): what one must say when it is assigned, which kinds there are, and when it is due.

The kinds with their days and verification are the office's data (``corrective_actions.yaml``); what is written here
beside them is the rule, and the kinds that stand while an office has none of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class CorrectiveType:
    """A kind of corrective action: working days by default, and by what it is verified."""

    code: str
    working_days: int
    verification: str
    name: Mapping[str, str]


@dataclass(frozen=True)
class CorrectiveRules:
    """The office's kinds, in order, and the share of the days in percent that a level has."""

    types: Mapping[str, CorrectiveType]
    shares: Mapping[CorrectiveLevel, Decimal]

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
    return CorrectiveRules(MappingProxyType(types), MappingProxyType(shares))


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
