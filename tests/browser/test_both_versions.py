"""R40: two people correct the same record in two browsers; the second is shown both versions, loses nothing and saves."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from backoffice.models.office import Staff
from tests.browser.pages import check_page
from tests.support.played import Play

CLERK, LEAD = "S005", "S003"
THEIRS, MINE, MERGED = "公司机房", "小区地下室", "公司机房，小区地下室也掉"


@pytest.fixture
def number(desk, tmp_path):
    """A complaint that the clerk registered."""
    play = Play(desk.database, desk.app.extensions["desk"].keys, tmp_path / "files", desk.clock.now())
    play.register(uploads=())
    return play.number


def person(desk, code):
    with desk.database.reading() as session:
        return session.scalars(sa.select(Staff).where(Staff.code == code)).one()


def two_correct(desk, clock, opened, number):
    """Both have the record open; the clerk saves first, and the lead sends what she typed."""
    pages = [opened(person(desk, code).login) for code in (CLERK, LEAD)]
    for page in pages:
        page.goto(f"/complaints/{number}/correct")
    first, second = pages
    desk.move_to(clock.now() + timedelta(minutes=4))
    first.fill("[name=where]", THEIRS)
    first.fill("[name=customer_name]", "欧阳静怡")
    first.fill("[name=reason]", "客户来电更正")
    first.locator("main form .actionbar button[type=submit], main form button.btn-primary").first.click()
    expect(first.locator(".alert-success")).to_be_visible()
    second.fill("[name=where]", MINE)
    second.fill("[name=reason]", "回访时更正")
    second.locator("main form .actionbar button[type=submit], main form button.btn-primary").first.click()
    expect(second.locator(".draft-both")).to_be_visible()
    return second


def test_R40_the_second_sees_both_versions_with_who_and_when_and_saves_the_merged_text(desk, clock, opened, number):
    page = two_correct(desk, clock, opened, number)
    both = page.locator(".draft-both")
    expect(both.locator("li").first).to_contain_text(person(desk, CLERK).name_zh)
    expect(both.locator("li").first).to_contain_text("10:04")
    row = both.locator("tbody tr").filter(has_text=THEIRS)
    expect(row).to_contain_text(MINE)
    expect(page.locator("[name=where]")).to_have_value(MINE)  # mine stays where both changed it
    expect(page.locator("[name=customer_name]")).to_have_value("欧阳静怡")  # theirs where I did not
    expect(page.locator("[name=reason]")).to_have_value("回访时更正")
    check_page(page)
    page.fill("[name=where]", MERGED)
    page.locator("main form .actionbar button[type=submit], main form button.btn-primary").first.click()
    expect(page.locator(".alert-success")).to_be_visible()
    page.goto(f"/complaints/{number}/correct")
    expect(page.locator("[name=where]")).to_have_value(MERGED)
    expect(page.locator("[name=customer_name]")).to_have_value("欧阳静怡")
    page.goto("/drafts")
    expect(page.locator("main")).to_contain_text("没有草稿")
