"""R12, R13: lists ticked, saved and gone through by keys, in a browser; what each page must keep, in both languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from backoffice.jobs import many as doing
from backoffice.jobs.running import Taken, Workshop
from backoffice.models.work import Job
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, to
from tests.browser.test_screens import scene as scene  # noqa: PLC0414 (a fixture is found by its name)
from tests.support.played import RECEIVED, Play
from views import language as speech


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


def at_work(scene) -> tuple[Workshop, Taken]:
    """What was ordered last, in the hands of a worker."""
    desk = scene.live.app.extensions["desk"]
    shop = Workshop(desk.database, desk.keys, desk.clock, Path(desk.config["DATA_DIR"]), speech.say)
    with desk.database.reading() as session:
        job = session.scalars(sa.select(Job).where(Job.kind == doing.KIND).order_by(Job.id.desc()).limit(1)).one()
        return shop, Taken(job.id, job.kind, job.slot, {}, job.attempts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_R13_the_result_shows_by_itself_how_far_it_is_and_that_it_is_done(scene, language):
    page = scene.opens("S003", language, "/complaints?list=all&sort=received")
    for box in page.locator("input[name=item]").all()[:2]:
        box.check()
    page.locator("#many-action").select_option("print_dossier")
    page.locator("#many button[type=submit]").first.click()
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("[data-watch]")).to_be_visible()
    assert page.locator("head noscript").count() == 1
    check_page(page)
    page.evaluate("window.isTheSame = true")
    shop, job = at_work(scene)
    doing._next(shop, job)
    expect(page.locator("#progress-text")).to_contain_text("1")
    expect(page.locator("#so-far tbody tr")).to_have_count(1)
    assert page.evaluate("window.isTheSame")
    check_page(page)
    doing.go_through(shop, job)
    expect(page.locator("[data-watch]")).to_have_count(0)
    expect(page.locator("tbody tr")).to_have_count(2)
    assert page.locator("head noscript").count() == 0
    check_page(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_R10_orders_refused_for_missing_elements_are_filled_in_one_after_the_other(scene, language):
    desk = scene.live.app.extensions["desk"]
    numbers = []
    for n in range(2):
        begin = RECEIVED + timedelta(hours=5 + n)
        play = Play(desk.database, desk.keys, Path(desk.config["DATA_DIR"]) / "files", begin)
        to(play, "accepted", 20 + 4 * LANGUAGES.index(language) + 2 * n)
        numbers.append(play.number)
    page = scene.opens("S008", language, "/complaints?list=to_dispatch&sort=received")
    for number in numbers:
        page.locator(f"input[name=item][value^='{number}:']").check()
    page.locator("#many-action").select_option("send_order")
    page.locator("#many button[type=submit]").first.click()
    page.select_option("[name=department]", index=1)
    page.fill("[name=requirements]", "查清晚高峰掉线原因")
    page.fill("[name=handover_reason]", "需上门测试")
    ahead = desk.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    page.fill("[name=deadline]", f"{ahead + timedelta(days=4):%Y-%m-%dT%H:%M}")
    page.fill("[name=promised_time]", f"{ahead + timedelta(days=5):%Y-%m-%dT%H:%M}")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".state-bad")).to_have_count(2)
    check_page(page)
    page.locator(".page-head .btn-primary").click()
    for left in (2, 1):
        expect(page.locator(".beside")).to_contain_text(str(left))
        expect(page.locator("[name=requirements]")).to_have_value("查清晚高峰掉线原因")
        lacking = page.locator(".field.has-error")
        assert lacking.count() == 5
        check_page(page)
        for field in lacking.all():
            field.locator("input[name^=element-]:not([type=checkbox])").first.fill("晚 8 点后")
        page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".state-good")).to_have_count(2)
    expect(page.locator(".state-bad")).to_have_count(0)
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
