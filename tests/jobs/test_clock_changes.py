"""R24: every change of the calendar has its list of what moved, and whoever holds a moved complaint one message."""

from __future__ import annotations

import logging
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs import recalculation
from backoffice.jobs.recalculation import KIND, recalculate
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.clock_change import CalendarChange, ClockMove
from backoffice.models.configuration import Calendar
from backoffice.models.office import Staff
from backoffice.models.work import Job, Outbox
from backoffice.queries import clock_changes
from backoffice.queries.clock_changes import Change, Moved
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office
from backoffice.services import calendar
from backoffice.services.calendar import DayFacts
from tests.support.offices import actor_of, the
from tests.support.played import Play
from tests.support.told_cases import local

HANDLERS = {KIND: recalculate}
CLOSED = DayFacts(date(2026, 11, 25), "停电", "Power cut", closed=(("00:00", "24:00"),))  # a Wednesday
SATURDAY = DayFacts(date(2026, 11, 28), "调休", "Made up", kind="make_up")


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


@pytest.fixture
def play(shop):
    """Complaints of Monday 23 November 2026, 10:00; due on Monday 30 November at closing."""
    return Play(shop.database, shop.keys, shop.folder / "files")


def close_wednesday(shop):
    with shop.database.writing() as session:
        office = the(session, Calendar, "office").id
        calendar.add_closure(session, actor_of(session), shop.clock.now(), office, CLOSED)


def changes(shop):
    with shop.database.reading() as session:
        return list(session.scalars(sa.select(CalendarChange).order_by(CalendarChange.revision)))


def listed(shop):
    with shop.database.reading() as session:
        return [
            (row.complaint_id, row.clock, row.old_due_at, row.new_due_at)
            for row in session.scalars(sa.select(ClockMove).order_by(ClockMove.id))
        ]


def told(shop):
    """Who was told of moved clocks, and the text."""
    with shop.database.reading() as session:
        rows = list(session.scalars(sa.select(Outbox).where(Outbox.template == "clocks_moved_notice")))
        texts = [open_for_office(shop.keys, row.sealed, "outbox").decode() for row in rows]
        return {session.get(Staff, row.staff_id).code: text for row, text in zip(rows, texts, strict=True)}


def test_R24_the_list_says_who_changed_what_and_where_each_clock_was_and_is(shop, play):
    play.register()
    play.dispatch()
    close_wednesday(shop)
    [change] = changes(shop)
    assert (change.days, change.finished_at) == (["2026-11-25"], None)
    with shop.database.reading() as session:
        row = session.get_one(CalendarChange, change.revision)
        assert (row.by.code, row.line.subject, row.line.subject_id) == ("S030", "calendar_day", "office/2026-11-25")
    assert work_off(shop, HANDLERS).done == 1
    [change] = changes(shop)
    moves = listed(shop)
    assert (play.complaint_id, "resolve", local("2026-11-30T18:00"), local("2026-12-01T18:00")) in moves
    assert {clock for _, clock, _, _ in moves}.isdisjoint({"formal_reply", "acknowledge"})
    with shop.database.reading() as session:
        assert clock_changes.moved_by(session, change.revision) == Moved(len(moves), 0, 1)
    assert change.finished_at is not None
    assert change.looked_at >= len(moves)


def test_R24_a_day_worked_after_all_counts_what_was_promised_and_stays(shop, play):
    play.register()
    with shop.database.writing() as session:
        calendar.add_public_day(session, actor_of(session), shop.clock.now(), SATURDAY)
    work_off(shop, HANDLERS)
    [change] = changes(shop)
    assert (change.kept > 0, listed(shop)) == (True, [])


