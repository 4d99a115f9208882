"""R27: regular plans draw on their day, once, and catch up; what was killed goes on; another process verifies it."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.jobs import draws as job
from backoffice.jobs.running import Workshop, plan, work_off
from backoffice.models.complaint import Complaint
from backoffice.models.history import ChainHead
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw
from backoffice.models.work import Job
from backoffice.services import office_keys
from policies.chain import first_head
from policies.vocabulary_inspection import DrawState
from tests.support.closed import Office, put_in, september
from tests.support.sources import PROJECT

DAY = timedelta(days=1)
OCTOBER = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def shop(office_database, tmp_path):
    put_in(office_database, september(Office(office_database), 100))
    keys = office_keys.open_for(office_database, tmp_path / "keys")
    with office_database.writing() as session:  # their histories are empty, and hold
        ids = session.scalars(sa.select(Complaint.id)).all()
        session.add_all(ChainHead(complaint_id=one, sequence=0, mac=first_head(keys.chain, one).mac) for one in ids)
    return Workshop(office_database, keys, SetClock(OCTOBER), tmp_path)


def work_days(shop, days=1):
    """The job of each of so many days, from the clock's day on."""
    for _ in range(days):
        at = shop.clock.now()
        plan(shop.database, job.KIND, at.date().isoformat(), at)
        assert work_off(shop, {job.KIND: job.draw_due}).failed == 0
        shop.clock.at += DAY


def drawn(shop, plan_code):
    with shop.database.reading() as session:
        mine = sa.select(Draw).where(Draw.plan_code == plan_code).order_by(Draw.id)
        return [(one.period_label, one.drawn_at.date().day) for one in session.scalars(mine)]


def test_R27_the_regular_plan_draws_on_the_second_working_day_once(shop):
    """National Day week is over on 8 October 2026: the second working day is the 9th."""
    work_days(shop, 12)
    # It has never drawn before the 1st: it begins with the newest period that is due, which is August's.
    assert drawn(shop, "monthly_regular") == [("2026-08", 1), ("2026-09", 9)]


def test_R27_a_worker_that_was_down_catches_up(shop):
    shop.clock.at = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
    work_days(shop)
    assert drawn(shop, "monthly_regular") == [("2026-09", 20)]
    shop.clock.at = datetime(2026, 12, 20, 2, 0, tzinfo=UTC)
    work_days(shop)
    assert [label for label, _day in drawn(shop, "monthly_regular")] == ["2026-09", "2026-10", "2026-11"]


def test_R27_weeks_and_the_end_of_the_month(shop):
    shop.clock.at = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)  # a Monday
    work_days(shop)
    assert drawn(shop, "new_staff") == [("2026-W41", 12)]
    assert drawn(shop, "double_scoring") == [("2026-09", 12)]
    assert drawn(shop, "spot_check") == []


def test_R27_a_draw_that_was_killed_with_SIGKILL_goes_on_with_its_frozen_population(shop):
    command = [sys.executable, "-m", "tests.support.killed_draw", url(shop), str(shop.folder)]
    killed = subprocess.run(command, cwd=PROJECT, check=False)
    assert killed.returncode == -signal.SIGKILL
    with shop.database.reading() as session:
        frozen = session.scalars(sa.select(Draw)).one()
        assert (frozen.state, frozen.nonce, frozen.population_count) == (DrawState.FROZEN, None, 100)
    put_in(shop.database, [Office(shop.database).row("TS-late")])
    shop.clock.at = datetime(2026, 10, 9, 3, 0, tzinfo=UTC)
    work_days(shop)
    with shop.database.reading() as session:
        row = session.scalars(sa.select(Draw).where(Draw.plan_code == "monthly_regular")).one()
        assert (row.id, row.state, row.population_count) == (frozen.id, DrawState.DRAWN, 100)
        assert row.population_sha256 == frozen.population_sha256
        kept = sa.select(sa.func.count()).select_from(Inspection).where(Inspection.draw_id == row.id)
        assert session.scalar(kept) == row.drawn_count == 9


def url(shop):
    return shop.database.engine.url.render_as_string(hide_password=False)


def verified(shop, language="en"):
    program = "import sys; from views.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "verify", "--data", str(shop.folder), "--language", language]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "BACKOFFICE_DATABASE_URL": url(shop)}
    if shop.database.dialect == "sqlite":
        (shop.folder / "office.db").touch()
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def test_R27_another_process_draws_again_and_compares(shop):
    shop.clock.at = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
    work_days(shop)
    code, said = verified(shop)
    with shop.database.reading() as session:
        draws = session.scalar(sa.select(sa.func.count()).select_from(Draw))
    assert (code, f"Draws repeated with their original seeds and compared: {draws}." in said) == (0, True)
    with shop.database.writing() as session:
        session.execute(sa.text("UPDATE draw SET nonce = 'abc' WHERE plan_code = 'monthly_regular'"))
    code, said = verified(shop)
    assert code == 1
    assert said[0].startswith("monthly_regular/2026-09/1: “nonce” differs from what was signed.")
    assert verified(shop, "zh")[1][0].startswith("monthly_regular/2026-09/1: “随机码”与签名时不同")


def test_R27_the_same_nonce_draws_the_same_on_every_database(shop, monkeypatch):
    """What is expected is reckoned from the office's rule alone, and the same for SQLite and for PostgreSQL."""
    monkeypatch.setattr(secrets, "token_hex", lambda _bytes: "7f3a91c2")
    shop.clock.at = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
    work_days(shop)
    with shop.database.reading() as session:
        draw = session.scalars(sa.select(Draw).where(Draw.plan_code == "monthly_regular")).one()
        found = session.scalars(sa.select(Inspection.unit_key).where(Inspection.draw_id == draw.id).order_by(
            Inspection.position)).all()  # fmt: skip
    numbers = [f"TS202609{place:08}" for place in range(100)]
    lowest = [
        number
        for handler in range(3)  # in turn; 5 % of 34 or 33 is 2, and 3 is the minimum
        for number in sorted(numbers[handler::3], key=lambda one: sha256(f"monthly_regular/2026-09/1/7f3a91c2/{one}"))[
            :3
        ]
    ]
    assert (draw.seed, draw.population_sha256) == ("monthly_regular/2026-09/1/7f3a91c2", sha256("\n".join(numbers)))
    assert (found, draw.result_sha256) == (lowest, sha256("\n".join(lowest)))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_R27_a_day_has_one_job(shop):
    work_days(shop)
    shop.clock.at -= DAY
    work_days(shop)
    with shop.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job).where(Job.kind == job.KIND)) == 1
