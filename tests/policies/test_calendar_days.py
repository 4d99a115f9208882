"""Days that are not as the week says (R24): official lists, single days, closures, hours as people write them."""

import json
from datetime import date
from pathlib import Path

import pytest

from backoffice.office import document
from policies.calendar_days import (
    OfficialDay,
    OfficialYear,
    PublicDay,
    changes_of,
    check_closure,
    check_public_day,
    check_week,
    plain_hours,
    read_hours,
    read_official_list,
    show_hours,
)
from policies.message import Refusal

LISTS = Path(__file__).parent.parent / "data" / "cn_holidays"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def said(refusals):
    return [(refusal.field, refusal.key.rpartition(".")[2]) for refusal in refusals]


@pytest.mark.parametrize("year", range(2018, 2027))
def test_R24_every_published_list_is_read_whole(year):
    text = (LISTS / f"{year}.json").read_text(encoding="utf-8")
    found = read_official_list(text)
    expected = {(row["date"], row["isOffDay"], row["name"]) for row in json.loads(text)["days"]}
    assert found.year == year
    assert {(str(row.day), row.kind is PublicDay.HOLIDAY, row.name) for row in found.days} == expected


@pytest.mark.parametrize("year", range(2018, 2027))
def test_R24_a_list_that_the_default_office_holds_already_changes_nothing(year):
    kept = {date.fromisoformat(row["date"]): (row["kind"], row["zh"]) for row in document("public_holidays")["days"]}
    official = read_official_list((LISTS / f"{year}.json").read_text(encoding="utf-8"))
    assert changes_of(official, kept, range(2018, 2027)).days == []


GOOD_DAY = {"name": "元旦", "date": "2027-01-01", "isOffDay": True}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        ("元旦放假三天", "no_json"),
        ("[" * 5000, "no_json"),
        ("[]", "no_official_list"),
        ('{"year": 2027}', "no_official_list"),
        ('{"year": 2027, "days": {}}', "no_official_list"),
        (json.dumps({"year": "2027", "days": [GOOD_DAY]}), "official_year"),
        (json.dumps({"year": True, "days": [GOOD_DAY]}), "official_year"),
        (json.dumps({"year": 1066, "days": [GOOD_DAY]}), "official_year"),
        (json.dumps({"year": 2027, "days": []}), "official_count"),
        (json.dumps({"year": 2027, "days": [GOOD_DAY] * 121}), "official_count"),
        (json.dumps({"year": 2027, "days": [GOOD_DAY, "元旦"]}), "official_line"),
        (json.dumps({"year": 2027, "days": [{**GOOD_DAY, "date": "2027-02-30"}]}), "official_line"),
        (json.dumps({"year": 2027, "days": [{**GOOD_DAY, "date": "20270101"}]}), "official_line"),
        (json.dumps({"year": 2027, "days": [{**GOOD_DAY, "isOffDay": "yes"}]}), "official_line"),
        (json.dumps({"year": 2027, "days": [{**GOOD_DAY, "name": ""}]}), "official_line"),
        (json.dumps({"year": 2027, "days": [{**GOOD_DAY, "name": "x" * 121}]}), "official_line"),
        (json.dumps({"year": 2027, "days": [{**GOOD_DAY, "date": "2026-11-30"}]}), "official_other_year"),
        (json.dumps({"year": 2027, "days": [{**GOOD_DAY, "date": "2028-01-01"}]}), "official_other_year"),
        (json.dumps({"year": 2027, "days": [GOOD_DAY, GOOD_DAY]}), "official_twice"),
        ("x" * 60_001, "too_long"),
    ],
)
def test_R24_what_is_no_official_list_is_refused_with_its_fault(text, why):
    found = read_official_list(text)
    assert isinstance(found, Refusal)
    assert said([found]) == [("text", why)]


def test_R24_a_list_may_hold_days_of_the_december_before():
    text = json.dumps({"year": 2027, "days": [{**GOOD_DAY, "date": "2026-12-31"}]})
    assert read_official_list(text).days == (OfficialDay(date(2026, 12, 31), PublicDay.HOLIDAY, "元旦"),)


