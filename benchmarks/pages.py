"""The pages of the desk over very many complaints, beside a null view and a plain ``ModelView``, as a Markdown table.

    python -m benchmarks.pages [sqlite|postgresql] SIZE … [--seconds 2] [--rounds 3]
    python -m benchmarks.pages --data DIR [--url URL]      an office that is there, for example of benchmarks.many

One client: the median of all rounds, in which page, null view and plain list take turns. Eight clients: requests a
second, each client a process with one connection of its own that it keeps. The server is gunicorn, two processes of
four threads. Read ratios, taken in one run; times differ from machine to machine.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import logging
import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing.pool import Pool
from pathlib import Path

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.models.complaint import Complaint
from backoffice.models.office import Office as OfficeRow
from backoffice.models.office import Staff
from backoffice.services import office_keys
from benchmarks.writes_plain import ADDRESS
from tests.support import postgresql
from tests.support.counting import statements
from tests.support.databases import Templates, with_default_office
from tests.support.live import give_passwords
from tests.support.many_rows import COMMON, RARE, fill
from tests.support.played import Play
from views.app import create_app

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MANAGER, CLERK, HANDLER, HEAD = "S002", "S005", "S013", "S015"
NULL, PLAIN = "/null/", "/plain/complaint/"
COMPARED = {"null view": NULL, "plain list": PLAIN, "plain list, open": f"{PLAIN}?flt1_0=1"}
CLIENTS = 8
STARTING = 0.3  # seconds until all clients begin
COUNTED_LATER = 202  # figures of a large office that no worker has counted yet
OWN_SERVER = "import sys; from views.cli import main; sys.exit(main(sys.argv[1:]))"
PLAIN_SERVER = (
    "import sys, waitress; from benchmarks.writes_plain import served; waitress.serve(served(), port=sys.argv[1])"
)
IDLE = 2  # seconds after the first page until memory is read


@dataclass(frozen=True)
class Office:
    """An office to measure: where it lies, what moment it is there, whose cookies open its pages."""

    folder: Path
    url: str
    now: datetime
    cookies: dict[str, str]
    pages: dict[str, tuple[str, str]]
    is_demonstration: bool = False
    statements: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A page of one office: milliseconds of one client (median), requests a second of eight, statements."""

    ms: float
    rate: float
    statements: int


def main() -> None:
    """Measures each size and prints what it cost beside the others, and the largest beside the smallest."""
    options = _options()
    found: dict[str, dict[str, Measured]] = {}
    if options.data:
        database = Database(options.url or f"sqlite:///{Path(options.data) / 'office.db'}")
        found["as it is"] = measured(office_of(database, Path(options.data), options.now), options)
    for size in options.sizes:
        with (
            tempfile.TemporaryDirectory(prefix="desk-pages-") as folder,
            made(options.dialect, size, Path(folder)) as one,
        ):
            found[f"{size:,}"] = measured(one, options)
    first, last = (next(iter(found.values())), list(found.values())[-1])
    if len(found) > 1:
        print("\n| page | largest : smallest |\n| --- | ---: |")
        for name in last:
            print(f"| {name} | {last[name].ms / first[name].ms:.2f} |")


@contextlib.contextmanager
def made(dialect: str, size: int, folder: Path) -> Iterator[Office]:
    """An office of so many complaints, gone afterwards."""
    try:
        with Templates(folder).copy(dialect, with_default_office, folder) as database:
            give_passwords(database)
            keys = office_keys.open_for(database, folder / "keys")
            play = Play(database, keys, folder)
            play.register()
            play.dispatch()
            began = time.perf_counter()
            fill(database, keys, size, NOW)
            print(f"\n{dialect}, {size:,} complaints put in within {time.perf_counter() - began:.0f} s", flush=True)
            yield office_of(database, folder, NOW, play.number)
    finally:
        if dialect == "postgresql":
            postgresql.stop(folder / "postgresql")


