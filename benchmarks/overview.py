"""The manager's view and the figures over an office with many complaints: what is asked, how long it takes (R31, R35).

    python -m benchmarks.overview [sqlite|postgresql] [complaints …]
    python -m benchmarks.overview --data DIR [--url URL]      an office that is there (a copy: it is written into)

Of each page of figures: the page as it is shown from what was kept, the same page counted while somebody waits (as in
small offices), and what the worker takes for the counting behind it. The seconds are those of this process, in which
SQLite works too, the least of some rounds; PostgreSQL's own work comes on top. Lists are counted when they are opened.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask.testing import FlaskClient

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs import kept_figures
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.migrate import upgrade
from backoffice.models.complaint import Complaint
from backoffice.models.kept import KeptFigures
from backoffice.models.office import Department, Staff
from backoffice.services.core import heartbeat
from policies import kept_figures as rules
from policies.overview import Span, around
from tests.support.busy_office import fill
from tests.support.counting import statements_of
from tests.support.databases import Templates, with_default_office
from tests.support.live import give_passwords
from views.app import create_app

NOW = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
MANAGER = "S002"
FIGURES = ("/overview?period={month}", "/overview?period={quarter}", "/overview?period={month}&severity=important",
           "/statistics?period={quarter}", "/indicators/on_time_rate?month={month}&level=department",
           "/indicators/satisfaction_score?month={month}&level=person")  # fmt: skip
LISTS = ("/overview/records?what=on_time_rate&period={month}",
         "/overview/records?what=on_time_rate&period={month}&page=9999",
         "/indicators/on_time_rate?month={month}&level=department&subject={network}")  # fmt: skip
TIMES = 3
NEVER = 10**12


class Desk:
    """The desk of an office, its manager's browser, and a worker that was heard of."""

    def __init__(self, database: Database, folder: Path, now: datetime) -> None:
        config = {"DATA_DIR": str(folder), "DATABASE_URL": database.url, "CLOCK": SetClock(now)}
        self.app = create_app(config)
        logging.getLogger("desk").setLevel(logging.ERROR)
        self.database: Database = self.app.extensions["desk"].database
        self.shop = Workshop(self.database, Keys.fresh(), SetClock(now), folder)
        with self.database.reading() as session:
            staff = session.scalars(sa.select(Staff).where(Staff.code == MANAGER)).one()
            network = session.scalars(sa.select(Department.id).where(Department.code == "network")).one()
            bare = sa.select(sa.func.count()).select_from(Complaint)
            self.bare = best(lambda: session.scalar(bare))
        month, quarter = around(Span.MONTH, now.date()).previous, around(Span.QUARTER, now.date()).previous
        self.places = {"month": month.text, "quarter": quarter.text, "network": network}
        with self.database.writing() as session:
            heartbeat.beat(session, "here", "worker", now)
            session.execute(sa.delete(KeptFigures))
        self.browser: FlaskClient = self.app.test_client()
        at = int(now.timestamp())
        with self.browser.session_transaction() as cookie:
            cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}

    def opened(self, page: str) -> tuple[float, int]:
        """Seconds of a page and the number of its statements; the first time is not counted."""
        assert self.browser.get(page).status_code == 200, page
        with statements_of(self.database.engine) as sent:
            self.browser.get(page)
        return best(lambda: self.browser.get(page)), len(sent)

    def counted(self, page: str) -> tuple[float, int]:
        """A page whose figures are counted while it waits."""
        rules.LARGE = NEVER
        return self.opened(page)

    def kept(self, page: str) -> tuple[float, int, float]:
        """A page of figures that were kept, and the seconds of the worker that counted them."""
        rules.LARGE = 0
        assert self.browser.get(page).status_code == 202, page
        began = time.process_time()
        assert work_off(self.shop, {kept_figures.COUNT: kept_figures.count}).done == 1
        worked = time.process_time() - began
        return (*self.opened(page), worked)

    def measure(self, title: str) -> None:
        """All pages, as rows of a table."""
        print(f"\n| {title} | shown | statements | counted while it waits | statements | worker |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for page in (one.format(**self.places) for one in FIGURES):
            counted, many = self.counted(page)
            shown, few, worked = self.kept(page)
            print(f"| `{page}` | {shown:.3f} s | {few} | {counted:.2f} s | {many} | {worked:.2f} s |", flush=True)
        for page in (one.format(**self.places) for one in LISTS):
            counted, many = self.counted(page)
            print(f"| `{page}` | – | – | {counted:.2f} s | {many} | – |", flush=True)
        print(f"| one bare `count(*)` of all complaints | – | – | {self.bare:.4f} s | 1 | – |", flush=True)


def main() -> None:
    """Fills an office for each size and opens its pages; or opens those of an office that is there."""
    options = _options()
    if options.data:
        folder = Path(options.data)
        database = Database(options.url or f"sqlite:///{folder / 'office.db'}")
        upgrade(database)
        with database.reading() as session:
            newest = session.scalar(sa.select(sa.func.max(Complaint.received_at)))
        Desk(database, folder, newest or NOW).measure(str(folder))
        return
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="desk-overview-") as name:
            folder = Path(name)
            with Templates(folder).copy(options.dialect, with_default_office, folder) as database:
                filled(database, size)
                desk = Desk(database, folder / "desk", NOW)
                desk.measure(f"{options.dialect}, {size:,} complaints")
                desk.database.dispose()


def filled(database: Database, size: int) -> None:
    """So many complaints, and what a planner knows of them."""
    give_passwords(database)
    with database.writing() as session:
        fill(session, size, NOW)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.dialect == "sqlite" else "VACUUM ANALYZE")


def best(call: Callable[[], object]) -> float:
    """The least processor seconds of some rounds."""
    found = []
    for _time in range(TIMES):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return min(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dialect", nargs="?", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 100_000])
    parser.add_argument("--data", help="the folder of an office that is there")
    parser.add_argument("--url", help="its database, where that lies elsewhere")
    return parser.parse_args()


if __name__ == "__main__":
    main()
