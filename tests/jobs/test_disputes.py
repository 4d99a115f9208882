"""R11, R26: a dispute that nobody decides in time is told to those who decide it, and then above them, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs.disputes import slot
from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.regrade import Dispute
from backoffice.models.work import Job, Outbox
from tests.support.played import Play

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


@pytest.fixture
def play(shop):
    """An order of technical support that its head disputes."""
    played = Play(shop.database, shop.keys, shop.folder / "files")
    played.register()
    played.send()
    played.act("S015", "raise_dispute", handover_reason="线路属网络部")
    return played


def ring(shop, at):
    shop.clock.at = at
    plan_timed(shop)
    return work_off(shop, HANDLERS)


def told(shop):
    with shop.database.reading() as session:
        warned = sa.select(Outbox.template, Outbox.staff_id).where(
            Outbox.way == "in_app",
            Outbox.template.in_(("overdue_manager", "overdue_senior")),
            Outbox.key.like("dispute:%"),
        )
        return sorted(tuple(row) for row in session.execute(warned))


def moments(shop):
    with shop.database.reading() as session:
        row = session.scalars(sa.select(Dispute)).one()
        return row.due_at, row.escalates_at


def test_R11_managers_hear_of_it_after_the_deadline_and_senior_management_later_each_once(shop, play):
    due, escalates = moments(shop)
    assert ring(shop, due).failed == 0
    assert told(shop) == []  # the minute of the deadline is still in time
    for minutes in (10, 20, 30):
        assert ring(shop, due + minutes * MINUTE).failed == 0
    manager = [("overdue_manager", play.staff("S003"))]
    assert told(shop) == manager
    for minutes in (0, 10, 20):
        ring(shop, escalates + minutes * MINUTE)
    seniors = [("overdue_senior", play.staff(code)) for code in ("S001", "S002")]
    assert told(shop) == sorted(manager + seniors)


def test_R11_a_dispute_that_was_decided_warns_nobody(shop, play):
    due, _ = moments(shop)
    play.act("S015", "record_evidence", evidence_type="department_opinion", text="端口在网络侧")
    play.act("S003", "decide_dispute", department=play.department("network"), decision_reason="端口归网络部")
    ring(shop, due + timedelta(days=2))
    assert told(shop) == []


def test_the_job_is_planned_once_in_ten_minutes(shop, play, at):
    assert slot(at + 9 * MINUTE) == slot(at) != slot(at + 10 * MINUTE)
    for minutes in (0, 3, 9, 12):
        ring(shop, at + minutes * MINUTE)
    with shop.database.reading() as session:
        jobs = session.scalars(sa.select(sa.func.count()).where(Job.kind == "watch_disputes")).one()
    assert jobs == 2
