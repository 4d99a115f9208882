"""How long a month's figures of all indicators take, beside the bare aggregate over the same complaints (R31).

    python -m benchmarks.indicators [COMPLAINTS] [URL]

COMPLAINTS: default 200,000 over two years, on SQLite unless a URL of an empty PostgreSQL database is given. The bare
aggregate is what a hand would write for the simplest share: closed complaints of the month by owner, with the
resolve clock's result. Every figure is given as a ratio to it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.queries.indicators import COUNTING, counts_for, figures, month_of
from policies.vocabulary_appraisal import SubjectKind
from tests.support.counted_many import put_in
from tests.support.databases import with_default_office

MONTH = month_of("2026-06", ZoneInfo("Asia/Shanghai"), datetime(2026, 7, 10, tzinfo=UTC))
TIMES = 3
BARE = """
SELECT complaint.owner_id, count(*), sum(CASE WHEN clock.met THEN 1 ELSE 0 END)
FROM complaint JOIN clock ON clock.complaint_id = complaint.id AND clock.code = 'resolve' AND clock.occurrence = 1
WHERE complaint.closed_at >= :since AND complaint.closed_at < :until GROUP BY complaint.owner_id
"""


def main() -> None:
    """Print the figures of one run."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/desk.sqlite")
        with_default_office(database)
        started = time.perf_counter()
        put_in(database, count, 730)
        print(f"{count:,} complaints put in: {time.perf_counter() - started:.1f} s")
        with database.reading() as session:
            _measure(session)
        database.dispose()


def _measure(session: Session) -> None:
    kind = sa.bindparam("since", type_=sa.DateTime), sa.bindparam("until", type_=sa.DateTime)
    bare = sa.text(BARE).bindparams(*kind)
    moments = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (MONTH.since, MONTH.until))
    given = dict(zip(("since", "until"), moments, strict=True))
    least, rows = _timed(lambda: session.execute(bare, given).all())
    print(f"bare aggregate: {1000 * least:.1f} ms for {sum(row[1] for row in rows):,} complaints of the month")
    before, whole, asked = _memory(), 0.0, 0
    for code in COUNTING:
        for level in SubjectKind:
            if counts_for(code, level):
                used, found = _timed(lambda code=code, level=level: figures(session, code, MONTH, level))
                whole, asked = whole + used, asked + 1
                print(f"{code:26} {level.value:10} {len(found):4} subjects  ratio {used / least:5.2f}")
    print(f"all {asked}: {1000 * whole:.0f} ms, {whole / asked / least:.2f} times the bare aggregate each")
    print(f"memory: {before} MiB before, at most {_memory()} MiB")


def _timed(act: Callable[[], object]) -> tuple[float, object]:
    """The least of some times, and what came of it."""
    found: list[float] = []
    made: object = None
    for _ in range(TIMES):
        started = time.perf_counter()
        made = act()
        found.append(time.perf_counter() - started)
    return min(found), made


def _memory() -> int:
    """MiB that this process has held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
