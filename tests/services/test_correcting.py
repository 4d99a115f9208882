"""R2, R39: a record is put right by those who may see it; its customer stands nowhere in clear."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries import search
from backoffice.queries.worklist import LISTS, Asking, Filters, conditions
from backoffice.services.record import Corrected, correct
from tests.support.played import TEXTS, Play

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register(confidential=True)
    return play


def put_right(play, code, **texts):
    with play.database.writing() as session:
        new = Corrected({**TEXTS, **texts}, confidential=False)
        correct(play.work(session, code), play.complaint_id, new, "客户来电更正")


def test_R39_nobody_corrects_what_they_may_not_see_nor_ends_its_confidence(play):
    with pytest.raises(DomainError) as error:
        put_right(play, "S008", demand="退款")  # the dispatcher edits all, and is not on this confidential case
    assert error.value.refusals[0].key == "access.refused.confidential"
    with play.database.reading() as session:
        assert session.get(Complaint, play.complaint_id).confidential is True


def test_R2_who_registered_it_puts_it_right(play):
    put_right(play, "S005", demand="退款")
    with play.database.reading() as session:
        assert session.get(Complaint, play.complaint_id).confidential is False


def found(play, question):
    with play.database.reading() as session:
        return list(session.scalars(sa.select(Complaint.number).where(search.holds(session, question))))


def test_R39_the_index_of_words_does_not_hold_the_phone_or_name_that_the_story_names(play):
    assert found(play, "掉线") == [play.number]
    assert found(play, "13900004172") == []
    assert found(play, "周㛃敏") == []


@pytest.mark.parametrize(("code", "seen"), [("S005", True), ("S008", False)])
def test_R39_by_phone_or_name_a_confidential_complaint_is_found_by_the_people_on_it_alone(play, code, seen):
    with play.database.reading() as session:
        asking = Asking(play.work(session, code).actor, play.at, ZoneInfo("Asia/Shanghai"))
        for text in (TEXTS["contact_phone"], TEXTS["customer_name"]):
            where = conditions(asking, KEYS, session, LISTS["all"], Filters(text=text))
            assert list(session.scalars(sa.select(Complaint.number).where(*where))) == [play.number] * seen
