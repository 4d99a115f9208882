"""Copy a filled office to PostgreSQL and print how long each part took, as a Markdown table.

    python -m benchmarks.copy_database DIR [DIR …] [--to URL]

``DIR`` is a data directory with its ``office.db`` (``python -m benchmarks.many sqlite N --folder DIR`` makes one); it
is only read. ``--to`` names an empty database; without it a passing cluster is made, with the settings of the tests (no
waiting for the disk). Seconds are by the clock, with those of this process's own processor in brackets.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backoffice.copying import Copied, copy, differing, refuse, snapshot
from backoffice.database import Database
from backoffice.database_settings import file_of
from backoffice.keys import load_keys
from backoffice.migrate import upgrade
from tests.support import postgresql
from views.commands.verify import checked

COLUMNS = (
    "complaints", "rows", "SQLite, MiB", "PostgreSQL, MiB", "shape, s", "copied, s", "compared, s", "verified, s",
    "rows/s",
)  # fmt: skip
MEBIBYTE = 1 << 20


def main() -> None:
    """One line a data directory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", metavar="DIR", nargs="+", type=Path)
    parser.add_argument("--to", metavar="URL", help="an empty database (for one DIR)")
    options = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |\n|{' ---: |' * len(COLUMNS)}", flush=True)
    for folder in options.folders:
        if options.to:
            print(_line(folder, options.to), flush=True)
            continue
        with tempfile.TemporaryDirectory(prefix="desk-copy-") as name:
            cluster = Path(name) / "cluster"
            cluster.mkdir()
            postgresql.start(cluster)
            try:
                print(_line(folder, postgresql.url(cluster, "postgres")), flush=True)
            finally:
                postgresql.stop(cluster)


def _line(folder: Path, url: str) -> str:
    source, target = Database(f"sqlite:///{file_of(folder)}"), Database(url)
    if (refusal := refuse(source, target)) is not None:
        raise SystemExit(refusal.key)
    shape, _none = _timed(lambda: upgrade(target))
    done: list[Copied] = []
    with snapshot(source) as reading:
        copied, _all = _timed(lambda: copy(reading, target, done.append))
        with snapshot(target) as written:
            compared, unlike = _timed(lambda: differing(reading, written))
    verified, found = _timed(lambda: checked(target, load_keys(folder / "keys"), folder))
    if unlike or found.broken:
        raise SystemExit(f"not the same: {unlike} {found.broken}")
    rows = sum(one.rows for one in done)
    with target.reading() as session:
        size = session.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0
    cells = (
        f"{found.complaints:,}", f"{rows:,}", f"{file_of(folder).stat().st_size // MEBIBYTE:,}",
        f"{size // MEBIBYTE:,}", shape, copied, compared, verified, f"{rows / sum(one.seconds for one in done):,.0f}",
    )  # fmt: skip
    source.dispose()
    target.dispose()
    return f"| {' | '.join(cells)} |"


def _timed(work: Callable[[], Any]) -> tuple[str, Any]:
    began, spent = time.monotonic(), time.process_time()
    result = work()
    return f"{time.monotonic() - began:.1f} ({time.process_time() - spent:.1f})", result


if __name__ == "__main__":
    main()
