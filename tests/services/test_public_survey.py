"""R21: answers to the survey on both databases: once, also when two come at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.models.handling import CallBack
from backoffice.queries.verification import verify
from backoffice.services import public_survey
from backoffice.services.core.survey_link import Asked, link, read
from backoffice.services.core.work import Work
from backoffice.services.public_survey import SurveyState
from policies.access import SYSTEM
from policies.public_pages import PublicPages, as_data
from policies.survey import Answers
from policies.vocabulary import ContactWay, Fault
from tests.support.played import RECEIVED, Play
from tests.support.told_cases import local

KEYS = Keys.fresh()
DUE = local("2026-11-25T18:00")


@pytest.fixture
def play(office_database, tmp_path):
    with office_database.writing() as session:
        said = PublicPages(survey=True, address="https://complaints.example.com")
        session.add(Setting(key="public_pages", value=as_data(said)))
    played = Play(office_database, KEYS, tmp_path)
    played.register()
    played.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    played.act("S005", "start_check")
    played.act("S005", "solve_at_first_contact", solution="重启光猫", customer_opinion="好了", fault=Fault.CUSTOMER_FAULT,
               cause_code="system_fault", apologised=True)  # fmt: skip
    return played


def answer(database, play, answers):
    at = RECEIVED + timedelta(days=1)
    with database.writing() as session:
        public_survey.admit(Work(session, KEYS, SYSTEM, at, at, None, "192.0.2.7"))
    with database.writing() as session:
        return public_survey.answer(
            Work(session, KEYS, SYSTEM, at, at, None, "192.0.2.7"),
            link(KEYS, Asked(play.complaint_id, DUE)),
            answers,
            lambda one, _language: one.key,
        )


def test_R21_two_answers_at_the_same_moment_are_one(office_database, play):
    with ThreadPoolExecutor(2) as sending:
        found = list(sending.map(lambda _copy: answer(office_database, play, Answers(True, 5)), (1, 2)))
    assert sorted(found) == [SurveyState.DONE, SurveyState.OPEN]
    with office_database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CallBack)) == 1
        assert session.scalars(sa.select(Complaint)).one().satisfaction == 5
        assert verify(session, KEYS.chain).broken == []


def test_R21_a_complaint_that_a_department_handled_is_called_and_not_asked_by_a_link(office_database, tmp_path):
    played = Play(office_database, KEYS, tmp_path)
    played.register()
    played.dispatch()
    played.handle()
    assert answer(office_database, played, Answers(True, 5)) is SurveyState.DONE
    with office_database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CallBack)) == 0


def test_R39_a_link_says_which_complaint_and_until_when_and_is_read_by_this_office_alone():
    text = link(KEYS, Asked(7, DUE))
    assert len(text) == 35
    assert read(KEYS, text) == Asked(7, DUE)
    assert read(Keys.fresh(), text) is None
