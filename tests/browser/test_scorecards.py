"""Scorecards in the console: whole in both languages and widths; the page reckons the score as the server does (R28)."""

from __future__ import annotations

import pytest

from tests.browser.pages import check_page, sign_in, speak

SCREENS = [
    ("/settings/scorecards/", "评分表", "Scorecards"),
    ("/settings/scorecards/details/?id=1", "投诉记录与过程评分表 第 1 版", "Scorecard: record and process of a complaint, version 1"),
    ("/settings/scorecards/preview/?id=1", "预览", "Preview"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "heading"), [("zh_Hans", 1), ("en", 2)])
def test_R28_every_screen_is_whole_in_both_languages_and_widths(page, language, heading):
    sign_in(page, "admin")
    speak(page, language)
    for screen in SCREENS:
        answer = page.goto(screen[0])
        check_page(page, screen[heading], status=answer.status)


def test_R28_the_score_follows_while_marks_are_given_and_a_remark_unfolds_where_it_is_required(page):
    sign_in(page, "admin")
    page.goto("/settings/scorecards/preview/?id=1")
    for item, level in {"rec_basic": "100", "rec_5w1h": "50", "rec_read_back": "na", "tim_steps": "50"}.items():
        page.locator(f"input[name='mark-{item}'][value='{level}']").check(force=True)
    assert page.locator("[data-score]").inner_text() == "64.29"  # (6 × 100 + 6 × 50 + 9 × 50) ÷ 21
    assert page.locator("#mark-rec_5w1h details").get_attribute("open") is not None
    assert page.locator("#mark-rec_basic details").get_attribute("open") is None
    page.locator("input[name='mark-fat_leak'][value='0']").check(force=True)
    assert page.locator("[data-score]").inner_text() == "0"
