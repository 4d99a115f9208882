"""Migrations (style habit 18): the newest revision is what the models say, up and down work, and none imports a model."""

import runpy

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from backoffice.migrate import SCRIPTS, configuration, downgrade, head, upgrade
from backoffice.models import Base
from tests.support.databases import empty
from tests.support.sources import PROJECT, imports, name

VERSIONS = sorted((PROJECT / "migrations" / "versions").glob("*.py"))


@pytest.fixture
def bare_database(dialect, templates, tmp_path):
    with templates.copy(dialect, empty, tmp_path) as database:
        yield database


def tables(database):
    with database.engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names())


def is_of_the_model(_object, table, kind, _reflected, _compared):
    return not (kind == "table" and table.startswith("complaint_search"))


def test_the_newest_revision_is_what_the_models_say(database):
    with database.engine.connect() as connection:
        options = {"compare_type": True, "include_object": is_of_the_model}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_table_that_no_migration_makes_is_found(database):
    metadata = sa.MetaData()
    for table in Base.metadata.tables.values():
        table.to_metadata(metadata)
    sa.Table("planted", metadata, sa.Column("id", sa.Integer, primary_key=True))
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_of_the_model})
        assert [change[0] for change in compare_metadata(context, metadata)] == ["add_table"]


def test_every_revision_goes_up_and_down_and_up_again(bare_database):
    script = ScriptDirectory.from_config(configuration(bare_database))
    for revision in reversed(list(script.walk_revisions())):
        before = tables(bare_database) - {"alembic_version"}
        upgrade(bare_database, revision.revision)
        downgrade(bare_database, revision.down_revision or "base")
        assert tables(bare_database) - {"alembic_version"} == before, revision.revision
        upgrade(bare_database, revision.revision)
    downgrade(bare_database, "base")
    assert tables(bare_database) <= {"alembic_version"}


def test_a_migrated_database_refuses_a_row_that_points_nowhere(database):
    statement = sa.text("INSERT INTO role_grant (role_id, permission, scope) VALUES (4711, 'x', 'all')")
    with pytest.raises(sa.exc.IntegrityError), database.writing() as session:
        session.execute(statement)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_references_rest_while_sqlite_rebuilds_tables_and_hold_again_afterwards(bare_database, monkeypatch):
    seen = []
    run_migrations = EnvironmentContext.run_migrations

    def spy(self, **arguments):
        seen.append(self.get_bind().exec_driver_sql("PRAGMA foreign_keys").scalar())
        run_migrations(self, **arguments)

    monkeypatch.setattr(EnvironmentContext, "run_migrations", spy)
    upgrade(bare_database)
    with bare_database.engine.connect() as connection:
        seen.append(connection.exec_driver_sql("PRAGMA foreign_keys").scalar())
    assert seen == [0, 1]


def test_the_revisions_are_one_line():
    script = ScriptDirectory(str(PROJECT / "migrations"))
    assert len(script.get_heads()) == 1
    assert [revision.revision for revision in script.walk_revisions() if revision.is_branch_point] == []


@pytest.mark.parametrize("path", VERSIONS, ids=name)
def test_a_migration_imports_no_model(path):
    ours = ("backoffice", "policies", "views", "forms")
    assert [module for module in imports(path) if module.split(".")[0] in ours] == []


def test_the_newest_revision_is_the_one_that_the_migrations_name():
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert head() == ScriptDirectory.from_config(config).get_current_head()


STEP_0016 = next(path for path in VERSIONS if path.name.startswith("0016"))


@pytest.mark.parametrize(
    ("source", "blind", "status", "expected"),
    [
        (None, True, "final", True),
        (None, True, "cancelled", False),
        (None, False, "final", False),
        (1, True, "final", True),
    ],
)
def test_R28_sessions_of_a_record_that_is_inspected_blind_become_blind(bare_database, source, blind, status, expected):
    """On tables with nothing but the columns that the step looks at."""
    whole, text = sa.Integer, sa.String(20)
    tables = sa.MetaData()
    number = {"id": 1, "complaint_id": 7}
    sessions = sa.Table(
        "calibration", tables, sa.Column("id", whole), sa.Column("complaint_id", whole), sa.Column("source_id", whole)
    )
    sa.Table("calibration_score", tables, sa.Column("id", whole))
    inspections = sa.Table(
        "inspection", tables, sa.Column("id", whole), sa.Column("complaint_id", whole), sa.Column("status", text),
        sa.Column("blind", sa.Boolean),
    )  # fmt: skip
    step = runpy.run_path(str(STEP_0016))
    with bare_database.engine.begin() as connection:
        tables.create_all(connection)
        connection.execute(sa.insert(sessions).values(**number, source_id=source))
        connection.execute(sa.insert(inspections).values(**number, blind=blind, status=status))
        with Operations.context(MigrationContext.configure(connection)):
            step["upgrade"]()
        assert bool(connection.scalar(sa.text("SELECT blind FROM calibration"))) is expected
