"""How fast a trial replays closed complaints, and in how much memory.

    python -m benchmarks.what_if [COMPLAINTS] [KIND]

COMPLAINTS: default 100,000, the ten told cases over and over, some fourteen clocks each, on SQLite. KIND: ``policy``
(default; the resolve clock of every grade otherwise, so that it and its share are reckoned anew) or ``calendar``.
Aim: at least 3,000 complaints a second, and memory that does not grow with their number.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs import what_if as job
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.configuration import SlaPolicy
from backoffice.models.what_if import WhatIfRun
from backoffice.services import what_if
from backoffice.services.what_if import Question
from policies.calendar_trial import TypedDays
from policies.vocabulary import WhatIfKind
from tests.support.bulk_past import FIRST, LAST, insert_past
from tests.support.databases import with_default_office
from tests.support.offices import actor_of

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def main() -> None:
    """Print figures of one trial."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    kind = WhatIfKind(sys.argv[2]) if len(sys.argv) > 2 else WhatIfKind.POLICY
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/desk.sqlite")
        with_default_office(database)
        started = time.perf_counter()
        insert_past(database, count)
        print(f"{count:,} complaints put in: {time.perf_counter() - started:.1f} s")
        run_id = ask(database, kind)
        before = _memory()
        started, used = time.perf_counter(), time.process_time()
        shop = Workshop(database, Keys.fresh(), SetClock(AT), Path(folder))
        assert work_off(shop, {job.KIND: job.replay}).done == 1
        seconds, used = time.perf_counter() - started, time.process_time() - used
        with database.reading() as session:
            run = session.get_one(WhatIfRun, run_id)
            assert run.done == run.total == count
            print(
                f"{kind.value}: {run.result['changed']:,} complaints would be judged otherwise, {run.listed:,} listed"
            )
        print(
            f"{seconds:.1f} s ({count / seconds:,.0f} a second), processor {used:.1f} s ({count / used:,.0f} a second)"
        )
        print(f"memory: {before} MiB before, at most {_memory()} MiB")


def ask(database: Database, kind: WhatIfKind) -> int:
    """Ask for a trial over all that was put in; gives its id."""
    with database.writing() as session:
        question = Question(WhatIfKind.CALENDAR, FIRST, LAST, days=(TypedDays(date(2026, 9, 11), None, "holiday"),))
        if kind is WhatIfKind.POLICY:
            policy = session.scalars(sa.select(SlaPolicy)).one()
            targets = [
                row | ({"amount": row["amount"] - 1} if row["clock"] == "resolve" else {})
                for row in policy.definition["targets"]
            ]
            policy.definition = policy.definition | {"targets": targets}
            question = Question(kind, FIRST, LAST, policy.id)
            made = what_if.ask(session, actor_of(session), AT, question)
            session.flush()
            targets = [row | ({"amount": row["amount"] + 1} if row["clock"] == "resolve" else {}) for row in targets]
            policy.definition = policy.definition | {"targets": targets}
            return made.id
        return what_if.ask(session, actor_of(session), AT, question).id


def _memory() -> int:
    """MiB that this process has held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
