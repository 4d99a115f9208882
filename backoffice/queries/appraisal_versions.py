"""Which version of a scheme and of the shared rules holds on a day (R32), read through a session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalRules, AppraisalScheme
from policies.appraisal import Rules, parse_rules
from policies.indicator import Indicator, parse_indicators
from policies.vocabulary import VersionState


def _in_force(model: Any) -> sa.Select[Any]:
    return sa.select(model).where(model.state == VersionState.EFFECTIVE, model.retired_at.is_(None))


def rules_on(session: Session, day: date) -> AppraisalRules | None:
    """The shared rules that hold on a day; None where the office has none yet."""
    newest = _in_force(AppraisalRules).where(AppraisalRules.valid_from <= day)
    return session.scalars(
        newest.order_by(AppraisalRules.valid_from.desc(), AppraisalRules.version.desc()).limit(1)
    ).one_or_none()


def schemes_after(session: Session, day: date) -> list[AppraisalScheme]:
    """The versions of schemes that are in force from a later day on, soonest first."""
    rows = _in_force(AppraisalScheme).where(AppraisalScheme.valid_from > day)
    return list(session.scalars(rows.order_by(AppraisalScheme.valid_from, AppraisalScheme.code)))


def indicators_of(rules: AppraisalRules | None) -> Mapping[str, Indicator]:
    """The indicators as a version of the shared rules has them."""
    return {} if rules is None else parse_indicators(rules.definition)


def parsed(rules: AppraisalRules) -> Rules:
    """The grades and what they bring, as a version of the shared rules has them."""
    return parse_rules(rules.definition)
