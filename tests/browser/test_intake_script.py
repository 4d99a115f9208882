"""R7, R8, R38 in a real browser: what stands beside the form follows the typing, is walked by keys, and never takes the
focus.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.pages import check_page, sign_in, speak
from tests.support.played import Play

SLOW = "net_broadband_slow"


@pytest.fixture
def form(page):
    sign_in(page, "intake")
    speak(page, "zh_Hans")
    page.goto("/intake/new")
    return page


@pytest.fixture
def clerks_complaint(desk, tmp_path):
    """A complaint that the clerk registered before."""
    play = Play(desk.database, desk.app.extensions["desk"].keys, tmp_path / "files", desk.clock.now())
    play.register(texts={"what": "宽带每晚 19:30 起掉线"}, uploads=())
    return play.number


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
    with page.expect_response("**/intake/beside"):
        page.select_option("#symptom", "wifi_slow")
    expect(page.locator("#script-q1-q1a2")).to_be_checked()
    page.keyboard.press("F9")
    assert focused(page) == "script-answer-q3"
    page.keyboard.press("Escape")
    assert focused(page) == "symptom"


def test_R7_R40_what_is_answered_is_kept_and_comes_back_with_its_script(form, desk, clock):
    page = form
    page.select_option("#category", SLOW)
    page.check("#script-q1-q1a1")
    page.keyboard.press("Enter")
    assert focused(page) == "script-answer-q2"
    assert page.url.endswith("/intake/new")  # nothing was sent
    page.locator("#category").focus()  # nothing is taken away under somebody who is in it
    page.select_option("#category", "net_roaming")
    expect(page.locator("#script-q1-q1a1")).to_have_count(0)
    page.select_option("#category", SLOW)
    expect(page.locator("#script-q1-q1a1")).to_be_checked()
    expect(page.locator("[data-question=q2]")).to_be_visible()
    state = page.locator("[data-draft-state]")
    expect(state).to_contain_text("已存为草稿")
    desk.move_to(clock.now() + timedelta(seconds=5))  # more than one keeping a second is put off
    with page.expect_response("**/drafts/keep") as answered:
        page.fill("#script-note-q1", "客户说白天正常")
    assert answered.value.status == 200
    assert "客户说白天正常" in answered.value.request.post_data
    page.goto("/drafts")
    page.get_by_role("link", name="继续填写").click()
    expect(page.locator("#script-q1-q1a1")).to_be_checked()
    expect(page.locator("#script-note-q1")).to_have_value("客户说白天正常")
    check_page(page)


def typed(page, **fields):
    for name, words in fields.items():
        page.fill(f"#{name}", words)


def settled(page, name="beside"):
    return page.expect_response(f"**/intake/{name}")


def test_R7_R8_R38_typing_costs_one_request_moves_no_field_and_never_takes_the_focus(form, clerks_complaint):
    page, asked = form, []
    page.on("request", lambda sent: asked.append(sent.url) if "/intake/beside" in sent.url else None)
    page.locator("#what").focus()
    before = page.locator("#demand").bounding_box()
    with settled(page):
        page.keyboard.type("宽带每晚 19:30 起掉线", delay=20)
    expect(page.locator("#similar-panel")).to_contain_text(clerks_complaint)
    assert len(asked) == 1
    assert "?" not in asked[0]
    assert focused(page) == "what"
    assert page.locator("#demand").bounding_box() == before
    expect(page.locator("[data-part=found]")).to_contain_text("1")
    check_page(page)


def test_R38_a_similar_complaint_is_reached_by_keys_and_is_not_taken_away_under_its_reader(form, clerks_complaint):
    page = form
    with settled(page):
        typed(page, what="宽带每晚 19:30 起掉线")
    link = page.locator("#similar-panel a", has_text="").first
    expect(link).to_be_visible()
    link.focus()
    with settled(page):
        page.evaluate("document.getElementById('what').value = '营业厅不开发票';"
                      "document.getElementById('what').dispatchEvent(new Event('input', {bubbles: true}))")  # fmt: skip
    assert link.evaluate("one => one === document.activeElement")
    page.locator("#what").focus()
    expect(page.locator("#similar-panel")).not_to_contain_text(clerks_complaint)


def test_R7_on_a_narrow_screen_what_helps_stands_below_the_form(form, clerks_complaint):
    page = form
    page.set_viewport_size({"width": 390, "height": 800})
    with settled(page):
        typed(page, what="宽带每晚 19:30 起掉线")
    expect(page.locator("#similar-panel")).to_contain_text(clerks_complaint)
    lower, form_box = page.locator("#beside").bounding_box(), page.locator("#intake").bounding_box()
    assert lower["y"] >= form_box["y"] + form_box["height"]
    check_page(page)
