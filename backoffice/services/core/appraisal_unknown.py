"""Approved lines that the rules of their month do not have (R32, R33).

A line may be agreed before the rules of its month are drawn up. Where these have nothing of the kind any more, it can
bring nothing: the month is computed without it, and is neither checked nor locked before somebody refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod
from backoffice.queries import appraisal_rules
from policies.appraisal_outcome import is_known
from policies.message import Name
from policies.vocabulary_appraisal import LineState

Unknown = list[tuple[AppraisalManualLine, Name]]


def unknown_of(session: Session, period: AppraisalPeriod, lines: Iterable[AppraisalManualLine]) -> Unknown:
    """Those of the lines that are approved and that the month's rules do not have, each with its name of old."""
    if period.rules_id is None:
        return []
    rules = appraisal_rules.book(session, period.rules_id).rules
    found = [row for row in lines if row.state is LineState.APPROVED and not is_known(rules, row.kind, row.code)]
    return [(row, appraisal_rules.old_name(session, row.kind, row.code)) for row in found]


def unknown_lines(session: Session, period: AppraisalPeriod) -> Unknown:
    """All such lines of a month, whether or not there is a sheet for them, with whom they are for."""
    mine = (AppraisalManualLine.month == period.month, AppraisalManualLine.state == LineState.APPROVED)
    options = (joinedload(AppraisalManualLine.staff), joinedload(AppraisalManualLine.department))
    rows = sa.select(AppraisalManualLine).where(*mine).options(*options).order_by(AppraisalManualLine.id)
    return unknown_of(session, period, session.scalars(rows))
