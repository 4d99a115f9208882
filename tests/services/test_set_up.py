"""The first administrator and the set-up of an office."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, Channel, SlaPolicy
from backoffice.models.office import Department, Office, Role, Staff
from backoffice.models.work import Job
from backoffice.office import document
from backoffice.queries.actor import load_actor
from backoffice.queries.rulebook import Rulebook
from backoffice.services import set_up
from backoffice.services.core.credentials import HASHER
from policies.access import CLEAR_DATA, Permission, may
from policies.office_facts import OfficeSays
from policies.password import check_password
from tests.support.offices import AUDITOR, actor_of, changes_of, said

OURS = OfficeSays("江州电信", "", "Europe/Berlin", "en", "10000")


def count(session, model):
    return session.scalar(sa.select(sa.func.count()).select_from(model))


@pytest.fixture
def administrator(database, at):
    with database.writing() as session:
        set_up.first_administrator(session, at)
        return load_actor(session, session.scalars(sa.select(Staff.id)).one())


def test_the_first_administrator_gets_a_password_that_is_shown_once_and_must_be_changed(database, at):
    with database.writing() as session:
        login, password = set_up.first_administrator(session, at)
        person = session.scalars(sa.select(Staff)).one()
        assert person.login == login
        assert HASHER.verify(person.password_hash, password)
        assert person.must_change_password
        assert check_password(password, login=login) == ()
        assert not any(password in str(line.changes) for line in changes_of(session, "staff"))


def test_the_first_administrator_manages_but_sees_no_customer(database, at, administrator):
    assert may(administrator, Permission.USER_MANAGE)
    assert may(administrator, Permission.CONFIGURATION_EDIT)
    assert not any(may(administrator, permission) for permission in CLEAR_DATA)


def test_there_is_no_second_first_administrator(database, at, administrator):
    with database.writing() as session:
        assert set_up.first_administrator(session, at) is None
        assert count(session, Staff) == 1


def test_two_offices_never_get_the_same_password(database, at):
    found = set()
    for _ in range(2):
        with database.writing() as session:
            found.add(set_up.first_administrator(session, at)[1])
            session.rollback()
    assert len(found) == 2


def test_the_set_up_takes_name_zone_language_and_the_default_configuration_but_no_sample_staff(
    database, at, administrator
):
    with database.writing() as session:
        assert not set_up.is_set_up(session)
        set_up.set_up(session, administrator, at, OURS, default_configuration=True)
    with database.reading() as session:
        office = session.scalars(sa.select(Office)).one()
        assert (office.name_zh, office.name_en) == ("江州电信", "江州电信")
        assert (office.time_zone, office.language, office.set_up_at) == ("Europe/Berlin", "en", at)
        assert not office.demonstration
        assert set_up.is_set_up(session)
        assert set_up.has_configuration(session)
        assert [row.code for row in session.scalars(sa.select(Staff))] == ["A001"]
        assert count(session, Department) == len(document("organisation")["departments"])
        assert count(session, Channel) == len(document("channels")["channels"])
        assert count(session, SlaPolicy) == 1
        assert session.scalars(sa.select(Department.head_id).where(Department.head_id.is_not(None))).all() == []
        assert Rulebook(session).zone().key == "Europe/Berlin"
        line = changes_of(session, "office")[0]
        assert (line.action, line.actor_id) == ("set_up", administrator.staff_id)
        assert line.changes["default_configuration"] == [None, True]


def test_an_office_may_begin_empty_and_take_the_default_configuration_later(database, at, administrator):
    with database.writing() as session:
        set_up.set_up(session, administrator, at, OURS, default_configuration=False)
        assert (count(session, Category), count(session, SlaPolicy)) == (0, 0)
        assert not set_up.has_configuration(session)
        assert count(session, Role) == 20
    with database.writing() as session:
        set_up.take_default_configuration(session, administrator, at)
        assert count(session, SlaPolicy) == 1
        assert session.scalars(sa.select(Office.name_zh)).one() == "江州电信"
    with database.writing() as session:
        categories = count(session, Category)
        set_up.take_default_configuration(session, administrator, at)
        assert count(session, Category) == categories


def test_an_office_is_set_up_once(database, at, administrator):
    with database.writing() as session:
        set_up.set_up(session, administrator, at, OURS, default_configuration=False)
    with database.writing() as session, pytest.raises(DomainError) as error:
        set_up.set_up(session, administrator, at, OURS, default_configuration=False)
    assert said(error) == [(None, "done")]


def test_bad_values_of_the_set_up_are_refused_and_nothing_is_kept(database, at, administrator):
    bad = replace(OURS, name_zh="", time_zone="Mars/Olympus", language="tlh")
    with pytest.raises(DomainError) as error, database.writing() as session:
        set_up.set_up(session, administrator, at, bad, default_configuration=True)
    assert said(error) == [("name_zh", "missing"), ("time_zone", "zone_unknown"), ("language", "unknown")]
    with database.reading() as session:
        assert not set_up.is_set_up(session)
        assert count(session, SlaPolicy) == 0


def test_only_who_may_edit_the_configuration_sets_up_or_changes_the_office(office_database, at):
    with office_database.writing() as session:
        auditor = actor_of(session, AUDITOR)
        for command in (set_up.change_office, lambda *given: set_up.set_up(*given, default_configuration=True)):
            with pytest.raises(DomainError) as error:
                command(session, auditor, at, OURS)
            assert error.value.status == 403


def test_R24_another_time_zone_moves_every_open_clock_another_name_none(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        says = set_up.says_of(session.scalars(sa.select(Office)).one())
        set_up.change_office(session, actor, at, replace(says, name_en="Jiangzhou Telecom"))
        assert count(session, Job) == 0
        set_up.change_office(session, actor, at, replace(says, time_zone="Asia/Tokyo"))
        [job] = session.scalars(sa.select(Job))
        assert (job.kind, job.payload["days"]) == ("recalculate_clocks", None)
        assert changes_of(session, "office")[-1].changes == {
            "name_en": ["Jiangzhou Telecom", says.name_en],
            "time_zone": [says.time_zone, "Asia/Tokyo"],
        }
