"""``run.py copy-database``: an office goes over to another database whole, or not at all; the old one stays as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from backoffice import copying
from backoffice.copying import SEARCH, differing, snapshot, tables
from backoffice.database import Database
from backoffice.keys import load_keys
from backoffice.models.complaint import Complaint
from backoffice.models.history import Event
from backoffice.queries.search import holds
from tests.support.databases import empty
from tests.support.inspections import put_keys, with_an_archived_complaint
from tests.support.played import Play
from tests.support.sources import PROJECT
from views import cli
from views.app import create_app

pytestmark = pytest.mark.postgresql
WORDS = "光猫频繁离线"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("BACKOFFICE_DATA", "BACKOFFICE_DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(templates, tmp_path):
    """A data directory whose office has lived: a complaint in the archive with its inspection, and open ones."""
    folder = tmp_path / "data"
    put_keys(folder)
    with templates.copy("sqlite", with_an_archived_complaint, tmp_path) as database:
        database.dispose()
    (tmp_path / "desk.sqlite").rename(folder / "office.db")
    database = Database(f"sqlite:///{folder / 'office.db'}")
    for number in range(3):
        texts = {"contact_phone": f"1390000417{number}", "what": f"{WORDS}\t“第 {number} 次”\\N \x7f 𠮷"}
        Play(database, load_keys(folder / "keys"), folder / "files").register(texts=texts)
    database.dispose()
    return folder


@pytest.fixture
def target(templates, tmp_path):
    """An empty PostgreSQL database."""
    with templates.copy("postgresql", empty, tmp_path / "data") as database:
        yield database


def run(capsys, *arguments):
    code = cli.main(["copy-database", *(str(argument) for argument in arguments)])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return code, captured.out.splitlines(), captured.err.splitlines()


def rows(database):
    """Everything in it, by table; moments, JSON and bytes as plain values."""
    with database.reading() as session:
        return {
            table.name: sorted(
                repr([copying._plain(value) for value in row]) for row in session.execute(sa.select(*table.c))
            )
            for table in tables()
        }


def of(folder):
    return Database(f"sqlite:///{folder / 'office.db'}")


def found(database, words):
    with database.reading() as session:
        return sorted(session.scalars(sa.select(Complaint.number).where(holds(session, words))))


def test_an_office_goes_over_to_postgresql_and_back_with_every_row(data, target, tmp_path, capsys):
    before = rows(of(data))
    code, out, err = run(capsys, "--from", data, "--to", target.url)
    assert (code, err) == (0, [])
    counted = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in out[: len(tables()) + 1]}
    assert counted == {**{name: len(found) for name, found in before.items()}, SEARCH: 4}
    assert out[-2].endswith("0 broken.") or "0" in out[-2]
    assert str(data) in out[-1]
    assert rows(target) == before == rows(of(data))
    assert found(target, WORDS[1:4]) == found(of(data), WORDS[1:4])
    assert len(found(target, WORDS[1:4])) == 3

    back = tmp_path / "back"
    back.mkdir()
    code, out, err = run(capsys, "--from", target.url, "--to", back, "--data", data)
    assert (code, err) == (0, [])
    assert rows(of(back)) == before
    assert found(of(back), WORDS[1:4]) == found(target, WORDS[1:4])


def test_what_is_registered_afterwards_goes_on_with_number_and_chain(data, target, capsys):
    assert run(capsys, "--from", data, "--to", target.url)[0] == 0
    with target.reading() as session:
        numbers, last = set(session.scalars(sa.select(Complaint.number))), session.scalar(sa.func.max(Event.id))
    play = Play(target, load_keys(data / "keys"), data / "files")
    play.register(texts={"contact_phone": "13900004179"})
    assert play.number not in numbers
    with target.reading() as session:
        assert session.scalar(sa.func.max(Event.id)) > last
    os.environ["BACKOFFICE_DATABASE_URL"] = target.url
    try:
        assert cli.main(["verify", "--data", str(data)]) == 0
    finally:
        del os.environ["BACKOFFICE_DATABASE_URL"]


def test_pages_open_over_the_copy(data, target, capsys):
    assert run(capsys, "--from", data, "--to", target.url)[0] == 0
    app = create_app({"DATA_DIR": str(data), "DATABASE_URL": target.url, "TESTING": True})
    with target.reading() as session:
        number = session.scalar(sa.select(Complaint.number).order_by(Complaint.id.desc()))
        from backoffice.models.office import Staff

        staff = session.scalars(sa.select(Staff).where(Staff.code == "S003")).one()
    browser, at = app.test_client(), int(time.time())
    with browser.session_transaction() as cookie:
        cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}
    assert number in browser.get(f"/complaints?q={WORDS[:4]}").get_data(as_text=True)
    assert browser.get(f"/complaints/{number}").status_code == 200
    app.extensions["desk"].database.dispose()


def test_a_target_that_holds_something_is_refused_and_left_alone(data, target, capsys):
    with target.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE somebody_elses (id int)")
    code, out, err = run(capsys, "--from", data, "--to", target.url)
    assert (code, out, len(err)) == (2, [], 1)
    assert "somebody_elses" in err[0]
    with target.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE somebody_elses")
    assert run(capsys, "--from", data, "--to", target.url)[0] == 0
    code, out, err = run(capsys, "--from", data, "--to", target.url)
    assert (code, out, len(err)) == (2, [], 1)
    assert "is not empty" in err[0]


def test_a_source_of_another_shape_is_refused(data, target, capsys):
    database = of(data)
    with database.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0021'"))
    database.dispose()
    code, _out, err = run(capsys, "--from", data, "--to", target.url)
    assert (code, len(err)) == (2, 1)
    assert "run.py serve --prepare" in err[0]


@pytest.mark.parametrize(("arguments", "words"), [
    (("--from", "nowhere"), "there is no office in nowhere"),
    (("--to", "mysql://u:geheim@h/n"), "--to names mysql"),
    (("--to", "/no/such/folder"), "is no directory"),
    ((), "--to is missing"),
])  # fmt: skip
def test_a_wrong_place_is_told_in_one_line(data, capsys, arguments, words):
    code, out, err = run(capsys, "--data", data, *arguments)
    assert (code, out, len(err)) == (2, [], 1)
    assert words in err[0]
    assert "geheim" not in err[0]


def test_a_row_that_points_nowhere_fails_the_whole_copy(data, target, capsys):
    database = of(data)
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("UPDATE event SET complaint_id = 4711 WHERE id = 1")
        driver.execute("PRAGMA foreign_keys=ON")
    database.dispose()
    code, _out, err = run(capsys, "--from", data, "--to", target.url, "--language", "zh")
    assert (code, len(err)) == (1, 1)
    assert "指向不存在的记录" in err[0]
    assert copying._filled(target) is None


def test_a_nul_sign_which_postgresql_does_not_take_fails_the_whole_copy_in_a_sentence(data, target, capsys):
    database = of(data)
    with database.engine.connect() as connection:
        connection.connection.driver_connection.execute("UPDATE office SET name_zh = 'a' || char(0) || 'b'")
    database.dispose()
    code, _out, err = run(capsys, "--from", data, "--to", target.url, "--language", "en")
    assert (code, len(err)) == (1, 1)
    assert "office" in err[0]
    assert copying._filled(target) is None


def test_what_was_changed_on_one_side_is_named(data, target, capsys):
    assert run(capsys, "--from", data, "--to", target.url)[0] == 0
    with target.writing() as session:
        session.execute(sa.text("UPDATE complaint SET round = round + 1 WHERE id = 1"))
    with snapshot(of(data)) as one, snapshot(target) as other:
        assert differing(one, other) == ["complaint"]


def test_who_works_meanwhile_is_told_that_it_is_not_in_the_copy(data, target, capsys, monkeypatch):
    copy = copying.copy

    def copied_while_working(source, target, told):
        with of(data).writing() as session:
            session.execute(sa.text("INSERT INTO job (kind, slot, due_at, payload, attempts, error)"
                                    " VALUES ('x', 'y', '2026-01-01 00:00:00', '{}', 0, '')"))  # fmt: skip
        return copy(source, target, told)

    monkeypatch.setattr(copying, "copy", copied_while_working)
    code, out, _err = run(capsys, "--from", data, "--to", target.url)
    assert code == 1
    assert any("Someone worked" in line for line in out)
    with target.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM job WHERE kind = 'x'")) == 0, "one moment was copied"


def test_a_copy_that_was_killed_is_begun_again_by_the_same_command(data, target, capsys):
    program = (
        "import sys, time; from backoffice import copying; from views.cli import main\n"
        "copying._set_sequences = lambda _target: (print('filled', flush=True), time.sleep(60))\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "copy-database", "--from", str(data), "--to", target.url]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.strip() == "filled":
                break
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert copying._filled(target) is None
    code, _out, err = run(capsys, "--from", data, "--to", target.url)
    assert (code, err) == (0, [])
    assert rows(target) == rows(of(data))
