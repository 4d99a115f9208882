"""R24: the page of a change of the calendar, how far it has come, and the look at what a day touches before it is saved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from backoffice.jobs.recalculation import KIND, recalculate
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.office import Role, Staff, StaffRole
from tests.support.browsing import text_of
from tests.support.counting import statements
from tests.support.filled import send
from tests.support.offices import the
from tests.support.played import Play

CLOSURE = {"day": "2026-11-25", "name_zh": "停电", "name_en": "Power cut"}
CLOSING = "/settings/calendars/closure/?id=1"


@pytest.fixture
def play(app, office, clock):
    """Two complaints of Monday 23 November 2026, due a week later."""
    desk = app.extensions["desk"]
    play = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
    for number in range(2):
        play.register(texts={"contact_phone": f"1390000417{number}"})
    clock.at = play.at + timedelta(minutes=1)
    return play


@pytest.fixture
def browser(sign_in):
    return sign_in("S030")


def worked(app):
    desk = app.extensions["desk"]
    shop = Workshop(desk.database, desk.keys, desk.clock, Path(desk.config["DATA_DIR"]))
    return work_off(shop, {KIND: recalculate})


def change_page(browser):
    index = browser.get("/settings/calendars/").text
    address = index.split("/settings/calendars/moves/")[1].split('"')[0]
    return browser.get("/settings/calendars/moves/" + address.replace("&amp;", "&"))


def test_R24_from_the_look_beforehand_to_the_list_of_what_moved(app, play, browser):
    looked = send(browser, CLOSING, **CLOSURE, look="1")
    assert looked.status_code == 200
    assert "个在计时限跨过这些日子" in looked.text
    assert 'value="停电"' in looked.text, "nothing typed is lost by looking"
    assert "还没有变动" in browser.get("/settings/calendars/").text, "looking saves nothing"

    assert send(browser, CLOSING, **CLOSURE).status_code == 303
    running = text_of(change_page(browser))
    assert "正在重新推算" in running
    assert "已看 0 个时限" in running
    assert worked(app).done == 1
    done = text_of(change_page(browser))
    for words in ("已办完", "顺延", "11月25日", "新增" if "新增" in done else "11月25日"):
        assert words in done
    assert "另有" in done, "an administrator sees no complaints, only how many clocks there are"
    assert play.number not in done
    assert "个时限变动" in text_of(browser.get("/settings/calendars/"))


def test_R24_who_may_see_the_complaints_finds_them_linked_page_by_page(app, office, play, browser):
    with office.writing() as session:
        manager = the(session, Role, "complaints_manager").id
        session.add(StaffRole(staff_id=the(session, Staff, "S030").id, role_id=manager))
    send(browser, CLOSING, **CLOSURE)
    worked(app)
    with statements(app) as sent:
        page = change_page(browser)
    assert f'href="/complaints/{play.number}"' in page.text
    assert len(sent) < 40
    assert "另有" not in page.text


@pytest.mark.parametrize("query", ["", "?id=x", "?id=999999", "?id=1&after=x", "?id=-1", "?id=99999999999999999999"])
def test_R24_an_address_that_names_no_change_is_not_there(browser, query):
    assert browser.get(f"/settings/calendars/moves/{query}").status_code == 404


def test_R24_a_day_without_a_date_is_looked_at_as_it_is_saved(browser):
    answer = send(browser, CLOSING, **{**CLOSURE, "day": "2026-02-31"}, look="1")
    assert answer.status_code == 422
    assert "在计时限" not in answer.text


def test_R24_dropping_a_day_says_what_it_touches(app, play, browser):
    send(browser, CLOSING, **CLOSURE)
    page = browser.get("/settings/calendars/").text
    address = page.split("/settings/calendars/reopen/")[1].split('"')[0]
    assert "个在计时限跨过这些日子" in browser.get("/settings/calendars/reopen/" + address).text


def test_R24_in_english_the_page_reads_as_well(app, play, browser):
    send(browser, CLOSING, **CLOSURE)
    worked(app)
    browser.set_cookie("language", "en")
    page = text_of(change_page(browser))
    for words in ("Calendar change: ", "Moved later", "more clocks belong to complaints that you cannot see"):
        assert words in page
