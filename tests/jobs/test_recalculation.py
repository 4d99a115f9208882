"""A changed day moves the open clocks that span it (R24): once, with an event, never a promised date earlier."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs import recalculation
from backoffice.jobs.recalculation import KIND, recalculate
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Calendar
from backoffice.models.history import Event
from backoffice.models.work import Job
from backoffice.queries.clocks import explain
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.verification import verify
from backoffice.services import calendar, clock_moves, set_up
from backoffice.services.calendar import DayFacts
from backoffice.services.dossier.handling import action_title
from policies.calendar_days import read_official_list
from tests.support.offices import actor_of, the
from tests.support.played import Play
from tests.support.told_cases import SHANGHAI, local
from views.language import say

HANDLERS = {KIND: recalculate}
CLOSED = DayFacts(date(2026, 11, 25), "停电", "Power cut", closed=(("00:00", "24:00"),))  # a Wednesday
SATURDAY = DayFacts(date(2026, 11, 28), "调休", "Made up", kind="make_up")


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


@pytest.fixture
def play(shop):
    """A general complaint of Monday 23 November 2026, 10:00; due on Monday 30 November at closing."""
    return Play(shop.database, shop.keys, shop.folder / "files")


def close_wednesday(shop):
    with shop.database.writing() as session:
        office = the(session, Calendar, "office").id
        return calendar.add_closure(session, actor_of(session), shop.clock.now(), office, CLOSED).id


def work_saturday(shop):
    with shop.database.writing() as session:
        calendar.add_public_day(session, actor_of(session), shop.clock.now(), SATURDAY)


def dues(shop, complaint_id):
    """Running clocks by code, due as the office's clock shows it."""
    running = sa.select(ClockRow).where(ClockRow.complaint_id == complaint_id, ClockRow.stopped_at.is_(None))
    with shop.database.reading() as session:
        return {row.code: row.due_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") for row in session.scalars(running)}


def moves(shop, complaint_id):
    told = sa.select(Event).where(Event.complaint_id == complaint_id, Event.action == "clock_moved")
    with shop.database.reading() as session:
        return list(session.scalars(told.order_by(Event.sequence)))


def assert_chains_hold(shop):
    with shop.database.reading() as session:
        assert verify(session, shop.keys.chain).broken == []


def test_R24_a_closed_day_moves_the_clocks_that_span_it_with_one_event(shop, play):
    play.register()
    play.dispatch()
    before = dues(shop, play.complaint_id)
    # 46.5 office hours to the deadline, of which 60 % are 27 h 54 min
    assert (before["resolve"], before["answer"]) == ("11-30 18:00", "11-26 15:24")
    close_wednesday(shop)
    assert work_off(shop, HANDLERS).done == 1
    after = dues(shop, play.complaint_id)
    assert (after["resolve"], after["answer"]) == ("12-01 18:00", "11-27 15:24")
    assert after["formal_reply"] == before["formal_reply"], "hours round the clock know no calendar"
    [event] = moves(shop, play.complaint_id)
    facts = json.loads(event.body)["facts"]
    assert (event.actor_id, event.to_step, facts["days"]) == (None, None, ["2026-11-25"])
    resolve = next(one for one in facts["clocks"] if one["clock"] == "resolve")
    assert datetime.fromisoformat(resolve["old_due"]) == local("2026-11-30T18:00")
    assert datetime.fromisoformat(resolve["new_due"]) == local("2026-12-01T18:00")
    assert resolve["occurrence"] == 1
    moved = {code for code in after if after[code] != before[code]}
    assert {one["clock"] for one in facts["clocks"]} == moved
    assert_chains_hold(shop)


def test_R24_a_day_after_the_deadline_moves_nothing_and_tells_nothing(shop, play):
    play.register()
    before = dues(shop, play.complaint_id)
    with shop.database.writing() as session:
        later = replace(CLOSED, day=date(2026, 12, 1))
        calendar.add_closure(session, actor_of(session), shop.clock.now(), the(session, Calendar, "office").id, later)
    assert work_off(shop, HANDLERS).done == 1
    assert dues(shop, play.complaint_id) == before
    assert moves(shop, play.complaint_id) == []


def test_R24_a_date_promised_to_the_customer_never_moves_earlier_an_internal_one_does(shop, play):
    play.at = local("2026-11-27T14:20")  # Friday; the order is sent at 17:00
    play.register()
    elements = {"customer_number": "KD1", "pre_check_result": "离线", "speed_test": "3", "device_model": "HG",
                "available_time": "18:00"}  # fmt: skip
    play.act("S005", "acknowledge", way="phone", text="已受理")
    play.act("S005", "start_check")
    promised = local("2026-12-04T18:00")
    play.act("S005", "accept", handover_reason="需上门", promised_time=promised)
    play.act("S008", "send_order", department=play.department("technical_support"), requirements="查清",
             deadline=local("2026-12-03T12:00"), handover_reason="需上门", promised_time=promised, elements=elements)  # fmt: skip
    before = dues(shop, play.complaint_id)
    assert (before["appoint"], before["resolve"]) == ("11-30 11:30", "12-04 18:00")
    work_saturday(shop)
    work_off(shop, HANDLERS)
    after = dues(shop, play.complaint_id)
    assert (after["appoint"], after["resolve"], after["first_response"]) == (
        "11-28 11:30", "12-04 18:00", before["first_response"],
    )  # fmt: skip
    [event] = moves(shop, play.complaint_id)
    assert "resolve" not in {one["clock"] for one in json.loads(event.body)["facts"]["clocks"]}
    with shop.database.reading() as session:
        complaint = session.get_one(Complaint, play.complaint_id)
        assert (complaint.next_due_clock, complaint.next_due_at) == ("appoint", local("2026-11-28T11:30"))


def test_R24_a_day_that_is_worked_after_all_leaves_the_later_promise(shop, play):
    play.register()
    closure = close_wednesday(shop)
    work_off(shop, HANDLERS)
    with shop.database.writing() as session:
        calendar.drop_closure(session, actor_of(session), shop.clock.now(), closure, "put off")
    work_off(shop, HANDLERS)
    assert dues(shop, play.complaint_id)["resolve"] == "12-01 18:00"


def test_R24_a_promise_that_stays_says_so_in_its_explanation(shop, play):
    play.register()
    with shop.database.reading() as session:
        assert explained(session)[-1] != ("clock.step.stays", local("2026-11-30T18:00"))
    work_saturday(shop)
    work_off(shop, HANDLERS)
    with shop.database.reading() as session:
        assert explained(session)[-2:] == [
            ("clock.step.closing", local("2026-11-28T18:00")),
            ("clock.step.stays", local("2026-11-30T18:00")),
        ]


@pytest.mark.parametrize(
    ("language", "words"), [("zh_Hans", "工作日历变动，时限顺移"), ("en", "Deadlines moved by a calendar change")]
)
def test_R24_the_history_tells_of_moved_clocks_in_words(language, words):
    assert say(action_title(clock_moves.EVENT), language) == words


def explained(session):
    row = session.scalars(sa.select(ClockRow).where(ClockRow.code == "resolve")).one()
    deadline = explain(Rulebook(session), session.get_one(Complaint, row.complaint_id), row, [row])
    return [(step.message.key, step.at) for step in deadline.steps]


def test_R24_a_clock_that_has_ended_stays_as_it_was(shop, play):
    play.register()
    play.dispatch()
    play.handle()
    with shop.database.reading() as session:
        ended = sa.select(ClockRow.due_at).where(ClockRow.stopped_at.is_not(None)).order_by(ClockRow.id)
        before = list(session.scalars(ended))
    close_wednesday(shop)
    work_off(shop, HANDLERS)
    with shop.database.reading() as session:
        assert list(session.scalars(ended)) == before
    assert_chains_hold(shop)


def test_R24_other_hours_move_every_open_clock_and_so_does_another_time_zone(shop, play):
    play.register()
    with shop.database.writing() as session:
        office = the(session, Calendar, "office")
        hours = {**office.weekly_hours, "monday": [["08:30", "12:00"]]}
        facts = calendar.CalendarFacts(office.name_zh, office.name_en, hours, office.make_up_day_hours)
        # Monday 30 November ends at noon from now on, which is earlier: the promise stays; Tuesday 10:00 moves later
        calendar.change(session, actor_of(session), shop.clock.now(), office.id, facts)
    work_off(shop, HANDLERS)
    after = dues(shop, play.complaint_id)
    # 2 of 8 hours on Monday, 6 on Tuesday: 3.5 in the morning, 2.5 from 13:30
    assert (after["resolve"], after["first_response"]) == ("11-30 18:00", "11-24 16:00")
    with shop.database.writing() as session:
        office = set_up.load_office(session)
        says = replace(set_up.says_of(office), time_zone="Europe/Lisbon")
        set_up.change_office(session, actor_of(session), shop.clock.now(), says)
    work_off(shop, HANDLERS)
    assert dues(shop, play.complaint_id)["resolve"] == "11-30 20:00", "noon there is eight hours later"
    assert len(moves(shop, play.complaint_id)) == 2


def test_R24_a_published_year_ends_what_was_provisional_without_an_event(shop, play):
    play.at = local("2026-12-24T10:00")
    play.register()

    def provisional():
        with shop.database.reading() as session:
            rows = session.scalars(sa.select(ClockRow).where(ClockRow.stopped_at.is_(None)))
            return {row.code: row.provisional for row in rows}

    assert provisional()["resolve"] is False
    play.at = local("2026-12-28T10:00")
    play.register(texts={"contact_phone": "13900004173"})
    assert provisional()["resolve"] is True
    days = [{"name": "国庆节", "date": "2027-10-01", "isOffDay": True}]
    with shop.database.writing() as session:
        official = read_official_list(json.dumps({"year": 2027, "days": days}))
        calendar.take_official_list(session, actor_of(session), shop.clock.now(), official)
    work_off(shop, HANDLERS)
    assert set(provisional().values()) == {False}
    assert moves(shop, play.complaint_id) == []


def test_R24_a_job_that_was_broken_off_goes_on_and_moves_each_complaint_once(shop, play, clock, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL)
    ids = []
    for number in range(3):
        play.register(texts={"contact_phone": f"1390000417{number}"})
        ids.append(play.complaint_id)
    close_wednesday(shop)
    real, batches = recalculation.clock_moves.move_some, []

    def break_off(work, change, after, most):
        if len(batches) == 1:
            batches.append(None)
            raise RuntimeError
        batches.append(after)
        return real(work, change, after, most)

    monkeypatch.setattr(recalculation, "MOST", 2)
    monkeypatch.setattr(recalculation.clock_moves, "move_some", break_off)
    assert work_off(shop, HANDLERS).failed == 1
    assert [len(moves(shop, one)) for one in ids] == [1, 0, 0]
    with shop.database.reading() as session:
        assert session.scalars(sa.select(Job)).one().payload["after"] == ids[0]
    clock.at += timedelta(minutes=1)
    assert work_off(shop, HANDLERS).done == 1
    assert batches == [0, None, ids[0], ids[1], ids[2]]
    assert [len(moves(shop, one)) for one in ids] == [1, 1, 1]
    assert {dues(shop, one)["resolve"] for one in ids} == {"12-01 18:00"}
    assert_chains_hold(shop)


def test_R24_done_twice_it_moves_nothing_more(shop, play):
    play.register()
    close_wednesday(shop)
    work_off(shop, HANDLERS)
    with shop.database.writing() as session:
        session.execute(sa.update(Job).values(done_at=None, payload={"revision": 1, "days": ["2026-11-25"]}))
    assert work_off(shop, HANDLERS).done == 1
    assert len(moves(shop, play.complaint_id)) == 1
