"""R7 in a real browser: the script appears beside the form, is walked by keys, and never takes the focus."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.pages import check_page, sign_in, speak

SLOW = "net_broadband_slow"


@pytest.fixture
def form(page):
    sign_in(page, "intake")
    speak(page, "zh_Hans")
    page.goto("/intake/new")
    return page


def focused(page):
    return page.evaluate("document.activeElement.name || document.activeElement.id")


def test_R7_the_clerk_walks_the_script_by_keys_and_takes_its_suggestion(form):
    page = form
    page.locator("#category").focus()
    page.select_option("#category", SLOW)
    expect(page.locator("#h-script")).to_have_text("宽带速率不达标受理脚本")
    assert focused(page) == "category"  # whoever writes in the form goes on writing
    page.keyboard.press("F9")
    assert focused(page) == "script-answer-q1"
    page.keyboard.press("1")
    expect(page.locator("[data-advice=q1a1]")).to_be_visible()
    assert focused(page) == "script-answer-q2"
    page.keyboard.press("1")
    expect(page.locator("[data-script-end=solve_at_first_contact]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("input[name=ending][value=solved]")).to_be_checked()
    expect(page.locator("#solution")).to_be_visible()
    check_page(page)


def test_R7_another_answer_hides_the_branch_that_was_left(form):
    page = form
    page.select_option("#category", SLOW)
    page.check("#script-q1-q1a1")
    expect(page.locator("[data-question=q2]")).to_be_visible()
    page.check("#script-q1-q1a2")
    expect(page.locator("[data-question=q2]")).to_be_hidden()
    expect(page.locator("[data-question=q3]")).to_be_visible()


def test_R7_a_symptom_of_the_same_script_keeps_what_was_answered_and_esc_goes_back(form):
    page = form
    page.select_option("#category", SLOW)
    page.check("#script-q1-q1a2")
    page.locator("#symptom").focus()
    with page.expect_response("**/intake/script"):
        page.select_option("#symptom", "wifi_slow")
    expect(page.locator("#script-q1-q1a2")).to_be_checked()
    page.keyboard.press("F9")
    assert focused(page) == "script-answer-q3"
    page.keyboard.press("Escape")
    assert focused(page) == "symptom"
