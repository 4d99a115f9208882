"""A pytest plugin that has every job killed, again and again, before it may be done: what a test expects must hold all the same.

    python -m pytest -p tests.support.killed_jobs tests/jobs/test_survey.py

Before a worker does a job, processes of their own do it and are killed with SIGKILL: the first before its first commit,
the next before its second, and so on over what is kept, until one comes to the end before that is noted. Then the worker itself takes the job over and does it (again). With ``DESK_KILLED_JOBS``
naming a file, each job's kind and number of kills is written there.
"""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.jobs import running
from backoffice.models.work import Job

MOST = 60
"""Kills of one job at most; one with more steps is left to itself from there on."""
TOLD = "DESK_KILLED_JOBS"

_do = running._do


def pytest_configure(config: Any) -> None:
    """Put the killing before the doing."""
    running._do = _killed_first


def _killed_first(shop: Any, handler: Any, job: Any) -> bool:
    kills = 0
    while kills < MOST:
        kills += 1
        came_to_its_end = _child_is_killed(shop, handler, job, commits=kills)
        job = _taken_over(shop, job)
        if came_to_its_end:
            break
    if name := os.environ.get(TOLD):
        with Path(name).open("a", encoding="utf-8") as told:
            told.write(f"{job.kind} {kills}\n")
    return _do(shop, handler, job)


def _child_is_killed(shop: Any, handler: Any, job: Any, commits: int) -> bool:
    """Do the job in a process that is killed before so many commits; True when it came to its end before."""
    process = os.fork()
    if process:
        _process, status = os.waitpid(process, 0)
        return os.WIFEXITED(status)
    try:
        _do_until_killed(shop, handler, job, commits)
    finally:
        os._exit(0)  # nothing of the parent's is closed or flushed here


def _do_until_killed(shop: Any, handler: Any, job: Any, commits: int) -> None:
    database = Database(shop.database.url)  # the parent's connections are the parent's
    left = [commits]

    def strike(_connection: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(database.engine, "commit", strike)
    handler(replace(shop, database=database), job)


def _taken_over(shop: Any, job: Any) -> Any:
    """As another worker takes it once the lease is over, with what was kept of it."""
    with shop.database.writing() as session:
        row = session.get_one(Job, job.id)
        row.attempts += 1
        return running.Taken(row.id, row.kind, row.slot, dict(row.payload or {}), row.attempts)
