"""R27: a population of any size is read, hashed, frozen, drawn from and checked in memory that does not grow with it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from datetime import UTC, date, datetime

import pytest

from backoffice.keys import Keys
from backoffice.models.sampling import Draw
from backoffice.queries import frozen, populations
from backoffice.queries.draw_check import verify_draws
from backoffice.services import sampling
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from tests.support.closed import Office, multiply, put_in, september
from tests.support.sources import PROJECT

KEYS = Keys.fresh()
AT = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
ORDER = Order("spot_check", date(2026, 9, 1), date(2026, 9, 30), number=200, reason="抽查")


def work_in(session):
    return Work(session, KEYS, SYSTEM, AT, AT)


def memory_of(act):
    """The most that an act held at once, in bytes, of what Python reserves."""
    tracemalloc.start()
    try:
        made = act()
        return made, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_R27_memory_stays_flat_while_the_population_grows(office_database, monkeypatch):
    """Ten times as many complaints may not take ten times as much: half as much again is let through."""
    monkeypatch.setattr(frozen, "PART", 500)  # so that the smaller one has full parts, too
    office = Office(office_database)
    put_in(office_database, september(office, 2_000))
    with office_database.reading() as session:
        _row, asked = sampling._asked(session, SYSTEM, AT, ORDER)

        def read():
            frame = frozen.freeze(populations.rows(session, asked))
            frame.close()
            return frame

        read()
        few, small = memory_of(read)
        session.rollback()
        put_in(office_database, (office.row(f"TS9{n:06}") for n in range(18_000)))
        many, large = memory_of(read)
    assert (few.count, many.count) == (2_000, 20_000)
    assert large < small * 1.5, (small, large)


@pytest.mark.parametrize("many", [True, False], ids=["along the index of numbers", "sorted"])
def test_R27_however_the_database_goes_about_it_the_population_is_the_same(office_database, monkeypatch, many):
    monkeypatch.setattr(populations, "FEW", 10 if many else 10_000)
    put_in(office_database, september(Office(office_database), 500))
    draw_id = sampling.draw(office_database, work_in, ORDER)
    with office_database.reading() as session:
        draw = session.get_one(Draw, draw_id)
        numbers = "\n".join(f"TS202609{place:08}" for place in range(500))
        assert draw.population_sha256 == hashlib.sha256(numbers.encode()).hexdigest()
        assert verify_draws(session, KEYS.chain) == (1, [])


MEASURED = """
import json, sys
from datetime import date
from tests.services.test_sampling_many import ORDER, work_in, KEYS
from tests.support.memory import peak
from backoffice.database import Database
from backoffice.models.sampling import Draw
from backoffice.queries.draw_check import verify_draws
from backoffice.services import sampling
database = Database(sys.argv[1])
before = peak()
draw_id = sampling.draw(database, work_in, ORDER)
with database.reading() as session:
    draw = session.get_one(Draw, draw_id)
    broken = [str(one.fault) for one in verify_draws(session, KEYS.chain)[1]]
    after = peak()
    print(json.dumps([before, after, draw.population_count, draw.population_sha256, draw.drawn_count, broken]))
"""


@pytest.mark.long
def test_R27_a_million_closed_complaints_are_drawn_from_in_flat_memory(office_database):
    """In a process of its own: it may take 64 MiB more than it had when it began, with the hash of all numbers right."""
    count = 1_000_000
    put_in(office_database, september(Office(office_database), 1_000))
    multiply(office_database, 1_000, count)
    url = office_database.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", MEASURED, url], cwd=PROJECT, env=environment, capture_output=True,
                          text=True, check=True)  # fmt: skip
    before, after, population, sha256, drawn, broken = json.loads(done.stdout)
    expected = hashlib.sha256()
    for place in range(count):
        expected.update((b"\n" if place else b"") + f"TS202609{place:08}".encode())
    assert (population, sha256, drawn, broken) == (count, expected.hexdigest(), 200, [])
    assert after - before < 64 * 1024, (before, after)  # kibibytes
