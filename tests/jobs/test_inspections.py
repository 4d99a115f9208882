"""R28, R29: inspectors hear the day before and when it is late, the quality manager with them; results become final."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.inspections import FINALISE, REMIND
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.services import inspection
from policies.inspection import CancelReason
from policies.vocabulary_inspection import InspectionStatus
from tests.support.inspections import INSPECTOR, KEYS, MANAGER, SECOND, Inspected, entered

DUE, OVERDUE = "inspection_due_notice", "inspection_overdue_notice"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def scene(archived_database, tmp_path):
    made = Inspected(archived_database, KEYS, tmp_path / "files").resumed()
    made.drawn()
    return made


@pytest.fixture
def at(scene, clock):
    """``at(moment)`` lets the worker do what is timed for that moment, as far as these jobs go (no new draws)."""
    shop = Workshop(scene.database, KEYS, clock, scene.files.parent)

    def worked(moment):
        clock.at = moment
        plan_timed(shop)
        assert work_off(shop, {kind: HANDLERS[kind] for kind in (FINALISE, REMIND)}).failed == 0

    return worked


def told(scene, template):
    mine = sa.select(Staff.code).join(Outbox, Outbox.staff_id == Staff.id)
    with scene.database.reading() as session:
        return sorted(session.scalars(mine.where(Outbox.template == template, Outbox.way == "in_app")))


def test_R28_the_inspector_hears_once_the_day_before(scene, at):
    due = scene.row().due_at
    at(due - DAY - HOUR)
    assert told(scene, DUE) == []
    for moment in (due - DAY + HOUR, due - 5 * HOUR):
        at(moment)
        assert told(scene, DUE) == [INSPECTOR]
    assert told(scene, OVERDUE) == []


def test_R28_what_is_late_is_told_once_to_inspector_and_quality_manager(scene, at):
    due = scene.row().due_at
    for moment in (due + HOUR, due + DAY):
        at(moment)
        assert told(scene, OVERDUE) == [INSPECTOR, MANAGER]


def test_R28_one_that_has_no_inspector_is_told_to_the_quality_manager(scene, at):
    number = scene.drawn(None, plan="spot_check", due_at=scene.at + 2 * DAY)
    at(scene.row(number).due_at + HOUR)
    assert told(scene, OVERDUE) == [MANAGER]


def test_R28_handed_on_the_new_inspector_is_reminded_too(scene, at):
    due = scene.row().due_at
    at(due - DAY + HOUR)
    scene.do(INSPECTOR, inspection.hand_on, scene.number, scene.play.staff(SECOND), "休假")
    at(due - 5 * HOUR)
    assert told(scene, DUE) == [INSPECTOR, SECOND, SECOND]  # one that it is theirs, one that it is due


@pytest.mark.parametrize("end", ["published", "cancelled"])
def test_R28_nobody_is_reminded_of_what_is_done(scene, at, end):
    due = scene.row().due_at
    if end == "published":
        scene.do(INSPECTOR, inspection.score, scene.number, entered())
        scene.do(INSPECTOR, inspection.publish, scene.number)
    else:
        scene.do(INSPECTOR, inspection.cancel, scene.number, CancelReason.OTHER, "误抽")
    at(due + HOUR)
    assert told(scene, DUE) + told(scene, OVERDUE) == []


def test_R29_a_result_becomes_final_by_itself_when_the_time_to_appeal_is_over(scene, at):
    scene.do(INSPECTOR, inspection.score, scene.number, entered())
    scene.do(INSPECTOR, inspection.publish, scene.number)
    until = scene.row().appeal_until
    at(until - HOUR)
    assert scene.row().status is InspectionStatus.PUBLISHED
    for moment in (until + HOUR, until + 2 * HOUR):
        at(moment)
        row = scene.row()
        assert (row.status, row.final_at) == (InspectionStatus.FINAL, until)
    assert scene.events().count("final") == 1


def test_R28_what_is_told_of_a_blind_one_does_not_name_the_complaint(scene, at):
    number = scene.drawn(INSPECTOR, blind=True, plan="spot_check", due_at=scene.at + 2 * DAY)
    at(scene.row(number).due_at - HOUR)
    with scene.database.reading() as session:
        rows = list(session.scalars(sa.select(Outbox).where(Outbox.template == DUE)))
    assert [row.complaint_id for row in rows] == [None]
