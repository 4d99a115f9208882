"""Every kind of job may be killed before any of its commits: another worker brings it to the same end.

The tests that say what a job must come to are run once more while ``tests/support/killed_jobs.py`` kills each job with
SIGKILL before each of its commits. Those that count tries or statements, or plant faults of their own, are left out.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from backoffice.jobs.handlers import HANDLERS
from tests.support.killed_jobs import TOLD
from tests.support.sources import PROJECT

EVERYWHERE = (
    "tests/jobs/test_appeals.py", "tests/jobs/test_clock_changes.py", "tests/jobs/test_daily_seal.py", "tests/jobs/test_digest.py",
    "tests/jobs/test_disputes.py", "tests/jobs/test_draws.py", "tests/jobs/test_inspections.py", "tests/jobs/test_lot_decisions.py",
    "tests/jobs/test_measuring.py", "tests/jobs/test_recalculation.py", "tests/jobs/test_survey.py", "tests/jobs/test_what_if.py",
    "tests/services/test_clusters.py", "tests/services/test_corrective.py", "tests/services/test_extension.py",
    "tests/services/test_warning.py", "tests/views/test_appraisal.py", "tests/views/test_appraisal_papers.py",
)  # fmt: skip
A_FEW = ("tests/jobs/test_survey.py",)
OWN_FAULTS = "killed or fails or failed or fault or broken or attempt or statements or memory or twice_at_once"


def killed_while(folder, *paths):
    """Kind → kills, and what pytest said."""
    told = folder / "killed.txt"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "tests.support.killed_jobs", "-p", "no:cacheprovider",
               "-k", f"not postgresql and not ({OWN_FAULTS})", *paths]  # fmt: skip
    environment = {**os.environ, TOLD: str(told), "BACKOFFICE_LONG_TESTS": ""}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    kills: dict[str, int] = {}
    for line in told.read_text(encoding="utf-8").splitlines() if told.exists() else ():
        kind, times = line.rsplit(" ", 1)
        kills[kind] = kills.get(kind, 0) + int(times)
    return done, kills


def test_jobs_that_are_killed_before_each_commit_come_to_the_same_end(tmp_path):
    done, kills = killed_while(tmp_path, *A_FEW)
    assert done.returncode == 0, done.stdout[-3000:]
    assert {"close_surveys", "daily_seal", "draws", "measure_hours"} <= set(kills)


@pytest.mark.long
def test_every_kind_of_job_that_is_killed_before_each_commit_comes_to_the_same_end(tmp_path):
    done, kills = killed_while(tmp_path, *EVERYWHERE)
    print(kills)  # noqa: T201
    assert done.returncode == 0, done.stdout[-3000:]
    assert set(HANDLERS) <= set(kills)
