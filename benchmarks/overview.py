"""The manager's view and the figures over an office with many complaints: what is asked, how long it takes (R31, R35).

    python -m benchmarks.overview [sqlite|postgresql] [complaints …]

The seconds are those of this process, in which SQLite works too; a page's stand beside those of one bare count of all
complaints. PostgreSQL's own work comes on top.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.models.complaint import Complaint
from backoffice.models.office import Department, Staff
from tests.support.busy_office import fill
from tests.support.counting import statements
from tests.support.databases import Templates, with_default_office
from tests.support.live import give_passwords
from views.app import create_app

NOW = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
PAGES = ("/overview?period=2026-09", "/overview?period=2026-Q3", "/overview?period=2026-09&severity=important",
         "/overview/records?what=on_time_rate&period=2026-09",
         "/overview/records?what=on_time_rate&period=2026-09&page=9999", "/statistics?period=2026-Q3",
         "/indicators/on_time_rate?month=2026-09&level=department",
         "/indicators/on_time_rate?month=2026-09&level=department&subject={network}",
         "/indicators/on_time_rate?month=2026-09&level=department&subject={network}&page=9999",
         "/indicators/satisfaction_score?month=2026-09&level=person")  # fmt: skip
TIMES = 3


def main() -> None:
    """Fills an office for each size and opens its pages."""
    dialect = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
    sizes = [int(one) for one in sys.argv[2:]] or [10_000, 100_000]
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="desk-overview-") as folder:
            measure(dialect, size, Path(folder))


def measure(dialect: str, size: int, folder: Path) -> None:
    """One office: pages by their best time, the number of their statements, and the ratio to a bare count."""
    with Templates(folder).copy(dialect, with_default_office, folder) as database:
        give_passwords(database)
        with database.writing() as session:
            fill(session, size, NOW)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE" if dialect == "sqlite" else "VACUUM ANALYZE")
        app = create_app({"DATA_DIR": str(folder / "desk"), "DATABASE_URL": database.url, "CLOCK": SetClock(NOW)})
        with database.reading() as session:
            staff = session.scalars(sa.select(Staff).where(Staff.code == "S002")).one()
            network = session.scalars(sa.select(Department.id).where(Department.code == "network")).one()
            bare = _best(lambda: session.scalar(sa.select(sa.func.count()).select_from(Complaint)))
        browser, at = app.test_client(), int(NOW.timestamp())
        with browser.session_transaction() as cookie:
            cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}
        for page in (one.format(network=network) for one in PAGES):
            with statements(app) as sent:
                assert browser.get(page).status_code == 200, page
            took = _best(lambda page=page: browser.get(page))
            ratio = f"{took / bare:6.1f} × bare"
            print(f"{dialect} {size:>9,} {page:<84} {took:6.2f} s {len(sent):>3} statements, {ratio}", flush=True)
        app.extensions["desk"].database.dispose()


def _best(call: Callable[[], object]) -> float:
    found = []
    for _time in range(TIMES):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return min(found)


if __name__ == "__main__":
    main()
