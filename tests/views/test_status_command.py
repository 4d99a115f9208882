"""``run.py status`` and its page: what is found, in both languages, and the exit code a monitor goes by."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.jobs import survey
from backoffice.keys import open_keys
from backoffice.models.office import Office
from backoffice.models.work import Job
from tests.support.counting import statements
from tests.support.databases import with_default_office
from views import cli


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in (
        "BACKOFFICE_DATA",
        "BACKOFFICE_DATABASE_URL",
        "BACKOFFICE_CERTIFICATE",
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(templates, tmp_path):
    """An office's data directory that is set up."""
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        with database.writing() as session:
            session.execute(sa.update(Office).values(set_up_at=datetime.now(UTC)))
        database.dispose()
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "desk.sqlite").rename(folder / "office.db")
    open_keys(folder / "keys")
    return folder


def run(capsys, *arguments):
    code = cli.main(["status", *map(str, arguments)])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return code, captured.out, captured.err


def test_an_office_that_works_ends_with_0_and_every_line_is_a_sentence_of_the_language(data, capsys):
    code, out, err = run(capsys, "--data", data, "--language", "en")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "ok      Database: The connection works (sqlite)"
    assert out.splitlines()[-1] == "Usable; a few parts need attention."
    assert "note    Backup: No backup on record" in out
    assert "        → Make the first one with run.py backup" in out
    code, out, err = run(capsys, "--data", data, "--language", "zh")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].endswith("数据库：连接正常（sqlite）")


def test_what_is_wrong_ends_with_1_and_says_what_to_do_next(data, capsys):
    database = Database(f"sqlite:///{data / 'office.db'}")
    with database.writing() as session:
        due_at = datetime.now(UTC) - timedelta(hours=2)
        session.add(Job(kind=survey.KIND, slot="x", due_at=due_at, payload={}))
    database.dispose()
    code, out, _ = run(capsys, "--data", data, "--language", "en")
    assert code == 1
    assert "WRONG   Background jobs: Jobs have been waiting since" in out
    assert "→ Start run.py worker" in out
    assert out.splitlines()[-1] == "Something is wrong: deal with it first."


def test_a_program_gets_one_object_with_words_that_stay(data, capsys):
    code, out, err = run(capsys, "--data", data, "--json", "--language", "en")
    found = json.loads(out)
    assert (code, err, found["level"]) == (0, "", "note")
    parts = {part["part"]: part for part in found["parts"]}
    assert parts["database"] == {"part": "database", "level": "good", "key": "status.database.there",
                                 "facts": {"kind": "sqlite"}, "text": "The connection works (sqlite)", "next": None}  # fmt: skip
    assert parts["disk"]["facts"]["mebibytes"] >= 0
    assert datetime.fromisoformat(found["at"]).tzinfo is not None


def test_keys_that_are_gone_are_wrong(data, capsys):
    (data / "keys" / "office.json").unlink()
    code, out, _ = run(capsys, "--data", data, "--language", "en")
    assert code == 1
    assert "WRONG   Keys: " in out


def test_a_server_that_is_away_is_a_finding_without_its_password(data, capsys, monkeypatch):
    monkeypatch.setenv("BACKOFFICE_DATABASE_URL", "postgresql+psycopg://desk:lantern-secret@127.0.0.1:1/desk")
    code, out, err = run(capsys, "--data", data, "--language", "en")
    assert code == 1
    assert out.startswith("WRONG   Database: ")
    assert "lantern" not in out + err


def test_where_there_is_no_office_none_is_made(tmp_path, capsys):
    code, out, err = run(capsys, "--data", tmp_path)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("System status", "Background jobs are fine")), ("zh_Hans", ("运行状态", "后台任务正常"))],
)
def test_administrators_see_the_same_on_a_page(sign_in, app, language, words):
    browser = sign_in("S030")
    browser.set_cookie("language", language)
    found = browser.get("/settings/status/")
    text = found.get_data(as_text=True)
    assert all(word in text for word in words)


def test_the_page_asks_a_bounded_number_of_statements(sign_in, app):
    browser = sign_in("S030")
    with statements(app) as sent:
        assert browser.get("/settings/status/").status_code == 200
    assert len(sent) <= 32
