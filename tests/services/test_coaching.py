"""Who is coached (R27, R34): begun with a reason, one time after another, ended, logged, and drawn more meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.models.sampling import Coaching
from backoffice.services import coaching as service
from backoffice.services.coaching import CoachingFacts
from tests.support.offices import actor_of, changes_of, said

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HR, CLERK = "S027", "S005"


def person(session, code="S016"):
    return session.scalars(sa.select(Staff.id).where(Staff.code == code)).one()


def hr(session):
    holder = sa.select(Staff.code).join(Staff.roles).where(sa.text("role.code = 'hr_clerk'"))
    return actor_of(session, session.scalars(holder).first())


def facts(session, since=date(2026, 11, 23), until=None, reason="九月考核低于 75", code="S016"):
    return CoachingFacts(person(session, code) if code else None, since, until, reason)


def test_R34_a_coaching_is_begun_and_ended_and_both_are_logged(office_database):
    with office_database.writing() as session:
        row = service.begin(session, hr(session), AT, facts(session))
        assert (row.since, row.until, row.ordered_at) == (date(2026, 11, 23), None, AT)
        service.end(session, hr(session), AT, row.id, date(2026, 12, 31))
        assert [change.action for change in changes_of(session, "coaching")] == ["create", "change"]
        assert changes_of(session, "coaching")[1].changes == {"until": [None, "2026-12-31"]}
        second = service.begin(session, hr(session), AT, facts(session, date(2027, 1, 1)))
        assert second.id != row.id


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"code": None}, [("staff_id", "nobody")]),
        ({"since": None}, [("since", "no_day")]),
        ({"since": date(2026, 8, 22)}, [("since", "too_far")]),
        ({"since": date(2027, 11, 25)}, [("since", "too_far")]),
        ({"until": date(2026, 11, 22)}, [("until", "turned_round")]),
        ({"until": date(2027, 11, 25)}, [("until", "too_long")]),
        ({"reason": " "}, [("reason", "missing")]),
        ({"reason": "长" * 401}, [("reason", "too_long")]),
    ],
)
def test_R34_what_cannot_be_is_refused_beside_its_field(office_database, given, expected):
    with office_database.writing() as session, pytest.raises(DomainError) as refused:
        service.begin(session, hr(session), AT, facts(session, **given))
    assert said(refused) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((date(2026, 11, 1), None), (date(2026, 12, 1), None), [("staff_id", "coached_already")]),
        ((date(2026, 11, 1), date(2026, 11, 30)), (date(2026, 11, 30), None), [("since", "coached_until")]),
        ((date(2026, 12, 1), None), (date(2026, 11, 23), None), [("staff_id", "coached_already")]),
    ],
)
def test_R34_one_coaching_after_another(office_database, first, second, expected):
    with office_database.writing() as session:
        service.begin(session, hr(session), AT, facts(session, *first))
        with pytest.raises(DomainError) as refused:
            service.begin(session, hr(session), AT, facts(session, *second))
        assert said(refused) == expected
        assert session.scalar(sa.select(sa.func.count()).select_from(Coaching)) == 1


def test_R34_what_is_over_is_not_ended_again(office_database):
    with office_database.writing() as session:
        row = service.begin(session, hr(session), AT, facts(session, date(2026, 11, 1), date(2026, 11, 20)))
        with pytest.raises(DomainError) as refused:
            service.end(session, hr(session), AT, row.id, date(2026, 12, 1))
        assert said(refused) == [(None, "over")]


def test_R34_who_does_not_manage_training_begins_no_coaching(office_database):
    with office_database.writing() as session, pytest.raises(DomainError) as refused:
        service.begin(session, actor_of(session, CLERK), AT, facts(session))
    assert refused.value.status == 403
