"""R1: the pages for customers, on a phone first: whole in both languages, and usable without any script."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.services.core.survey_link import Asked, link
from policies.public_pages import PublicPages, as_data
from policies.vocabulary import ContactWay, Fault
from tests.browser.pages import check_page, watch
from tests.support.played import Play

SPOKEN = {
    "zh": ("投诉与查询", "提交投诉", "投诉已收到", "查询进度"),
    "en": ("Complaints", "Make a complaint", "We have your complaint", "How is my complaint going"),
}
SAID = {"zh": ("补充说明已收到", "已催办"), "en": ("We have what you added", "You asked for haste")}


@pytest.fixture
def phone(chromium, desk):
    """A small window that runs no script; axe's own is run by the tool."""
    with desk.database.writing() as session:
        said = PublicPages(form=True, progress=True, survey=True, address=desk.url, unsure_category="net_broadband_slow",
                           announcement_zh="热线抢修中，预计 18:00 恢复。", announcement_en="The hotline is down until 18:00.")  # fmt: skip
        session.add(Setting(key="public_pages", value=as_data(said)))
    context = chromium.new_context(base_url=desk.url, viewport={"width": 390, "height": 800}, has_touch=True)
    page = watch(context.new_page())
    yield page
    context.close()


@pytest.mark.parametrize("speaks", ["zh", "en"])
def test_R1_a_customer_complains_and_asks_how_it_goes(phone, desk, speaks, tmp_path):
    start, complain, received, progress = SPOKEN[speaks]
    phone.goto(f"/public/{speaks}/")
    check_page(phone, start)
    phone.get_by_role("link", name=complain).click()
    check_page(phone, complain)
    phone.locator("button.btn-primary").click()
    expect(phone.locator("#problems")).to_be_visible()
    check_page(phone, complain)
    phone.select_option("#category", "net_broadband_slow")
    phone.fill("#what", "宽带每晚掉线")
    phone.fill("#customer_name", "周㛃敏")
    phone.fill("#contact_phone", "13900004172")
    phone.check("#consent")
    desk.move_to(desk.clock.now().replace(minute=desk.clock.now().minute + 1))
    phone.locator("button.btn-primary").click()
    check_page(phone, received)
    number = phone.locator(".receipt-number").inner_text()
    with desk.database.reading() as session:
        assert session.scalars(sa.select(Complaint.number)).one() == number
    phone.get_by_role("link", name=progress).click()
    check_page(phone, progress)
    phone.fill("#number", number)
    phone.fill("#phone", "139 0000 4173")
    phone.locator("button.btn-primary").click()
    expect(phone.locator("#problems")).to_be_visible()
    phone.fill("#phone", "139 0000 4172")
    phone.locator("button.btn-primary").click()
    expect(phone.locator("h1")).to_contain_text(number)
    check_page(phone)
    phone.locator("button[value=add]").click()
    expect(phone.locator("#problems")).to_be_visible()
    check_page(phone)
    phone.fill("#text", "光猫灯是红的")
    phone.locator("button[value=add]").click()
    expect(phone.get_by_role("status").filter(has_text=SAID[speaks][0])).to_be_visible()
    expect(phone.locator("#text")).to_have_value("")
    phone.locator("button[value=urge]").click()
    expect(phone.get_by_role("status").filter(has_text=SAID[speaks][1])).to_be_visible()
    check_page(phone)
    assert phone.context.cookies() == []


@pytest.mark.parametrize(("speaks", "title"), [("zh", "满意度问卷"), ("en", "How did we do")])
def test_R21_the_survey_is_answered_on_a_phone(phone, desk, tmp_path, speaks, title):
    keys = desk.app.extensions["desk"].keys
    play = Play(desk.database, keys, tmp_path / "files")
    play.register()
    play.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    play.act("S005", "start_check")
    play.act("S005", "solve_at_first_contact", solution="重启光猫", customer_opinion="好了", fault=Fault.CUSTOMER_FAULT,
             cause_code="system_fault", apologised=True)  # fmt: skip
    desk.move_to(play.at + timedelta(hours=1))
    phone.goto(f"/public/{speaks}/survey/{link(keys, Asked(play.complaint_id, play.at + timedelta(days=1)))}")
    check_page(phone, title)
    phone.locator("button.btn-primary").click()
    expect(phone.locator("#problems")).to_be_visible()
    check_page(phone, title)
    phone.locator("input[name=resolved_flag][value=yes]").check()
    phone.locator("input[name=satisfaction][value='5']").check()
    phone.locator("button.btn-primary").click()
    check_page(phone, {"zh": "感谢您的评价", "en": "Thank you"}[speaks])


def test_R1_a_page_that_is_not_there_is_whole_too(phone):
    phone.goto("/public/zh/nothing")
    check_page(phone, "没有这个页面")
