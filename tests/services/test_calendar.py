"""Calendars (R24): hours, closures, public days; what changes the counting puts a job beside it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import Calendar, CalendarDay
from backoffice.models.work import Job
from backoffice.queries.rulebook import Rulebook
from backoffice.services import calendar
from backoffice.services.calendar import CalendarFacts, DayFacts
from policies.calendar_days import read_official_list
from policies.deadline import reckon
from tests.support.offices import AUDITOR, actor_of, changes_of, said, the

LISTS = Path(__file__).parent.parent / "data" / "cn_holidays"
ALL_DAY = (("00:00", "24:00"),)
DRILL = DayFacts(date(2026, 12, 1), "消防演练", "Fire drill", closed=(("13:30", "18:00"),))


def facts_of(row):
    return CalendarFacts(row.name_zh, row.name_en, row.weekly_hours, row.make_up_day_hours, row.use_public_holidays)


def jobs(session):
    return list(session.scalars(sa.select(Job).order_by(Job.id)))


def due(session, start, days):
    """The deadline, as the office's clock shows it."""
    rules = Rulebook(session)
    return reckon(rules.calendar(), start, days, "working_day").due.astimezone(rules.zone()).strftime("%m-%d %H:%M")


def test_R24_a_closure_moves_deadlines_and_asks_for_the_open_clocks_to_be_moved(office_database, at):
    start = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
    with office_database.writing() as session:
        assert due(session, start, 1) == "12-01 18:00"
        actor = actor_of(session)
        row = calendar.add_closure(session, actor, at, the(session, Calendar, "office").id, DRILL)
        [job] = jobs(session)
        revision = Rulebook(session).revision
        assert (job.kind, job.slot, job.due_at) == ("recalculate_clocks", str(revision), at)
        assert job.payload == {"revision": revision, "days": ["2026-12-01"], "years": []}
        assert due(session, start, 1) == "12-01 12:00"
        [line] = changes_of(session, "calendar_day")
        assert line.subject_id == "office/2026-12-01"
        assert line.changes == {"day": [None, "closure 消防演练 13:30–18:00"]}
    with office_database.writing() as session:
        calendar.drop_closure(session, actor, at, row.id, "put off")
        assert due(session, start, 1) == "12-01 18:00"
        assert [job.payload["days"] for job in jobs(session)] == [["2026-12-01"], ["2026-12-01"]]
        assert changes_of(session, "calendar_day")[-1].reason == "put off"


