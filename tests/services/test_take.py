"""R1: what came in by itself is taken over by intake of its department, and is that person's from then on."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries.actor import load_actor, subject_of
from backoffice.queries.worklist import LISTS, Asking
from backoffice.services.core.case import open_case
from backoffice.services.core.work import Work
from backoffice.services.handling import offers
from policies.access import SYSTEM, Permission, may
from tests.support.played import Play
from tests.support.scenes import staff

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path, monkeypatch):
    """A complaint that came in by the website of the front desk, entered by the system."""
    play = Play(office_database, KEYS, tmp_path)
    monkeypatch.setattr(
        play, "work", lambda session, code: Work(session, KEYS, SYSTEM, play.at, play.at, tmp_path, ""), raising=False
    )
    play.register("system", channel="website", call_started_at=None, call_seconds=None)
    monkeypatch.undo()
    with office_database.writing() as session:
        case = open_case(Work(session, KEYS, SYSTEM, play.at, play.at), play.complaint_id)
        case.involve_department(case.complaint.channel.default_department_id)
    return play


def may_see(play, code):
    with play.database.reading() as session:
        actor = load_actor(session, staff(session, code).id)
        return may(actor, Permission.COMPLAINT_VIEW, subject_of(session, play.complaint_id))


def test_R1_intake_of_the_department_sees_it_and_others_intake_does_not(play):
    assert may_see(play, "S005")  # front desk
    assert not may_see(play, "S035")  # service hall
    with play.database.reading() as session:
        shown = {offer.action for offer in offers(play.work(session, "S005"), play.complaint_id) if offer.is_open}
    assert "take" in shown
    assert "start_check" not in shown


def test_R1_who_takes_it_is_its_intake_person_and_goes_on_with_it(play):
    play.act("S005", "take")
    with play.database.reading() as session:
        complaint = session.get(Complaint, play.complaint_id)
        assert complaint.registered_by_id == staff(session, "S005").id
    assert may_see(play, "S005")
    assert not may_see(play, "S006")  # of the same front desk, but it is taken now
    play.act("S005", "start_check")


def test_R1_nobody_takes_what_is_taken(play):
    play.act("S005", "take")
    with pytest.raises(DomainError) as error:
        play.act("S004", "take")  # the shift lead reads the whole department's
    assert error.value.refusals[0].key == "workflow.refused.already_taken"
    with pytest.raises(DomainError) as error:
        play.act("S006", "take")
    assert error.value.status == 404


def test_R1_it_waits_in_the_list_of_those_who_may_take_it(play):
    def waiting(code):
        with play.database.reading() as session:
            asking = Asking(load_actor(session, staff(session, code).id), play.at, ZoneInfo("Asia/Shanghai"))
            return list(session.scalars(sa.select(Complaint.number).where(LISTS["to_take"].condition(asking))))

    assert waiting("S005") == [play.number]
    assert waiting("S035") == []
    play.act("S005", "take")
    assert waiting("S005") == []
