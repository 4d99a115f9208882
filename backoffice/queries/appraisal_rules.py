"""Which schemes and which shared rules of the appraisal hold for a month (R32): those in force on its first day.

A version that begins later in the month counts from the next one: nobody is measured by what came after the month
began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalRules, AppraisalScheme
from backoffice.queries.rulebook import Rulebook
from policies.appraisal import Rules, Scheme, parse_rules, parse_scheme
from policies.appraisal_lines import LineCode, line_codes
from policies.indicator import Indicator, parse_indicators
from policies.message import Name, Refusal
from policies.vocabulary import VersionState
from policies.vocabulary_appraisal import LineKind


@dataclass(frozen=True)
class Book:
    """The shared rules of one version, read."""

    row: AppraisalRules
    rules: Rules
    indicators: Mapping[str, Indicator]
    lines: Mapping[tuple[LineKind, str], LineCode]


def find_rules(session: Session, day: date) -> AppraisalRules | None:
    """The version of the shared rules that holds on a day; the first one where none had begun. None without any."""
    found = _in_force(AppraisalRules)
    begun = session.scalars(
        found.where(AppraisalRules.valid_from <= day).order_by(
            AppraisalRules.valid_from.desc(), AppraisalRules.version.desc()
        )
    ).first()
    return begun or session.scalars(found.order_by(AppraisalRules.valid_from, AppraisalRules.version)).first()


def rules_on(session: Session, day: date) -> AppraisalRules:
    """As ``find_rules``; 409 where the office has none."""
    row = find_rules(session, day)
    if row is None:
        raise DomainError(Refusal("appraisal.refused.no_rules"))
    return row


def indicators_of(rules: AppraisalRules | None) -> Mapping[str, Indicator]:
    """The indicators as a version of the shared rules has them."""
    return {} if rules is None else parse_indicators(rules.definition)


def schemes_on(session: Session, day: date) -> list[AppraisalScheme]:
    """The version of each scheme that holds on a day, in the office's order: as they were first written down.

    Where none had begun by then, the first of each.
    """
    rows = list(session.scalars(_in_force(AppraisalScheme).order_by(AppraisalScheme.id)))
    order = {code: place for place, code in enumerate(_codes(session))}
    holding: dict[str, AppraisalScheme] = {}
    for row in rows:
        known = holding.get(row.code)
        if row.valid_from <= day and (
            known is None or (row.valid_from, row.version) > (known.valid_from, known.version)
        ):
            holding[row.code] = row
    if not holding:
        for row in sorted(rows, key=lambda one: (one.valid_from, one.version), reverse=True):
            holding[row.code] = row
    return sorted(holding.values(), key=lambda row: order[row.code])


def schemes_after(session: Session, day: date) -> list[AppraisalScheme]:
    """The versions of schemes that are in force from a later day on, soonest first."""
    rows = _in_force(AppraisalScheme).where(AppraisalScheme.valid_from > day)
    return list(session.scalars(rows.order_by(AppraisalScheme.valid_from, AppraisalScheme.code)))


def _codes(session: Session) -> list[str]:
    first = sa.select(AppraisalScheme.code).group_by(AppraisalScheme.code).order_by(sa.func.min(AppraisalScheme.id))
    return list(session.scalars(first))


def _in_force(model: type[AppraisalRules] | type[AppraisalScheme]) -> sa.Select:  # type: ignore[type-arg]
    return sa.select(model).where(model.state == VersionState.EFFECTIVE, model.retired_at.is_(None))


def book(session: Session, rules_id: int) -> Book:
    """A version of the shared rules, read; kept while it can no longer change."""
    return Rulebook(session).keep_for_good(("appraisal rules", rules_id), lambda: _read(session, rules_id))


def _read(session: Session, rules_id: int) -> Book:
    row = session.get_one(AppraisalRules, rules_id)
    session.expunge(row)
    return Book(row, parse_rules(row.definition), parse_indicators(row.definition), line_codes(row.definition))


def old_name(session: Session, kind: LineKind, code: str) -> Name:
    """What a line outside the formula was called by the newest rules that had it; its code where none ever did."""
    newest = sa.select(AppraisalRules.id).where(AppraisalRules.state == VersionState.EFFECTIVE)
    for rules_id in session.scalars(newest.order_by(AppraisalRules.id.desc())):
        if known := book(session, rules_id).lines.get((kind, code)):
            return known.name
    return Name(code, code)


def scheme(session: Session, scheme_id: int) -> Scheme:
    """A version of a scheme, read."""

    def load() -> Scheme:
        return parse_scheme(session.get_one(AppraisalScheme, scheme_id).definition)

    return Rulebook(session).keep_for_good(("appraisal scheme", scheme_id), load)
