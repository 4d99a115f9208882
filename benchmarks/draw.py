"""How long draws from few and very many closed complaints take, and in how much memory (R27).

    python -m benchmarks.draw [sqlite|postgresql] [COMPLAINTS …]

Default: SQLite; 1,000, 100,000 and 1,000,000 complaints, all closed in one month. Each size is drawn from in a process
of its own: the population is read, hashed and frozen, drawn from, and checked by drawing it again. The memory is the
most that this process ever held; it must not grow with the population.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from backoffice.database import Database
from backoffice.keys import Keys
from backoffice.models.sampling import Draw
from backoffice.queries.draw_check import faults
from backoffice.services import sampling
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from tests.support import run_folder
from tests.support.closed import Office, multiply, put_in, september
from tests.support.databases import Templates, with_default_office
from tests.support.memory import peak

AT = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
ORDER = Order("spot_check", date(2026, 9, 1), date(2026, 9, 30), number=500, reason="benchmark")
HANDLERS = ("S016", "S031", "S032", "S033", "S034")
FIRST = 1_000
"""So many are put in one by one; the others are copies."""
SIZES = (1_000, 100_000, 1_000_000)
MEASURE = "--measure"


def main() -> None:
    """Fill one database further and further, and have a process of its own draw from it each time."""
    words = sys.argv[1:]
    dialect = words.pop(0) if words and not words[0].isdecimal() else "sqlite"
    sizes = sorted(int(word) for word in words) or SIZES
    folder = run_folder.make(Path(tempfile.gettempdir()))
    try:
        with (
            tempfile.TemporaryDirectory() as target,
            Templates(folder).copy(dialect, with_default_office, Path(target)) as database,
        ):
            print("complaints | put in | frozen | drawn | compared | MiB before | MiB at most")
            there = 0
            for count in sizes:
                seconds, _used = _timed(lambda there=there, count=count: _put_in(database, there, count))
                there = count
                print(f"{count:,} | {seconds:.1f} s", end=" | ", flush=True)
                _measured(database)
    finally:
        run_folder.remove(folder)


def _put_in(database: Database, there: int, count: int) -> None:
    """What is still wanting of so many."""
    if not there:
        put_in(database, september(Office(database), min(FIRST, count), HANDLERS))
    multiply(database, there or min(FIRST, count), count)


def _measured(database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    subprocess.run([sys.executable, "-m", "benchmarks.draw", MEASURE, url], check=True)


def measure(url: str) -> None:
    """One draw of what is there, timed: wall seconds and processor seconds of this process."""
    database, keys = Database(url), Keys.fresh()

    def work_in(session: Any) -> Work:
        return Work(session, keys, SYSTEM, AT, AT)

    Office(database)  # a connection and what is made at the first statement are there before
    before = peak() // 1024
    made: list[Any] = []
    figures = [
        _timed(lambda: made.append(sampling.freeze(database, work_in, ORDER))),
        _timed(lambda: sampling.go_on(database, work_in, made[0])),
    ]
    with database.reading() as session:
        draw = session.get_one(Draw, made[0])
        figures.append(_timed(lambda: made.append(faults(session, keys.chain, draw))))
        assert (made[1], draw.drawn_count) == ([], 500), made[1]
    times = " | ".join(f"{seconds:.1f} s ({used:.1f})" for seconds, used in figures)
    print(f"{times} | {before} | {peak() // 1024}   population {draw.population_count:,} {draw.population_sha256}")
    database.dispose()


def _timed(act: Callable[[], Any]) -> tuple[float, float]:
    started, used = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - started, time.process_time() - used


if __name__ == "__main__":
    measure(sys.argv[2]) if sys.argv[1:2] == [MEASURE] else main()
