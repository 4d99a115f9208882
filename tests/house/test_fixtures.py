"""The house's own tools for tests: each test has a database of its own, on both kinds."""

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Setting
from backoffice.models.office import Department, Staff
from tests.support import run_folder


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


def test_what_a_killed_run_left_is_cleared_away_whatever_became_of_its_cluster(tmp_path):
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = tmp_path / f"{run_folder.PREFIX}{int(dead.stdout)}-left"
    (left / "postgresql" / "data").mkdir(parents=True)
    (left / "postgresql" / "data" / "postmaster.pid").write_text(f"{int(dead.stdout)}\n{left}/postgresql/data\n")
    living, odd = tmp_path / f"{run_folder.PREFIX}{os.getpid()}-living", tmp_path / f"{run_folder.PREFIX}7x-odd"
    living.mkdir()
    odd.mkdir()
    run_folder.sweep(tmp_path)
    assert sorted(folder.name for folder in tmp_path.iterdir()) == sorted([living.name, odd.name])
