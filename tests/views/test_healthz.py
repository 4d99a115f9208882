"""``/healthz``: whether this server can work, asked by a machine every few seconds."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs import survey
from backoffice.models.work import Job
from policies.health import FilesWord
from tests.support.counting import statements
from views.watching import health
from views.watching.probing import FRESH, Question

WELL = "ok\ndatabase ok\nfiles ok\njobs ok\n"


@pytest.fixture(autouse=True)
def nothing_is_remembered(app):
    app.extensions.pop("desk_health", None)


def answer(client, path="/healthz"):
    """A second later than the last one, as a probe comes."""
    client.application.extensions.pop("desk_health", None)
    found = client.get(path)
    return found.status_code, found.get_data(as_text=True)


def test_a_server_that_is_well_says_ok_with_a_word_for_each_part(client):
    found = client.get("/healthz")
    assert (found.status_code, found.get_data(as_text=True)) == (200, WELL)
    assert found.content_type == "text/plain; charset=utf-8"
    assert found.headers["Cache-Control"] == "no-store"


def test_it_costs_two_statements_and_looks_at_no_session(client, sign_in, app):
    with statements(app) as sent:
        assert client.get("/healthz").status_code == 200
    assert len(sent) == 2
    app.extensions.pop("desk_health")
    signed_in = sign_in("S005")
    with statements(app) as sent:
        found = signed_in.get("/healthz")
    assert len(sent) == 2
    assert "Set-Cookie" not in found.headers


def test_a_flood_of_probes_asks_the_database_once(client, app):
    with statements(app) as sent:
        for _ in range(20):
            assert client.get("/healthz").status_code == 200
    assert len(sent) == 2


def test_it_answers_head_and_takes_no_post(client):
    found = client.head("/healthz")
    assert (found.status_code, found.get_data()) == (200, b"")
    assert client.post("/healthz").status_code in (400, 401, 405)


def test_it_is_not_logged_unless_something_is_wrong(client, app, caplog, monkeypatch):
    with caplog.at_level(logging.INFO, logger="desk.request"):
        client.get("/healthz")
        assert caplog.records == []
        monkeypatch.setattr(health, "files_word", lambda _folder: FilesWord.FULL)
        assert answer(client)[0] == 503
    assert len(caplog.records) == 1


def test_a_disk_on_which_nothing_can_be_kept_is_a_fault(client, monkeypatch):
    monkeypatch.setattr(health, "files_word", lambda _folder: FilesWord.READ_ONLY)
    assert answer(client) == (503, "fault\ndatabase ok\nfiles read_only\njobs ok\n")


def test_a_store_that_no_other_server_would_reach_is_told_and_takes_none_out(client, monkeypatch):
    monkeypatch.setattr(health, "files_are_far", lambda _folder: True)
    monkeypatch.setattr(health, "files_word", lambda _folder: FilesWord.UNREACHABLE)
    assert answer(client) == (200, "ok\ndatabase ok\nfiles unreachable\njobs ok\n")
    assert answer(client, "/healthz?jobs=1")[0] == 503


def test_the_files_that_are_looked_at_are_those_of_the_place_that_the_machine_names(client, monkeypatch, tmp_path):
    monkeypatch.setenv("BACKOFFICE_FILES_URL", str(tmp_path / "not mounted"))
    assert answer(client) == (503, "fault\ndatabase ok\nfiles missing\njobs ok\n")
    monkeypatch.setenv("BACKOFFICE_FILES_URL", "s3+http://key:secret@127.0.0.1:9/bucket")
    assert answer(client) == (200, "ok\ndatabase ok\nfiles unreachable\njobs ok\n")


def test_files_that_hang_silence_only_themselves(client, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(health, "FILES_SECONDS", 0.1)
    monkeypatch.setattr(health, "files_word", lambda _folder: release.wait(10) and FilesWord.OK)
    try:
        assert answer(client) == (503, "fault\ndatabase ok\nfiles silent\njobs ok\n")
    finally:
        release.set()


def test_a_database_of_another_shape_is_a_fault(client, office):
    with office.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert answer(client) == (503, "fault\ndatabase other_version\nfiles ok\njobs ok\n")


def test_a_database_that_cannot_be_read_is_a_fault_and_no_trace(client, office):
    with office.writing() as session:
        session.execute(sa.text("ALTER TABLE job RENAME TO gone"))
    assert answer(client) == (503, "fault\ndatabase unreachable\nfiles ok\njobs unknown\n")


def test_late_jobs_are_told_and_decide_only_where_they_are_asked_for(client, office, clock):
    with office.writing() as session:
        due_at = clock.now() - timedelta(hours=1)
        session.add(Job(kind=survey.KIND, slot="x", due_at=due_at, payload={}))
    assert answer(client) == (200, "ok\ndatabase ok\nfiles ok\njobs late\n")
    assert answer(client, "/healthz?jobs=1") == (503, "fault\ndatabase ok\nfiles ok\njobs late\n")


def test_a_database_that_hangs_is_answered_in_time_and_asked_once(client, app, monkeypatch):
    release, asked = threading.Event(), []

    def hang(_desk):
        asked.append(1)
        release.wait(10)
        return {"database": "ok", "files": "ok", "jobs": "ok"}

    monkeypatch.setattr(health, "SECONDS", 0.1)
    monkeypatch.setattr(health, "_words", hang)
    try:
        began = time.monotonic()
        for _ in range(3):
            found = client.get("/healthz")
            assert (found.status_code, found.get_data(as_text=True)) == (
                503, "fault\ndatabase silent\nfiles unknown\njobs unknown\n",
            )  # fmt: skip
        assert time.monotonic() - began < 3
        assert len(asked) == 1
    finally:
        release.set()


def test_an_answer_is_good_for_a_moment_only():
    question = Question(1.0, "silent")
    assert question.ask(lambda: "first") == "first"
    assert question.ask(lambda: "second") == "first"
    time.sleep(FRESH)
    assert question.ask(lambda: "third") == "third"


def test_whatever_goes_wrong_in_a_question_is_silence_and_it_may_be_asked_again():
    question = Question(1.0, "silent")
    assert question.ask(lambda: 1 // 0) == "silent"
    time.sleep(FRESH)
    assert question.ask(lambda: "there") == "there"
