"""The screens of clocks and calendars (R23, R24): versions that are never changed, days that move what spans them."""

import io
import json
import re

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Calendar, CalendarDay, SlaPolicy
from backoffice.models.work import Job
from tests.support.filled import SAME_ORIGIN, faults, form_of, send
from tests.support.forms import token

ADMINISTRATOR = "S030"
NEW = "/settings/sla_policies/new/?id=1"


@pytest.fixture
def browser(sign_in):
    return sign_in(ADMINISTRATOR)


def versions(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(SlaPolicy).order_by(SlaPolicy.version)))


def jobs(office):
    with office.reading() as session:
        return [job.payload["days"] for job in session.scalars(sa.select(Job).order_by(Job.id))]


def test_R23_the_version_that_holds_is_shown_with_every_target_and_special_row(browser):
    page = browser.get("/settings/sla_policies/").text
    for said in ("第 1 版", "生效中", "15 个工作日", "处理时限的 60%", "计费争议从快", "超时 8 个工作小时"):
        assert said in page
    english = browser.get("/settings/sla_policies/", headers={"Cookie": "language=en"})
    assert english.status_code in (200, 303)


def test_R23_a_new_version_shows_what_differs_and_may_be_taken_back_until_it_holds(browser, office):
    answer = send(browser, NEW, valid_from="2026-12-01", reason="faster", **{"target-resolve-all-general": "4"})
    assert answer.status_code == 303, faults(answer.text)
    assert [(row.version, str(row.valid_from)) for row in versions(office)] == [(1, "2026-01-01"), (2, "2026-12-01")]
    page = browser.get("/settings/sla_policies/?version=2").text
    assert re.search(r'<td class="changed[^"]*">4 个工作日', page)
    assert page.count('class="changed') == 1
    assert "待生效" in page
    answer = send(browser, "/settings/sla_policies/retire/?id=2", reason="")
    assert (answer.status_code, set(faults(answer.text))) == (422, {"reason"})
    assert send(browser, "/settings/sla_policies/retire/?id=2", reason="not agreed").status_code == 303
    assert versions(office)[1].retired_at is not None


def test_R23_saving_the_form_as_it_is_takes_everything_over(browser, office):
    assert send(browser, NEW, valid_from="2026-12-01", reason="the same").status_code == 303
    first, second = versions(office)

    def rows(policy, part):
        return sorted(json.dumps(row, sort_keys=True) for row in policy.definition[part])

    for part in ("targets", "overrides"):
        assert rows(first, part) == rows(second, part)
    rest = {key: value for key, value in first.definition.items() if key not in ("targets", "overrides")}
    assert rest == {key: value for key, value in second.definition.items() if key not in ("targets", "overrides")}
    assert "没有差别" in browser.get("/settings/sla_policies/?version=2").text


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"valid_from": "2026-11-22"}, {"valid_from"}),
        ({"valid_from": "tomorrow"}, {"valid_from"}),
        ({"valid_from": "2026-02-30"}, {"valid_from"}),
        ({"valid_from": ""}, {"valid_from"}),
        ({"reason": ""}, {"reason"}),
        ({"target-resolve-all-general": ""}, {"target-resolve-all-general"}),
        ({"target-resolve-all-general": "0"}, {"target-resolve-all-general"}),
        ({"target-resolve-all-general": "-5"}, {"target-resolve-all-general"}),
        ({"target-resolve-all-general": "4.5"}, {"target-resolve-all-general"}),
        ({"target-resolve-all-general": "9" * 30}, {"target-resolve-all-general"}),
        ({"unit-resolve-all-general": "percent_of_resolve"}, {"target-resolve-all-general"}),
        ({"unit-resolve-all-general": "fortnight"}, {"target-resolve-all-general"}),
        ({"override-0-category": "astrology"}, {"override-0-category"}),
        ({"override-12-code": "half_a_row"}, {"override-12-name_zh", "override-12-name_en", "override-12-category",
                                              "override-12-clock", "override-12-amount"}),
    ],
)  # fmt: skip
def test_R23_a_bad_value_is_refused_beside_its_field_and_no_version_is_made(browser, office, changes, refused):
    answer = send(browser, NEW, **{"valid_from": "2026-12-01", "reason": "faster", **changes})
    assert answer.status_code == 422
    assert set(faults(answer.text)) == refused
    assert len(versions(office)) == 1


def test_R23_a_special_row_is_dropped_and_another_added(browser, office):
    answer = send(
        browser,
        NEW,
        **{
            "valid_from": "2026-12-01",
            "reason": "letters are slow",
            "override-0-dropped": "y",
            "override-12-code": "letter_progress",
            "override-12-name_zh": "来信进展",
            "override-12-name_en": "Letters: progress",
            "override-12-channel": "letter",
            "override-12-clock": "progress",
            "override-12-amount": "3",
            "override-12-unit": "working_day",
        },
    )
    assert answer.status_code == 303, faults(answer.text)
    rows = {row["code"]: row for row in versions(office)[1].definition["overrides"]}
    assert "billing_fast" not in rows
    assert rows["letter_progress"]["when"] == {"channel": "letter"}
    page = browser.get("/settings/sla_policies/?version=2").text
    assert "来信进展" in page
    assert "无此规定" in page


def test_R23_a_version_that_holds_has_no_way_to_be_taken_back(browser):
    assert "/retire/" not in browser.get("/settings/sla_policies/").text
    answer = send(browser, "/settings/sla_policies/retire/?id=1", reason="regretted")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        # calendar.yaml, worked example over_mid_autumn: ten working days from Thursday 24 September 15:05
        ("2026-09-24 15:05", "10月15日 周四 18:00"),
        ("2026-09-18 16:40", "9月24日 周四 18:00"),  # before_mid_autumn: five working days
        ("yesterday", "例如 2026-04-30 17:20"),
        ("2026-13-01 10:00", "例如 2026-04-30 17:20"),
        ("9999-12-31 23:59", "例如 2026-04-30 17:20"),
    ],
)
def test_R23_one_complaint_is_tried_on_a_version(browser, typed, shown):
    assert shown in browser.get("/settings/sla_policies/", query_string={"start": typed}).text


