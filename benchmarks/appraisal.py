"""How long the sheets of a month take, and in how much memory, beside the bare SQL aggregates of the same indicators.

    python -m benchmarks.appraisal [sqlite|postgresql] [STAFF] [COMPLAINTS …]

Default: SQLite, 500 staff, and 10,000, 100,000 and 1,000,000 complaints closed in one month, each with six clocks, an
order and a call-back. Each size has an office of its own. In a process of its own every indicator is counted by
nothing but its aggregate; in another one the job computes the sheets as it does at work: every line with the list of
what it was counted from, hashed and kept. The memory is the most that this process ever held (R33).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalInput, AppraisalSheet
from backoffice.queries import indicators
from backoffice.queries.rulebook import Rulebook
from backoffice.services import appraisal_compute
from backoffice.services.core import appraisal_plan
from backoffice.services.core.work import Work
from policies.vocabulary_appraisal import SubjectKind
from tests.support import run_folder
from tests.support.databases import Templates, with_default_office
from tests.support.memory import peak
from tests.support.offices import actor_of
from tests.support.whole_month import COMPUTED, MONTH, hire, put_in

SIZES = (10_000, 100_000, 1_000_000)
STAFF = 500
SIMPLE = "on_time_rate"
HEAD = (
    "complaints | put in | one aggregate | all aggregates | computed | ratio | sheets | inputs kept | "
    "MiB before | MiB at most"
)


def main() -> None:
    """Fill an office for each size and have processes of their own measured in it."""
    words = sys.argv[1:]
    dialect = words.pop(0) if words and not words[0].isdecimal() else "sqlite"
    people = int(words.pop(0)) if words else STAFF
    folder = run_folder.make(Path(tempfile.gettempdir()))
    print(f"{dialect}, {people} staff; seconds by the clock (of the processor)\n{HEAD}", flush=True)
    try:
        for count in [int(word) for word in words] or SIZES:
            with (
                tempfile.TemporaryDirectory(prefix="desk-month-") as target,
                Templates(folder).copy(dialect, with_default_office, Path(target)) as database,
            ):
                _one(database, count, people)
    finally:
        run_folder.remove(folder)


def _one(database: Database, count: int, people: int) -> None:
    seconds, _used, _none = _timed(lambda: put_in(database, count, hire(database, people)))
    url = database.engine.url.render_as_string(hide_password=False)
    database.engine.dispose()
    bare, made = _measured("figures", url), _measured("compute", url)
    ratio = made["all"][0] / bare["all"][0]
    times = " | ".join(_said(one) for one in (bare["one"], bare["all"], made["all"]))
    found = f"{made['sheets']} | {made['inputs']:,} | {made['before']} | {made['most']}"
    print(f"{count:,} | {seconds:.1f} s | {times} | {ratio:.1f} | {found}", flush=True)


def _measured(what: str, url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.appraisal", f"--{what}", url]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def figures(url: str) -> dict[str, Any]:
    """Every indicator of the month's schemes by its aggregate and nothing else; ``one``: the simplest of them."""
    database = Database(url)
    with database.reading() as session:
        made = appraisal_plan.plan(session, MONTH)
        window = indicators.window_of(session, MONTH, Rulebook(session).zone(), COMPUTED)

    def count(code: str, level: SubjectKind) -> None:
        with database.reading(large=True) as session:
            indicators.figures(session, code, window, level)

    count(SIMPLE, SubjectKind.PERSON)  # what is made at the first statement, and the cache of the system
    wanted = [(code, level) for level in SubjectKind for code in made.indicators(level)]
    return {
        "one": _timed(lambda: count(SIMPLE, SubjectKind.PERSON))[:2],
        "all": _timed(lambda: [count(*one) for one in wanted])[:2],
    }


def compute(url: str) -> dict[str, Any]:
    """The job itself, from being asked for to the last sheet."""
    database = Database(url)
    with tempfile.TemporaryDirectory(prefix="desk-month-files-") as folder:
        shop = Workshop(database, Keys.fresh(), SetClock(COMPUTED), Path(folder))
        with database.writing() as session:
            actor = actor_of(session, "S023")
            appraisal_compute.ask(Work(session, shop.keys, actor, COMPUTED, COMPUTED), MONTH)
        before = peak() // 1024
        seconds, used, done = _timed(lambda: work_off(shop, {"appraisal": HANDLERS["appraisal"]}))
        assert done.done == 1, done
    with database.reading() as session:
        sheets = session.scalar(sa.select(sa.func.count()).select_from(AppraisalSheet).where(AppraisalSheet.body != ""))
        inputs = session.scalar(sa.select(sa.func.sum(AppraisalInput.count)))
    return {"all": (seconds, used), "sheets": sheets, "inputs": inputs, "before": before, "most": peak() // 1024}


def _timed(act: Callable[[], Any]) -> tuple[float, float, Any]:
    started, used = time.perf_counter(), time.process_time()
    made = act()
    return time.perf_counter() - started, time.process_time() - used, made


def _said(seconds: tuple[float, float]) -> str:
    return f"{seconds[0]:.2f} s ({seconds[1]:.2f})"


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("--"):
        print(json.dumps({"--figures": figures, "--compute": compute}[sys.argv[1]](sys.argv[2])))
    else:
        main()
