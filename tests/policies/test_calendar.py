"""Working time (R24): the official days of nine years, other projects' worked examples, summer time, odd calendars."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from policies.calendar import CalendarError, DayKind, Name, WorkingCalendar
from policies.calendar_form import CalendarDate, calendar_of_json, office_calendar
from policies.message import Refusal
from policies.windows import Window, read_time, read_windows, shown, without
from tests.support.clocks import ALL_DAY, DATA, binding_cases, calendar_of, case_calendar, good, rows, there
from tests.support.clocks import office_calendar as default_calendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
DAYS = rows("cn_holidays/workdays_2018_2026.csv")
BINDING = binding_cases()
EVERY_DAY = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ALL_DAY)


def official_calendar() -> WorkingCalendar:
    """A calendar made from the official lists as they were published."""
    days = []
    for year in range(2018, 2027):
        listed = json.loads((DATA / "cn_holidays" / f"{year}.json").read_text(encoding="utf-8"))["days"]
        kinds = {True: "holiday", False: "make_up"}
        days += [CalendarDate(date.fromisoformat(d["date"]), kinds[d["isOffDay"]], Name(d["name"], "")) for d in listed]
    hours = [["08:30", "12:00"], ["13:30", "18:00"]]
    return good(office_calendar("Asia/Shanghai", dict.fromkeys(WEEKDAYS, hours), hours, days))


# The official days


def test_the_table_of_official_days_is_whole():
    days = [date.fromisoformat(row["date"]) for row in DAYS]
    assert len(days) == 3287
    assert days == [days[0] + timedelta(days=n) for n in range(3287)]


@pytest.mark.parametrize("calendar", [official_calendar(), default_calendar()], ids=["official lists", "as shipped"])
def test_R24_every_day_of_nine_years_is_a_working_day_or_not_as_was_published(calendar):
    closures = {date(2026, 8, 14), date(2026, 10, 23)}  # the default office's own
    wrong = [
        row["date"]
        for row in DAYS
        if (day := date.fromisoformat(row["date"])) not in closures
        and (calendar.closing_of(day) is not None, calendar.day(day).is_working) != (row["is_workday"] == "1",) * 2
    ]
    assert wrong == []


@pytest.mark.parametrize("calendar", [official_calendar(), default_calendar()], ids=["official lists", "as shipped"])
def test_R24_holidays_and_make_up_days_are_known_as_such_and_by_name(calendar):
    kinds = {"holiday": DayKind.HOLIDAY, "makeup_workday": DayKind.MAKE_UP}
    for row in DAYS:
        day = calendar.day(date.fromisoformat(row["date"]))
        assert day.kind == kinds.get(row["kind"], DayKind.REGULAR), row
        if row["kind"] == "holiday":
            assert day.name is not None
            assert day.name.zh == row["holiday_name"]


def test_R24_the_years_with_published_holidays_are_those_of_the_official_lists():
    for calendar in (official_calendar(), default_calendar()):
        assert calendar.published_years == frozenset(range(2018, 2027))


def test_R24_a_december_day_of_next_years_notice_does_not_make_its_year_a_published_one():
    days = [CalendarDate(date(2022, 12, 31), "holiday", Name("元旦", "")),
            CalendarDate(date(2023, 1, 1), "holiday", Name("元旦", ""))]  # fmt: skip
    calendar = good(office_calendar("Asia/Shanghai", {"monday": [["09:00", "17:00"]]}, [], days))
    assert calendar.published_years == frozenset({2023})


def test_R24_a_calendar_without_public_holidays_works_through_them_and_waits_for_no_year():
    days = [CalendarDate(date(2026, 10, 1), "holiday", Name("国庆节", "National Day"))]
    hours = {day: [["09:00", "17:30"]] for day in WEEKDAYS}
    calendar = good(office_calendar("Asia/Shanghai", hours, [], days, use_public_holidays=False))
    assert calendar.closing_of(date(2026, 10, 1)) == there("Asia/Shanghai", "2026-10-01T17:30")
    assert calendar.is_published(1990, 2090)


# Worked examples of other projects


def test_the_binding_examples_are_all_there():
    assert len(BINDING) == 21
    assert {row["kind"] for row in BINDING} == {"add", "between"}
    assert {row["unit"] for row in BINDING} == set(SECONDS)


@pytest.mark.parametrize("row", [r for r in BINDING if r["kind"] == "add"], ids=lambda row: row["case_id"])
def test_R24_working_time_added_ends_where_others_worked_it_out(row):
    calendar = case_calendar(row)
    begin = calendar.begin(datetime.fromisoformat(row["start"]))
    reached, _ = calendar.add(begin, int(row["amount"]) * SECONDS[row["unit"]] * 1_000_000)
    assert datetime.fromtimestamp(reached / 1_000_000, UTC) == datetime.fromisoformat(row["expected_end"])


@pytest.mark.parametrize("row", [r for r in BINDING if r["kind"] == "between"], ids=lambda row: row["case_id"])
def test_R24_working_time_between_is_what_others_worked_out(row):
    passed = case_calendar(row).working_time_between(
        datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["expected_end"])
    )
    assert passed == timedelta(seconds=float(row["expected_amount"]) * SECONDS[row["unit"]])


# Open and closed


@pytest.mark.parametrize(
    ("at", "is_open", "opens"),
    [
        ("2026-09-14T08:29:59", False, "2026-09-14T08:30"),
        ("2026-09-14T08:30", True, "2026-09-14T08:30"),
        ("2026-09-14T11:59:59.999999", True, "2026-09-14T11:59:59.999999"),
        ("2026-09-14T12:00", False, "2026-09-14T13:30"),  # lunch begins: outside
        ("2026-09-14T17:59:59", True, "2026-09-14T17:59:59"),
        ("2026-09-14T18:00", False, "2026-09-15T08:30"),  # exactly at closing: outside
        ("2026-09-18T18:00", False, "2026-09-20T08:30"),  # Friday; Sunday is a make-up day
        ("2026-09-30T18:00", False, "2026-10-08T08:30"),  # the national holiday
        ("2026-08-14T12:00", False, "2026-08-17T08:30"),  # closed that afternoon
        ("2026-10-22T18:00", False, "2026-10-26T08:30"),  # closed all Friday
        ("2026-12-31T18:00", False, "2027-01-01T08:30"),  # not published: as the week says
    ],
)
def test_R24_the_office_is_open_in_half_open_windows_and_opens_next(at, is_open, opens):
    calendar, moment = default_calendar(), there("Asia/Shanghai", at)
    assert calendar.is_working(moment) is is_open
    assert calendar.next_working_moment(moment) == there("Asia/Shanghai", opens)


def test_R24_moments_come_out_in_utc_and_go_in_with_any_offset():
    calendar = default_calendar()
    start = datetime.fromisoformat("2026-09-13T17:00-10:00")  # 14 September 11:00 in Shanghai
    opens = calendar.next_working_moment(start)
    assert opens == start
    assert opens.tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        calendar.is_working(datetime.fromisoformat("2026-09-14T11:00"))


def test_R24_a_special_day_goes_before_holiday_and_week_and_an_empty_one_is_closed():
    calendar = calendar_of(
        "Asia/Shanghai",
        holidays=["2026-10-01", "2026-10-02"],
        special={"2026-10-01": [["10:00", "11:00"]], "2026-10-10": [["09:00", "12:00"]], "2026-10-12": []},
    )
    assert calendar.closing_of(date(2026, 10, 1)) == there("Asia/Shanghai", "2026-10-01T11:00")
    assert calendar.closing_of(date(2026, 10, 2)) is None
    assert calendar.closing_of(date(2026, 10, 10)) == there("Asia/Shanghai", "2026-10-10T12:00")  # a Saturday
    assert calendar.closing_of(date(2026, 10, 12)) is None  # a Monday


def test_R24_a_half_closed_day_ends_with_its_last_open_window():
    calendar = default_calendar()
    assert calendar.closing_of(date(2026, 8, 14)) == there("Asia/Shanghai", "2026-08-14T12:00")
    assert calendar.day(date(2026, 8, 14)).is_working
    assert not calendar.day(date(2026, 10, 23)).is_working


def test_R24_a_closure_in_the_middle_leaves_both_ends_open():
    windows = (Window(9 * 3600, 18 * 3600),)
    hole = (Window(12 * 3600, 13 * 3600), Window(17 * 3600, 24 * 3600))
    assert without(windows, hole) == (Window(9 * 3600, 12 * 3600), Window(13 * 3600, 17 * 3600))


# Nights


def test_R24_a_night_shift_is_counted_across_midnight():
    calendar = calendar_of(hours={"mon": [["23:00", "24:00"]], "tue": [["00:00", "07:00"]]})
    start = there("UTC", "2026-03-30T23:30")
    assert calendar.working_time_between(start, there("UTC", "2026-03-31T00:30")) == timedelta(hours=1)
    assert calendar.next_working_moment(there("UTC", "2026-03-31T00:00")) == there("UTC", "2026-03-31T00:00")
    assert calendar.closing_of(date(2026, 3, 30)) == there("UTC", "2026-03-31T00:00")


def test_R24_a_deadline_at_the_midnight_that_closes_a_day_belongs_to_that_day():
    calendar = calendar_of(hours=dict.fromkeys(("mon", "tue"), ALL_DAY))
    assert calendar.date_of_closing(there("UTC", "2026-03-31T00:00")) == date(2026, 3, 30)
    assert calendar.date_of_closing(there("UTC", "2026-03-30T00:00")) == date(2026, 3, 30)  # Sunday is closed


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Asia/Shanghai", "2026-12-31T20:00+00:00"),  # there it is 2027 already
        ("America/New_York", "2027-01-01T02:00+00:00"),  # there it is still 2026
        ("UTC", "2027-01-01T05:00+09:00"),
        ("UTC", "2026-12-31T22:00-05:00"),
    ],
)
def test_R24_the_turn_of_the_year_is_that_of_the_office(zone, at):
    office, moment = calendar_of(zone, EVERY_DAY), datetime.fromisoformat(at)
    assert office.is_working(moment)
    assert office.next_working_moment(moment) == moment
    assert office.begin(moment).year == moment.astimezone(office.zone).year
    for hours in (1, 24, 24 * 400):
        later = moment + timedelta(hours=hours)
        assert office.working_time_between(moment, later) == later - moment


# Summer time


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),  # half an hour
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Asia/Beirut", "2026-03-29", 23),  # at midnight: the day begins at 01:00
        ("America/Santiago", "2026-04-04", 25),  # at midnight: 23:00 comes twice
        ("Pacific/Apia", "2011-12-30", 0),  # a day that never was
        ("Asia/Shanghai", "2026-03-29", 24),
    ],
)
def test_R24_a_day_open_all_day_has_the_hours_that_really_pass(zone, day, hours):
    calendar = calendar_of(zone, EVERY_DAY)
    start = there(zone, f"{day}T00:00")
    next_day = date.fromisoformat(day) + timedelta(days=1)
    assert calendar.working_time_between(start, there(zone, f"{next_day}T00:00")) == timedelta(hours=hours)
    assert (calendar.closing_of(date.fromisoformat(day)) is None) is (hours == 0)


def test_R24_the_hours_of_a_date_that_the_clocks_skip_do_not_count_on_the_next_one():
    office = calendar_of("Pacific/Apia", {**EVERY_DAY, "fri": [["09:00", "18:00"]], "sat": [["08:00", "12:00"]]})
    thursday, sunday = there("Pacific/Apia", "2011-12-30T00:00"), there("Pacific/Apia", "2012-01-01T00:00")
    assert sunday.astimezone(UTC) - thursday.astimezone(UTC) == timedelta(hours=24)
    assert office.working_time_between(thursday, sunday) == timedelta(hours=4)
    assert office.closing_of(date(2011, 12, 30)) is None


@pytest.mark.parametrize(
    ("windows", "minutes"),
    [
        ([["01:00", "02:30"]], 90),  # ends at a time that is skipped: moved on by the hour, to 03:30
        ([["02:30", "05:00"]], 90),  # begins there: at 03:30
        ([["02:15", "02:45"]], 30),  # both
        ([["01:00", "02:30"], ["03:00", "05:00"]], 180),  # what overlaps after the move counts once
        ([["01:00", "02:00"], ["03:00", "05:00"]], 180),
    ],
)
def test_R24_bounds_that_the_clocks_skip_are_moved_on_and_nothing_counts_twice(windows, minutes):
    calendar = calendar_of("Europe/Berlin", {"sun": windows})
    day = there("Europe/Berlin", "2026-03-29T00:00"), there("Europe/Berlin", "2026-03-30T00:00")
    assert calendar.working_time_between(*day) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("windows", "minutes"),
    [
        ([["01:00", "02:30"]], 90),  # ends at a time that comes twice: the first
        ([["02:30", "05:00"]], 210),  # begins at the first
        ([["01:00", "02:30"], ["02:30", "05:00"]], 300),  # together all of it, 01:00 to 05:00 and the hour again
        ([["03:00", "05:00"]], 120),
    ],
)
def test_R24_bounds_that_come_twice_are_the_first_of_the_two(windows, minutes):
    calendar = calendar_of("Europe/Berlin", {"sun": windows})
    day = there("Europe/Berlin", "2026-10-25T00:00"), there("Europe/Berlin", "2026-10-26T00:00")
    assert calendar.working_time_between(*day) == timedelta(minutes=minutes)


# What cannot be answered


@pytest.mark.parametrize(
    ("hours", "parts"),
    [
        ({}, {}),
        ({"mon": [], "sun": []}, {"special": {"2026-03-01": [["09:00", "10:00"]], "2027-03-01": []}}),
    ],
)
def test_R24_a_calendar_that_never_opens_again_is_refused_at_once(hours, parts):
    calendar = calendar_of(hours=hours, **parts)
    with pytest.raises(CalendarError) as fault:
        calendar.next_working_moment(there("UTC", "2026-04-01T00:00"))
    assert fault.value.refusal.key == "clock.fault.never_open"
    assert not calendar.is_working(there("UTC", "2026-04-01T00:00"))
    assert (
        calendar.working_time_between(there("UTC", "2026-04-01T00:00"), there("UTC", "2030-01-01T00:00")).seconds == 0
    )


def test_R24_single_open_days_of_an_otherwise_closed_calendar_are_found_however_far():
    calendar = calendar_of(hours={}, special={"2126-12-24": [["09:00", "10:00"]]})
    assert calendar.next_working_moment(there("UTC", "2026-04-01T00:00")) == there("UTC", "2126-12-24T09:00")


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_R24_years_at_the_end_of_time_are_refused(year):
    with pytest.raises(CalendarError) as fault:
        default_calendar().next_working_moment(there("UTC", f"{year}-06-01T00:00"))
    assert fault.value.refusal.key == "clock.fault.too_far"


GOOD = {"timezone": "Asia/Shanghai", "hours": {"mon": [["09:00", "12:00"]]}}
MALFORMED = [
    ("calendar that is a list", [], "clock.fault.no_object"),
    ("calendar that is a text", "office", "clock.fault.no_object"),
    ("no time zone", {"hours": {}}, "clock.fault.missing"),
    ("no hours", {"timezone": "UTC"}, "clock.fault.missing"),
    ("unknown time zone", {**GOOD, "timezone": "Asia/Nowhere"}, "clock.fault.zone_unknown"),
    ("time zone that is a folder", {**GOOD, "timezone": "Asia"}, "clock.fault.zone_unknown"),
    ("time zone that is a path", {**GOOD, "timezone": "../../etc/passwd"}, "clock.fault.zone_unknown"),
    ("absolute path", {**GOOD, "timezone": "/etc/localtime"}, "clock.fault.zone_unknown"),
    ("time zone with a null", {**GOOD, "timezone": "UTC\0"}, "clock.fault.zone_unknown"),
    ("time zone that is half a sign", {**GOOD, "timezone": "\ud800"}, "clock.fault.zone_unknown"),
    ("empty time zone", {**GOOD, "timezone": ""}, "clock.fault.zone_unknown"),
    ("time zone that is a number", {**GOOD, "timezone": 8}, "clock.fault.zone_unknown"),
    ("hours that are a list", {**GOOD, "hours": [["09:00", "12:00"]]}, "clock.fault.no_object"),
    ("unknown weekday", {**GOOD, "hours": {"moon": []}}, "clock.fault.weekday_unknown"),
    ("weekday twice", {**GOOD, "hours": {"mon": [], "monday": []}}, "clock.fault.weekday_twice"),
    ("weekday without a list", {**GOOD, "hours": {"mon": None}}, "clock.fault.windows_no_list"),
    ("one bare window", {**GOOD, "hours": {"mon": ["09:00", "12:00"]}}, "clock.fault.window_no_pair"),
    ("window of three", {**GOOD, "hours": {"mon": [["09:00", "12:00", "13:00"]]}}, "clock.fault.window_no_pair"),
    ("window of text", {**GOOD, "hours": {"mon": ["09:00-12:00"]}}, "clock.fault.window_no_pair"),
    ("hour 25", {**GOOD, "hours": {"mon": [["09:00", "25:00"]]}}, "clock.fault.time_unreadable"),
    ("a minute after 24:00", {**GOOD, "hours": {"mon": [["09:00", "24:01"]]}}, "clock.fault.time_unreadable"),
    ("minute 60", {**GOOD, "hours": {"mon": [["09:60", "12:00"]]}}, "clock.fault.time_unreadable"),
    ("no colon", {**GOOD, "hours": {"mon": [["0900", "12:00"]]}}, "clock.fault.time_unreadable"),
    ("number", {**GOOD, "hours": {"mon": [[9, 12]]}}, "clock.fault.time_unreadable"),
    ("other digits", {**GOOD, "hours": {"mon": [["０９:００", "12:00"]]}}, "clock.fault.time_unreadable"),
    ("reversed", {**GOOD, "hours": {"mon": [["22:00", "06:00"]]}}, "clock.fault.window_reversed"),
    ("empty", {**GOOD, "hours": {"mon": [["09:00", "09:00"]]}}, "clock.fault.window_reversed"),
    ("from 24:00", {**GOOD, "hours": {"mon": [["24:00", "24:00"]]}}, "clock.fault.window_reversed"),
    ("overlap", {**GOOD, "hours": {"mon": [["09:00", "12:00"], ["11:59", "18:00"]]}}, "clock.fault.window_overlaps"),
    ("twice the same", {**GOOD, "hours": {"mon": [["09:00", "12:00"]] * 2}}, "clock.fault.window_overlaps"),
    ("holidays that are a text", {**GOOD, "holidays": "2026-10-01"}, "clock.fault.no_list"),
    ("holidays that are an object", {**GOOD, "holidays": {"2026-10-01": "x"}}, "clock.fault.no_list"),
    ("holiday that is a number", {**GOOD, "holidays": [20261001]}, "clock.fault.date_unreadable"),
    ("holiday that is no day", {**GOOD, "holidays": ["2026-09-31"]}, "clock.fault.date_unreadable"),
    ("short date", {**GOOD, "holidays": ["2026-9-1"]}, "clock.fault.date_unreadable"),
    ("week date", {**GOOD, "holidays": ["2026-W40-4"]}, "clock.fault.date_unreadable"),
    ("holiday with a time", {**GOOD, "holidays": ["2026-10-01T00:00"]}, "clock.fault.date_unreadable"),
    ("special days in a list", {**GOOD, "special": ["2026-10-10"]}, "clock.fault.no_object"),
    ("special day that is no day", {**GOOD, "special": {"10 Oct": []}}, "clock.fault.date_unreadable"),
    ("special day without hours", {**GOOD, "special": {"2026-10-10": None}}, "clock.fault.windows_no_list"),
    ("reversed special hours", {**GOOD, "special": {"2026-10-10": [["18:00", "09:00"]]}}, "clock.fault.window_reversed"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "key"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_R24_a_malformed_calendar_is_refused_in_a_sentence(form, key):
    refusal = calendar_of_json(form)
    assert isinstance(refusal, Refusal)
    inner = refusal.params.get("fault")
    assert key in (refusal.key, inner.key if isinstance(inner, Refusal) else None)


@pytest.mark.parametrize(
    "form",
    [
        {**GOOD, "holidays": None, "special": None, "note": "not read"},
        {**GOOD, "hours": {"Mon": [["13:00", "18:00"], ["9:00", "12:00:00"]], "sunday": []}},
        {**GOOD, "hours": {"mon": [["09:00", "12:00"], ["12:00", "24:00"]]}},
        {**GOOD, "hours": {}},
        {**GOOD, "special": {"2026-10-10": []}, "holidays": ["2026-10-10", "2026-10-10"]},
    ],
)
def test_R24_what_is_unusual_but_clear_is_taken(form):
    assert not isinstance(calendar_of_json(form), Refusal)


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("00:00", 0),
        ("8:30", 30600),
        ("08:30:15", 30615),
        ("24:00", 86400),
        ("24:00:01", None),
        (None, None),
        ("", None),
    ],
)
def test_R24_a_time_of_day_is_read_or_refused(text, second):
    assert read_time(text) == second


def test_R24_windows_come_out_in_order():
    assert read_windows([["13:00", "14:00"], ["08:00", "09:00"]]) == (Window(28800, 32400), Window(46800, 50400))


@pytest.mark.parametrize(
    "value", ["x" * 500, ["a\nb" * 300], {"a": None}, 10**5000, float("nan"), object(), {1: {2}}], ids=range(7)
)
def test_a_wrong_value_is_repeated_on_one_short_line(value):
    text = shown(value)
    assert len(text) <= 60
    assert "\n" not in text


def test_a_week_needs_seven_days_and_a_calendar_stays_as_it_is():
    calendar = default_calendar()
    with pytest.raises(CalendarError):
        WorkingCalendar(calendar.zone, ())
    with pytest.raises(CalendarError):
        WorkingCalendar(calendar.zone, ((Window(5, 4),),) * 7)
    with pytest.raises(TypeError):
        calendar.holidays[date(2026, 1, 5)] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        calendar.zone = None  # type: ignore[misc]
