"""R13: the first rows of what is due, and how many there are, are asked for in a shorter way than the list itself; both
say the same of everybody.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.office import Staff
from backoffice.queries.actor import load_actor
from backoffice.queries.paging import glances
from backoffice.queries.waiting import waiting
from backoffice.queries.worklist import LISTS, Asking, Filters, narrowed
from backoffice.services import office_keys
from tests.support.many_rows import fill
from tests.support.played import Play

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
BOUND = 3


@pytest.fixture
def filled(office_database, tmp_path):
    keys = office_keys.open_for(office_database, tmp_path / "keys")
    play = Play(office_database, keys, tmp_path)
    play.register()
    play.dispatch()
    fill(office_database, keys, 600, NOW)
    return office_database


def test_R13_the_first_that_are_due_and_their_number_are_those_of_the_whole_list(filled):
    crowded, short = set(), set()
    with filled.reading() as session:
        for staff_id in session.scalars(sa.select(Staff.id).where(Staff.retired_at.is_(None))).all():
            asking = Asking(load_actor(session, staff_id, NOW.date()), NOW, ZONE)
            counted = waiting(session, asking, ("due", "overdue"), BOUND)
            pages = glances(session, asking, (("due", BOUND), ("overdue", BOUND)))
            for code, page in zip(("due", "overdue"), pages, strict=True):
                whole = session.scalars(
                    sa.select(Complaint.number)
                    .where(*narrowed(asking, LISTS[code], Filters()))
                    .order_by(Complaint.next_due_at, Complaint.id)
                ).all()
                assert [row.number for row in page.rows] == whole[:BOUND], (staff_id, code)
                assert page.count == len(whole), (staff_id, code)
                assert counted[code] == min(len(whole), BOUND + 1), (staff_id, code)
                (crowded if len(whole) > BOUND else short).add(staff_id)
    assert crowded  # somebody has more than is asked for
    assert short  # and somebody less
