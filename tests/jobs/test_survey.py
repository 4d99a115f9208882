"""R21: after a first-contact solution no answer to the survey by the deadline confirms it, without a score."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs import handlers
from backoffice.jobs.bell import Bell
from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.handling import CallBack
from backoffice.models.history import DailySeal, Event
from backoffice.models.work import Job
from backoffice.queries.verification import verify
from policies.vocabulary import ContactWay, Fault, Outcome
from tests.support.played import Play
from tests.support.told_cases import local

DUE = local("2026-11-25T18:00")  # two working days after Monday 23 November


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


@pytest.fixture
def play(shop):
    """Solved at first contact on Monday, so that a survey link was sent."""
    played = Play(shop.database, shop.keys, shop.folder / "files")
    played.register()
    played.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    played.act("S005", "start_check")
    played.act("S005", "solve_at_first_contact", solution="重启光猫", customer_opinion="好了", fault=Fault.CUSTOMER_FAULT,
               cause_code="system_fault", apologised=True)  # fmt: skip
    return played


def ring(shop, at):
    shop.clock.at = at
    plan_timed(shop)
    return work_off(shop, HANDLERS)


def state(shop, complaint_id):
    with shop.database.reading() as session:
        complaint = session.get_one(Complaint, complaint_id)
        return complaint.step, complaint.outcome, complaint.satisfaction


def test_R21_in_the_minute_of_the_deadline_the_customer_may_still_answer(shop, play):
    with shop.database.reading() as session:
        clock = session.scalars(sa.select(ClockRow).where(ClockRow.code == "call_back")).one()
        assert clock.due_at == DUE
    ring(shop, DUE + timedelta(seconds=59))
    assert state(shop, play.complaint_id) == ("call_back", Outcome.FIRST_CONTACT_RESOLVED, None)


def test_R21_no_answer_by_the_deadline_confirms_it_without_a_score(shop, play):
    assert ring(shop, DUE + timedelta(hours=3)).failed == 0
    assert state(shop, play.complaint_id) == ("archive", Outcome.FIRST_CONTACT_RESOLVED, None)
    with shop.database.reading() as session:
        call = session.scalars(sa.select(CallBack)).one()
        assert (call.way, call.reached, call.satisfaction, call.by_id) == ("survey_link", False, None, None)
        event = session.scalars(sa.select(Event).where(Event.action == "confirm_satisfied")).one()
        assert (event.actor_id, event.at, event.recorded_at) == (None, DUE, DUE + timedelta(hours=3))
        clock = session.scalars(sa.select(ClockRow).where(ClockRow.code == "call_back")).one()
        assert (clock.stopped_at, clock.met) == (DUE, True)
        assert verify(session, shop.keys.chain).broken == []
    play.at = DUE + timedelta(hours=4)
    play.act("S028", "archive", lesson="先重启光猫")
    assert state(shop, play.complaint_id)[0] == "end"


def test_R21_a_complaint_that_went_through_a_department_waits_for_its_call(shop):
    played = Play(shop.database, shop.keys, shop.folder / "files")
    played.register()
    played.dispatch()
    played.handle()
    ring(shop, DUE + timedelta(days=9))
    assert state(shop, played.complaint_id)[0] == "call_back"


def test_R21_who_answered_is_not_confirmed_again(shop, play):
    play.act("S011", "confirm_satisfied", callback_method=ContactWay.PHONE, resolved_flag=True, satisfaction=5)
    ring(shop, DUE + timedelta(days=1))
    with shop.database.reading() as session:
        assert len(session.scalars(sa.select(CallBack)).all()) == 1


OURS = sa.select(Job).where(Job.kind.in_(["daily_seal", "close_surveys"])).order_by(Job.id)


def test_what_comes_with_time_is_planned_once_an_hour_and_once_a_local_day(shop, play):
    start = local("2026-11-23T23:10")
    for minutes in (0, 1, 30, 50, 51):  # 00:00 is a new hour and a new day
        ring(shop, start + timedelta(minutes=minutes))
    with shop.database.reading() as session:
        slots = [(job.kind, job.slot) for job in session.scalars(OURS)]
        days = session.scalars(sa.select(DailySeal.day).order_by(DailySeal.day)).all()
    assert slots == [
        ("daily_seal", "2026-11-23"), ("close_surveys", "2026-11-23T15"),
        ("daily_seal", "2026-11-24"), ("close_surveys", "2026-11-23T16"),
    ]  # fmt: skip
    assert [day.isoformat() for day in days] == ["2026-11-23", "2026-11-24"]


def test_hourly_jobs_that_are_long_done_are_cleared_away_and_seals_are_kept(shop, at):
    ring(shop, at)
    ring(shop, at + handlers.KEPT + timedelta(hours=1))
    with shop.database.reading() as session:
        kinds = [job.kind for job in session.scalars(OURS)]
    assert kinds == ["daily_seal", "daily_seal", "close_surveys"]


def test_an_office_that_is_not_set_up_has_nothing_planned(database, clock, tmp_path):
    shop = Workshop(database, Keys.fresh(), clock, tmp_path)
    assert ring(shop, clock.at).done == 0
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_the_bell_rings_at_once_and_again_until_it_is_stopped_and_survives_a_broken_round(shop, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL)
    rounds, rang = [], handlers.plan_timed

    def break_once(workshop):
        rounds.append(workshop)
        if len(rounds) == 1:
            raise RuntimeError
        rang(workshop)

    monkeypatch.setattr("backoffice.jobs.bell.plan_timed", break_once)
    bell = Bell(shop, seconds=0.01)
    bell.start()
    for _ in range(2000):
        if len(rounds) > 2:
            break
        bell._stop.wait(0.01)
    bell.stop()
    assert len(rounds) > 2
    assert not bell._thread.is_alive()
    with shop.database.reading() as session:
        assert session.scalars(sa.select(DailySeal)).one().complaints == 0


def test_two_bells_of_a_process_never_ring_together(shop, monkeypatch):
    bell, inner = Bell(shop), []
    monkeypatch.setattr("backoffice.jobs.bell.plan_timed", lambda _shop: inner.append(Bell(shop).ring()))
    bell.ring()
    assert [(worked.done, worked.failed) for worked in inner] == [(0, 0)]
