"""How long a month's papers and export take for few and many sheets, and in how much memory (R33).

    python -m benchmarks.appraisal_papers [--only zip|volume|xlsx|csv] [STAFF …]

Default: 50 and 500 staff, all forms, on SQLite; a Markdown table. Each of the forms is made in a process of its own:
the ZIP and the volume by their job and then taken, the workbook and the CSV files as they are downloaded. The memory
is the most that this process ever held. Fewer than a dozen staff are too few for the made-up month.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalSheet
from backoffice.models.work import Job
from backoffice.services import appraisal_compute
from backoffice.services.appraisal_papers import export, volume
from backoffice.services.appraisal_papers.volume import Form, Press, read_order
from backoffice.services.core.work import Work
from policies.message import Message
from tests.support import run_folder
from tests.support.databases import Templates, with_default_office
from tests.support.memory import peak
from tests.support.offices import actor_of
from tests.support.whole_month import COMPUTED, MONTH, hire, put_in
from views.app import create_app
from views.language import say

SIZES = (50, 500)
COMPLAINTS = 2_000
ANALYST, READER = "S023", "S025"
FORMS = ("zip", "volume", "xlsx", "csv")
MAKE = "make"
"""How a process is told to make one form."""


def main() -> None:
    """An office for each number of staff, and a process for each form."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("staff", nargs="*", type=int, help="for how many staff (default: 50 and 500)")
    parser.add_argument("--only", choices=FORMS, action="append", help="this form alone; may be given again")
    args = parser.parse_args()
    folder = run_folder.make(Path(tempfile.gettempdir()))
    print("| staff | sheets | form | made, s (of the processor) | KiB | MiB held before | MiB at most |", flush=True)
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: |", flush=True)
    try:
        for people in args.staff or SIZES:
            with (
                tempfile.TemporaryDirectory(prefix="desk-papers-") as target,
                Templates(folder).copy("sqlite", with_default_office, Path(target)) as database,
            ):
                _one(database, people, Path(target), args.only or FORMS)
    finally:
        run_folder.remove(folder)


def _one(database: Database, people: int, folder: Path, forms: Sequence[str]) -> None:
    put_in(database, COMPLAINTS, hire(database, people))
    shop = Workshop(database, Keys.fresh(), SetClock(COMPUTED), folder)
    with database.writing() as session:
        appraisal_compute.ask(_work(session, shop, ANALYST), MONTH)
    assert work_off(shop, {"appraisal": HANDLERS["appraisal"]}).done == 1
    for form in forms:
        command = [sys.executable, "-m", "benchmarks.appraisal_papers", MAKE, form, database.url, str(folder)]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found = json.loads(said.splitlines()[-1])
        times = f"{found['seconds']:.1f} ({found['used']:.1f})"
        print(
            f"| {people} | {found['sheets']} | {form} | {times} | {found['size'] // 1024:,} | {found['before']} | "
            f"{found['most']} |",
            flush=True,
        )


def make(form: str, url: str, folder: Path) -> dict[str, Any]:
    """One form of the month."""
    database = Database(url)
    app = create_app({"DATA_DIR": str(folder / "desk"), "DATABASE_URL": url, "CLOCK": SetClock(COMPUTED)})

    def speak(message: Message, language: str) -> str:
        with app.app_context():
            return say(message, language)

    shop = Workshop(database, app.extensions["desk"].keys, SetClock(COMPUTED), folder / form, speak=speak)
    before, started, used = peak() // 1024, time.perf_counter(), time.process_time()
    with tempfile.TemporaryFile() as file:
        sheets = (_printed if form in set(Form) else _exported)(shop, form, file)
        size = file.seek(0, 2)
    return {
        "seconds": time.perf_counter() - started, "used": time.process_time() - used, "sheets": sheets, "size": size,
        "before": before, "most": peak() // 1024,
    }  # fmt: skip


def _printed(shop: Workshop, form: str, file: Any) -> int:
    with shop.database.writing() as session:
        job = volume.ask(_work(session, shop, READER), MONTH, Form(form), "zh_Hans")
        job.leased_until = None
        job_id = job.id
    done = work_off(shop, {volume.KIND: HANDLERS[volume.KIND]})
    assert (done.done, done.failed) == (1, 0), done
    with shop.database.reading() as session:
        order = read_order(session.get_one(Job, job_id).payload)
    Press(shop.keys, shop.folder, job_id, order, shop.speak, COMPUTED).take(file)
    return len(order.ids)


def _exported(shop: Workshop, form: str, file: Any) -> int:
    with shop.database.writing() as session:
        made = export.take_export(_work(session, shop, READER), MONTH, form, "zh_Hans", shop.speak)
        made.workbook(file) if form == "xlsx" else made.archive(file)
        return session.scalar(sa.select(sa.func.count()).select_from(AppraisalSheet)) or 0


def _work(session: Any, shop: Workshop, code: str) -> Work:
    return Work(session, shop.keys, actor_of(session, code), COMPUTED, COMPUTED, shop.folder / "files", "192.0.2.7")


if __name__ == "__main__":
    if sys.argv[1:2] == [MAKE]:
        print(json.dumps(make(sys.argv[2], sys.argv[3], Path(sys.argv[4]))))
    else:
        main()
