"""What a plan may draw from (R27): each population as one statement, its units in ascending order of their numbers.

One statement is one picture of the database, however long it is read: rows stream from it, each with its stratum,
whether it is compulsory, and why it is left out, where it is. Numbers are compared by their bytes on every database, so
that the same office gives the same population on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel
from backoffice.models.handling import CallBack, Communication
from backoffice.models.inspection import Inspection
from backoffice.models.office import Department, Staff
from backoffice.models.sampling import Draw
from backoffice.queries.inspected_people import new_or_coached
from policies.sampling import Stratum
from policies.sampling_period import Period
from policies.sampling_plan import OUTCOMES, Plan, Source
from policies.vocabulary import CommunicationKind, ContactWay
from policies.vocabulary_inspection import DrawState, InspectionStatus

BATCH = 2000
FEW = 20_000
"""Up to so many, a database sorts what it found; of more, SQLite goes along the index of numbers, in flat memory."""
SPOKEN = (ContactWay.PHONE.value, ContactWay.WECHAT.value, ContactWay.APP.value)
"""Ways of which there is a recording or a chat."""
SCORED = tuple(one for one in InspectionStatus if one not in (
    InspectionStatus.DRAWN, InspectionStatus.IN_PROGRESS, InspectionStatus.CANCELLED,
))  # fmt: skip
UNKNOWN = "-"
"""The stratum of what has no handler, no department …"""


@dataclass(frozen=True)
class Filters:
    """What a person, or a plan for good, narrows a population down to, by codes; nothing said means any. ``categories``
    are leaves or branches with all under them.
    """

    departments: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    handlers: tuple[str, ...] = ()

    def plain(self) -> dict[str, list[str]]:
        """What was said, for the draw's own record."""
        return {name: sorted(codes) for name, codes in vars(self).items() if codes}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Filters:
        """The same, read again."""
        return cls(**{name: tuple(plain.get(name) or ()) for name in cls.__dataclass_fields__})


class Row(NamedTuple):
    """A unit of a population as it was found; ``left_out`` is the reason, "" for one that may be drawn."""

    number: str
    stratum: Stratum
    compulsory: bool
    left_out: str
    subject_id: int | None
    department_id: int | None


@dataclass(frozen=True)
class Asked:
    """A question for a population: which plan, which days, narrowed down to what."""

    plan: Plan
    period: Period
    zone: ZoneInfo
    filters: Filters = field(default_factory=Filters)
    plan_since: date | None = None

    def bounds(self) -> tuple[datetime, datetime]:
        """First moment, and first moment after it, in UTC."""
        begin = datetime.combine(self.period.first, time.min, self.zone)
        end = datetime.combine(self.period.last + timedelta(days=1), time.min, self.zone)
        return begin.astimezone(UTC), end.astimezone(UTC)

    def plain(self) -> dict[str, Any]:
        """The condition as it was asked, and how many of each stratum, in words that can be read again."""
        size = self.plan.size
        return {
            "source": self.plan.source.value,
            "from": self.period.first.isoformat(),
            "until": self.period.last.isoformat(),
            "stratify_by": list(self.plan.stratify_by),
            "all_of": [{"field": one.field, "value": one.value} for one in self.plan.all_of],
            "exclude_outcomes": list(self.plan.exclude_outcomes),
            "confidential": self.plan.confidential,
            "size": {
                "share_percent": None if size.share_percent is None else str(size.share_percent),
                "number": size.number,
                "minimum": size.minimum,
            },
            "filters": self.filters.plain(),
        } | self._double()

    def _double(self) -> dict[str, str]:
        share = self.plan.double_share
        return {"double_share_percent": str(share)} if share else {}


def rows(session: Session, asked: Asked) -> Iterator[Row]:
    """The units, streamed in ascending order; what is left out comes with its reason."""
    codes = _Codes(session)
    units = _units(session, asked)
    dimensions = [_DIMENSIONS[one] for one in asked.plan.stratify_by]
    columns = [getattr(units.c, name) for name, _kind in dimensions]
    left_out = _left_out(session, asked, units)
    ordered = units.c.number.collate("C") if session.get_bind().dialect.name == "postgresql" else units.c.number
    statement = sa.select(
        units.c.number, units.c.compulsory, left_out, units.c.subject_id, units.c.department_id, *columns
    ).order_by(ordered)
    names = [codes.of(kind) for _name, kind in dimensions]
    for number, compulsory, why, subject, department, *values in session.execute(
        statement.execution_options(yield_per=BATCH)
    ):
        stratum = tuple(name.get(value, UNKNOWN) for name, value in zip(names, values, strict=True))
        yield Row(number, stratum, bool(compulsory), why or "", subject, department)


