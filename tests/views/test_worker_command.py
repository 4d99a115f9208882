"""``run.py worker`` does what waits, and ``run.py verify`` names a complaint that was deleted whole (R40)."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.integrations import seal_log
from backoffice.keys import open_keys
from backoffice.models import Base
from backoffice.models.complaint import Complaint
from backoffice.models.history import DailySeal
from backoffice.models.work import Job
from tests.support.databases import with_default_office
from tests.support.played import Play
from tests.support.sources import PROJECT
from views import cli

SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("BACKOFFICE_DATA", "BACKOFFICE_DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("views.commands.worker.Clock", lambda: SetClock(SUNDAY))  # a day without a digest
    for name in ("handlers", "propagate", "level"):  # the command sets up the log of its process
        monkeypatch.setattr(logging.getLogger("desk"), name, getattr(logging.getLogger("desk"), name))


@pytest.fixture
def data(templates, tmp_path):
    """An office's data directory with two complaints."""
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        database.dispose()
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "desk.sqlite").rename(folder / "office.db")
    keys = open_keys(folder / "keys")
    with office(folder) as opened:
        for number in range(2):
            Play(opened, keys, folder / "files").register(texts={"contact_phone": f"1390000417{number}"})
    return folder


@contextlib.contextmanager
def office(folder):
    """The office's database, closed at the end so that a command has it to itself."""
    database = Database(f"sqlite:///{folder / 'office.db'}")
    try:
        yield database
    finally:
        database.dispose()


def run(capsys, *arguments):
    code = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return code, captured.out.splitlines()


def jobs(data):
    """How many jobs there are, done or not."""
    with office(data) as database, database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Job))


def test_R40_worker_once_does_what_is_due_and_the_second_time_there_is_nothing(data, capsys):
    code, said = run(capsys, "worker", "--once", "--data", data, "--language", "en")
    assert (code, said) == (0, [f"Jobs done: {jobs(data)}; failed: 0."])
    assert len(seal_log.lines(data)) == 1
    code, said = run(capsys, "worker", "--once", "--data", data, "--language", "zh")
    assert (code, said) == (0, ["已完成 0 项任务，失败 0 项。"])
    code, said = run(capsys, "verify", "--data", data)
    assert code == 0
    assert said[0] == "Days of seals verified: 1."


def test_R40_verify_names_a_complaint_that_was_deleted_whole(data, capsys):
    run(capsys, "worker", "--once", "--data", data)
    with office(data) as database, database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if "complaint_id" in table.c:
                session.execute(sa.delete(table).where(table.c.complaint_id == 2))
        session.execute(sa.delete(Complaint).where(Complaint.id == 2))
    code, said = run(capsys, "verify", "--data", data, "--language", "en")
    assert code == 1
    assert said[0].startswith("#2: was on record at the seal of ")
    assert said[0].endswith(" and has since been deleted entirely")
    code, said = run(capsys, "verify", "--data", data, "--language", "zh")
    assert said[0].startswith("#2: ")
    assert said[0].endswith("现已整件删除")


def test_R40_verify_tells_of_a_log_that_is_gone(data, capsys):
    run(capsys, "worker", "--once", "--data", data)
    seal_log.path_in(data).unlink()
    code, said = run(capsys, "verify", "--data", data, "--language", "en")
    assert code == 1
    assert said[0].startswith("Seal of ")
    assert said[0].endswith("the database has this day, but the seal log does not")


def test_a_worker_with_a_job_that_fails_says_so_and_ends_with_1(data, capsys):
    (data / "seals").touch()  # a file where the folder of the log should be
    code, said = run(capsys, "worker", "--once", "--data", data, "--language", "en")
    assert (code, said) == (1, [f"Jobs done: {jobs(data) - 1}; failed: 1."])
    with office(data) as database, database.reading() as session:
        job = session.scalars(sa.select(Job).where(Job.done_at.is_(None))).one()
        assert job.kind == "daily_seal"
        assert job.error


def test_a_worker_works_until_it_is_told_to_stop(data):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    program = "import sys; from views.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "worker", "--data", str(data), "--language", "en"]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:  # fmt: skip
        try:
            with office(data) as database:
                for _ in range(300):
                    with database.reading() as session:
                        if session.scalar(sa.select(DailySeal.day)) is not None:
                            break
                    time.sleep(0.1)
                else:
                    pytest.fail("the worker did nothing")
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
