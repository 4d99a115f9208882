"""Whom a trial of a scheme leaves out (R32): who would have a sheet by it and had none, and who has none either way.

A trial reckons the sheets that the month has. Whoever the scheme would newly appraise is named with the reason, so
that nobody takes the trial for the whole office.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalPeriod, AppraisalScheme, AppraisalSheet
from backoffice.models.office import Department, Staff
from backoffice.queries import appraisal_rules
from backoffice.queries.posts import posts_between
from policies.appraisal import Scheme
from policies.appraisal_posts import Part, Parts, Ranked, days_of
from policies.appraisal_trial import LeftOut, Outside
from policies.message import Name
from policies.vocabulary_appraisal import SubjectKind


def left_out(session: Session, scheme: Scheme, period: AppraisalPeriod) -> Outside:
    """In a fixed number of statements, whatever the month."""
    there = _there(session, scheme, period)
    if scheme.subject is SubjectKind.DEPARTMENT:
        return Outside(_departments(session, scheme, there), 0)
    days = days_of(period.month)
    if days is None:
        return Outside((), 0)
    parts = _parts(session, scheme, *days)
    sheeted = {one.staff_id for one in there}
    wanted = {staff_id: mine for staff_id, all_of in parts.items() if (mine := _by(scheme, all_of))}
    new = {
        staff_id: mine
        for staff_id, mine in wanted.items()
        if not any(one.staff_id == staff_id and _is_tried(scheme, one) for one in there)
    }
    people = _named(session, Staff, new)
    places = _named(session, Department, {part.department_id for mine in new.values() for part in mine})
    schemes = {one.staff_id: Name(one.name_zh, one.name_en) for one in there}
    rows = [
        LeftOut(people[staff_id], places.get(mine[0].department_id or 0), schemes.get(staff_id))
        for staff_id, mine in sorted(new.items())
        if staff_id in people
    ]
    return Outside(tuple(rows), len([one for one in parts if one not in sheeted and one not in wanted]))


def _there(session: Session, scheme: Scheme, period: AppraisalPeriod) -> Sequence[Any]:
    """The sheets that the month has, each with the scheme it was made by."""
    columns = (
        AppraisalSheet.staff_id, AppraisalSheet.role_code, Department.code.label("place"),
        AppraisalScheme.code.label("scheme"), AppraisalScheme.name_zh, AppraisalScheme.name_en,
    )  # fmt: skip
    rows = (
        sa.select(*columns)
        .join(AppraisalScheme, AppraisalScheme.id == AppraisalSheet.scheme_id)
        .outerjoin(Department, Department.id == AppraisalSheet.department_id)
        .where(
            AppraisalSheet.period_id == period.id,
            AppraisalSheet.subject == scheme.subject,
            AppraisalSheet.body != "",
        )
    )
    return session.execute(rows.order_by(AppraisalSheet.id)).all()


def _is_tried(scheme: Scheme, sheet: Any) -> bool:
    """Whether the trial reckons this sheet of a person."""
    return bool(sheet.role_code in scheme.roles)


def _parts(session: Session, scheme: Scheme, first: date, last: date) -> dict[int, tuple[Part, ...]]:
    """Everybody's parts of the month, with the scheme on trial in the place of its version of then."""
    rows = appraisal_rules.schemes_on(session, first)
    ranked = [
        Ranked(row.code, scheme.roles if row.code == scheme.code else appraisal_rules.scheme(session, row.id).roles)
        for row in rows
        if row.subject is SubjectKind.PERSON
    ]
    if all(one.code != scheme.code for one in ranked):
        ranked.append(Ranked(scheme.code, scheme.roles))
    posts = posts_between(session, first, last)
    return {staff_id: Parts(mine, first, last, ranked).all for staff_id, mine in posts.items()}


def _by(scheme: Scheme, parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.scheme == scheme.code]


def _departments(session: Session, scheme: Scheme, there: Sequence[Any]) -> tuple[LeftOut, ...]:
    tried = {one.place for one in there}
    wanted = [code for code in scheme.departments if code not in tried]
    rows = sa.select(Department).where(Department.code.in_(wanted)).order_by(Department.id)
    return tuple(LeftOut(Name(row.name_zh, row.name_en), None, None) for row in session.scalars(rows))


def _named(session: Session, model: Any, ids: Mapping[int, Any] | set[int | None]) -> dict[int, Name]:
    return {row.id: Name(row.name_zh, row.name_en) for row in _rows(session, model, ids)}


def _rows(session: Session, model: Any, ids: Mapping[int, Any] | set[int | None]) -> Iterator[Any]:
    wanted = sorted(one for one in ids if one is not None)
    yield from session.execute(sa.select(model.id, model.name_zh, model.name_en).where(model.id.in_(wanted)))
