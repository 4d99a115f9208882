"""R39: signing in as a person does it: with the keyboard, in both languages, and what every page must keep."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from backoffice.models.office import Staff
from tests.browser.pages import check_page, sign_in, speak
from tests.support.live import PASSWORD

LANGUAGES = ("zh_Hans", "en")
NEW = "tall ships, small harbours"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh_Hans", "用户名或密码不对，还可再试 4 次。"),
        ("en", "The user name or password is wrong; you have 4 more attempts."),
    ],
)
def test_R39_a_wrong_password_is_said_on_top_and_the_page_keeps_what_every_page_must(page, language, said):
    page.goto("/sign-in")
    speak(page, language)
    page.fill("input[name=login]", "intake")
    page.fill("input[name=password]", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(said)
    expect(page.locator("input[name=login]")).to_have_value("intake")
    expect(page.locator("input[name=password]")).to_have_value("")
    check_page(page)


def test_R39_the_keyboard_alone_signs_in(page):
    page.goto("/sign-in")
    expect(page.locator("input[name=login]")).to_be_focused()
    page.keyboard.type("intake")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".account")).to_contain_text("陆小满")


def test_R39_an_account_of_the_demonstration_is_filled_in_by_one_press(page):
    page.goto("/sign-in")
    page.get_by_role("link", name="dispatcher", exact=True).click()
    expect(page.locator("input[name=login]")).to_have_value("dispatcher")
    expect(page.locator("input[name=password]")).to_be_focused()


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", "我的账号"), ("en", "My account")])
def test_R39_my_account_keeps_what_every_page_must(page, language, heading):
    sign_in(page, "head")
    page.goto("/account")
    speak(page, language)
    check_page(page, heading)


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", "修改密码"), ("en", "Change password")])
def test_R39_changing_the_password_keeps_it_too_with_its_faults(page, language, heading):
    sign_in(page, "head")
    page.goto("/account/password")
    speak(page, language)
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("#problems")).to_be_focused()
    check_page(page, heading)


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", "修改密码"), ("en", "Change password")])
def test_R39_a_temporary_password_is_changed_first_and_then_the_desk_opens(desk, page, language, heading):
    with desk.database.writing() as session:
        session.execute(sa.update(Staff).where(Staff.login == "handler").values(must_change_password=True))
    sign_in(page, "handler")
    speak(page, language)
    check_page(page, heading)
    page.fill("input[name=current]", PASSWORD)
    page.fill("input[name=password]", NEW)
    page.fill("input[name=again]", NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator(".account")).to_be_visible()
