"""Jobs are leased, done once, tried again after a growing wait, and taken over from a worker that was killed."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.running import LEASE, LeaseLostError, Workshop, plan, take, wait_after, work_off
from backoffice.keys import Keys
from backoffice.models.work import Job
from policies.message import Refusal

KIND = "planted"


@pytest.fixture
def shop(database, clock, tmp_path):
    return Workshop(database, Keys.fresh(), clock, tmp_path)


def job_of(shop):
    with shop.database.reading() as session:
        return session.scalars(sa.select(Job)).one()


def nothing(_shop, _job):
    return None


def failing(_shop, _job):
    phone = "138" + "0013" + "8000"
    raise ValueError(f"caller {phone}")


def keep_slowly(shop, job):
    with shop.database.writing() as session:
        session.execute(sa.update(Job).values(error="from the slow one"))
        job.go_on(session, shop.clock.at, {"after": 3})


def test_a_slot_of_a_kind_is_planned_once(shop, at):
    assert plan(shop.database, KIND, "2026-11-23", at)
    assert not plan(shop.database, KIND, "2026-11-23", at)
    assert plan(shop.database, KIND, "2026-11-24", at)


def test_a_job_is_done_when_it_is_due_and_never_again(shop, clock, at):
    done = []
    handlers = {KIND: lambda _shop, job: done.append(job.slot)}
    plan(shop.database, KIND, "a", at + timedelta(minutes=5))
    assert work_off(shop, handlers).done == 0
    clock.at += timedelta(minutes=5)
    assert work_off(shop, handlers).done == 1
    clock.at += timedelta(days=9)
    assert work_off(shop, handlers).done == 0
    assert done == ["a"]
    job = job_of(shop)
    assert (job.done_at, job.leased_until, job.error) == (at + timedelta(minutes=5), None, "")


def test_a_kind_that_nobody_knows_waits(shop, at):
    plan(shop.database, "of another version", "a", at)
    assert work_off(shop, {KIND: nothing}).done == 0
    assert job_of(shop).attempts == 0


def test_a_job_that_fails_keeps_where_and_never_what_it_said_and_waits_longer_each_time(shop, clock, at, caplog):
    caplog.set_level(logging.CRITICAL)
    plan(shop.database, KIND, "a", at)
    waits = []
    for _ in range(3):
        assert work_off(shop, {KIND: failing}).failed == 1
        job = job_of(shop)
        waits.append(job.due_at - clock.at)
        assert work_off(shop, {KIND: failing}).failed == 0, "it waits"
        clock.at = job.due_at
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert job.error.startswith("ValueError test_running.py:")
    assert "138" not in job.error
    assert work_off(shop, {KIND: nothing}).done == 1
    assert job_of(shop).error == ""


def test_waits_end_at_six_hours(at):
    assert wait_after(9) == timedelta(minutes=256)
    assert wait_after(10) == wait_after(10_000) == timedelta(hours=6)


def test_a_refusal_is_kept_by_its_key(shop, at, caplog):
    def refuse(_shop, _job):
        raise DomainError(Refusal("clock.fault.never_open"))

    caplog.set_level(logging.CRITICAL)
    plan(shop.database, KIND, "a", at)
    work_off(shop, {KIND: refuse})
    assert job_of(shop).error == "clock.fault.never_open"


def test_one_that_fails_does_not_hold_up_the_others(shop, at, caplog):
    caplog.set_level(logging.CRITICAL)
    plan(shop.database, KIND, "a", at - timedelta(hours=1))
    plan(shop.database, "other", "a", at)
    worked = work_off(shop, {KIND: failing, "other": nothing})
    assert (worked.done, worked.failed) == (1, 1)


def test_what_one_worker_holds_no_other_takes_until_its_lease_runs_out(shop, clock, at):
    plan(shop.database, KIND, "a", at)
    killed = take(shop, {KIND: nothing})
    assert killed is not None
    assert take(shop, {KIND: nothing}) is None
    clock.at += LEASE
    second = take(shop, {KIND: nothing})
    assert (second.id, second.attempts) == (killed.id, 2)


def test_a_worker_that_lost_its_job_keeps_nothing_of_what_it_did(shop, clock, at):
    plan(shop.database, KIND, "a", at)
    slow = take(shop, {KIND: nothing})
    clock.at += LEASE
    quick = take(shop, {KIND: nothing})
    with shop.database.writing() as session:
        quick.go_on(session, clock.at, {"after": 7})
    with pytest.raises(LeaseLostError):
        keep_slowly(shop, slow)
    assert (job_of(shop).payload, job_of(shop).error) == ({"after": 7}, "")


def test_a_killed_job_goes_on_where_its_payload_says(shop, clock, at):
    plan(shop.database, KIND, "a", at)
    killed = take(shop, {KIND: nothing})
    with shop.database.writing() as session:
        killed.go_on(session, clock.at, {"after": 500})
    clock.at += LEASE
    seen = []
    work_off(shop, {KIND: lambda _shop, job: seen.append(job.payload)})
    assert seen == [{"after": 500}]


def test_each_job_goes_to_one_of_many_workers(shop, at):
    for number in range(12):
        plan(shop.database, KIND, str(number), at)
    done = []
    handlers = {KIND: lambda _shop, job: done.append(job.slot)}
    workers = [threading.Thread(target=work_off, args=(shop, handlers)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(done, key=int) == [str(number) for number in range(12)]


def test_a_worker_that_is_to_stop_takes_nothing_more(shop, at):
    plan(shop.database, KIND, "a", at)
    assert work_off(shop, {KIND: nothing}, stopped=lambda: True).done == 0
