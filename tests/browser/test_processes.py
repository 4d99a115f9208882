"""The process editor in a browser (R14): from a draft to a version in force, by its buttons, without a developer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import check_page, sign_in, speak
from tests.support.live import Live
from tests.support.played import Play


def share(page, step, value):
    page.click(f'#step-{step} a[href*="/step/"]')
    page.fill("#clock_share", value)
    page.click(".actionbar button.btn-primary")
    page.wait_for_url("**/details/**")


def draw_up(page):
    page.goto("/settings/processes/details/?id=1")
    page.click("main a.btn-primary")
    page.fill("#reason", "拟方案太慢")
    page.click(".actionbar button.btn-primary")
    page.wait_for_url("**/details/**")


def test_R14_a_share_is_changed_refused_mended_and_holds_for_new_complaints_only(page, desk: Live, clock):
    parts = desk.app.extensions["desk"]
    files = Path(parts.config["DATA_DIR"]) / "files"
    old = Play(parts.database, parts.keys, files, clock.now())
    old.register()
    sign_in(page, "admin")
    draw_up(page)
    share(page, "plan", "15")
    page.click("#check button.btn-primary")
    page.wait_for_url("**/details/**")
    expect(page.locator("#check li.no")).to_have_count(1)
    expect(page.locator("#check li.no")).to_contain_text("95")
    check_page(page, "一般投诉流程 · 第 2 版")
    share(page, "investigate", "30")
    page.click("#check button.btn-primary")
    page.click("#check a.btn-primary")
    page.fill("#reason", "试行")
    page.click(".actionbar button.btn-primary")
    page.wait_for_url("**/details/**")
    expect(page.locator(".page-head .state")).to_have_text("执行中")
    clock.at = clock.now() + timedelta(minutes=10)
    new = Play(parts.database, parts.keys, files, clock.now())
    new.register(texts={"contact_phone": "13900001234"})
    with parts.database.reading() as session:
        from backoffice.models.complaint import Complaint

        versions = [session.get(Complaint, play.complaint_id).process.version for play in (old, new)]
    assert versions == [1, 2]


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_R14_every_screen_of_a_draft_is_whole(page, language):
    sign_in(page, "admin")
    draw_up(page)
    speak(page, language)
    number = page.url.split("id=")[1].split("#")[0]
    for address in ("file/", f"details/?id={number}", f"head/?id={number}", f"step/?id={number}&step=approve",
                    f"new_step/?id={number}", f"drop/?id={number}&step=dispute", f"compare/?id={number}",
                    f"put_into_force/?id={number}", f"retire/?id={number}", f"draw_up/?id={number}"):  # fmt: skip
        answer = page.goto(f"/settings/processes/{address}")
        check_page(page, status=answer.status)
