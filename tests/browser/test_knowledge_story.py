"""R38: the whole way of an article: one writes it, another releases it, a clerk finds it beside the form and opens it,
and its use is counted.
"""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.pages import check_page

TITLE = "光猫频繁离线怎么问"


def test_R38_an_article_is_written_released_found_beside_the_form_used_and_counted(opened):
    writer = opened("s007")
    writer.goto("/knowledge/new")
    check_page(writer)
    writer.fill("[name=title_zh]", TITLE)
    writer.fill("[name=body_zh]", "先问指示灯，再测光功率。")
    writer.select_option("[name=categories]", "net_broadband_slow")
    writer.locator(".actionbar button[type=submit]").first.click()
    expect(writer.locator("h1")).to_have_text(TITLE)
    check_page(writer, TITLE)
    expect(writer.locator("#release button")).to_have_count(0)  # nobody releases what they wrote
    address = writer.url

    releaser = opened("quality")
    releaser.goto(address)
    check_page(releaser, TITLE)
    releaser.locator("#release [name=checked]").check()
    releaser.locator("#release button").click()
    expect(releaser.locator(".alert-success")).to_be_visible()

    clerk = opened("intake")
    clerk.goto("/intake/new")
    clerk.fill("[name=what]", "我家光猫频繁离线，每晚掉线")
    offered = clerk.locator("#beside [data-part=knowledge] li").filter(has_text=TITLE)
    expect(offered).to_be_visible()
    for _ in range(2):
        with clerk.context.expect_page() as used:
            offered.locator("button").click()
        expect(used.value.locator("h1")).to_have_text(TITLE)
        used.value.close()
    assert clerk.input_value("[name=what]") == "我家光猫频繁离线，每晚掉线"  # it opened beside what is typed
    clerk.goto("/knowledge")
    expect(clerk.locator("main")).to_contain_text("使用 1 次")
    check_page(clerk)