# By what a population is divided: the column of the unit, and what its value is an id of.
_DIMENSIONS: Mapping[str, tuple[str, str]] = {
    "handler": ("subject_id", "staff"),
    "intake_clerk": ("registered_by_id", "staff"),
    "speaker": ("subject_id", "staff"),
    "person": ("subject_id", "staff"),
    "inspector": ("inspector_id", "staff"),
    "department": ("department_id", "department"),
    "category": ("category_id", "category"),
    "channel": ("channel_id", "channel"),
    "severity": ("severity", "text"),
    "outcome": ("outcome", "text"),
}


class _Same(dict[Any, str]):
    """A closed set's values are their own codes."""

    def get(self, key: Any, default: Any = None) -> str:
        return default if key is None else str(key)


class _Codes:
    """Id → code of what strata are named by, each read once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, kind: str) -> Mapping[Any, str]:
        if kind == "text":
            return _Same()
        model: Any = {"staff": Staff, "department": Department, "category": Category, "channel": Channel}[kind]
        return dict(self._session.execute(sa.select(model.id, model.code)).all())


def _units(session: Session, asked: Asked) -> sa.Subquery:
    if asked.plan.source.is_second_scoring:
        return _scored(session, asked).subquery("unit")
    if asked.plan.source.is_of_calls:
        return _calls(session, asked).subquery("unit")
    return _closed(session, asked).subquery("unit")


_OWNER = sa.func.coalesce(Complaint.owner_id, Complaint.registered_by_id)
_DEPARTMENT = sa.func.coalesce(Complaint.department_id, Complaint.registered_department_id)


def _of_complaint(plan: Plan) -> list[Any]:
    """What every unit of a complaint says of it."""
    return [
        Complaint.registered_by_id,
        Complaint.category_id,
        Complaint.channel_id,
        sa.cast(Complaint.severity, sa.Text).label("severity"),
        sa.cast(Complaint.outcome, sa.Text).label("outcome"),
        Complaint.confidential,
        _compulsory(plan).label("compulsory"),
        sa.literal(None, sa.BigInteger).label("inspector_id"),
    ]


def _compulsory(plan: Plan) -> sa.ColumnElement[int]:
    conditions = [_has(one.field, one.value) for one in plan.all_of]
    return sa.case((sa.or_(*conditions), 1), else_=0) if conditions else sa.literal(0)


def _has(name: str, value: str) -> sa.ColumnElement[bool]:
    if name in ("channel", "category"):
        model: Any = Channel if name == "channel" else Category
        column = Complaint.channel_id if name == "channel" else Complaint.category_id
        return column == sa.select(model.id).where(model.code == value).scalar_subquery()
    return getattr(Complaint, name) == value  # type: ignore[no-any-return]


def _closed(session: Session, asked: Asked) -> sa.Select[Any]:
    plan = asked.plan
    by_clerk = "intake_clerk" in plan.stratify_by
    begin, end = asked.bounds()
    where = [Complaint.closed_at >= begin, Complaint.closed_at < end, *_chosen(session, asked.filters)]
    if plan.source in OUTCOMES:
        wanted = {one.value for one in OUTCOMES[plan.source]} | set(plan.exclude_outcomes)
        where.append(Complaint.outcome.in_(sorted(wanted)))
    if session.get_bind().dialect.name == "sqlite" and _many(session, where):
        # SQLite sorts in memory: along the index of numbers nothing has to be sorted ("+" hides the other index).
        where[:2] = [_unindexed(Complaint.closed_at) >= begin, _unindexed(Complaint.closed_at) < end]
    return sa.select(
        Complaint.number.label("number"),
        Complaint.number.label("complaint"),
        (Complaint.registered_by_id if by_clerk else _OWNER).label("subject_id"),
        (Complaint.registered_department_id if by_clerk else _DEPARTMENT).label("department_id"),
        *_of_complaint(plan),
    ).where(*where)


def _unindexed(column: Any) -> sa.ColumnElement[Any]:
    return sa.type_coerce(sa.func.ifnull(column, sa.null()), column.type)


def _many(session: Session, where: list[Any]) -> bool:
    few = sa.select(Complaint.id).where(*where).limit(FEW + 1).subquery()
    return (session.scalar(sa.select(sa.func.count()).select_from(few)) or 0) > FEW


def _chosen(session: Session, filters: Filters) -> list[sa.ColumnElement[bool]]:
    """What it is narrowed down to."""

    def ids(model: Any, codes: tuple[str, ...]) -> sa.Select[Any]:
        return sa.select(model.id).where(model.code.in_(codes))

    found: list[sa.ColumnElement[bool]] = []
    if filters.departments:
        found.append(_DEPARTMENT.in_(ids(Department, filters.departments)))
    if filters.channels:
        found.append(Complaint.channel_id.in_(ids(Channel, filters.channels)))
    if filters.categories:
        paths = session.scalars(sa.select(Category.path).where(Category.code.in_(filters.categories))).all()
        under = [Category.path.startswith(path, autoescape=True) for path in paths]
        found.append(Complaint.category_id.in_(sa.select(Category.id).where(sa.or_(sa.false(), *under))))
    if filters.severities:
        found.append(Complaint.severity.in_(filters.severities))
    if filters.outcomes:
        found.append(Complaint.outcome.in_(filters.outcomes))
    if filters.handlers:
        found.append(_OWNER.in_(ids(Staff, filters.handlers)))
    return found


def _calls(session: Session, asked: Asked) -> sa.Select[Any]:
    """Calls and chats: the intake on a live channel, talks, and call-backs that reached somebody (no surveys)."""
    begin, end = asked.bounds()
    about = _of_complaint(asked.plan)

    def call(unit: Any, speaker: Any, *where: Any, at: Any, joined: Any = None) -> sa.Select[Any]:
        statement = sa.select(
            (Complaint.number + "/" + unit).label("number"),
            Complaint.number.label("complaint"),
            speaker.label("subject_id"),
            Staff.department_id.label("department_id"),
            *about,
        ).select_from(Complaint)
        if joined is not None:
            statement = statement.join(joined, joined.complaint_id == Complaint.id)
        return statement.join(Staff, Staff.id == speaker).where(at >= begin, at < end, *where)

    live = sa.select(Channel.id).where(Channel.live)
    started = sa.func.coalesce(Complaint.call_started_at, Complaint.received_at)
    near = Complaint.received_at >= begin - timedelta(days=1), Complaint.received_at < end + timedelta(days=1)
    intake = call(
        sa.literal("intake"), Complaint.registered_by_id, Complaint.channel_id.in_(live), *near, at=started
    )  # ``near`` lets the index of receipt be used; a call begins within a day of it
    talks = call(
        "talk:" + sa.cast(Communication.id, sa.Text),
        Communication.by_id,
        Communication.way.in_(SPOKEN),
        Communication.kind != CommunicationKind.CALL_BACK.value,
        Communication.outbox_id.is_(None),
        at=Communication.at,
        joined=Communication,
    )
    call_backs = call(
        "call_back:" + sa.cast(CallBack.id, sa.Text),
        CallBack.by_id,
        CallBack.way.in_(SPOKEN),
        CallBack.reached.is_(sa.true()),
        at=CallBack.at,
        joined=CallBack,
    )
    parts = [intake, talks, call_backs]
    chosen = _chosen(session, asked.filters)
    if asked.plan.source is Source.NEW_STAFF:
        people = new_or_coached(session, asked.period, asked.plan_since)
        chosen.append(Staff.id.in_(people))
    together = sa.union_all(*(part.where(*chosen) for part in parts)).subquery("call")
    return sa.select(*together.c)


def _scored(session: Session, asked: Asked) -> sa.Select[Any]:
    """Inspections that were scored in the period and are nobody's second scoring."""
    begin, end = asked.bounds()
    return (
        sa.select(
            Inspection.number.label("number"),
            Complaint.number.label("complaint"),
            Inspection.subject_id.label("subject_id"),
            Inspection.department_id.label("department_id"),
            *_of_complaint(asked.plan)[:-1],
            Inspection.inspector_id.label("inspector_id"),
            Inspection.id.label("inspection_id"),
        )
        .join(Complaint, Complaint.id == Inspection.complaint_id)
        .where(
            Inspection.scored_at >= begin,
            Inspection.scored_at < end,
            Inspection.status.in_(SCORED),
            Inspection.pair_of_id.is_(None),
            *_chosen(session, asked.filters),
        )
    )


