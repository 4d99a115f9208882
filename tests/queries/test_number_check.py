"""R2, R9: every number that was given out is a complaint's or a form's; what is neither is named."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.paper import ReservedNumber
from backoffice.models.work import Counter
from backoffice.queries.number_check import check_numbers
from backoffice.services import paper_forms
from backoffice.services.core.work import Work
from backoffice.services.paper_forms import Wanted
from policies.numbering import NumberPattern
from tests.support.offices import actor_of
from tests.support.played import RECEIVED, Play

KEYS = Keys.fresh()
DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "slot", "place", "number"),
    [
        ("TS{yyyymmdd}-{nnnn}", "20261123", 7, "TS20261123-0007"),
        ("TS{yyyymmdd}-{nnnn}", "2026", 7, None),  # of a pattern by the year
        ("{nnn}/{yyyy}".replace("/", "-"), "2026", 12345, "12345-2026"),
        ("C{nn}", "", 1, "C01"),
        ("C{nn}", "20261123", 1, None),
        ("{dd}{mm}{yyyy}-{nn}", "23112026", 3, "23112026-03"),
    ],
)
def test_R2_a_slot_and_a_place_give_the_number_of_the_pattern(pattern, slot, place, number) -> None:
    assert NumberPattern(pattern).of_slot(slot, place) == number


@pytest.fixture
def office(office_database, tmp_path):
    """Complaints 1 and 2 of the day, forms 3 to 5 on paper, complaint 6; then form 4 is void."""
    plays = [Play(office_database, KEYS, tmp_path) for _ in range(3)]
    for play in plays[:2]:
        play.register(uploads=())
    with office_database.writing() as session:
        work = Work(session, KEYS, actor_of(session, "S004"), AT, AT)
        made = paper_forms.reserve(work, Wanted(3, DAY, "desk one"), DAY)
        paper_forms.account_for(work, made[1].id, "torn")
    plays[2].register(uploads=())
    return office_database


def checked(office):
    with office.reading() as session:
        found = check_numbers(session)
    return found.missing, found.gaps, [(one.number, one.taken_by) for one in found.waiting], found.still_out


OUT = [("TS20261123-0003", "desk one"), ("TS20261123-0005", "desk one")]


def test_R9_forms_that_are_still_out_are_named_and_void_ones_are_accounted_for(office):
    assert checked(office) == (0, [], OUT, 2)


def test_R2_a_number_that_nothing_accounts_for_is_named(office):
    with office.writing() as session:
        session.execute(sa.update(Counter).where(Counter.series == "complaint").values(value=9))
        session.execute(sa.delete(ReservedNumber).where(ReservedNumber.number.like("%-0004")))
    assert checked(office) == (
        4, [("TS20261123-0004", "TS20261123-0004"), ("TS20261123-0007", "TS20261123-0009")], OUT, 2,
    )  # fmt: skip


def test_R2_numbers_beyond_the_width_of_the_pattern_and_of_an_earlier_one_are_told_apart(office):
    with office.writing() as session:
        numbers = dict(session.execute(sa.select(Complaint.number, Complaint.id)).all())
        change = sa.update(Complaint)
        session.execute(change.where(Complaint.id == numbers["TS20261123-0006"]).values(number="TS20261123-10000"))
        session.execute(change.where(Complaint.id == numbers["TS20261123-0001"]).values(number="OLD2026-1"))
        session.add(Counter(series="complaint", slot="20250101", value=50))  # counted under the earlier pattern
    missing, gaps, _waiting, _out = checked(office)
    assert missing == 1 + (9999 - 5)
    assert gaps == [("TS20261123-0001", "TS20261123-0001"), ("TS20261123-0006", "TS20261123-9999")]


def test_R2_the_office_counts_on_without_a_gap(office):
    assert RECEIVED.date() == DAY
    assert checked(office)[0] == 0