def test_R24_taking_over_a_list_adds_changes_and_drops_days():
    kept = {
        date(2027, 1, 1): ("holiday", "元旦"),
        date(2027, 1, 2): ("holiday", "元旦"),
        date(2027, 1, 3): ("make_up", "元旦"),
        date(2026, 10, 1): ("holiday", "国庆节"),
    }
    official = OfficialYear(
        2027,
        (
            OfficialDay(date(2026, 12, 31), PublicDay.MAKE_UP, "元旦"),
            OfficialDay(date(2027, 1, 1), PublicDay.HOLIDAY, "元旦"),
            OfficialDay(date(2027, 1, 3), PublicDay.HOLIDAY, "元旦"),
        ),
    )
    changes = changes_of(official, kept, [2026])
    assert [row.day for row in changes.new] == [date(2026, 12, 31)]
    assert [row.day for row in changes.changed] == [date(2027, 1, 3)]
    assert changes.dropped == (date(2027, 1, 2),)
    assert changes.days == [date(2026, 12, 31), date(2027, 1, 2), date(2027, 1, 3)]


def test_R24_a_december_day_that_the_next_years_list_named_stays():
    kept = {date(2026, 12, 31): ("holiday", "元旦"), date(2026, 12, 5): ("holiday", "元旦")}
    official = OfficialYear(2026, (OfficialDay(date(2026, 1, 1), PublicDay.HOLIDAY, "元旦"),))
    assert changes_of(official, kept, [2026, 2027]).dropped == ()
    assert changes_of(official, kept, [2026]).dropped == (date(2026, 12, 5), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("08:30-12:00", [["08:30", "12:00"]]),
        ("08:30–12:00, 13:30–18:00", [["08:30", "12:00"], ["13:30", "18:00"]]),
        ("8：30—12：00，13：30－18：00", [["8:30", "12:00"], ["13:30", "18:00"]]),
        ("8:30 至 12:00；13:30~18:00", [["8:30", "12:00"], ["13:30", "18:00"]]),
        ("always", [["always"]]),
        ("9-12-15", [["9", "12", "15"]]),
    ],
)
def test_R24_hours_are_read_as_people_write_them(text, pairs):
    assert read_hours(text) == pairs


def test_R24_hours_are_shown_as_they_are_read():
    assert show_hours([["8:30", "12:00"], ["13:30", "24:00"]]) == "08:30–12:00, 13:30–24:00"
    assert show_hours([]) == ""
    assert plain_hours(read_hours("13:30-18:00, 8:30-12:00")) == [["08:30", "12:00"], ["13:30", "18:00"]]


def week(**hours):
    return {day: hours.get(day, [["09:00", "17:00"]]) for day in WEEKDAYS} | {"saturday": [], "sunday": []}


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        ([["09:00", "12:00"], ["12:00", "17:00"]], None),
        ([["00:00", "24:00"]], None),
        ([["17:00", "09:00"]], "window_reversed"),
        ([["09:00", "13:00"], ["12:00", "17:00"]], "window_overlaps"),
        ([["09:00", "25:00"]], "time_unreadable"),
        ([["09:00"]], "window_no_pair"),
        ([["nine", "five"]], "time_unreadable"),
    ],
)
def test_R24_the_hours_of_a_day_are_in_order_and_do_not_overlap(hours, why):
    refusals = check_week(week(tuesday=hours), [])
    assert said(refusals) == ([("tuesday", why)] if why else [])


def test_R24_a_week_that_is_never_open_is_refused():
    closed = {day: [] for day in week()}
    assert said(check_week(closed, [["09:00", "17:00"]])) == [("monday", "never_open")]


def test_R24_a_closure_has_a_day_hours_and_a_reason_in_both_languages():
    assert check_closure(date(2026, 12, 1), [["13:30", "18:00"]], "演练", "Drill") == []
    assert said(check_closure(None, [], "", "Drill")) == [
        ("day", "missing"),
        ("closed", "missing"),
        ("name_zh", "missing"),
    ]
    assert said(check_closure(date(1999, 1, 1), [["18:00", "13:30"]], "演练", "Drill")) == [
        ("day", "out_of_bounds"),
        ("closed", "window_reversed"),
    ]


def test_R24_a_public_day_is_a_holiday_or_a_make_up_day():
    assert check_public_day(date(2027, 1, 1), "holiday", "元旦", "New Year") == []
    assert said(check_public_day(date(2027, 1, 1), "closure", "元旦", "New Year")) == [("kind", "unknown")]
