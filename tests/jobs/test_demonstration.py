"""The demonstration office: the same every time, at every stage, whole, and apart from real offices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs.demonstration import opening
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.office import Staff
from backoffice.queries.verification import verify
from backoffice.services.set_up import first_administrator
from policies.vocabulary import ComplaintStatus

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday 11:00 in Shanghai
PASSWORD = "demo-office-2026"
A_FEW = 26


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
