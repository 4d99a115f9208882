"""Several workers of one office on PostgreSQL: each job is done by one of them, once, whoever is killed (R26, R40)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.models.work import Job
from tests.support.databases import migrated
from tests.support.sources import PROJECT

pytestmark = pytest.mark.postgresql
JOBS, WORKERS = 150, 3
# A worker as `run.py worker` runs it, with handlers that write down who did what: in the job's own transaction the
# payload, which must show once, and outside of it a line, which shows every beginning.
PROGRAM = """
import sys, time
from datetime import timedelta
from pathlib import Path
from backoffice.clock import Clock
from backoffice.database_settings import connect
from backoffice.jobs import running
from backoffice.keys import Keys
url, lines, name = sys.argv[1:]
running.LEASE = timedelta(seconds=2)
def do(shop, job):
    with open(lines, "a") as file:
        file.write(f"{name} {job.slot}\\n")
    time.sleep(0.01)
    if "done_by" in job.payload:  # killed between this and the note that the job is done: begun again, not done again
        return
    with shop.database.writing() as session:
        job.go_on(session, shop.clock.now(), {"done_by": [*job.payload.get("done_by", []), name]})
shop = running.Workshop(connect(url), Keys.fresh(), Clock(), Path("."))
while True:
    running.work_off(shop, {"planted": do})
    time.sleep(0.05)
"""


@pytest.fixture
def database(templates, tmp_path):
    with templates.copy("postgresql", migrated, tmp_path) as made:
        with made.writing() as session:
            rows = [
                {"kind": "planted", "slot": str(n), "due_at": datetime.now(UTC), "payload": {}} for n in range(JOBS)
            ]
            session.execute(sa.insert(Job), rows)
        yield made


def worker(database, lines, name):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, database.url, str(lines), name], env=environment)


def left(database):
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Job).where(Job.done_at.is_(None)))


def until(true, seconds=90):
    for _ in range(seconds * 20):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to this")


def test_three_processes_share_the_jobs_and_do_each_once_though_one_is_killed_again_and_again(database, tmp_path):
    lines = tmp_path / "lines"
    lines.touch()
    workers = {str(number): worker(database, lines, str(number)) for number in range(WORKERS)}
    kills = 0
    try:
        until(lambda: len({line.split()[0] for line in lines.read_text().splitlines()}) == WORKERS)
        while left(database) > JOBS // 4:
            if kills < 5:
                workers["0"].send_signal(signal.SIGKILL)
                workers["0"].wait(10)
                workers["0"] = worker(database, lines, "0")
                kills += 1
            time.sleep(0.2)
        until(lambda: left(database) == 0)
    finally:
        for process in workers.values():
            process.kill()
            process.wait(10)
    with database.reading() as session:
        done = {job.slot: job.payload["done_by"] for job in session.scalars(sa.select(Job))}
    assert len(done) == JOBS
    assert {len(by) for by in done.values()} == {1}, json.dumps(done)
    begun = Counter(line.split()[1] for line in lines.read_text().splitlines())
    assert all(begun[slot] >= 1 for slot in done)
    assert sum(begun.values()) - JOBS <= kills, "begun again only what a killed one held"
    assert {by[0] for by in done.values()} >= {"1", "2"}
