"""Complaints of one kind that come in close together (R17): when they are a cluster, and which severity is proposed.

By the criteria of the severities: ten or more customers from one cause make it important; where the category itself is
major by default, as a wide outage is, they make it major.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from policies.message import Refusal
from policies.vocabulary import Severity

MOST_COMPLAINTS, MOST_HOURS = 1000, 24 * 14


@dataclass(frozen=True)
class ClusterRule:
    """So many customers of one leaf category within so many hours."""

    complaints: int = 10
    hours: int = 24

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.hours)

    def as_data(self) -> dict[str, int]:
        return {"complaints": self.complaints, "hours": self.hours}


@dataclass(frozen=True)
class Seen:
    """An open complaint of a leaf. ``customer`` is the same for the same phone; None where there is no phone."""

    complaint_id: int
    severity: Severity
    customer: bytes | None = None


def parse_rule(data: Mapping[str, Any] | None) -> ClusterRule:
    """The office's figures; what is not said, or makes no sense, keeps its default."""
    usual, found = ClusterRule(), data or {}
    rule = ClusterRule(_whole(found.get("complaints"), usual.complaints), _whole(found.get("hours"), usual.hours))
    return usual if refuse_rule(rule) else rule


def _whole(value: object, usual: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else usual


def refuse_rule(rule: ClusterRule) -> tuple[Refusal, ...]:
    """What is wrong with figures that somebody enters."""
    found = []
    if not 2 <= rule.complaints <= MOST_COMPLAINTS:
        found.append(Refusal("clusters.refused.complaints", {"most": MOST_COMPLAINTS}, "complaints", 422))
    if not 1 <= rule.hours <= MOST_HOURS:
        found.append(Refusal("clusters.refused.hours", {"most": MOST_HOURS}, "hours", 422))
    return tuple(found)


def customers(complaints: Iterable[Seen]) -> int:
    """How many customers they are of; one without a phone number cannot be told apart and counts as one of its own."""
    known, unknown = set(), 0
    for one in complaints:
        if one.customer is None:
            unknown += 1
        else:
            known.add(one.customer)
    return len(known) + unknown


def proposed_severity(default: Severity | None) -> Severity:
    """What a cluster of a category with this default severity is proposed for."""
    return Severity.MAJOR if default is Severity.MAJOR else Severity.IMPORTANT


def to_be_raised(complaints: Iterable[Seen], target: Severity) -> tuple[int, ...]:
    """Ids of those that stand below the severity proposed."""
    return tuple(one.complaint_id for one in complaints if one.severity.rank < target.rank)


def is_cluster(complaints: Iterable[Seen], rule: ClusterRule) -> bool:
    """Whether enough customers complain."""
    return customers(complaints) >= rule.complaints
