"""R27: a lot whose inspections have all become final is decided within the hour, whoever forgot it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.sampling import InspectionLot
from tests.support.lots import draw_lots, inspect
from tests.support.played import Play


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


def test_R27_the_hourly_job_decides_a_ripe_lot_once(shop):
    Play(shop.database, shop.keys, shop.folder / "files").register()
    with shop.database.writing() as session:
        draw = draw_lots(session, {"technical_support": 100})
        inspect(session, draw, "technical_support", ["90.00"] * 20)
    plan_timed(shop)
    assert work_off(shop, HANDLERS).failed == 0
    with shop.database.reading() as session:
        lot = session.scalars(sa.select(InspectionLot)).one()
        assert (lot.accepted, lot.nonconforming, lot.decided_at) == (True, 0, shop.clock.now())
