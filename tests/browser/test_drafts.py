"""R40: what is typed survives a killed browser and an ended session, and goes when it is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.pages import check_page

STORY = "客户说每晚 19:30 起掉线，已重启三次"


def test_R40_what_was_typed_survives_a_killed_browser_and_goes_when_it_is_sent(opened, desk, clock):
    first = opened("intake")
    first.goto("/intake/new")
    first.fill("[name=what]", STORY)
    first.fill("[name=customer_name]", "欧阳静")
    expect(first.locator("[data-draft-state]")).to_contain_text("已存为草稿")
    first.context.close()  # no word of farewell: as if the power had gone

    desk.move_to(clock.now() + timedelta(hours=9))
    second = opened("intake")
    second.goto("/intake/new")
    assert second.input_value("[name=what]") == ""
    check_page(second)
    second.get_by_role("link", name="恢复").click()
    assert second.input_value("[name=what]") == STORY
    assert second.input_value("[name=customer_name]") == "欧阳静"
    check_page(second)
    second.goto("/drafts")
    check_page(second, "我的草稿")
    second.get_by_role("link", name="继续填写").click()
    for name, value in {"contact_phone": "13900004172", "where": "家中", "demand": "彻底修复"}.items():
        second.fill(f"[name={name}]", value)
    second.select_option("[name=category]", "net_broadband_slow")
    second.locator(".actionbar button[type=submit]").first.click()
    expect(second.locator("#problems, .alert-success")).to_be_visible()
    if second.locator("#problems").count():
        pytest.fail(second.locator("#problems").inner_text())
    second.goto("/drafts")
    expect(second.locator("main")).to_contain_text("没有草稿")


def test_R40_what_was_typed_meanwhile_is_not_lost_by_restoring(opened):
    first = opened("intake")
    first.goto("/intake/new")
    first.fill("[name=what]", STORY)
    expect(first.locator("[data-draft-state]")).to_contain_text("已存为草稿")
    second = opened("intake")
    second.goto("/intake/new")
    second.fill("[name=what]", "另一位客户来电")
    second.get_by_role("link", name="恢复").click()
    expect(second.locator("[name=what]")).to_have_value(STORY)
    second.goto("/drafts")
    expect(second.locator("main")).to_contain_text("另一位客户来电")
    expect(second.locator("main")).to_contain_text(STORY)


def test_R40_the_button_keeps_at_once_and_says_so(opened):
    page = opened("intake")
    page.goto("/intake/new")
    page.fill("[name=what]", STORY)
    page.get_by_role("button", name="存为草稿").click()
    expect(page.locator("[data-draft-state]")).to_contain_text("已存为草稿")
    assert page.input_value("[name=what]") == STORY