def test_R24_another_calendar_moves_no_deadline(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        hall = the(session, Calendar, "hall")
        calendar.add_closure(session, actor, at, hall.id, DRILL)
        calendar.change(session, actor, at, hall.id, replace(facts_of(hall), make_up_day_hours=[]))
        assert jobs(session) == []


def test_R24_a_day_is_closed_once_and_only_with_hours_and_names(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        office = the(session, Calendar, "office")
        calendar.add_closure(session, actor, at, office.id, DRILL)
        with pytest.raises(DomainError) as error:
            calendar.add_closure(session, actor, at, office.id, replace(DRILL, closed=ALL_DAY))
        assert said(error) == [("day", "day_taken")]
        with pytest.raises(DomainError) as error:
            calendar.add_closure(session, actor, at, office.id, DayFacts(None, "", "", closed=()))
        assert said(error) == [
            ("day", "missing"),
            ("closed", "missing"),
            ("name_zh", "missing"),
            ("name_en", "missing"),
        ]


def test_R24_other_hours_of_the_deadline_calendar_move_every_open_clock_another_name_none(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        office = the(session, Calendar, "office")
        calendar.change(session, actor, at, office.id, replace(facts_of(office), name_en="The office's week"))
        assert jobs(session) == []
        hours = {**office.weekly_hours, "friday": [["8:30", "12:00"]]}
        calendar.change(session, actor, at, office.id, replace(facts_of(office), weekly_hours=hours))
        [job] = jobs(session)
        assert job.payload["days"] is None
        assert office.weekly_hours["friday"] == [["08:30", "12:00"]]
        line = changes_of(session, "calendar")[-1]
        assert line.changes["weekly_hours"][0]["friday"] == [["08:30", "12:00"], ["13:30", "18:00"]]


def test_R24_hours_that_cannot_be_are_refused_beside_their_weekday(office_database, at):
    with office_database.writing() as session:
        office = the(session, Calendar, "office")
        hours = {**office.weekly_hours, "friday": [["12:00", "08:30"]], "monday": [["x"]]}
        with pytest.raises(DomainError) as error:
            calendar.change(session, actor_of(session), at, office.id, replace(facts_of(office), weekly_hours=hours))
        assert said(error) == [("monday", "window_no_pair"), ("friday", "window_reversed")]


def test_R24_a_calendar_is_added_for_the_hours_of_a_channel(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        week = {"saturday": [["10:00", "16:00"]]}
        row = calendar.create(session, actor, at, "weekend", CalendarFacts("周末", "Weekend", week, [], False))
        assert (row.for_deadlines, row.weekly_hours["monday"]) == (False, [])
        with pytest.raises(DomainError) as error:
            calendar.create(session, actor, at, "office", CalendarFacts("周末", "Weekend", week, []))
        assert said(error) == [("code", "code_taken")]


def test_R24_a_single_public_day_is_added_and_dropped(office_database, at):
    start = datetime(2026, 12, 23, 2, 0, tzinfo=UTC)
    with office_database.writing() as session:
        actor = actor_of(session)
        mourning = DayFacts(date(2026, 12, 24), "哀悼日", "Day of mourning", "holiday")
        row = calendar.add_public_day(session, actor, at, mourning)
        assert due(session, start, 1) == "12-25 18:00"
        with pytest.raises(DomainError) as error:
            calendar.add_public_day(session, actor, at, replace(mourning, kind="make_up"))
        assert said(error) == [("day", "day_taken")]
        calendar.drop_public_day(session, actor, at, row.id, "not after all")
        assert due(session, start, 1) == "12-24 18:00"
        assert [job.payload["days"] for job in jobs(session)] == [["2026-12-24"]] * 2


def test_R24_a_closure_is_no_public_day_and_the_other_way_round(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        closure = session.scalars(sa.select(CalendarDay).where(CalendarDay.calendar_id.is_not(None))).first()
        public = session.scalars(sa.select(CalendarDay).where(CalendarDay.calendar_id.is_(None))).first()
        for drop, row in ((calendar.drop_public_day, closure), (calendar.drop_closure, public)):
            with pytest.raises(DomainError) as error:
                drop(session, actor, at, row.id, "mistaken")
            assert error.value.status == 404


LIST_2027 = {
    "year": 2027,
    "days": [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
        {"name": "元旦", "date": "2027-01-04", "isOffDay": True},
        {"name": "元旦", "date": "2027-01-02", "isOffDay": False},
        {"name": "开国大典纪念日", "date": "2027-10-01", "isOffDay": True},
    ],
}


def test_R24_taking_over_a_years_list_publishes_the_year_and_moves_its_deadlines(office_database, at):
    start = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)  # Thursday
    official = read_official_list(json.dumps(LIST_2027))
    with office_database.writing() as session:
        actor = actor_of(session)
        assert reckon(Rulebook(session).calendar(), start, 3, "working_day").provisional
        assert due(session, start, 3) == "01-05 18:00"
        changes = calendar.take_official_list(session, actor, at, official)
        assert len(changes.new) == 4
        # Friday and Monday are off, Saturday is made up: Sat 2, Tue 5, Wed 6
        assert due(session, start, 3) == "01-06 18:00"
        assert not reckon(Rulebook(session).calendar(), start, 3, "working_day").provisional
        [job] = jobs(session)
        assert job.payload["days"] == ["2027-01-01", "2027-01-02", "2027-01-04", "2027-10-01"]
        assert job.payload["years"] == [2027]
        days = {row.day: row for row in session.scalars(sa.select(CalendarDay)) if row.day.year == 2027}
        assert days[date(2027, 1, 1)].name_en == "New Year's Day"  # known from earlier years
        assert days[date(2027, 10, 1)].name_en == "开国大典纪念日"  # new: until somebody gives it a name
        [line] = changes_of(session, "public_holidays")
        assert (line.subject_id, line.action) == ("2027", "import")
        assert line.changes["2027-01-02"] == [None, "make_up 元旦"]
        assert line.changes["published_years"] == [None, 2027]


def test_R24_a_list_taken_twice_changes_nothing(office_database, at):
    official = read_official_list(json.dumps(LIST_2027))
    with office_database.writing() as session:
        actor = actor_of(session)
        calendar.take_official_list(session, actor, at, official)
    with office_database.writing() as session:
        before = Rulebook(session).revision
        assert calendar.take_official_list(session, actor, at, official).days == []
        assert (len(jobs(session)), len(changes_of(session, "public_holidays"))) == (1, 1)
        assert Rulebook(session).revision == before


def test_R24_a_corrected_list_changes_and_drops_days(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        calendar.take_official_list(session, actor, at, read_official_list(json.dumps(LIST_2027)))
        corrected = {**LIST_2027, "days": [*LIST_2027["days"][:2], {**LIST_2027["days"][3], "name": "国庆节"}]}
        changes = calendar.take_official_list(session, actor, at, read_official_list(json.dumps(corrected)))
        assert [row.day for row in changes.changed] == [date(2027, 10, 1)]
        assert changes.dropped == (date(2027, 1, 2),)
        line = changes_of(session, "public_holidays")[-1]
        assert line.changes == {
            "2027-01-02": ["make_up 元旦", None],
            "2027-10-01": ["holiday 开国大典纪念日", "holiday 国庆节"],
        }


@pytest.mark.parametrize("year", [2018, 2026])
def test_R24_the_published_lists_are_known_to_the_default_office(office_database, at, year):
    official = read_official_list((LISTS / f"{year}.json").read_text(encoding="utf-8"))
    with office_database.writing() as session:
        assert calendar.take_official_list(session, actor_of(session), at, official).days == []
        assert jobs(session) == []


def test_R24_only_who_may_edit_the_configuration_changes_a_day(office_database, at):
    with office_database.writing() as session:
        auditor = actor_of(session, AUDITOR)
        for command, argument in (
            (calendar.add_public_day, DRILL),
            (calendar.take_official_list, read_official_list(json.dumps(LIST_2027))),
        ):
            with pytest.raises(DomainError) as error:
                command(session, auditor, at, argument)
            assert error.value.status == 403