def test_R24_whoever_holds_moved_complaints_gets_one_message_a_change_not_one_a_clock(shop, play):
    for number in range(2):
        play.register(texts={"contact_phone": f"1390000417{number}"})
        play.dispatch()
    play.register(texts={"contact_phone": "13900004179"})  # still with intake
    close_wednesday(shop)
    work_off(shop, HANDLERS)
    messages = told(shop)
    assert set(messages) == {"S016", "S005"}
    assert "您经办的 2 件投诉" in messages["S016"]
    assert "12月" in messages["S016"] or "11月" in messages["S016"]
    with shop.database.writing() as session:
        session.execute(sa.update(Job).values(done_at=None))
    work_off(shop, HANDLERS)
    with shop.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Outbox).where(Outbox.key.is_not(None))) >= 2
        assert session.scalar(
            sa.select(sa.func.count()).select_from(Outbox).where(Outbox.template == "clocks_moved_notice")
        ) == 2  # fmt: skip


def test_R24_broken_off_it_lists_each_clock_once_and_says_how_far_it_has_come(shop, play, clock, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL)
    for number in range(3):
        play.register(texts={"contact_phone": f"1390000417{number}"})
    close_wednesday(shop)
    real, batches = recalculation.clock_moves.move_some, []

    def break_off(work, change, after, most):
        found = real(work, change, after, most)
        batches.append(after)
        if len(batches) == 2:
            raise RuntimeError  # after its moves were written, before they were kept
        return found

    monkeypatch.setattr(recalculation, "MOST", 2)
    monkeypatch.setattr(recalculation.clock_moves, "move_some", break_off)
    assert work_off(shop, HANDLERS).failed == 1
    first = listed(shop)
    assert {complaint for complaint, *_ in first} == {1}
    [change] = changes(shop)
    with shop.database.reading() as session:
        left = clock_changes.spanning(session, Change(0, (CLOSED.day,)), Rulebook(session).zone(), change.last_id)
    assert (change.finished_at, left[0] > 0) == (None, True)
    assert told(shop) == {}
    clock.at += timedelta(minutes=1)
    assert work_off(shop, HANDLERS).done == 1
    moves = listed(shop)
    assert len(moves) == len(set(moves)) == 3 * len(first)
    assert set(told(shop)) == {"S005"}


def test_R24_how_many_clocks_a_day_touches_is_known_before_it_is_saved(shop, play):
    play.register()
    with shop.database.reading() as session:
        zone = Rulebook(session).zone()
        on_the_way = clock_changes.spanning(session, Change(0, (CLOSED.day,)), zone)
        long_after = clock_changes.spanning(session, Change(0, (date(2027, 3, 1),)), zone)
    assert on_the_way[0] > 0
    assert long_after == (0, False)


def test_R24_a_reader_sees_the_complaints_that_are_theirs_and_how_many_others_there_are(shop, play):
    play.register()
    play.dispatch()
    play.register(texts={"contact_phone": "13900004179"})
    close_wednesday(shop)
    work_off(shop, HANDLERS)
    [change] = changes(shop)
    with shop.database.reading() as session:
        whole = len(listed(shop))
        handler = clock_changes.moves(session, change.revision, actor_of(session, "S016"))
        manager = clock_changes.moves(session, change.revision, actor_of(session, "S003"))
        nobody = clock_changes.moves(session, change.revision, actor_of(session, "S030"))
        assert (len(manager.rows), manager.others) == (whole, 0)
        assert (nobody.rows, nobody.others) == ([], whole)
        assert {row.complaint_id for row, _ in handler.rows} == {1}
        assert len(handler.rows) + handler.others == whole
        first = clock_changes.moves(session, change.revision, actor_of(session, "S003"), size=2)
        second = clock_changes.moves(session, change.revision, actor_of(session, "S003"), first.next, size=2)
        assert [row.id for row, _ in (*first.rows, *second.rows)] == [row.id for row, _ in manager.rows[:4]]


def test_R24_a_job_put_in_before_changes_were_kept_is_listed_too(shop, play):
    play.register()
    with shop.database.writing() as session:
        office = the(session, Calendar, "office").id
        calendar.add_closure(session, actor_of(session), shop.clock.now(), office, CLOSED)
        session.flush()
        session.execute(sa.delete(CalendarChange))
    assert work_off(shop, HANDLERS).done == 1
    assert [change.days for change in changes(shop)] == [["2026-11-25"]]
    assert listed(shop) != []
