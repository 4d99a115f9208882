"""R25, R24 in a browser: an extension from the request to the new deadline, and the list of what a closed day moved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backoffice.jobs.recalculation import KIND, recalculate
from backoffice.jobs.running import Workshop, work_off
from tests.browser.pages import check_page, sign_in, watch
from tests.support.played import Play

CALENDARS = "/settings/calendars/"


@pytest.fixture
def case(desk):
    """A complaint of Monday 23 November 2026 in the hands of S016, due on Monday 30 November."""
    app = desk.app.extensions["desk"]
    play = Play(app.database, app.keys, Path(app.config["DATA_DIR"]) / "files")
    play.register()
    play.dispatch()
    app.clock.at = play.at + timedelta(minutes=10)
    return play


@pytest.fixture
def opens(chromium, desk):
    """``opens(login, address)`` gives a window in which that person looks at a page, always the same one."""
    windows: dict[str, Page] = {}

    def open_for(login: str, address: str) -> Page:
        if login not in windows:
            context = chromium.new_context(base_url=desk.url, viewport={"width": 1280, "height": 900})
            context.set_default_timeout(15_000)
            windows[login] = watch(context.new_page())
            sign_in(windows[login], login)
        windows[login].goto(address)
        return windows[login]

    yield open_for
    for page in windows.values():
        page.context.close()


def submit(page: Page) -> None:
    page.locator(".actionbar button[type=submit]").first.click()


def test_R25_asked_granted_with_the_effect_in_view_told_and_then_it_counts(case, opens):
    handler = opens("s016", f"/complaints/{case.number}/request_extension")
    expect(handler.locator("#h-effect")).to_be_visible()
    check_page(handler)
    handler.select_option("[name=extension_reason]", "force_majeure")
    handler.fill("[name=reason]", "台风封路")
    handler.fill("[name=extension_days]", "9")
    submit(handler)
    expect(handler.locator("#problems")).to_be_focused()
    expect(handler.locator("[name=reason]")).to_have_value("台风封路")
    check_page(handler)
    handler.fill("[name=extension_days]", "3")
    handler.fill("[name=extension_ground]", "封路通告")
    submit(handler)
    expect(handler.locator("#h-extension")).to_contain_text("申请延期 3 个工作日")
    check_page(handler)

    manager = opens("manager", "/complaints?list=extensions")
    expect(manager.locator("main")).to_contain_text(case.number)
    check_page(manager)
    manager.goto(f"/complaints/{case.number}/grant_extension")
    expect(manager.locator("[name=extension_days]")).to_have_value("3")
    expect(manager.locator("section[aria-labelledby=h-effect] tbody")).to_contain_text("12月3日 周四 18:00")
    check_page(manager)
    manager.fill("[name=extension_opinion]", "属实，同意")
    submit(manager)
    expect(manager.locator("main")).to_contain_text("延期尚未生效")
    check_page(manager)

    handler.goto(f"/complaints/{case.number}/tell_delay")
    expect(handler.locator("[name=promised_time]")).to_have_value("2026-12-03T18:00")
    handler.fill("[name=text]", "封路，改为 12 月 3 日前答复")
    submit(handler)
    expect(handler.locator(".clocks")).to_contain_text("已延 3 个工作日")
    expect(handler.locator(".clocks")).to_contain_text("12月3日 周四 18:00")
    why = handler.locator("details.why").filter(has_text="为什么处理时限")
    why.locator("summary").click()
    expect(why.locator("li.sum")).to_contain_text("不可抗力")
    check_page(handler)
    handler.goto(f"/complaints/{case.number}?tab=orders")
    expect(handler.locator("#papers")).to_contain_text("批准 3 个工作日")
    check_page(handler)
    manager.goto(f"/complaints/{case.number}/dossier")
    expect(manager.locator("main")).to_contain_text("延期审批")


def test_R24_a_closed_day_is_looked_at_saved_and_its_list_says_what_moved(case, desk, opens):
    admin = opens("admin", f"{CALENDARS}closure/?id=1")
    admin.fill("[name=day]", "2026-11-25")
    admin.fill("[name=name_zh]", "停电")
    admin.fill("[name=name_en]", "Power cut")
    admin.locator("button[name=look]").click()
    expect(admin.locator("[role=status].alert")).to_contain_text("在计时限")
    check_page(admin)
    submit(admin)
    app = desk.app.extensions["desk"]
    work_off(Workshop(app.database, app.keys, app.clock, Path(app.config["DATA_DIR"])), {KIND: recalculate})
    admin.goto(CALENDARS)
    check_page(admin)
    admin.locator("#recent a.title").first.click()
    expect(admin.locator("main")).to_contain_text("顺延")
    check_page(admin)
