"""The house's own tools for tests: each test has a database of its own, on both kinds."""

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Setting
from backoffice.models.office import Department, Staff


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(database, turn):
    with database.writing() as session:
        session.add(Setting(key="turn", value=turn))
    with database.reading() as session:
        assert session.scalars(sa.select(Setting.value)).all() == [turn]


def test_the_fixture_runs_on_the_database_that_it_names(database, dialect):
    assert database.dialect == dialect


def test_the_default_office_has_its_departments_and_its_35_staff(office_database):
    with office_database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 35
        assert session.scalar(sa.select(sa.func.count()).select_from(Department)) > 5
