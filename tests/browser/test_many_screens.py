"""R12, R13: lists ticked, saved and gone through by keys, in a browser; what each page must keep, in both languages."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES
from tests.browser.test_screens import scene as scene  # noqa: PLC0414 (a fixture is found by its name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_R13_many_are_ticked_urged_and_told_one_by_one(scene, language):
    page = scene.opens("S005", language, "/complaints?list=open&sort=received")
    page.locator("[data-select-all]").check()
    ticked = page.locator("input[name=item]:checked").count()
    assert ticked > 3
    page.locator("#many-action").select_option("urge")
    check_page(page)
    page.locator("#many button[type=submit]").first.click()
    expect(page.locator(".numbers li")).to_have_count(ticked)
    check_page(page)
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("tbody tr")).to_have_count(ticked)
    assert 0 < page.locator(".state-bad").count() < ticked
    check_page(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_R13_a_filter_is_saved_and_columns_are_chosen_where_the_list_stands(scene, language):
    page = scene.opens("S003", language, "/complaints?list=all&severity=general")
    page.locator("summary", has=page.locator(".fa-bookmark-o")).click()
    page.fill("#saved-name", "一般件")
    page.select_option("#saved-reach", "everybody")
    check_page(page)
    page.locator("form[action$=saved] button[type=submit]").click()
    expect(page.locator(".saved-lists .chip.on")).to_have_text("一般件")
    page.locator("summary", has=page.locator(".fa-columns")).click()
    page.locator(".column-choices input[value=channel]").check()
    check_page(page)
    page.locator("form[action$=columns] .btn-primary").click()
    expect(page.locator("thead th")).to_have_count(9)  # with the tick
    check_page(page)
    page.locator("summary", has=page.locator(".fa-columns")).click()
    page.locator("form[action$=columns] button[name=reset]").click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_R13_keys_alone_lead_through_a_list_and_its_complaints(scene, language):
    page = scene.opens("S003", language, "/complaints?list=all&sort=received")
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    expect(page.locator("tr.is-here")).to_have_count(1)
    page.keyboard.press("x")
    assert page.locator("tr.is-here input[name=item]").is_checked()
    second = page.locator("[data-rows] tr").nth(1).locator(".no").first.inner_text()
    page.keyboard.press("o")
    expect(page.locator(".case-head .no").first).to_have_text(second)
    check_page(page)
    page.keyboard.press("j")
    expect(page.locator(".case-head .no").first).not_to_have_text(second)
    page.keyboard.press("k")
    expect(page.locator(".case-head .no").first).to_have_text(second)
    page.keyboard.press("?")
    expect(page.locator("dialog.keys-box")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.keys-box")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("[data-rows]")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("j?x")
    expect(page.locator(".topsearch input")).to_have_value("j?x")  # while one types they are letters


@pytest.mark.parametrize("language", LANGUAGES)
def test_R13_keys_alone_lead_through_what_a_search_found_and_back_to_it(scene, language):
    page = scene.opens("S003", language, "/complaints?list=all&sort=received&q=掉线")
    rows = page.locator("[data-rows] .no:not(.sub)").all_inner_texts()
    assert len(rows) > 2
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator(".beside")).to_be_visible()
    assert "掉线" not in unquote(page.url)
    check_page(page)
    for expected in rows[1:3]:
        page.keyboard.press("j")
        expect(page.locator(".case-head .no").first).to_have_text(expected)
    page.keyboard.press("k")
    expect(page.locator(".case-head .no").first).to_have_text(rows[1])
    page.keyboard.press("u")
    expect(page.locator(".list-filters input[name=q]")).to_have_value("掉线")


@pytest.mark.parametrize("language", LANGUAGES)
def test_R14_the_acts_of_a_complaint_get_letters_and_open_by_them(scene, language):
    page = scene.opens("S015", language, "/complaints/{sent}")
    page.keyboard.press("a")
    expect(page.locator(".key-mark").first).to_be_visible()
    check_page(page)
    page.keyboard.press(page.locator(".key-mark").first.inner_text())
    expect(page.locator(".actionbar")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_of_keys_keeps_what_every_page_must(scene, language):
    check_page(scene.opens("S003", language, "/account/keys"))
