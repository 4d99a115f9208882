"""R31: what ended before its hours were kept is measured by a job, in pieces, to the same figure as at the time."""

from __future__ import annotations

import sqlalchemy as sa

from backoffice.jobs import measuring
from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.jobs.running import Workshop, plan, work_off
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, WorkOrder


def hours(database):
    with database.reading() as session:
        clocks = session.execute(sa.select(ClockRow.id, ClockRow.worked_seconds).order_by(ClockRow.id)).all()
        orders = session.execute(sa.select(WorkOrder.id, WorkOrder.dispatch_seconds).order_by(WorkOrder.id)).all()
    return clocks, orders


def test_R31_what_was_not_kept_is_measured_as_it_would_have_been(office_database, clock, tmp_path, monkeypatch):
    keys = Keys.fresh()
    player = Player(office_database, keys, tmp_path / "files")
    player.play(next(case for case in told_cases() if case["code"].startswith("case_06")))
    kept = hours(office_database)
    assert all(row.worked_seconds is not None for row in kept[0])
    assert [row.dispatch_seconds is not None for row in kept[1]] == [True, False, False]  # of a first order only
    with office_database.writing() as session:
        session.execute(sa.update(ClockRow).values(worked_seconds=None))
        session.execute(sa.update(WorkOrder).values(dispatch_seconds=None))
    monkeypatch.setattr(measuring, "MOST", 3)
    shop = Workshop(office_database, keys, clock, tmp_path)
    plan(office_database, measuring.KIND, measuring.ONCE, clock.now())
    assert work_off(shop, {measuring.KIND: measuring.measure}).done == 1
    assert hours(office_database) == kept
