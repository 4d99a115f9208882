"""Which sheets a month has (R33): one for each part of a person's month and for each department, with its scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalPeriod, AppraisalScheme, AppraisalSheet
from backoffice.models.office import Department
from backoffice.queries import appraisal_rules
from backoffice.queries.posts import posts_between
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import numbering
from backoffice.services.core.work import Work
from policies.appraisal import Scheme
from policies.appraisal_posts import Part, Parts, Ranked, days_of, working_days
from policies.vocabulary_appraisal import SheetStatus, SubjectKind

Key = tuple[int | None, int | None, date]
"""Staff, department and first day of a sheet; a department's has no staff."""


@dataclass(frozen=True)
class Planned:
    """One sheet that the month shall have."""

    staff_id: int | None
    department_id: int | None
    role: str | None
    scheme_id: int
    from_day: date
    until_day: date
    days: int

    @property
    def key(self) -> Key:
        return self.staff_id, self.department_id, self.from_day

    @property
    def subject(self) -> SubjectKind:
        return SubjectKind.DEPARTMENT if self.staff_id is None else SubjectKind.PERSON


@dataclass
class Plan:
    """All sheets of a month, and to which of them what happened on a day belongs."""

    month: str
    zone: ZoneInfo
    rules_id: int
    schemes: Mapping[int, Scheme]
    sheets: list[Planned] = field(default_factory=list)
    people: dict[int, Parts] = field(default_factory=dict)
    by_key: dict[Key, Planned] = field(default_factory=dict)

    def indicators(self, subject: SubjectKind) -> list[str]:
        """The indicators of the schemes for persons or for departments, each once."""
        wanted = [scheme for scheme in self.schemes.values() if scheme.subject is subject]
        return list(dict.fromkeys(item.indicator for scheme in wanted for item in scheme.items))

    def parts(self, staff_id: int) -> tuple[Planned, ...]:
        """The sheets of a person."""
        found = self.people.get(staff_id)
        return () if found is None else tuple(self.by_key[_key(part)] for part in found.all)

    def of_person(self, staff_id: int, at: datetime) -> Planned | None:
        """The sheet of a person to which a moment belongs."""
        found = self.people.get(staff_id)
        part = None if found is None else found.of_day(at.astimezone(self.zone).date())
        return None if part is None else self.by_key[_key(part)]


def _key(part: Part) -> Key:
    return part.staff_id, part.department_id, part.from_day


def bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a month and that of the next one, in the office's time."""
    first, last = _days(month)
    after = last + timedelta(days=1)
    return datetime.combine(first, time.min, zone), datetime.combine(after, time.min, zone)


def _days(month: str) -> tuple[date, date]:
    found = days_of(month)
    if found is None:
        raise ValueError(month)
    return found


def plan(session: Session, month: str) -> Plan:
    """The sheets of a month by the schemes that hold on its first day and the posts of its days."""
    first, last = _days(month)
    rules = Rulebook(session)
    calendar = rules.calendar()

    def days(begin: date, end: date) -> int:
        return working_days(begin, end, lambda day: calendar.closing_of(day) is not None)

    rows = appraisal_rules.schemes_on(session, first)
    schemes = {row.id: appraisal_rules.scheme(session, row.id) for row in rows}
    made = Plan(month, rules.zone(), appraisal_rules.rules_on(session, first).id, schemes)
    ranked = [Ranked(row.code, schemes[row.id].roles) for row in rows if row.subject is SubjectKind.PERSON]
    ids = {row.code: row.id for row in rows}
    for staff_id, posts in sorted(posts_between(session, first, last).items()):
        made.people[staff_id] = parts = Parts(posts, first, last, ranked)
        for part in parts.all:
            count = days(part.from_day, part.until_day)
            _keep(
                made,
                Planned(
                    part.staff_id, part.department_id, part.role, ids[part.scheme], part.from_day, part.until_day, count
                ),
            )
    for department_id, scheme_id in _departments(session, rows, schemes, bounds(month, made.zone)[0]):
        _keep(made, Planned(None, department_id, None, scheme_id, first, last, days(first, last)))
    return made


def _keep(made: Plan, one: Planned) -> None:
    made.sheets.append(one)
    made.by_key[one.key] = one


def _departments(
    session: Session, rows: list[AppraisalScheme], schemes: Mapping[int, Scheme], since: datetime
) -> list[tuple[int, int]]:
    """The departments in use at some time of the month that a scheme names, each with the first such scheme."""
    in_use = sa.or_(Department.retired_at.is_(None), Department.retired_at > since)
    there = sa.select(Department.code, Department.id).where(in_use)
    ids = dict(session.execute(there.order_by(Department.id)).all())
    found: dict[int, int] = {}
    for row in rows:
        for code in schemes[row.id].departments if row.subject is SubjectKind.DEPARTMENT else ():
            if code in ids:
                found.setdefault(ids[code], row.id)
    return sorted(found.items())


def existing(session: Session, period_id: int) -> dict[Key, AppraisalSheet]:
    """The sheets that a month has by now."""
    rows = session.scalars(sa.select(AppraisalSheet).where(AppraisalSheet.period_id == period_id))
    return {key_of(row): row for row in rows}


def key_of(row: AppraisalSheet) -> Key:
    """What tells a sheet from the others of its month."""
    return row.staff_id, row.department_id, row.from_day


def add_missing(work: Work, period: AppraisalPeriod, made: Plan) -> None:
    """A row for each sheet that is not there yet, empty until it is reckoned; nobody sees an empty one."""
    there = existing(work.session, period.id)
    for one in made.sheets:
        if one.key not in there:
            work.session.add(_row(work, period, one))
    work.session.flush()


def _row(work: Work, period: AppraisalPeriod, one: Planned) -> AppraisalSheet:
    return AppraisalSheet(
        number=_number(work.session, period.month),
        period_id=period.id,
        subject=one.subject,
        staff_id=one.staff_id,
        department_id=one.department_id,
        scheme_id=one.scheme_id,
        role_code=one.role,
        from_day=one.from_day,
        until_day=one.until_day,
        days=one.days,
        status=SheetStatus.COMPUTED,
        rated_weight=0,
        weighted_sum=0,
        computed_at=work.at,
        body="",
        sha256="",
    )


def _number(session: Session, month: str) -> str:
    slot = month.replace("-", "")
    return f"KH{slot}-{numbering.next_value(session, 'appraisal', slot):04d}"
