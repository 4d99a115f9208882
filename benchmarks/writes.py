"""Registering complaints through the real form: a page with its token, then the form, as a browser does it.

    python -m benchmarks.writes [sqlite|sqlite-gunicorn|postgresql] [--seconds 20] [--clients 1 8]

SQLite behind ``run.py serve``, or behind gunicorn as PostgreSQL is: two processes of four threads. Each client is a
process of its own with one connection, signed in as one of four clerks. Beside it, with the same clients: a bare row
through the form of a plain ``ModelView`` with its token, behind the same gunicorn; and what the database alone commits,
one row a transaction, with the same settings. A complaint that was not answered as done counts as an error. Ends with
exit code 1 when a number is missing or twice, or anything was answered otherwise than expected.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from backoffice.database import Database
from benchmarks.writes_plain import ADDRESS
from tests.support.crowd import share
from tests.support.plugged_desk import PluggedDesk, PluggedServers, Program, _free_port
from tests.support.plugged_people import CUT, FORM, TOKEN, Browser, Fate, Journal, Person
from tests.support.plugged_truth import compare
from tests.support.pulled_plug import opened

SERVER = ["-m", "gunicorn", "--workers", "2", "--threads", "4", "--keep-alive", "60", "--log-level", "error"]
Waits = list[float]


class Gunicorn(PluggedDesk):
    """The office on SQLite behind the same server as the one on PostgreSQL."""

    name = "SQLite, gunicorn"

    def commands(self) -> list[list[str]]:
        return [[*SERVER, "--bind", f"127.0.0.1:{self.port}", "run:create_app()"]]


class Servers(PluggedServers):
    """PostgreSQL, behind a server that keeps a connection as long as a client may think."""

    def commands(self) -> list[list[str]]:
        return [*Gunicorn.commands(self), ["run.py", "worker", "--data", str(self.folder)]]  # type: ignore[arg-type]


KINDS: dict[str, type[PluggedDesk]] = {"sqlite": PluggedDesk, "sqlite-gunicorn": Gunicorn, "postgresql": Servers}


def main() -> int:
    """Prints one table."""
    asked = _options()
    kind = KINDS[asked.dialect]
    print(f"| {kind.name} | registered | a second | median, ms | p95, ms | bare rows a second | of bare | raw, 1/s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder, opened(kind, Path(folder)) as (desk, _arrived):
        desk.start()
        journal = Journal()
        with bare_form(desk) as port:
            register(desk, 1, 3.0)  # warm
            for clients in asked.clients:
                raw = commits(desk.url, min(asked.seconds, 5.0))
                bare = sum(_together(_bare_client, clients, port, asked.seconds)) / asked.seconds
                sent = register(desk, clients, asked.seconds)
                journal.sent += [one for mine, _ in sent for one in mine.sent]
                journal.faults += [fault for mine, _ in sent for fault in mine.faults]
                waits = [wait for _, mine in sent for wait in mine]
                rate = len(waits) / asked.seconds
                print(
                    f"| {clients} clients | {len(waits)} | {rate:.1f} | {share(waits, 0.5):.0f} |"
                    f" {share(waits, 0.95):.0f} | {bare:.1f} | {rate / bare:.2f} | {raw:.0f} |",
                    flush=True,
                )
        desk.kill()
        return _reckoned(desk, journal)


def _reckoned(desk: PluggedDesk, journal: Journal) -> int:
    found = compare(desk, journal)
    errors = [f"not answered as done: {one.nonce}" for one in journal.sent if one.fate is not Fate.DONE]
    # The warm-up's complaints are nobody's here.
    wrong = [*journal.faults, *errors, *(one for one in found.wrong if "nobody sent" not in one)]
    print(
        f"\n{found.numbers} numbers; errors {len(journal.faults) + len(errors)}, lost {len(found.lost)},"
        f" doubled {len(found.doubled)}"
    )
    for one in [*wrong, *found.lost, *found.doubled][:20]:
        print(f"* {one}")
    return 1 if wrong or found.lost or found.doubled else 0


@contextlib.contextmanager
def bare_form(desk: PluggedDesk) -> Iterator[int]:
    """The port of the plain form, in a database of the desk's kind: a file of its own, or a table of its own."""
    database = Database(desk.url)
    url = f"sqlite:///{desk.folder / 'bare.db'}" if database.dialect == "sqlite" else desk.url
    database.dispose()
    port = _free_port()
    words = [*SERVER, "--bind", f"127.0.0.1:{port}", "--preload", "benchmarks.writes_plain:served()"]
    program = Program(words, {"DESK_BENCHMARK_URL": url}, desk.said)
    browser = Browser(port, "")
    try:
        for _try in range(600):
            with contextlib.suppress(*CUT):
                if browser.get(ADDRESS)[0] == 200:
                    break
            time.sleep(0.1)
        browser.close()
        yield port
    finally:
        program.kill()
        if url == desk.url:
            with Database(url).writing() as session:
                session.execute(sa.text("DROP TABLE bare_row"))


def _bare_client(place: int, port: int, seconds: float) -> int:
    """How many bare rows one client had kept in so many seconds."""
    browser, done = Browser(port, ""), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _status, page = browser.get(ADDRESS)
        typed = {"csrf_token": TOKEN.findall(page)[-1], "phone": f"139{place:04}{done:04}", "what": "x" * 200}
        status, _where = browser.post(ADDRESS, urlencode(typed).encode(), FORM)
        if status != 302:
            raise RuntimeError(f"the plain form was answered {status}")
        done += 1
    return done


def _together(work: object, clients: int, port: int, seconds: float) -> list[int]:
    with multiprocessing.get_context("fork").Pool(clients) as pool:
        return pool.starmap(work, [(place, port, seconds) for place in range(clients)], chunksize=1)  # type: ignore[arg-type]


def register(desk: PluggedDesk, clients: int, seconds: float) -> list[tuple[Journal, Waits]]:
    """What so many clients sent in so many seconds, with the milliseconds of each page and form together."""
    with multiprocessing.get_context("fork").Pool(clients) as pool:
        return pool.starmap(_client, [(place, desk.port, seconds) for place in range(clients)], chunksize=1)


def _client(place: int, port: int, seconds: float) -> tuple[Journal, Waits]:
    """One clerk who does nothing but register, until the time is over; signing in is not counted."""
    journal, power, waits = Journal(), threading.Event(), []
    power.set()
    clerk = _Clerk(place, port, journal, power)
    clerk.browsers[clerk.clerk].sign_in()
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end and not journal.faults:
        for _ in clerk.register():
            pass
        if journal.sent and journal.sent[-1].fate is Fate.DONE:
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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writes", description=__doc__)
    parser.add_argument("dialect", nargs="?", default="sqlite", choices=tuple(KINDS), help="which database and server")
    parser.add_argument("--seconds", type=float, default=20, help="how long so many clients write")
    parser.add_argument("--clients", type=int, nargs="*", default=(1, 8), help="how many at once")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
