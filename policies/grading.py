"""How grave and how pressing a complaint is (R3): priority by urgency and impact, a suggested severity with reasons.

A suggestion never decides: the clerk may choose otherwise and says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from policies.message import Message, Refusal
from policies.vocabulary import Level, Priority, Severity, label_key


@dataclass(frozen=True)
class PriorityMatrix:
    """Which priority follows from urgency and impact; every pair stands in it."""

    rows: Mapping[tuple[Level, Level], Priority]

    @classmethod
    def from_data(cls, rows: Iterable[Mapping[str, str]]) -> PriorityMatrix:
        """From the form of ``office/processes.yaml``; ``ValueError`` unless every pair stands in it once."""
        found: dict[tuple[Level, Level], Priority] = {}
        for row in rows:
            pair = (Level(row["urgency"]), Level(row["impact"]))
            if pair in found:
                raise ValueError(f"{pair[0]} × {pair[1]} stands in the matrix twice")
            found[pair] = Priority(row["priority"])
        if len(found) != len(Level) ** 2:
            raise ValueError("the priority matrix is not complete")
        return cls(found)

    def as_data(self) -> list[dict[str, str]]:
        """The same as plain JSON values, for the page's script."""
        return [
            {"urgency": urgency.value, "impact": impact.value, "priority": priority.value}
            for (urgency, impact), priority in self.rows.items()
        ]

    def priority(self, severity: Severity, urgency: Level, impact: Level) -> Priority:
        """The priority of a complaint; a major one is always high."""
        return Priority.HIGH if severity is Severity.MAJOR else self.rows[urgency, impact]


@dataclass(frozen=True)
class SeverityCriteria:
    """The figures of the criteria for severities (``office/processes.yaml``); amounts in the office's currency."""

    important_customers: int = 10
    important_claim: Decimal = Decimal(5000)
    major_claim: Decimal = Decimal(50000)
    major_leaked_customers: int = 100
    important_nth: int = 3
    repeat_days: int = 30
    referring_channels: frozenset[str] = frozenset({"regulator_referral", "government_hotline"})


@dataclass(frozen=True)
class SeverityFacts:
    """What is known at intake that bears on severity. ``leaked_customers``: whose personal data came out."""

    category_severity: Severity = Severity.GENERAL
    channel: str = ""
    customers: int = 1
    claim: Decimal | None = None
    nth_complaint: int = 1
    key_customer: bool = False
    will_appeal: bool = False
    leaked_customers: int = 0
    wide_outage: bool = False
    emergency_calls: bool = False
    media_or_crowd: bool = False
    injury_or_heavy_loss: bool = False


@dataclass(frozen=True)
class SeveritySuggestion:
    """The gravest severity for which a criterion speaks, with all criteria that speak for it."""

    severity: Severity
    reasons: tuple[Message, ...] = field(default=())

    @property
    def message(self) -> Message:
        label = Message(label_key(self.severity))
        if not self.reasons:
            return Message("intake_rules.severity.suggested", {"severity": label})
        return Message("intake_rules.severity.suggested_because", {"severity": label, "reasons": self.reasons})


def suggest_severity(facts: SeverityFacts, criteria: SeverityCriteria | None = None) -> SeveritySuggestion:
    """The severity that the criteria of the office speak for (R3)."""
    criteria = criteria or SeverityCriteria()
    speaking = [*_major(facts, criteria), *_important(facts, criteria)]
    if facts.category_severity is not Severity.GENERAL:
        speaking.append((facts.category_severity, _reason("category")))
    gravest = max((severity for severity, _ in speaking), key=lambda severity: severity.rank, default=Severity.GENERAL)
    return SeveritySuggestion(gravest, tuple(reason for severity, reason in speaking if severity is gravest))


def refuse_severity(chosen: Severity, suggestion: SeveritySuggestion, reason: str) -> Refusal | None:
    """A severity other than the suggested one needs its reason (R3)."""
    if chosen is suggestion.severity or reason.strip():
        return None
    params = {"suggestion": suggestion.message}
    return Refusal("intake_rules.severity.reason_missing", params, field="severity_reason", status=422)


def _major(facts: SeverityFacts, criteria: SeverityCriteria) -> list[tuple[Severity, Message]]:
    claim = facts.claim or Decimal(0)
    found = [
        (facts.wide_outage, _reason("wide_outage")),
        (facts.emergency_calls, _reason("emergency_calls")),
        (facts.media_or_crowd, _reason("media_or_crowd")),
        (facts.injury_or_heavy_loss, _reason("injury_or_heavy_loss")),
        (
            facts.leaked_customers >= criteria.major_leaked_customers,
            _reason("leak", customers=facts.leaked_customers, limit=criteria.major_leaked_customers),
        ),
        (claim >= criteria.major_claim, _reason("claim", claim=claim, limit=criteria.major_claim)),
    ]
    return [(Severity.MAJOR, reason) for holds, reason in found if holds]


def _important(facts: SeverityFacts, criteria: SeverityCriteria) -> list[tuple[Severity, Message]]:
    claim = facts.claim or Decimal(0)
    found = [
        (
            facts.customers >= criteria.important_customers,
            _reason("customers", customers=facts.customers, limit=criteria.important_customers),
        ),
        (facts.key_customer, _reason("key_customer")),
        (claim >= criteria.important_claim, _reason("claim", claim=claim, limit=criteria.important_claim)),
        (facts.leaked_customers > 0, _reason("personal_data")),
        (facts.channel in criteria.referring_channels, _reason("referred")),
        (facts.will_appeal, _reason("will_appeal")),
        (
            facts.nth_complaint >= criteria.important_nth,
            _reason("repeated", nth=facts.nth_complaint, days=criteria.repeat_days),
        ),
    ]
    return [(Severity.IMPORTANT, reason) for holds, reason in found if holds]


def _reason(name: str, **params: object) -> Message:
    return Message(f"intake_rules.severity.because_{name}", params)
