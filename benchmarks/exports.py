"""All complaints of an office as CSV and as a workbook: seconds, rows a second, and how far memory grows.

    python -m benchmarks.exports FOLDER [URL]

FOLDER: a data directory that ``python -m benchmarks.many`` filled; URL: its database where that is not the SQLite file
in the folder. Each form is made by a process of its own, by the page's own address; the answer is read and let go.
Beside it: the same rows by the driver alone, written as CSV without a look at them.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from tests.support.memory import peak

EXPORTER = "S003"  # who may export everything
FORMS = ("driver", "csv", "xlsx")


def main() -> int:
    """Prints one table; with a form as third argument, measures that form."""
    folder = Path(sys.argv[1]).absolute()
    url = sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else f"sqlite:///{folder / 'office.db'}"
    if len(sys.argv) > 3:
        _measure(folder, url, sys.argv[3])
        return 0
    print("| form | rows | seconds | processor | rows a second | MiB written | MiB held before | MiB at most |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for form in FORMS:
        subprocess.run([sys.executable, "-m", "benchmarks.exports", str(folder), url, form], check=True)
    return 0


def _measure(folder: Path, url: str, form: str) -> None:
    made = _driver(url) if form == "driver" else _page(folder, url, form)
    before, began, worked = peak(), time.monotonic(), time.process_time()
    size = sum(len(block) for block in made)
    spent, worked = time.monotonic() - began, time.process_time() - worked
    rows = _rows(url)
    print(
        f"| {form} | {rows} | {spent:.1f} | {worked:.1f} | {rows / spent:.0f} | {size / 2**20:.1f} |"
        f" {before / 1024:.0f} | {peak() / 1024:.0f} |",
        flush=True,
    )


def _rows(url: str) -> int:
    database = Database(url)
    with database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM complaint")) or 0


def _driver(url: str) -> Iterator[str]:
    """The columns that are in clear, as they lie there."""
    with Database(url).engine.connect() as connection:
        columns = (
            "number, received_at, category_id, channel_id, severity, priority, status, step, department_id, owner_id"
        )
        room = io.StringIO()
        for row in connection.execution_options(yield_per=500).execute(
            sa.text(f"SELECT {columns}, sealed_brief FROM complaint ORDER BY received_at DESC")
        ):
            csv.writer(room).writerow(row)
            if room.tell() > 16_384:
                yield room.getvalue()
                room.seek(0)
                room.truncate()
        yield room.getvalue()


def _page(folder: Path, url: str, form: str) -> Iterable[bytes]:
    """The page's answer, block by block; a small export comes first, so that everything is loaded."""
    from tests.support.browsing import HOST, Browser
    from tests.support.live import PASSWORD, give_passwords
    from views.app import create_app

    os.environ.setdefault("LANG", "C.UTF-8")
    database = Database(url)
    give_passwords(database)
    with database.reading() as session:
        login = session.scalar(sa.text("SELECT login FROM staff WHERE code = :code"), {"code": EXPORTER})
    browser = Browser(create_app({"DATA_DIR": str(folder), "DATABASE_URL": url}))
    browser.sign_in(str(login), PASSWORD)
    fields = {"csrf_token": browser.token("/account"), "list": "all"}
    headers = {"Origin": HOST, "Referer": HOST + "/"}

    def ask(**more: str) -> Any:
        answer = browser.client.post(
            f"/complaints/export.{form}", data={**fields, **more}, base_url=HOST, headers=headers, buffered=False
        )
        if answer.status_code != 200:
            raise SystemExit(f"the export was answered {answer.status_code}")
        return answer

    for _block in ask(severity="major").response:
        pass
    return ask().response


if __name__ == "__main__":
    sys.exit(main())