def test_R24_a_calendar_is_changed_and_every_open_clock_is_asked_to_move(browser, office):
    answer = send(browser, "/settings/calendars/edit/?id=1", friday="8:30－12:00")
    assert answer.status_code == 303, faults(answer.text)
    with office.reading() as session:
        assert session.get(Calendar, 1).weekly_hours["friday"] == [["08:30", "12:00"]]
    assert jobs(office) == [None]


@pytest.mark.parametrize("hours", ["12:00-08:30", "08:30-12:00, 11:00-18:00", "all day", "25:00-26:00", "9-5"])
def test_R24_hours_that_cannot_be_stand_beside_their_weekday(browser, office, hours):
    answer = send(browser, "/settings/calendars/edit/?id=1", friday=hours)
    assert (answer.status_code, set(faults(answer.text))) == (422, {"friday"})
    assert f'value="{hours}"' in answer.text
    assert jobs(office) == []


def test_R24_a_closure_is_added_and_taken_back_with_a_reason(browser, office):
    added = send(
        browser,
        "/settings/calendars/closure/?id=1",
        day="2026-12-24",
        closed="13:30-18:00",
        name_zh="盘点",
        name_en="Stock-taking",
    )
    assert added.status_code == 303
    assert "盘点" in browser.get("/settings/calendars/").text
    again = send(browser, "/settings/calendars/closure/?id=1", day="2026-12-24", name_zh="盘点", name_en="Stock-taking")
    assert (again.status_code, set(faults(again.text))) == (422, {"day"})
    with office.reading() as session:
        row = session.scalars(sa.select(CalendarDay).where(CalendarDay.name_zh == "盘点")).one()
    assert send(browser, f"/settings/calendars/reopen/?id={row.id}", reason="put off").status_code == 303
    assert jobs(office) == [["2026-12-24"], ["2026-12-24"]]
    assert browser.get(f"/settings/calendars/reopen/?id={row.id}").status_code == 404


def test_R24_a_closure_without_hours_is_the_whole_day(browser, office):
    send(browser, "/settings/calendars/closure/?id=1", day="2026-12-25", name_zh="停电", name_en="No power")
    with office.reading() as session:
        row = session.scalars(sa.select(CalendarDay).where(CalendarDay.name_zh == "停电")).one()
    assert row.closed == [["00:00", "24:00"]]


LIST = json.dumps(
    {"year": 2027, "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": True},
                            {"name": "元旦", "date": "2027-01-03", "isOffDay": False}]}
)  # fmt: skip


def test_R24_an_unpublished_year_says_that_its_deadlines_are_provisional(browser):
    page = browser.get("/settings/calendars/year/?year=2027").text
    assert "暂定" in page
    assert "还没有节假日安排" in page
    assert "2027 年" in browser.get("/settings/calendars/").text


def test_R24_a_list_shows_its_changes_before_it_is_taken_over(browser, office):
    looked = send(browser, "/settings/calendars/import/", text=LIST)
    assert looked.status_code == 200
    assert "新增 2" in looked.text
    assert jobs(office) == []
    fields = form_of(looked.text)
    assert fields["confirmed"] == ["2027"]
    taken = browser.post("/settings/calendars/import/", data=fields, headers=SAME_ORIGIN)
    assert taken.status_code == 303
    assert jobs(office) == [["2027-01-01", "2027-01-03"]]
    page = browser.get("/settings/calendars/year/?year=2027").text
    assert "调休上班" in page
    assert "暂定" not in page


def test_R24_a_list_may_be_chosen_as_a_file_and_its_text_is_confirmed(browser, office):
    def choose(content):
        fields = {"csrf_token": token(browser, "/settings/calendars/import/")}
        return browser.post(
            "/settings/calendars/import/",
            data={**fields, "file": (io.BytesIO(content), "2027.json")},
            headers=SAME_ORIGIN,
        )

    looked = choose(LIST.encode("utf-8-sig"))
    assert looked.status_code == 200
    assert json.loads(form_of(looked.text)["text"][0]) == json.loads(LIST)
    for content in (b"\xff\xfe\x00", LIST.encode("utf-16"), b"x" * 300_000):
        refused = choose(content)
        assert (refused.status_code, set(faults(refused.text))) == (422, {"file"})


def test_R24_what_was_confirmed_for_one_year_is_not_taken_for_another(browser, office):
    fields = form_of(send(browser, "/settings/calendars/import/", text=LIST).text)
    fields["text"] = [LIST.replace("2027", "2028")]
    looked = browser.post("/settings/calendars/import/", data=fields, headers=SAME_ORIGIN)
    assert looked.status_code == 200
    assert jobs(office) == []


def test_R24_a_single_public_day_is_added_and_taken_out(browser, office):
    answer = send(
        browser,
        "/settings/calendars/day/?year=2026",
        day="2026-12-24",
        kind="holiday",
        name_zh="哀悼日",
        name_en="Mourning",
    )
    assert answer.status_code == 303
    with office.reading() as session:
        row = session.scalars(sa.select(CalendarDay).where(CalendarDay.name_zh == "哀悼日")).one()
    assert send(browser, f"/settings/calendars/drop/?id={row.id}", reason="mistaken").status_code == 303
    assert "哀悼日" not in re.sub(r"(?s)id=\"log\".*", "", browser.get("/settings/calendars/year/?year=2026").text)
