"""What the manager's view measures against (R31, R32): definitions, and the targets of the schemes in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalPeriod
from backoffice.queries.appraisal_rules import rules_on, scheme, schemes_on
from backoffice.queries.rulebook import Rulebook
from policies.indicator import Indicator, parse_indicators
from policies.vocabulary_appraisal import PeriodState, SubjectKind


@dataclass(frozen=True)
class Aims:
    """Indicators by code, and the targets of those that have one."""

    indicators: Mapping[str, Indicator]
    targets: Mapping[str, Decimal]


def aims_on(session: Session, day: date) -> Aims:
    """By the versions that hold on a day: the scheme of departments goes first, then those of persons."""
    version = rules_on(session, day)
    indicators = Rulebook(session).keep_for_good(
        ("overview indicators", version.id), lambda: parse_indicators(version.definition)
    )
    rows = sorted(schemes_on(session, day), key=lambda row: row.subject is not SubjectKind.DEPARTMENT)
    targets: dict[str, Decimal] = {}
    for row in rows:
        for item in scheme(session, row.id).items:
            if item.target is not None:
                targets.setdefault(item.indicator, item.target)
    return Aims(indicators, targets)


def versions_on(session: Session, day: date) -> tuple[int, ...]:
    """The versions that hold on a day: of the shared rules, and of each scheme."""
    return (rules_on(session, day).id, *(row.id for row in schemes_on(session, day)))


def are_locked(session: Session, months: Iterable[str]) -> bool:
    """Whether the sheets of all these months are locked: figures of others are provisional (report.yaml)."""
    wanted = set(months)
    locked = sa.select(sa.func.count()).where(
        AppraisalPeriod.month.in_(sorted(wanted)), AppraisalPeriod.state == PeriodState.LOCKED
    )
    return bool(wanted) and session.scalar(locked) == len(wanted)
