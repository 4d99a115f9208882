"""The demonstration office: the same every time, at every stage, whole, and apart from real offices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.demonstration import opening
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection
from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.draw_check import verify_draws
from backoffice.queries.verification import verify
from backoffice.services.set_up import first_administrator
from policies.vocabulary import ComplaintStatus
from policies.vocabulary_inspection import InspectionStatus

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday 11:00 in Shanghai
PASSWORD = "demo-office-2026"
A_FEW = 26
ENOUGH = 84  # so many that the last thirty days have enough to inspect


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.fresh()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_complaints_stand_at_every_stage_and_every_history_holds(database, keys, tmp_path):
    said: list[str] = []
    assert opening.open_demonstration(database, keys, tmp_path, AT, PASSWORD, said.append, complaints=A_FEW)
    with database.reading() as session:
        stages = set(session.scalars(sa.select(Complaint.status)))
        found = verify(session, keys.chain)
        numbers = list(session.scalars(sa.select(Complaint.number)))
    assert stages == set(ComplaintStatus) - {ComplaintStatus.DRAFT}
    assert found.broken == []
    assert found.complaints == len(numbers) == len(set(numbers)) >= A_FEW
    assert "TS20260918-0007" in numbers  # a told case
    assert not opening.open_demonstration(database, keys, tmp_path, AT, PASSWORD, said.append, complaints=A_FEW)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("complaints", "statuses"),
    [
        (1, {InspectionStatus.FINAL}),
        pytest.param(ENOUGH, set(InspectionStatus), marks=pytest.mark.long),
    ],
    ids=["hardly any", "enough"],
)
def test_R27_inspections_stand_at_every_status_and_every_draw_holds(database, keys, tmp_path, complaints, statuses):
    """Two months, one of them scored twice in part, and a spot check of these days, besides the told inspections."""
    opening.open_demonstration(database, keys, tmp_path, AT, PASSWORD, print, complaints=complaints)
    with database.reading() as session:
        inspected = set(session.scalars(sa.select(Inspection.status)))
        draws, broken_draws = verify_draws(session, keys.chain)
        broken = verify(session, keys.chain).broken
        second = session.scalars(sa.select(Inspection).where(Inspection.pair_of_id.is_not(None))).all()
        actions = session.scalar(sa.select(sa.func.count()).select_from(CorrectiveAction))
        fatal = session.scalar(sa.select(sa.func.count()).where(Inspection.fatal.is_(True)))
    assert inspected >= statuses
    assert (broken, broken_draws) == ([], [])
    assert draws >= 4
    assert second
    assert fatal
    assert actions


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_same_day_brings_the_same_plan(office_database):
    first, second = (opening.plan(office_database, AT, 50) for _ in range(2))

    def told(plot):
        return plot.received_at, plot.channel, plot.leaf.code, plot.department, plot.ending, plot.stops_before

    assert [told(one) for one in first] == [told(one) for one in second]
    assert len(first) == 50


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_real_office_is_never_opened_as_the_demonstration(database, keys, tmp_path):
    with database.writing() as session:
        first_administrator(session, AT)
    with pytest.raises(DomainError):
        opening.open_demonstration(database, keys, tmp_path, AT, PASSWORD, print, complaints=1)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 1
