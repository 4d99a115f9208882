"""Registering complaints through the real form: a page with its token, then the form, as a browser does it.

    python -m benchmarks.writes [sqlite|postgresql] [SECONDS]

gunicorn with two processes of four threads, one client and then eight, each a process of its own; beside it what the
database alone commits: one row a transaction, the same settings. Ends with exit code 1 when a number is missing or
twice, or anything was answered otherwise than expected.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import threading
import time
from pathlib import Path

from backoffice.database import Database
from tests.support.crowd import share
from tests.support.plugged_desk import PluggedDesk, PluggedServers
from tests.support.plugged_people import Journal, Person
from tests.support.plugged_truth import compare
from tests.support.pulled_plug import opened

CLIENTS = (1, 8)


class Gunicorn(PluggedDesk):
    """The office on SQLite behind the same server as the one on PostgreSQL."""

    name = "SQLite, gunicorn"

    def commands(self) -> list[list[str]]:
        serve = ["-m", "gunicorn", "--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{self.port}"]
        return [[*serve, "run:create_app()"]]


def main() -> int:
    """Prints one table."""
    kind = PluggedServers if sys.argv[1:2] == ["postgresql"] else Gunicorn
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    wrong: list[str] = []
    print(f"| {kind.name} | registered | a second | median, ms | p95, ms | raw commits a second | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder, opened(kind, Path(folder)) as (desk, _arrived):
        desk.start()
        journal = Journal()
        register(desk, 1, 3.0)  # warm
        for clients in CLIENTS:
            raw = commits(desk.url, min(seconds, 5.0))
            sent = register(desk, clients, seconds)
            journal.sent += [one for mine, _ in sent for one in mine.sent]
            journal.faults += [fault for mine, _ in sent for fault in mine.faults]
            waits = [wait for _, mine in sent for wait in mine]
            rate = len(waits) / seconds
            times = f"{share(waits, 0.5):.1f} | {share(waits, 0.95):.1f}"
            print(
                f"| {clients} clients | {len(waits)} | {rate:.0f} | {times} | {raw:.0f} | 1/{raw / rate:.0f} |",
                flush=True,
            )
        desk.kill()
        found = compare(desk, journal)
        # The warm-up's complaints are nobody's here.
        wrong = [
            *journal.faults,
            *found.lost,
            *found.doubled,
            *(one for one in found.wrong if "nobody sent" not in one),
        ]
    print(
        f"\n{found.numbers} numbers; lost {len(found.lost)}, doubled {len(found.doubled)}, otherwise wrong {len(wrong)}"
    )
    for one in wrong[:20]:
        print(f"* {one}")
    return 1 if wrong else 0


def register(desk: PluggedDesk, clients: int, seconds: float) -> list[tuple[Journal, list[float]]]:
    """What so many clients sent in so many seconds, with the milliseconds of each page and form together."""
    with multiprocessing.get_context("fork").Pool(clients) as pool:
        return pool.starmap(_client, [(place, desk.port, seconds) for place in range(clients)], chunksize=1)


def _client(place: int, port: int, seconds: float) -> tuple[Journal, list[float]]:
    """One clerk who does nothing but register, until the time is over; signing in is not counted."""
    journal, power, waits = Journal(), threading.Event(), []
    power.set()
    clerk = _Clerk(place, port, journal, power)
    clerk.browsers[clerk.clerk].sign_in()
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end and not journal.faults:
        for _ in clerk.register():
            pass
        waits.append((time.monotonic() - began) * 1000)
    return journal, waits


class _Clerk(Person):
    """Registers without files, each complaint with another phone."""

    def __init__(self, place: int, port: int, journal: Journal, power: threading.Event) -> None:
        super().__init__(place, port, journal, power)
        self.chance.random = lambda: 0.9  # type: ignore[method-assign]


def commits(url: str, seconds: float) -> float:
    """Rows a second that the database alone commits one by one: the driver, the desk's settings, nothing else."""
    database = Database(url)
    lite = database.dialect == "sqlite"
    raw = database.engine.raw_connection()
    cursor, place = raw.cursor(), "?" if lite else "%s"
    cursor.execute("CREATE TABLE raw_commit (id INTEGER PRIMARY KEY, words TEXT)")
    raw.commit()
    count, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        if lite:
            cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(f"INSERT INTO raw_commit VALUES ({place}, {place})", (count, "x" * 200))
        raw.commit()
        count += 1
    cursor.execute("DROP TABLE raw_commit")
    raw.commit()
    raw.close()
    database.dispose()
    return count / seconds


if __name__ == "__main__":
    sys.exit(main())
