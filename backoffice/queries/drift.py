"""What each inspector scored month by month (R28), beside partners and agreed standards; summed up by the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.inspection import Inspection
from backoffice.models.office import Staff
from backoffice.queries.agreement import PUBLISHED, first_score
from policies.drift import Sums
from policies.message import Name

HUNDREDTHS = Decimal(100)


@dataclass
class Course:
    """One inspector: sums by month (number of the month asked for), and signed differences of own less theirs."""

    staff_id: int
    name: Name
    months: dict[int, Sums] = field(default_factory=dict)
    partners: Sums = field(default_factory=Sums)
    standards: Sums = field(default_factory=Sums)


@dataclass(frozen=True)
class Months:
    """The months looked at: their first days, and all their bounds in UTC, one more than there are months."""

    days: Sequence[date]
    bounds: Sequence[datetime]


def courses(session: Session, months: Months, pass_from: Decimal) -> list[Course]:
    """Everybody who scored in these months, in order; five queries. ``pass_from``: from which score on it is a pass."""
    monthly = _monthly(session, months, pass_from)
    partners, standards = _partners(session, months), _standards(session, months)
    ids = sorted({*monthly, *partners, *standards})
    people = sa.select(Staff.id, Staff.name_zh, Staff.name_en).where(Staff.id.in_(ids)).order_by(Staff.id)
    return [
        Course(key, Name(zh, en), monthly.get(key, {}), partners.get(key, Sums()), standards.get(key, Sums()))
        for key, zh, en in session.execute(people)
    ]


def _monthly(session: Session, months: Months, pass_from: Decimal) -> dict[int, dict[int, Sums]]:
    """Sums of published scores by inspector and month of scoring; second scorings count as scorings too."""
    whole = sa.type_coerce(first_score(), sa.BigInteger)
    rows = (
        sa.select(
            Inspection.inspector_id.label("who"),
            _month(months, Inspection.scored_at).label("month"),
            whole.label("score"),
        )
        .where(
            Inspection.status.in_(PUBLISHED),
            Inspection.inspector_id.is_not(None),
            Inspection.scored_at >= months.bounds[0],
            Inspection.scored_at < months.bounds[-1],
            Inspection.score.is_not(None),
        )
        .subquery()
    )
    failed = sa.func.sum(sa.case((rows.c.score < int(pass_from * HUNDREDTHS), 1), else_=0))
    statement = sa.select(rows.c.who, rows.c.month, *_sums(rows.c.score), failed).group_by(rows.c.who, rows.c.month)
    found: dict[int, dict[int, Sums]] = {}
    for who, month, *sums in session.execute(statement):
        found.setdefault(who, {})[month] = _read(*sums)
    return found


def _partners(session: Session, months: Months) -> dict[int, Sums]:
    """Own score less the partner's on the same record, seen from both sides."""
    first, second = aliased(Inspection), aliased(Inspection)
    apart = _whole(first_score(first)) - _whole(first_score(second))
    rows = (
        sa.select(first.inspector_id.label("one"), second.inspector_id.label("other"), apart.label("apart"))
        .select_from(second)
        .join(first, first.id == second.pair_of_id)
        .where(
            second.pair_of_id.is_not(None),
            first.status.in_(PUBLISHED),
            second.status.in_(PUBLISHED),
            first.card_id == second.card_id,
            second.scored_at >= months.bounds[0],
            second.scored_at < months.bounds[-1],
        )
        .subquery()
    )
    found: dict[int, Sums] = {}
    for who, sign in ((rows.c.one, 1), (rows.c.other, -1)):
        for key, *sums in session.execute(sa.select(who, *_sums(rows.c.apart * sign)).group_by(who)):
            found[key] = found.get(key, Sums()).plus(_read(*sums))
    return found


def _standards(session: Session, months: Months) -> dict[int, Sums]:
    """Own score less the agreed standard's, over the calibration sessions closed in these months."""
    apart = _whole(CalibrationScore.score) - _whole(Calibration.standard_score)
    statement = (
        sa.select(CalibrationScore.staff_id, *_sums(apart))
        .join(Calibration, Calibration.id == CalibrationScore.calibration_id)
        .where(
            Calibration.closed_at >= months.bounds[0],
            Calibration.closed_at < months.bounds[-1],
            Calibration.standard_score.is_not(None),
            CalibrationScore.score.is_not(None),
        )
        .group_by(CalibrationScore.staff_id)
    )
    return {key: _read(*sums) for key, *sums in session.execute(statement)}


def _month(months: Months, moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[int]:
    ends: Mapping[int, datetime] = dict(enumerate(months.bounds[1:]))
    return sa.case(*((moment < end, number) for number, end in ends.items()), else_=len(ends))


def _whole(score: sa.ColumnElement[Decimal]) -> sa.ColumnElement[int]:
    """A score in whole hundredths, as it is stored, so that the database sums it exactly."""
    return sa.type_coerce(score, sa.BigInteger)


def _sums(score: sa.ColumnElement[int]) -> tuple[sa.ColumnElement[int], ...]:
    return (sa.func.count(), sa.func.sum(score), sa.func.sum(score * score))


def _read(n: int, total: int, squares: int, failed: int = 0) -> Sums:
    return Sums(int(n), Decimal(total) / HUNDREDTHS, Decimal(squares) / HUNDREDTHS**2, int(failed))
