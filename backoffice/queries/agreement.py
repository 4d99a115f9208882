"""Records that two inspectors scored independently (R28), with the marks that each gave first.

Two are compared only when both are published: what was merely submitted can still be taken back, and whoever knew the
other's marks would not score unseen. An appeal's marks are not an inspector's; compared is what was given at first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark, Scorecard
from backoffice.models.office import Staff
from backoffice.models.sampling import Draw, SamplingPlan
from policies.agreement import Percents, Scored
from policies.message import Name
from policies.vocabulary_inspection import InspectionStatus

MOST_PAIRS = 300
PUBLISHED = tuple(status for status in InspectionStatus if status.is_published)


@dataclass(frozen=True)
class Asked:
    """Which pairs are wanted: completed from ``since`` up to, not including, ``until``; one card's or plan's code;
    one inspector's own (``staff_id``).
    """

    since: datetime
    until: datetime
    card: str = ""
    plan: str = ""
    staff_id: int | None = None


@dataclass(frozen=True)
class ScoringOf:
    """One of the two scorings: whose, under which number, and what it came to before any appeal."""

    id: int
    number: str
    staff_id: int
    name: Name
    score: Decimal | None


@dataclass(frozen=True)
class Pair:
    """A record scored twice. ``at`` is when the later one was submitted."""

    first: ScoringOf
    second: ScoringOf
    complaint: str
    card_id: int
    plan: str
    at: datetime
    marks: tuple[Percents, Percents] = field(default=({}, {}))

    @property
    def scored(self) -> tuple[Scored, Scored]:
        """Both as the rules compare them."""
        return Scored(self.marks[0], self.first.score), Scored(self.marks[1], self.second.score)

    @property
    def people(self) -> tuple[int, int]:
        """Both inspectors, in the order of their ids."""
        low, high = sorted((self.first.staff_id, self.second.staff_id))
        return low, high


def pairs(session: Session, asked: Asked, most: int = MOST_PAIRS) -> list[Pair]:
    """The newest pairs of a period with their marks, at most ``most``; two queries."""
    found = [_pair(row) for row in session.execute(_statement(asked).limit(most))]
    marks = _marks(session, [one.id for pair in found for one in (pair.first, pair.second)])
    return [
        Pair(**{**vars(pair), "marks": (marks.get(pair.first.id, {}), marks.get(pair.second.id, {}))}) for pair in found
    ]


def count(session: Session, asked: Asked, bound: int = MOST_PAIRS) -> int:
    """How many pairs there are, counted up to one more than ``bound``."""
    rows = _statement(asked).order_by(None).limit(bound + 1).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(rows)) or 0


def first_score(row: type[Inspection] = Inspection) -> sa.ColumnElement[Decimal]:
    """The score that the inspector gave: before the appeal, where one changed it."""
    before = sa.select(InspectionAppeal.old_score).where(InspectionAppeal.inspection_id == row.id)
    return sa.func.coalesce(before.correlate(row).scalar_subquery(), row.score, type_=InspectionAppeal.old_score.type)


def plans_of_pairs(session: Session) -> list[str]:
    """Codes of the plans by whose draws records are scored twice."""
    second = sa.select(Inspection.draw_id).where(Inspection.pair_of_id.is_not(None))
    return list(
        session.scalars(sa.select(Draw.plan_code).where(Draw.id.in_(second)).distinct().order_by(Draw.plan_code))
    )


def plan_names(session: Session, codes: Iterable[str]) -> dict[str, Name]:
    """Code of a plan → its name, of the newest version."""
    rows = sa.select(SamplingPlan.code, SamplingPlan.name_zh, SamplingPlan.name_en)
    wanted = rows.where(SamplingPlan.code.in_(list(codes))).order_by(SamplingPlan.version)
    return {code: Name(zh, en) for code, zh, en in session.execute(wanted)}


def _statement(asked: Asked) -> sa.Select[tuple[object, ...]]:
    """Both scorings of a record in one row, the newest first."""
    first, second = aliased(Inspection), aliased(Inspection)
    one, other = aliased(Staff), aliased(Staff)
    at = sa.case((first.scored_at > second.scored_at, first.scored_at), else_=second.scored_at)
    columns = [
        *(column.label(name) for name, column in _columns(first, one, "first").items()),
        *(column.label(name) for name, column in _columns(second, other, "second").items()),
        Complaint.number.label("complaint"),
        first.card_id.label("card_id"),
        Draw.plan_code.label("plan"),
        sa.type_coerce(at, Inspection.scored_at.type).label("at"),
    ]
    statement = (
        sa.select(*columns)
        .select_from(second)
        .join(first, first.id == second.pair_of_id)
        .join(one, one.id == first.inspector_id)
        .join(other, other.id == second.inspector_id)
        .join(Complaint, Complaint.id == second.complaint_id)
        .join(Draw, Draw.id == second.draw_id)
        .where(
            second.pair_of_id.is_not(None),
            first.status.in_(PUBLISHED),
            second.status.in_(PUBLISHED),
            first.card_id == second.card_id,
            sa.or_(first.scored_at >= asked.since, second.scored_at >= asked.since),
            first.scored_at < asked.until,
            second.scored_at < asked.until,
        )
        .order_by(sa.desc("at"), second.id.desc())
    )
    if asked.card:
        statement = statement.join(Scorecard, Scorecard.id == second.card_id).where(Scorecard.code == asked.card)
    if asked.plan:
        statement = statement.where(Draw.plan_code == asked.plan)
    if asked.staff_id is not None:
        statement = statement.where(sa.or_(one.id == asked.staff_id, other.id == asked.staff_id))
    return statement


def _columns(row: type[Inspection], staff: type[Staff], prefix: str) -> Mapping[str, sa.ColumnElement[object]]:
    return {
        f"{prefix}_id": row.id,
        f"{prefix}_number": row.number,
        f"{prefix}_staff": staff.id,
        f"{prefix}_zh": staff.name_zh,
        f"{prefix}_en": staff.name_en,
        f"{prefix}_score": first_score(row),
    }


def _pair(row: sa.Row[tuple[object, ...]]) -> Pair:
    values = row._mapping  # noqa: SLF001 (its public name in SQLAlchemy)

    def scoring(prefix: str) -> ScoringOf:
        names = ("id", "number", "staff", "zh", "en", "score")
        key, number, staff, zh, en, score = (values[f"{prefix}_{name}"] for name in names)
        return ScoringOf(key, number, staff, Name(zh, en), score)

    return Pair(
        scoring("first"), scoring("second"), values["complaint"], values["card_id"], values["plan"], values["at"]
    )


def _marks(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Decimal | None]]:
    wanted: Sequence[int] = sorted(set(ids))
    if not wanted:
        return {}
    statement = sa.select(InspectionMark.inspection_id, InspectionMark.item, InspectionMark.percent).where(
        InspectionMark.inspection_id.in_(wanted), InspectionMark.round == 0
    )
    found: dict[int, dict[str, Decimal | None]] = {}
    for inspection_id, item, percent in session.execute(statement):
        found.setdefault(inspection_id, {})[item] = percent
    return found
