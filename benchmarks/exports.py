"""All complaints of an office as CSV and as a workbook, beside the plain ``ModelView``'s CSV of the same rows.

    python -m benchmarks.exports FOLDER [--url URL] [--rounds 3] [--minutes 20] [--only csv …]

FOLDER: a data directory that ``python -m benchmarks.many`` filled; URL: its database where that is not the SQLite file
in the folder. An export is noted in the access log: measure a copy where the office is to stay as it is. Each form is
made by a process of its own, by the page's own address; the answer is read and let go. *driver*: the columns that are
in clear, by the database's driver alone. *plain list*: Flask-Admin's own export, as many columns as are in clear.
Of several rounds, in which the forms take turns, the one that took the processor least is told; a workbook's first
byte comes when it is whole.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.models.office import Staff
from tests.support.memory import peak

EXPORTER = "S003"  # who may export everything
FORMS = ("driver", "plain list", "csv", "xlsx")
IN_CLEAR = (
    "number", "received_at", "channel.name_zh", "category.name_zh", "severity", "priority", "status", "step",
    "outcome", "round", "nth_complaint", "department.name_zh", "owner.name_zh", "next_due_at",
)  # fmt: skip
Made = dict[str, float]


def main() -> int:
    """Prints one table."""
    asked = _options()
    if asked.form:
        print(json.dumps(_measured(asked)))
        return 0
    end = time.monotonic() + 60 * asked.minutes
    found: dict[str, list[Made]] = {}
    for _round in range(asked.rounds):
        for form in asked.only or FORMS:
            if time.monotonic() < end:
                found.setdefault(form, []).append(_by_itself(asked, form, end - time.monotonic()))
    best = {form: min(made, key=lambda one: one["processor"]) for form, made in found.items()}
    print("| form | rows | first byte, ms | seconds | processor | of plain list | MiB | MiB before | MiB grown |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    plain = best.get("plain list", {}).get("processor", float("nan"))
    for form, one in best.items():
        ratio = f"{one['processor'] / plain:.2f}"
        print(
            f"| {form} | {one['rows']:,.0f} | {one['first'] * 1000:.0f} | {one['seconds']:.1f} |"
            f" {one['processor']:.1f} | {ratio} | {one['size']:.1f} | {one['before']:.0f} | {one['grown']:.0f} |"
        )
    return 0


def _by_itself(asked: argparse.Namespace, form: str, seconds: float) -> Made:
    words = [sys.executable, "-m", "benchmarks.exports", asked.folder, "--form", form, "--now", asked.now.isoformat()]
    words += ["--url", asked.url] if asked.url else []
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=seconds)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _measured(asked: argparse.Namespace) -> Made:
    folder = Path(asked.folder).absolute()
    url = asked.url or f"sqlite:///{folder / 'office.db'}"
    made = {"driver": lambda: _driver(url), "plain list": lambda: _plain(url)}.get(
        asked.form, lambda: _desk(folder, url, asked.form, asked.now)
    )()
    before, began, worked = peak(), time.monotonic(), time.process_time()
    first, size = 0.0, 0
    for block in made:
        first = first or time.monotonic() - began
        size += len(block)
    spent, worked = time.monotonic() - began, time.process_time() - worked
    grown = (peak() - before) / 1024
    return {
        "rows": _rows(url), "first": first, "seconds": spent, "processor": worked, "size": size / 2**20,
        "before": before / 1024, "grown": grown,
    }  # fmt: skip


def _rows(url: str) -> int:
    with Database(url).reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM complaint")) or 0


def _driver(url: str) -> Iterator[bytes]:
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
                yield room.getvalue().encode()
                room.seek(0)
                room.truncate()
        yield room.getvalue().encode()


def _plain(url: str) -> Iterator[bytes]:
    """Flask-Admin's export; asked for when the first block is wanted, since it reads all rows first."""
    from benchmarks.pages_served import PlainList, plain

    PlainList.can_export, PlainList.export_max_rows, PlainList.column_export_list = True, 0, IN_CLEAR
    app = plain(url)
    app.teardown_appcontext_funcs.clear()  # its rows are loaded while it is sent: the session must stay
    client = app.test_client()
    client.get("/complaint/")
    yield from client.get("/complaint/export/csv/", buffered=False).response


def _desk(folder: Path, url: str, form: str, now: datetime) -> Iterable[bytes]:
    """The page's answer, block by block; a small export comes first, so that everything is loaded."""
    from tests.support.browsing import HOST, Browser
    from views.app import create_app

    app = create_app({"DATA_DIR": str(folder), "DATABASE_URL": url, "CLOCK": SetClock(now)})
    logging.getLogger("desk").setLevel(logging.ERROR)
    database, at = Database(url), int(now.timestamp())
    with database.reading() as session:
        one = session.scalars(sa.select(Staff).where(Staff.code == EXPORTER)).one()
        staff = {"id": one.id, "epoch": one.session_epoch, "began": at, "seen": at, "keep": False}
    database.dispose()
    browser = Browser(app)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    name = str(app.config["SESSION_COOKIE_NAME"])
    browser.client.set_cookie(name, signer.dumps({"staff": staff}), domain="desk.test")
    fields = {"csrf_token": browser.token("/account"), "list": "all"}
    headers = {"Origin": HOST, "Referer": HOST + "/"}

    def ask(**more: str) -> Iterator[bytes]:
        answer = browser.client.post(
            f"/complaints/export.{form}", data={**fields, **more}, base_url=HOST, headers=headers, buffered=False
        )
        if answer.status_code != 200:
            raise SystemExit(f"the export was answered {answer.status_code}")
        yield from answer.response

    for _block in ask(q="TS20000101-0001"):
        pass
    return ask()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports", description=__doc__)
    parser.add_argument("folder", help="the data directory of an office that is there")
    parser.add_argument("--url", default="", help="its database, where that is not office.db in the folder")
    parser.add_argument("--now", type=datetime.fromisoformat, default=datetime.fromisoformat("2026-11-23T10:00+08:00"))
    parser.add_argument("--rounds", type=int, default=3, help="how often each form is made")
    parser.add_argument("--minutes", type=float, default=20, help="after which nothing more is begun")
    parser.add_argument("--only", nargs="*", choices=FORMS, help="these forms alone")
    parser.add_argument("--form", choices=FORMS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
