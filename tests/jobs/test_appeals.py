"""R29: an appeal that nobody decides in time is told to the quality managers, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.inspection import InspectionAppeal
from backoffice.models.work import Outbox
from backoffice.services import appeals
from policies.card import Mark
from policies.vocabulary_inspection import AppealResult
from tests.support.appealed import publish
from tests.support.inspections import HANDLER, MANAGER, SECOND, Inspected

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


@pytest.fixture
def scene(shop):
    made = Inspected(shop.database, shop.keys, shop.folder / "files").archived()
    publish(made)
    made.do(HANDLER, appeals.submit, made.number, ["tim_steps"], "在时限内")
    return made


def ring(shop, at):
    shop.clock.at = at
    plan_timed(shop)
    return work_off(shop, HANDLERS)


def told(shop):
    statement = sa.select(Outbox.staff_id).where(Outbox.template == "appeal_overdue_notice", Outbox.way == "in_app")
    with shop.database.reading() as session:
        return session.scalars(statement).all()


def due(shop):
    with shop.database.reading() as session:
        return session.scalars(sa.select(InspectionAppeal.decide_due_at)).one()


def test_R29_the_quality_managers_hear_of_an_overdue_appeal_once(shop, scene):
    at = due(shop)
    assert ring(shop, at).failed == 0
    assert told(shop) == []  # the minute of the deadline is still in time
    for hours in (1, 2, 30):
        assert ring(shop, at + hours * HOUR).failed == 0
    assert told(shop) == [scene.play.staff(MANAGER)]


def test_R29_a_decided_appeal_warns_nobody(shop, scene):
    at = due(shop)
    marks = {"tim_steps": Mark(Decimal(100))}
    scene.do(SECOND, appeals.decide, scene.number, AppealResult.UPHELD, "查实在时限内", marks)
    ring(shop, at + 2 * HOUR)
    assert told(shop) == []