def _left_out(session: Session, asked: Asked, units: sa.Subquery) -> sa.ColumnElement[Any]:
    """Why a unit is left out, by rule; the first reason counts."""
    plan = asked.plan
    reasons: list[tuple[Any, str]] = []
    if plan.exclude_outcomes:
        reasons.append((units.c.outcome.in_(plan.exclude_outcomes), "outcome"))
    if not plan.confidential:
        reasons.append((units.c.confidential, "confidential"))
    if plan.source.is_second_scoring:
        second = aliased(Inspection)
        paired = sa.select(second.id).where(
            second.pair_of_id == units.c.inspection_id, second.status != InspectionStatus.CANCELLED
        )
        reasons.append((paired.exists(), "scored_twice"))
    elif draws := _earlier(session, asked):
        again = sa.select(Inspection.id).where(
            Inspection.draw_id.in_(draws),
            Inspection.unit_key == units.c.number,
            Inspection.status != InspectionStatus.CANCELLED,
        )
        reasons.append((again.exists(), "already_inspected"))
    return sa.case(*reasons, else_="") if reasons else sa.literal("")


def _earlier(session: Session, asked: Asked) -> list[int]:
    """Draws of the same plan for days that overlap: what they drew is not drawn again."""
    return list(
        session.scalars(
            sa.select(Draw.id).where(
                Draw.plan_code == asked.plan.code,
                Draw.state == DrawState.DRAWN,
                Draw.period_from <= asked.period.last,
                Draw.period_until >= asked.period.first,
            )
        )
    )
