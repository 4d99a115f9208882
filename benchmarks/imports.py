"""How long a large file takes to come in, and in how much memory: read from where it lies sealed, by the job.

    python -m benchmarks.imports [sqlite|postgresql] [--form csv|xlsx|jsonl] [--refused] [--try] [ROWS …]

Default: SQLite, CSV, and 1,000, 10,000 and 100,000 rows. Each size has an office and a process of its own. *Read*: gone
through under its mapping and nothing else. *Brought in*: the job, each row registered with its clocks and its history.
With ``--refused`` every row is refused, kept sealed with its reasons, and none is registered; with ``--try`` it is a
trial, which registers every row and takes it back. The memory is the most that this process ever held (R1, R9). Every
10,000 rows it says on the error stream how far it is, how many rows a minute the last of them took, and the memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import xlsxwriter

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.file_settings import imports_of
from backoffice.integrations.mapping import date_order, read_records
from backoffice.integrations.tabular import open_table
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.configuration import Category
from backoffice.models.importing import ImportUpload
from backoffice.services import import_uploads
from backoffice.services.core.work import Work
from policies.import_mapping import Draft
from tests.support import run_folder
from tests.support.databases import Templates, with_default_office
from tests.support.memory import peak
from tests.support.offices import actor_of

STEP = 10_000
SIZES = (1_000, 10_000, 100_000)
FORMS = ("csv", "xlsx", "jsonl")
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HEAD = ("received", "phone", "name", "told", "branch")
TARGETS = ("received_at", "contact_phone", "customer_name", "what", "where")


def main() -> None:
    """Have each size measured in a process of its own."""
    words = sys.argv[1:]
    refused, mode = "--refused" in words, import_uploads.TRY if "--try" in words else import_uploads.RUN
    form = next((word for word in words if word in FORMS), FORMS[0])
    words = [word for word in words if word not in ("--refused", "--try", "--form", *FORMS)]
    dialect = words.pop(0) if words and not words[0].isdecimal() else "sqlite"
    folder = run_folder.make(Path(tempfile.gettempdir()))
    print(f"{dialect}, {form}, {mode}; seconds by the clock (of the processor)", flush=True)
    print("rows | MiB | read | done | came in | refused | MiB before | MiB at most", flush=True)
    try:
        for count in [int(word) for word in words] or SIZES:
            with (
                tempfile.TemporaryDirectory(prefix="desk-import-") as target,
                Templates(folder).copy(dialect, with_default_office, Path(target)) as database,
            ):
                url = database.engine.url.render_as_string(hide_password=False)
                database.engine.dispose()
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.imports",
                    "--one",
                    url,
                    form,
                    str(count),
                    str(int(refused)),
                    mode,
                ]
                found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
                print(" | ".join(str(one) for one in found), flush=True)
    finally:
        run_folder.remove(folder)


def one(url: str, form: str, count: int, refused: bool, mode: str) -> list[Any]:
    """Send a file of so many rows, read it, have it brought in or tried."""
    database = Database(url)
    with tempfile.TemporaryDirectory(prefix="desk-import-files-") as name:
        folder = Path(name)
        shop = Workshop(database, Keys.fresh(), SetClock(AT), folder)
        path = write(folder / f"table.{form}", count, refused)
        size, place = path.stat().st_size, imports_of(folder)
        with database.reading() as session:
            actor = actor_of(session, "S004")
            leaf = session.scalars(sa.select(Category.code).where(Category.level == 3).order_by(Category.id)).first()
        with path.open("rb") as stream:
            put = import_uploads.put_away(actor, place, path.name, stream)
        path.unlink()
        draft = Draft(dict(zip(HEAD, TARGETS, strict=True)), {}, {"channel": "hotline", "category": str(leaf)})
        with database.writing() as session:
            work = Work(session, shop.keys, actor, AT, AT)
            sent = import_uploads.change(
                work, import_uploads.opened(shop.keys, import_uploads.send(work, put)), draft=draft
            )
            mapping = import_uploads.mapping_of(session, sent, folder)
            sent.row.tried_at = AT
            session.flush()
            upload_id = sent.row.id
            import_uploads.ask(work, sent, mode, folder, HEAD)
        before = peak() // 1024
        source = sent.source(place)
        read = _timed(lambda: _read(source, mapping))
        with _watched(database, upload_id):
            done = _timed(lambda: work_off(shop, {"import": HANDLERS["import"]}))
        with database.reading() as session:
            row = session.get_one(ImportUpload, upload_id)
            counts = [f"{row.came_in:,}", f"{row.refused:,}"]
    return [f"{count:,}", f"{size / 1024 / 1024:.1f}", read, done, *counts, before, peak() // 1024]


def _read(source: Any, mapping: Any) -> int:
    order = date_order(source, mapping)
    with open_table(source, mapping.required) as table:
        return sum(1 for _record in read_records(table, mapping, order, AT))


def write(path: Path, count: int, refused: bool) -> Path:
    """A table of so many rows; refused ones have no time that can be read."""

    def cells(number: int) -> tuple[str, ...]:
        at = (
            "yesterday" if refused else f"{datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number):%Y-%m-%d %H:%M}"
        )
        told = f"The line at the premises breaks off several times an evening since the storm, report {number}"
        return at, f"139{number:08}", f"Customer {number}", told, f"Branch {number % 40}"

    if path.suffix == ".xlsx":
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, HEAD)
            for number in range(count):
                sheet.write_row(number + 1, 0, cells(number))
    elif path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(dict(zip(HEAD, cells(n), strict=True))) + "\n" for n in range(count))
    else:
        with path.open("w", encoding="utf-8") as file:
            file.write(",".join(HEAD) + "\n")
            file.writelines(f'{a},{b},{c},"{d}",{e}\n' for a, b, c, d, e in map(cells, range(count)))
    return path


@contextmanager
def _watched(database: Database, upload_id: int) -> Iterator[None]:
    """Says how far it is, every so many rows, while something else goes through them."""
    over = threading.Event()

    def look() -> None:
        wanted, was, at, used = STEP, 0, time.perf_counter(), time.process_time()
        while not over.wait(1):
            with database.reading() as session:
                done = session.get_one(ImportUpload, upload_id).done
            if done >= wanted:
                now, by_now = time.perf_counter(), time.process_time()
                pace, bare = (done - was) * 60 / (now - at), (done - was) * 60 / (by_now - used)
                told = f"{done:,} rows, {pace:,.0f} a minute ({bare:,.0f} of the processor), {peak() // 1024} MiB"
                print(time.strftime("%H:%M:%S"), told, file=sys.stderr, flush=True)
                wanted, was, at, used = done - done % STEP + STEP, done, now, by_now

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _timed(act: Any) -> str:
    started, used = time.perf_counter(), time.process_time()
    act()
    return f"{time.perf_counter() - started:.0f} s ({time.process_time() - used:.1f})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5] == "1", sys.argv[6])))
    else:
        main()
