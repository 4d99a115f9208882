"""The frame in a real browser: what every page must keep, the menu on a phone, the keyboard, and typed values."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import check_page, focus_order, sign_in, speak
from tests.support.live import PASSWORD

LANGUAGES = ("zh_Hans", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sign_in_page_keeps_what_every_page_must(page, language):
    page.goto("/sign-in")
    speak(page, language)
    check_page(page)


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", "没有找到"), ("en", "Not found")])
def test_the_page_of_an_error_keeps_it_too_signed_in_or_not(page, language, heading):
    page.goto("/nowhere")
    speak(page, language)
    check_page(page, heading)
    sign_in(page, "intake")
    speak(page, language)
    page.goto("/nowhere")
    check_page(page, heading)


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", "设置"), ("en", "Settings")])
def test_the_settings_keep_it(page, language, heading):
    sign_in(page, "admin")
    speak(page, language)
    page.goto("/settings/")
    check_page(page, heading)


def test_the_dark_look_keeps_it_and_is_remembered(page):
    sign_in(page, "admin")
    page.goto("/settings/")
    page.locator("details.account > summary").click()
    page.get_by_role("button", name="深色显示").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    check_page(page, "设置")
    page.goto("/nowhere")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_first_tab_skips_to_the_page_and_the_menu_comes_before_it(page):
    sign_in(page, "admin")
    page.goto("/settings/")
    order = focus_order(page, 16)
    assert order[0] == "跳到正文"
    assert order.index("今日") < order.index("设置")
    page.goto("/settings/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_slash_goes_to_the_search_unless_somebody_is_typing(page):
    sign_in(page, "intake")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("a/b")
    assert page.input_value("input[name=q]") == "a/b"


def test_typed_values_are_not_left_without_a_question_and_sending_them_asks_nothing(page):
    sign_in(page, "intake")
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    page.goto("/intake/new")
    page.goto("/account")
    assert questions == []
    page.goto("/intake/new")
    page.locator("form[data-unsaved] textarea").first.press_sequentially("x")
    page.goto("/account")
    assert questions == ["beforeunload"]
    page.goto("/intake/new")
    page.locator("form[data-unsaved] textarea").first.press_sequentially("x")
    page.locator("form[data-unsaved] button[type=submit].btn-primary").first.click()
    page.wait_for_load_state("networkidle")
    assert questions == ["beforeunload"]


def test_on_a_phone_the_menu_opens_by_its_button_and_closes_by_escape_or_a_press_beside_it(page):
    sign_in(page, "admin")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/settings/")
    side, button = page.locator("#side"), page.locator(".menu-button")
    expect(side).to_be_hidden()
    button.click()
    expect(side).to_be_visible()
    assert button.get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.closest('#side') !== null")
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "menu-button"
    button.click()
    page.mouse.click(370, 500)
    expect(side).to_be_hidden()


def test_without_scripts_the_menu_of_a_phone_still_opens(chromium, desk):
    context = chromium.new_context(base_url=desk.url, viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "admin")
    page.goto("/settings/")
    page.locator(".menu-button").click()
    expect(page.locator("#side")).to_be_visible()
    context.close()


def test_R2_typed_values_outlive_the_session(page, desk):
    """A form is filled in, the session ends, it is sent: after signing in in another tab one press sends it again."""
    sign_in(page, "admin")
    page.goto("/settings/")
    page.evaluate("""() => {
        const form = document.createElement('form');
        form.method = 'post'; form.action = '/account/sessions/end';
        form.innerHTML = '<input name="why" value="typed"><input name="submit" value="x">'
          + '<input name="csrf_token" value="of another time"><button id="send">send</button>';
        document.querySelector('main').append(form);
    }""")
    page.context.clear_cookies()
    page.click("#send")
    expect(page.get_by_role("heading", level=2)).to_have_text("您填写的内容还在")
    check_page(page, "请先登录")
    page.get_by_role("button", name="重新提交").click()
    expect(page.locator("[data-resend-note]")).to_contain_text("还没有登录")
    with page.context.expect_page() as opened:
        page.click("text=在新标签页登录")
    other = opened.value
    other.fill("input[name=login]", "admin")
    other.fill("input[name=password]", PASSWORD)
    other.click("main button[type=submit].btn-primary")
    other.wait_for_url(lambda address: "/sign-in" not in address)
    other.close()
    page.get_by_role("button", name="重新提交").click()
    page.wait_for_url(re.compile("/account$"))
    expect(page.locator(".alert-success")).to_be_visible()


def test_a_form_is_sent_once_however_often_its_button_is_pressed(page):
    sign_in(page, "admin")
    page.goto("/settings/")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate("""() => {
        const button = document.querySelector('button[name=language]');
        button.click(); button.click(); button.click();
    }""")
    page.wait_for_load_state("networkidle")
    assert len(sent) == 1


PLANTED = {
    "scrolls sideways": "main.insertAdjacentHTML('beforeend', '<pre>' + 'x'.repeat(900) + '</pre>')",
    "image-alt": "main.insertAdjacentHTML('beforeend', '<img src=\"/static/icon.svg\">')",
    "label": "main.insertAdjacentHTML('beforeend', '<input name=\"unnamed\">')",
    "headings of the first level": "main.insertAdjacentHTML('beforeend', '<h1>another</h1>')",
    "style-src": "main.insertAdjacentHTML('beforeend', '<p style=\"color: red\">red</p>')",
    "script-src": "{ const s = document.createElement('script'); s.text = '1'; main.append(s); }",
    "planted fault": "setTimeout(() => { throw new Error('planted fault'); }, 0)",
}


@pytest.mark.parametrize("finding", PLANTED)
def test_the_check_of_a_page_finds_a_planted_fault(page, finding):
    page.goto("/nowhere")
    page.evaluate(f"() => {{ const main = document.querySelector('main'); {PLANTED[finding]} }}")
    page.wait_for_timeout(100)
    with pytest.raises(AssertionError, match=finding):
        check_page(page)


def test_the_check_of_a_page_wants_the_heading_that_was_named(page):
    page.goto("/nowhere")
    with pytest.raises(AssertionError):
        check_page(page, "something else")