def office_of(database: Database, folder: Path, now: datetime, number: str = "") -> Office:
    """The pages of an office, how many statements each sends, and cookies of the people that open them."""
    app = create_app({"DATA_DIR": str(folder), "DATABASE_URL": database.url, "CLOCK": SetClock(now)})
    logging.getLogger("desk").setLevel(logging.ERROR)
    with database.reading() as session:
        people = {row.code: row for row in session.scalars(sa.select(Staff))}
        some = sa.select(Complaint.number, Complaint.category_id).where(Complaint.open.is_(True))
        is_demonstration = bool(session.scalar(sa.select(OfficeRow.demonstration)))
        newest = session.execute(some.order_by(Complaint.next_due_at.desc()).limit(1)).first()
        deep = session.scalar(sa.select(Complaint.id).where(Complaint.open.is_(True)).order_by(Complaint.id.desc()))
    number = number or (newest.number if newest else "")
    pages = _pages(number, f"n{(now + timedelta(days=1)).isoformat()}~{deep or 1}".replace("+", "%2B"))
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    at, cookies = int(now.timestamp()), {}
    for code in {who for who, _address in pages.values()}:
        staff = {"id": people[code].id, "epoch": people[code].session_epoch, "began": at, "seen": at, "keep": False}
        cookies[code] = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'staff': staff})}"
    office = Office(folder, database.url, now, cookies, pages, is_demonstration)
    for name, (who, address) in pages.items():
        browser = app.test_client(use_cookies=False)
        browser.get(address, headers={"Cookie": cookies[who]})
        with statements(app) as sent:
            answer = browser.get(address, headers={"Cookie": cookies[who]})
        assert answer.status_code in (200, COUNTED_LATER), (name, answer.status_code)
        if answer.status_code == 200:
            office.statements[name] = len(sent)
    for name in set(pages) - set(office.statements):
        print(f"{name}: its figures are still to be counted by a worker; left out (benchmarks.overview has them)")
        del pages[name]
    app.extensions["desk"].database.dispose()
    return office


