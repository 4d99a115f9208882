"""How long a draw from very many closed complaints takes, and in how much memory (R27).

    python -m benchmarks.draw [COMPLAINTS] [URL]

COMPLAINTS: default 1,000,000, all closed in one month, on SQLite unless a URL of an empty PostgreSQL database is given.
The population is read, hashed and frozen, drawn from and checked by drawing it again; memory must not grow with it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from backoffice.database import Database
from backoffice.keys import Keys
from backoffice.models.sampling import Draw
from backoffice.queries.draw_check import verify_draws
from backoffice.services import sampling
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from tests.support.closed import Office, put_in, september
from tests.support.databases import with_default_office

AT = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
HANDLERS = ("S016", "S031", "S032", "S033", "S034")


def main() -> None:
    """Print figures of one draw."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/desk.sqlite")
        with_default_office(database)
        started = time.perf_counter()
        put_in(database, september(Office(database), count, HANDLERS))
        print(f"{count:,} complaints put in: {time.perf_counter() - started:.1f} s")
        before, keys = _memory(), Keys.fresh()

        def work_in(session: object) -> Work:
            return Work(session, keys, SYSTEM, AT, AT)  # type: ignore[arg-type]

        order = Order("spot_check", AT.date().replace(month=9, day=1), AT.date().replace(month=9, day=30),
                      number=500, reason="benchmark")  # fmt: skip
        draw_id = _timed("frozen", count, lambda: sampling.freeze(database, work_in, order))
        _timed("drawn", count, lambda: sampling.go_on(database, work_in, draw_id))
        with database.reading() as session:
            broken = _timed("drawn again and compared", count, lambda: verify_draws(session, keys.chain)[1])
            draw = session.get_one(Draw, draw_id)
            assert (broken, draw.population_count, draw.drawn_count) == ([], count, 500)
            print(f"population SHA-256 {draw.population_sha256}")
        print(f"memory: {before} MiB before, at most {_memory()} MiB")
        database.dispose()


def _timed(what: str, count: int, act: Callable[[], Any]) -> Any:
    started, used = time.perf_counter(), time.process_time()
    made = act()
    seconds, used = time.perf_counter() - started, time.process_time() - used
    print(f"{what}: {seconds:.1f} s, processor {used:.1f} s ({count / used:,.0f} numbers a second)")
    return made


def _memory() -> int:
    """MiB that this process has held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
