"""An office's database is named in one place, and whatever keeps it from being used is one sentence without a password."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice import database_settings, migrate
from backoffice.database import Database, Pool
from backoffice.database_faults import DatabaseError, fault_of, refuse_server
from backoffice.database_settings import connect, pool_of, url_for
from tests.support.databases import empty, migrated, with_default_office
from tests.support.sources import PROJECT
from views import cli
from views.commands import CommandError
from views.commands.desk import open_desk
from views.language import say

PASSWORD = "geheim-4711"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("DATA", "DATABASE_URL", "POOL", "PREPARED", "STANDBY_URL", "STANDBY_LAG", "PROXIES", "BELL"):
        monkeypatch.delenv(f"BACKOFFICE_{name}", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cluster(templates, tmp_path):
    """The URL of an empty PostgreSQL database."""
    with templates.copy("postgresql", empty, tmp_path) as database:
        yield sa.make_url(database.url)


def text(url):
    return url.render_as_string(hide_password=False)


def test_the_machine_names_the_database_else_it_is_the_file_in_the_folder(tmp_path):
    assert url_for(tmp_path, {}) == f"sqlite:///{tmp_path / 'office.db'}"
    assert url_for(tmp_path, {"BACKOFFICE_DATABASE_URL": "postgresql+psycopg://h/n"}) == "postgresql+psycopg://h/n"


@pytest.mark.parametrize(("url", "key"), [
    ("no address", "address"),
    ("postgresql+psycopg://host", "address"),
    (f"mysql://u:{PASSWORD}@h/n", "kind"),
    (f"postgresql://u:{PASSWORD}@h/n", "kind"),
    (f"postgresql+psycopg://u:{PASSWORD}@127.0.0.1:1/n", "server"),
    (f"postgresql+psycopg://u:{PASSWORD}@no-such-host.invalid/n", "host"),
    ("sqlite:////no-such-folder/office.db", "file"),
])  # fmt: skip
def test_an_address_that_leads_nowhere_is_told_without_its_password(url, key):
    with pytest.raises(DatabaseError) as raised:
        connect(url, {})
    assert [refusal.key for refusal in raised.value.refusals] == [f"database.fault.{key}"]
    for language in ("en", "zh_Hans"):
        assert PASSWORD not in say(raised.value.refusals[0], language)


@pytest.mark.postgresql
@pytest.mark.parametrize(("change", "key"), [({"database": "nowhere"}, "name"), ({"username": "nobody"}, "password")])
def test_a_server_that_knows_neither_user_nor_database_is_told(cluster, change, key):
    with pytest.raises(DatabaseError) as raised:
        connect(text(cluster.set(**change, password=PASSWORD)), {})
    assert [refusal.key for refusal in raised.value.refusals] == [f"database.fault.{key}"]


@pytest.mark.parametrize(("said", "key"), [
    ('FATAL:  password authentication failed for user "desk"', "password"),
    ("FATAL:  no pg_hba.conf entry for host", "password"),
    ("FATAL:  the database system is starting up", "starting"),
    ("FATAL:  sorry, too many clients already", "full"),
    ("could not extend file: No space left on device", "disk"),
    ("database is locked", "locked"),
    ("file is not a database", "damaged"),
    ("server said something in another language", "other"),
])  # fmt: skip
def test_what_a_server_says_is_understood_and_left_out(said, key):
    refusal = fault_of(sa.exc.OperationalError("SELECT 1", {}, Exception(said)), "postgresql+psycopg://u:p@h/n")
    assert refusal.key == f"database.fault.{key}"
    assert said not in say(refusal, "en")


class Answering:
    """A connection to a server of another kind."""

    def __init__(self, version, encoding="UTF8", recovering=False):
        self.dialect = argparse.Namespace(server_version_info=version)
        self.engine = argparse.Namespace(url=sa.make_url("postgresql+psycopg://u@h/n"))
        self.row = (encoding, recovering)

    def execute(self, _statement):
        return argparse.Namespace(one=lambda: self.row)


@pytest.mark.parametrize(("connection", "key"), [
    (Answering((12, 22)), "old"),
    (Answering((15, 4), "SQL_ASCII"), "encoding"),
    (Answering((15, 4), recovering=True), "read_only"),
])  # fmt: skip
def test_a_server_that_cannot_hold_an_office_is_told(connection, key):
    assert refuse_server(connection).key == f"database.fault.{key}"
    assert refuse_server(Answering((13, 0))) is None


@pytest.mark.postgresql
def test_a_user_who_may_not_make_tables_is_told_and_nothing_is_made(cluster, tmp_path, monkeypatch, capsys):
    owner = Database(text(cluster))
    role = f"guest_{os.getpid()}"
    with owner.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    try:
        monkeypatch.setenv("BACKOFFICE_DATABASE_URL", text(cluster.set(username=role)))
        assert cli.main(["serve", "--prepare", "--data", str(tmp_path / "data")]) == 2
        said = capsys.readouterr().err
        assert f"“{role}” does not have this right" in said
        assert len(said.splitlines()) == 1
        assert migrate.current(owner) is None
    finally:
        with owner.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP ROLE {role}")
        owner.dispose()


@pytest.mark.parametrize(("said", "pool"), [("", Pool()), ("4", Pool(4, 0)), ("5+15", Pool(5, 15))])
def test_the_pool_is_as_the_machine_says(said, pool):
    assert pool_of({"BACKOFFICE_POOL": said}) == pool


@pytest.mark.parametrize("said", ["0", "many", "10+", "60+60", "-1", "１０"])
def test_a_pool_that_is_none_is_refused(said):
    with pytest.raises(DatabaseError):
        pool_of({"BACKOFFICE_POOL": said})


@pytest.mark.postgresql
def test_a_connection_that_rested_is_asked_before_it_is_used_and_a_lost_one_replaced(cluster, monkeypatch):
    monkeypatch.setattr("backoffice.database.TRUSTED_SECONDS", 0.05)
    database = connect(text(cluster), {"BACKOFFICE_POOL": "2"})
    try:
        with database.reading() as session:
            process = session.scalar(sa.text("SELECT pg_backend_pid()"))
        time.sleep(0.1)
        other = sa.create_engine(cluster, poolclass=sa.NullPool)
        with other.connect() as connection:
            connection.execute(sa.text("SELECT pg_terminate_backend(:process)"), {"process": process})
        time.sleep(0.1)
        with database.reading() as session:
            assert session.scalar(sa.text("SELECT pg_backend_pid()")) != process
    finally:
        database.dispose()


@pytest.mark.postgresql
def test_without_prepared_statements_none_are_made(cluster):
    database = connect(text(cluster), {"BACKOFFICE_PREPARED": "off", "BACKOFFICE_POOL": "1"})
    try:
        for _ in range(8):
            with database.reading() as session:
                assert session.scalar(sa.text("SELECT 1 + 1")) == 2
        with database.reading() as session:
            assert session.scalar(sa.text("SELECT count(*) FROM pg_prepared_statements")) == 0
    finally:
        database.dispose()


def test_every_command_tells_of_a_database_that_does_not_answer(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("BACKOFFICE_DATABASE_URL", f"postgresql+psycopg://u:{PASSWORD}@127.0.0.1:1/n")
    mapping = ["import", str(PROJECT / "pyproject.toml"), "--mapping", "boston311"]
    for command in (["serve", "--prepare"], ["verify"], ["worker", "--once"], mapping):
        code = cli.main([*command, "--data", str(tmp_path)])
        said = capsys.readouterr().err
        assert (code, len(said.splitlines())) == (2, 1)
        assert "127.0.0.1:1 does not answer" in said
        assert PASSWORD not in said
    assert cli.main(["doctor", "--data", str(tmp_path), "--language", "en"]) == 1
    assert "127.0.0.1:1 does not answer" in capsys.readouterr().out


@pytest.mark.postgresql
def test_two_that_prepare_one_office_at_once_both_succeed(cluster, tmp_path):
    environment = {**os.environ, "BACKOFFICE_DATABASE_URL": text(cluster), "PYTHONPATH": str(PROJECT)}
    program = "import sys; from views.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "serve", "--prepare", "--data", str(tmp_path / "data")]
    both = [subprocess.Popen(command, env=environment, cwd=PROJECT, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=240)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    with_office = Database(text(cluster))
    assert migrate.current(with_office) == migrate.head()
    with_office.dispose()


def test_a_server_of_ones_own_is_refused_a_database_of_another_shape_in_one_line(
    templates, tmp_path, monkeypatch, capsys
):
    import run

    with templates.copy("sqlite", migrated, tmp_path) as database:
        migrate.downgrade(database, "0021")
        monkeypatch.setenv("BACKOFFICE_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("BACKOFFICE_DATABASE_URL", database.url)
        with pytest.raises(SystemExit) as stopped:
            run.create_app()
        assert stopped.value.code == 4  # gunicorn's own code for an application that cannot be loaded
        assert capsys.readouterr().err.strip().endswith("run.py serve --prepare")
        with database.writing() as session:
            session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(SystemExit):
            run.create_app()
        assert "newer version" in capsys.readouterr().err


def test_a_server_of_ones_own_takes_its_settings_from_the_machine(templates, tmp_path, monkeypatch):
    import run

    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        monkeypatch.setenv("BACKOFFICE_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("BACKOFFICE_DATABASE_URL", database.url)
        monkeypatch.setenv("BACKOFFICE_PROXIES", "1")
        app = run.create_app()
        answer = app.test_client().get("/sign-in", headers={"X-Forwarded-Proto": "https"})
        assert answer.status_code == 200
        assert "Secure" in answer.headers["Set-Cookie"]
        app.extensions["desk"].database.dispose()


def test_an_office_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CommandError, match="there is no office"):
        open_desk(tmp_path)
    assert not database_settings.is_there(tmp_path)
    assert list(Path(tmp_path).iterdir()) == []
