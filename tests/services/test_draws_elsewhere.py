"""R27: a draw comes out the same wherever it is repeated: in another process, on the other database, by other code."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw
from backoffice.queries import frozen
from backoffice.services import sampling
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from tests.conftest import missing
from tests.services.test_sampling import OCTOBER_9
from tests.support import postgresql
from tests.support.closed import Office, put_in, september
from tests.support.databases import with_default_office
from tests.support.sources import PROJECT

KEYS = Keys.fresh()
NONCE = "7f3a91c2" * 4
PLANS = {
    "monthly_regular": Order("monthly_regular"),
    "not_established_check": Order("not_established_check"),
    "spot_check": Order("spot_check", OCTOBER_9.date().replace(month=9, day=1), OCTOBER_9.date().replace(month=9, day=30),
                        number=25, reason="抽查"),
    "lots_by_department": Order("lots_by_department"),
}  # fmt: skip


def work_in(session):
    return Work(session, KEYS, SYSTEM, OCTOBER_9, OCTOBER_9)


def fill(database):
    """September: 300 of three handlers, some of which must be inspected, some not established, of two departments."""
    office = Office(database)
    put_in(database, september(office, 300))
    put_in(
        database, (office.row(f"TS202610{n:08}", outcome="not_established", clerk=f"S00{5 + n % 2}") for n in range(40))
    )
    put_in(database, (office.row(f"TS20260A{n:08}", severity="major", department="network") for n in range(5)))
    put_in(
        database, (office.row(f"TS2026B{n}-中", outcome="closed_unsatisfied", department="network") for n in range(9))
    )


def drawn(database, order):
    """What is on record of a draw."""
    draw_id = sampling.draw(database, work_in, order)
    with database.reading() as session:
        draw = session.get_one(Draw, draw_id)
        mine = sa.select(Inspection).where(Inspection.draw_id == draw_id).order_by(Inspection.position)
        units = [(one.unit_key, one.stratum, one.sort_key, one.compulsory) for one in session.scalars(mine)]
        said = (
            draw.seed,
            draw.population_count,
            draw.population_sha256,
            draw.result_sha256,
            draw.strata,
            draw.exclusions,
        )
        return said, units


@pytest.fixture
def both(templates, tmp_path):
    """The same office with the same complaints on SQLite and on PostgreSQL."""
    if reason := postgresql.why_not():
        missing(reason)
    with ExitStack() as stack:
        made = [
            stack.enter_context(templates.copy(one, with_default_office, tmp_path)) for one in ("sqlite", "postgresql")
        ]
        for database in made:
            fill(database)
        yield made


@pytest.mark.postgresql
@pytest.mark.parametrize("order", PLANS.values(), ids=PLANS)
def test_R27_both_databases_give_the_same_draw_from_the_same_complaints_and_seed(both, order, monkeypatch):
    monkeypatch.setattr(secrets, "token_hex", lambda _bytes: NONCE)
    sqlite, postgresql_ = (drawn(database, order) for database in both)
    assert sqlite == postgresql_
    assert sqlite[0][0].endswith(f"/{NONCE}")
    assert len(sqlite[1]) > 3


# Only hashlib and the rule of the office's paper: nothing of the desk is imported.
BY_HAND = """
import hashlib, json, sys
said = json.load(sys.stdin)
numbers = [number for number, _stratum, _compulsory in said["population"]]
found = [hashlib.sha256("\\n".join(numbers).encode()).hexdigest()]
for stratum in said["strata"]:
    keyed = sorted(
        (hashlib.sha256(f"{said['seed']}/{number}".encode()).hexdigest(), number, compulsory)
        for number, where, compulsory in said["population"] if where == stratum["key"]
    )
    free = [one for one in keyed if not one[2]][: stratum["n"]]
    found += [number for _key, number, _compulsory in free + [one for one in keyed if one[2]]]
assert "policies" not in sys.modules and "backoffice" not in sys.modules
print(json.dumps(found))
"""


@pytest.mark.parametrize("order", PLANS.values(), ids=PLANS)
def test_R27_a_second_process_without_the_desk_repeats_a_draw_from_its_seed_and_numbers(office_database, order):
    fill(office_database)
    draw_id = sampling.draw(office_database, work_in, order)
    with office_database.reading() as session:
        draw = session.get_one(Draw, draw_id)
        lines = [
            (line.unit.number, list(line.unit.stratum), line.unit.compulsory) for line in frozen.lines(session, draw_id)
        ]
        mine = sa.select(Inspection.unit_key).where(Inspection.draw_id == draw_id).order_by(Inspection.position)
        units = list(session.scalars(mine))
        said = {"seed": draw.seed, "strata": draw.strata, "population": lines}
        expected = [draw.population_sha256, *units]
    done = subprocess.run([sys.executable, "-I", "-c", BY_HAND], input=json.dumps(said), capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert json.loads(done.stdout) == expected


AGAIN = """
import sys
from backoffice.database import Database
from backoffice.queries.draw_check import verify_draws
database = Database(sys.argv[1])
with database.reading() as session:
    count, broken = verify_draws(session, bytes.fromhex(sys.argv[2]))
print(count, [(one.number, one.fault.key) for one in broken])
"""


@pytest.mark.parametrize("changed", [False, True], ids=["as it was drawn", "after a number was changed"])
def test_R27_a_second_process_draws_every_draw_again_and_compares(office_database, changed):
    fill(office_database)
    for order in PLANS.values():
        sampling.draw(office_database, work_in, order)
    if changed:
        with office_database.writing() as session:
            one = session.scalars(sa.select(Inspection).order_by(Inspection.id).limit(1)).one()
            one.unit_key = "TS20260900000298"
    url = office_database.engine.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", AGAIN, url, KEYS.chain.hex()], cwd=PROJECT, capture_output=True,
                          text=True, check=True, env={"PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": "17"})  # fmt: skip
    count, broken = done.stdout.strip().split(" ", 1)
    assert int(count) == len(PLANS)
    assert ("draws.fault.inspection" in broken) is changed, broken
    assert changed or broken == "[]"
