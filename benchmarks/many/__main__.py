"""Fill an office with very many complaints and print how fast it went, as a Markdown table.

    python -m benchmarks.many sqlite|postgresql N [--folder DIR] [--url URL] [--now 2026-11-23T10:00] [--seed 7]

SQLite: ``--folder`` is a data directory that ``run.py --data DIR`` serves (made with its keys where it is missing, with
the administrator's name and password in ``sign-in.txt``); without it a passing one. PostgreSQL: ``--url`` names an
empty or filled database; its keys lie in ``--folder``. Without ``--url`` a cluster of its own is made in the folder and
left running, so that others can use it. N counts what is to stand in the end: what is there already is kept, and a
fill that was stopped goes on.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.migrate import upgrade
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Setting
from backoffice.models.history import Event
from backoffice.models.office import Office, Staff
from backoffice.services import office_keys
from backoffice.services.core.credentials import hash_password
from backoffice.services.office import load_default_office
from benchmarks.many.filling import SEED, UNFINISHED, fill
from tests.support import postgresql

ADMINISTRATOR, PASSWORD = "S030", "many-complaints-2026"
SERVER = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "1GB",
    "max_wal_size": "8GB", "maintenance_work_mem": "512MB",
}  # fmt: skip
"""A PostgreSQL as an office would run it, rather than one of the tests."""
COLUMNS = ("database", "complaints", "patterns", "lived, s", "written, s", "statistics, s", "complaints/s",
           "bytes/complaint", "events each", "clocks each")  # fmt: skip


def main() -> None:
    """Make the office where it is missing, fill it, and say how it went."""
    options = _options()
    passing = nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory(prefix="desk-many-")
    with passing as folder:
        place = Path(folder).absolute()
        place.mkdir(parents=True, exist_ok=True)
        cluster = place / "postgresql"
        try:
            database = Database(options.url or _url(options.dialect, place, cluster))
            _filled(database, place, options)
        finally:
            if not options.folder and cluster.exists():
                postgresql.stop(cluster)


def _filled(database: Database, place: Path, options: argparse.Namespace) -> None:
    upgrade(database)
    keys = office_keys.open_for(database, place / "keys")
    with database.writing() as session:
        load_default_office(session, datetime(2026, 1, 5, 1, 0, tzinfo=UTC))
        session.execute(sa.update(Office).values(demonstration=True))
        session.execute(sa.update(Staff).values(password_hash=hash_password(PASSWORD), must_change_password=False))
        login = session.scalar(sa.select(Staff.login).where(Staff.code == ADMINISTRATOR))
        there = session.scalar(sa.select(sa.func.count()).select_from(Complaint)) or 0
    (place / "sign-in.txt").write_text(f"{login}\n{PASSWORD}\n", encoding="utf-8")
    if there < options.count or _unfinished(database):
        now = datetime.fromisoformat(options.now).astimezone(UTC)
        used = os.times()
        done = fill(database, keys, max(options.count - there, 0), now, seed=options.seed, say=_say)
        _say(f"processor: {sum(os.times()[:4]) - sum(used[:4]):.0f} s of this process and its own\n")
        size, events, clocks = _each(database)
        seconds = (f"{one:.0f}" for one in (done.lived, done.written, done.finished, done.rate))
        row = (database.dialect, f"{done.complaints:,}", f"{done.patterns:,}", *seconds, f"{size:,}", f"{events:.1f}",
               f"{clocks:.1f}")  # fmt: skip
        _say("\n".join(f"| {' | '.join(line)} |" for line in (COLUMNS, ["---"] * len(COLUMNS), row)))
    else:
        _say(f"{there:,} complaints are there already")


def _say(line: str) -> None:
    print(line, flush=True)


def _unfinished(database: Database) -> bool:
    with database.reading() as session:
        return session.get(Setting, UNFINISHED) is not None


def _each(database: Database) -> tuple[int, float, float]:
    """Bytes, events and clocks a complaint."""
    with database.reading(large=True) as session:
        count, events, clocks = (
            session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in (Complaint, Event, ClockRow)
        )
        size = (
            session.scalar(sa.text("SELECT pg_database_size(current_database())"))
            if database.dialect == "postgresql"
            else Path(str(database.engine.url.database)).stat().st_size
        )
    return int(size or 0) // max(count, 1), events / max(count, 1), clocks / max(count, 1)


def _url(dialect: str, place: Path, cluster: Path) -> str:
    if dialect == "sqlite":
        return f"sqlite:///{place / 'office.db'}"
    if not cluster.exists():
        cluster.mkdir()
        place.chmod(0o755)
        postgresql.start(cluster, SERVER)
        with sa.create_engine(
            postgresql.url(cluster, "postgres"), isolation_level="AUTOCOMMIT"
        ).connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE desk")
    return postgresql.url(cluster, "desk")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many", description=__doc__)
    parser.add_argument("dialect", choices=("sqlite", "postgresql"), help="which database")
    parser.add_argument("count", type=int, help="how many complaints are to stand in the end")
    parser.add_argument("--folder", help="where the office is kept")
    parser.add_argument("--url", help="an SQLAlchemy URL of a PostgreSQL database")
    parser.add_argument("--now", default="2026-11-23T10:00+08:00", help="the present of the office, with its zone")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed draws other complaints")
    return parser.parse_args()


if __name__ == "__main__":
    main()
