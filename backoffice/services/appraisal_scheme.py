"""Versions of the appraisal schemes and of the rules that they share (R32): drafts, their check, the way into force.

A sheet keeps the versions that it was computed by; what is in force is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalRules, AppraisalScheme
from backoffice.models.office import Department, Role
from backoffice.queries.appraisal_rules import find_rules, indicators_of, schemes_after, schemes_on
from backoffice.services.core import upkeep
from backoffice.services.core.versions import LONGEST_REASON, Versions, facts_of
from policies.access import Actor
from policies.appraisal import parse_rules
from policies.appraisal_check import KnownToSchemes, check_scheme, check_texts
from policies.appraisal_example import Example, example_of
from policies.appraisal_rules_check import check_rules, check_rules_texts
from policies.message import Name, Refusal
from policies.reference import check_choice, check_code, check_names, check_text
from policies.vocabulary_appraisal import SubjectKind

__all__ = [
    "LONGEST_REASON", "RULES", "RULES_SUBJECT", "SCHEMES", "SCHEME_SUBJECT", "begin", "example", "facts_of", "known",
]  # fmt: skip

SCHEME_SUBJECT = "appraisal_scheme"
RULES_SUBJECT = "appraisal_rules"


def begin(
    session: Session, actor: Actor, at: datetime, code: str, subject: str | None, name: Mapping[str, str], reason: str
) -> AppraisalScheme:
    """The first draft of a new scheme, still without indicators; ``subject`` is one of ``SubjectKind``."""
    upkeep.begin(session, actor)
    upkeep.ensure(
        check_choice("subject", subject, frozenset(one.value for one in SubjectKind)),
        check_code(code, upkeep.codes_of(session, AppraisalScheme)),
        check_names(name["zh"], name["en"]),
        check_text("reason", reason, longest=LONGEST_REASON, required=True),
    )
    whom = "roles" if subject == SubjectKind.PERSON else "departments"
    start = {
        "code": code,
        "version": 1,
        "name": dict(name),
        "subject": subject,
        whom: [],
        "items": [],
        "period": "month",
        "maximum_score": 100,
    }
    made: AppraisalScheme = SCHEMES.begin(session, actor, at, start, reason)
    return made


def faults(session: Session, definition: Mapping[str, Any], on: date) -> Sequence[Refusal]:
    """Everything that is wrong with a scheme. Who is appraised by another one is asked of what holds in the end: a
    scheme may be checked while the one that gives a role up to it is still to come.
    """
    last = {row.code: row for row in (*schemes_on(session, on), *schemes_after(session, on))}
    return check_scheme(definition, known(session, on, definition.get("code"), last.values()))


def known(session: Session, on: date, code: object = None, schemes: Iterable[AppraisalScheme] = ()) -> KnownToSchemes:
    """What a scheme may name on a day; ``schemes``: those whose people it may not take, itself left out."""
    roles, departments = _named(session, Role), _named(session, Department)
    return KnownToSchemes(
        indicators_of(find_rules(session, on)), roles, departments, _taken(code, schemes), {**departments, **roles}
    )


def _named(session: Session, model: Any) -> dict[str, Name]:
    rows = session.scalars(sa.select(model).where(model.retired_at.is_(None)).order_by(model.id))
    return {row.code: upkeep.name_of(row) for row in rows}


def _taken(code: object, schemes: Iterable[AppraisalScheme]) -> dict[str, Name]:
    return {
        whom: upkeep.name_of(row)
        for row in schemes
        if row.code != code
        for whom in (*(row.definition.get("roles") or ()), *(row.definition.get("departments") or ()))
    }


def against_holding(session: Session, definition: Mapping[str, Any], day: date) -> Sequence[Refusal]:
    """Sheets are of whole months, and nobody is appraised by two schemes, from that day on or later."""
    found = _whole_months(session, definition, day)
    holding = known(session, day, definition.get("code"), (*schemes_on(session, day), *schemes_after(session, day)))
    taken = [one for one in check_scheme(definition, holding) if one.key == "appraisal_check.taken"]
    return [*found, *taken]


def _whole_months(_session: Session, _definition: Mapping[str, Any], day: date) -> list[Refusal]:
    return [] if day.day == 1 else [Refusal("appraisal_check.first_of_month", {}, "valid_from", 422)]


def example(
    session: Session, definition: Mapping[str, Any], on: date, values: Mapping[str, Decimal | None]
) -> Example | None:
    """What made-up values come to by a scheme that is being written; writes nothing. None: there are no rules yet."""
    rules = find_rules(session, on)
    if rules is None:
        return None
    return example_of(definition, parse_rules(rules.definition), indicators_of(rules), values)


def _no_columns(_definition: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def _rules_faults(_session: Session, definition: Mapping[str, Any], _on: date) -> Sequence[Refusal]:
    return check_rules(definition)


SCHEMES = Versions(
    AppraisalScheme,
    SCHEME_SUBJECT,
    faults,
    check_texts,
    lambda definition: {"subject": SubjectKind(definition["subject"])},
    against_holding=against_holding,
)
RULES = Versions(
    AppraisalRules, RULES_SUBJECT, _rules_faults, check_rules_texts, _no_columns, against_holding=_whole_months
)
