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
    "tests/views/test_importing.py", "tests/jobs/test_many.py",
)  # fmt: skip
A_FEW = ("tests/jobs/test_survey.py",)
OWN_FAULTS = "killed or fails or failed or fault or broken or attempt or statements or memory or twice_at_once"


NOTICES_AND_IMPORTS = {
    "tell_linked": "tests/services/test_fault_notices.py::test_R8_when_it_is_lifted_each_is_told_their_own_way_exactly_once_and_the_rest_are_called",
    "import": "tests/views/test_importing.py::test_R1_it_is_tried_then_brought_in_with_original_times_and_the_file_is_gone",
}


def killed_while(folder, *paths, without=f"postgresql or {OWN_FAULTS}"):
    """Kind → kills, and what pytest said; ``without``: tests that are left out by their names."""
    told = folder / "killed.txt"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "tests.support.killed_jobs", "-p", "no:cacheprovider",
               "-k", f"not ({without})", *paths]  # fmt: skip
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


@pytest.mark.parametrize("without", ["postgresql", "sqlite"])
@pytest.mark.parametrize("kind", NOTICES_AND_IMPORTS)
def test_R8_R9_who_is_told_and_what_comes_in_is_so_once_though_the_job_is_killed(tmp_path, kind, without):
    """A linked customer is told by a message that is queued with the note of it, a row comes in with its count: never
    twice, wherever it is killed (decision 0012).
    """
    done, kills = killed_while(tmp_path, NOTICES_AND_IMPORTS[kind], without=without)
    assert done.returncode == 0, done.stdout[-3000:]
    assert kills[kind] >= 4


@pytest.mark.long
def test_every_kind_of_job_that_is_killed_before_each_commit_comes_to_the_same_end(tmp_path):
    done, kills = killed_while(tmp_path, *EVERYWHERE)
    assert done.returncode == 0, done.stdout[-3000:]
    done, kills = killed_while(tmp_path, "tests/services/test_fault_notices.py", without="postgresql or killed")
    print(kills)  # noqa: T201
    assert done.returncode == 0, done.stdout[-3000:]
    assert set(HANDLERS) <= set(kills)