def _pages(number: str, deep: str) -> dict[str, tuple[str, str]]:
    """Name → who opens it and its address."""
    lists = "/complaints?list=open"
    return {
        "open, first page": (MANAGER, lists),
        "open, deep page": (MANAGER, f"{lists}&at={deep}"),
        "open, newest first": (MANAGER, f"{lists}&sort=received"),
        "open, one status": (MANAGER, f"{lists}&status=investigating"),
        "open, one severity": (MANAGER, f"{lists}&severity=major"),
        "open, one category": (MANAGER, f"{lists}&category=/1/"),
        "open, one channel": (MANAGER, f"{lists}&channel=2"),
        "open, one department": (MANAGER, f"{lists}&department=5"),
        "open, overdue": (MANAGER, f"{lists}&due=overdue"),
        "open, of a handler": (HANDLER, lists),
        "open, of a department": (HEAD, lists),
        "search, rare word": (MANAGER, f"/complaints?q={_quoted(RARE)}"),
        "search, common word": (MANAGER, f"/complaints?q={_quoted(COMMON)}"),
        "search, phone": (MANAGER, "/complaints?q=13900000007"),
        "complaint": (MANAGER, f"/complaints/{number}"),
        "home of a manager": (MANAGER, "/work/management"),
        "home of a clerk": (CLERK, "/work/intake"),
        "home of a handler": (HANDLER, "/work/handling"),
        "manager's view, a month": (MANAGER, "/overview?period=2026-10"),
        "statistics, a month": (MANAGER, "/statistics?period=2026-10"),
    }


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def measured(office: Office, options: argparse.Namespace) -> dict[str, Measured]:
    """Every page of one office behind one server, printed as it comes."""
    first, theirs, memory = start_of(office)
    print(
        f"start to first page {first:.2f} s, a plain ModelView {theirs:.2f} s; idle {memory:.0f} MiB (run.py serve)\n"
    )
    print("| page | ms | null views | of plain list | requests/s, 8 clients | of plain list | statements |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    found: dict[str, Measured] = {}
    with serving(office) as port:
        base: dict[str, Measured] = {}
        for name, address in COMPARED.items():
            base[name] = Measured(alone(port, address, "", options), together(port, address, "", options), 0)
            _print(name, base[name], base)
        for name, (who, address) in office.pages.items():
            cookie = office.cookies[who]
            turns = [(alone(port, NULL, "", options, 1), alone(port, address, cookie, options, 1))
                     for _round in range(options.rounds)]  # fmt: skip
            null = statistics.median(one for one, _two in turns)
            ms = statistics.median(two for _one, two in turns)
            rate = together(port, address, cookie, options)
            found[name] = Measured(ms, rate, office.statements[name])
            _print(name, found[name], base, null)
    return found


def _print(name: str, one: Measured, base: dict[str, Measured], null: float | None = None) -> None:
    plain = base.get("plain list", one)
    views = one.ms / (null or base["null view"].ms)
    print(f"| {name} | {one.ms:.2f} | {views:.0f} | {one.ms / plain.ms:.2f} | {one.rate:.0f} | "
          f"{one.rate / plain.rate:.1f} | {one.statements or ''} |", flush=True)  # fmt: skip


@contextlib.contextmanager
def serving(office: Office) -> Iterator[int]:
    """A port behind which gunicorn serves the office with what it is compared to."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "-w", "2", "--threads", "4", "-k", "gthread", "--keep-alive", "60",
               "-b", f"127.0.0.1:{port}", "--log-level", "error", "benchmarks.pages_served:served()"]  # fmt: skip
    process = subprocess.Popen(command, env=_environment(office))
    try:
        _wait_for(port, NULL)
        yield port
    finally:
        process.terminate()
        process.wait()


def _environment(office: Office) -> dict[str, str]:
    named = {"DATA": str(office.folder), "URL": office.url, "NOW": office.now.isoformat()}
    return os.environ | {f"DESK_BENCHMARK_{name}": value for name, value in named.items()}


def alone(port: int, address: str, cookie: str, options: argparse.Namespace, times: int = 0) -> float:
    """Milliseconds of one request of one client, the median of ``times`` × ``--seconds`` (0: of all rounds)."""
    spent: list[float] = []
    until = time.perf_counter() + options.seconds * (times or options.rounds)
    with _client(port) as connection:
        _get(connection, address, cookie)
        while time.perf_counter() < until or len(spent) < 3:
            began = time.perf_counter()
            _get(connection, address, cookie)
            spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1000


def together(port: int, address: str, cookie: str, options: argparse.Namespace) -> float:
    """Requests a second of eight clients that do not know of one another; the median of the rounds, since the server's
    processes do not always get as many of the connections each.
    """
    clients = _clients()
    asked = [(port, address, cookie, options.seconds)] * CLIENTS
    rates = [sum(clients.starmap(_keep_asking, _from_now(asked), chunksize=1)) for _round in range(options.rounds)]
    return statistics.median(rates)


def _from_now(asked: list[tuple[int, str, str, float]]) -> list[tuple[int, str, str, float, float]]:
    began = time.time() + STARTING
    return [(*one, began) for one in asked]


@cache
def _clients() -> Pool:
    """The processes of the clients, made once: starting them takes longer than what they ask."""
    pool = multiprocessing.get_context("spawn").Pool(CLIENTS)
    pool.map(_ready, range(CLIENTS), chunksize=1)
    return pool


def _ready(_place: int) -> None:
    time.sleep(0.5)  # so that none is ready twice


def _keep_asking(port: int, address: str, cookie: str, seconds: float, began: float) -> float:
    """Requests a second of one client: at least one, over the time until its last answer."""
    done = 0
    with _client(port) as connection:
        time.sleep(max(0.0, began - time.time()))
        began = time.time()
        while not done or time.time() < began + seconds:
            _get(connection, address, cookie)
            done += 1
    return done / (time.time() - began)


@contextlib.contextmanager
def _client(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield connection
    finally:
        connection.close()


def _get(connection: http.client.HTTPConnection, address: str, cookie: str) -> None:
    connection.request("GET", address, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{address} answered {answer.status}")


def start_of(office: Office) -> tuple[float, float, float]:
    """Seconds from the start of the desk's own server to its first page, those of a plain ``ModelView`` behind the
    same server, and MiB that the desk holds when idle. The second start of each is told: the first compiles.
    """
    demonstration = ["--demo"] if office.is_demonstration else []
    with tempfile.TemporaryDirectory(prefix="desk-plain-") as folder:
        plain = ["-c", PLAIN_SERVER, "{port}"]
        named = {"DESK_BENCHMARK_URL": f"sqlite:///{folder}/bare.db"}
        for _time in range(2):
            theirs, _held = _first_page(plain, ADDRESS, named)
    ours = ["-c", OWN_SERVER, "serve", "--data", str(office.folder), "--port", "{port}", *demonstration]
    for _time in range(2):
        first, memory = _first_page(ours, "/sign-in", {"BACKOFFICE_DATABASE_URL": office.url})
    return first, theirs, memory


def _first_page(words: list[str], address: str, named: dict[str, str]) -> tuple[float, float]:
    """Seconds until a server's first page, and the MiB that it holds a moment later."""
    port = _free_port()
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *(word.format(port=port) for word in words)],
        env=usual | named,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, address)
        first = time.perf_counter() - began
        time.sleep(IDLE)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        return first, int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, address: str) -> None:
    until = time.perf_counter() + 120
    while time.perf_counter() < until:
        with contextlib.suppress(OSError, http.client.HTTPException), _client(port) as connection:
            connection.request("GET", address)
            connection.getresponse().read()
            return
        time.sleep(0.02)
    raise RuntimeError("the server did not come up")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("dialect", nargs="?", default="sqlite", choices=("sqlite", "postgresql"), help="which database")
    parser.add_argument("sizes", nargs="*", type=int, help="how many complaints, several for several offices")
    parser.add_argument("--data", help="the data directory of an office that is there")
    parser.add_argument("--url", help="its database, where that is not office.db in its directory")
    parser.add_argument("--now", type=datetime.fromisoformat, default=NOW, help="the moment that it is in that office")
    parser.add_argument("--seconds", type=float, default=2, help="how long each is asked, a round")
    parser.add_argument("--rounds", type=int, default=3, help="how often page and null view take turns")
    options = parser.parse_args()
    if not options.sizes and not options.data:
        options.sizes = [1_000, 100_000]
    return options


if __name__ == "__main__":
    main()
