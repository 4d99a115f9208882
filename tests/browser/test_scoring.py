"""R27, R28 in a browser: a record scored by keys alone with a draft that keeps itself; each page of an inspector."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from backoffice.clock import SetClock
from backoffice.services import inspection
from backoffice.services.inspection import Entered
from tests.browser.pages import check_page
from tests.browser.test_screens import Scene
from tests.support.inspections import (
    EXAMPLE,
    FATAL,
    INSPECTOR,
    KEYS,
    MANAGER,
    SECOND,
    Inspected,
    entered,
    put_keys,
    with_an_archived_complaint,
)
from tests.support.live import listening
from tests.support.played import RECEIVED

LANGUAGES = ("zh_Hans", "en")
LOGINS = {"S022": "inspector", "S023": "s023", "S024": "quality"}
SCREENS = [
    ("S022", "/inspection"), ("S024", "/inspection?list=unassigned"), ("S023", "/inspection?list=second"),
    ("S022", "/work/inspection"), ("S022", "/inspection/{draft}"), ("S022", "/inspection/{blind}"),
    ("S022", "/inspection/{call}"), ("S022", "/inspection/{scored}"), ("S022", "/inspection/{published}"),
    ("S022", "/inspection/{draft}/hand-on"), ("S022", "/inspection/{draft}/cancel"),
]  # fmt: skip


def build(made):
    """Inspections in every state that an inspector meets; gives their numbers by name."""
    late = made.at - timedelta(days=1)
    numbers = {"keys": made.drawn(INSPECTOR), "draft": made.drawn(INSPECTOR, plan="focus_category", due_at=late)}
    numbers["scored"] = made.drawn(INSPECTOR, plan="not_established_check")
    numbers["published"] = made.drawn(INSPECTOR, plan="new_staff", compulsory=True)
    numbers["blind"] = made.drawn(INSPECTOR, plan="spot_check", blind=True)
    call = {"unit": "intake", "card": "call_quality_card", "subject": "S005", "department": "front_desk"}
    numbers["call"] = made.drawn(INSPECTOR, plan="monthly_calls", **call)
    made.drawn(SECOND, pair_of=numbers["scored"], plan="double_scoring")
    made.drawn(None, plan="focus_category")
    typed = {"mark-rec_basic": "50", "remark-rec_basic": "电话少一位", "mark-rec_5w1h": "100", "summary": "还没有看完"}
    made.do(INSPECTOR, inspection.save_draft, numbers["draft"], Entered(typed=typed))
    made.do(INSPECTOR, inspection.score, numbers["scored"], entered(summary="总体规范，进展告知可再主动些。"))
    made.do(INSPECTOR, inspection.score, numbers["published"], entered(hits=FATAL[:1]))
    made.do(MANAGER, inspection.publish, numbers["published"])
    return numbers


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("scoring")
    put_keys(folder / "desk")
    with templates.copy("sqlite", with_an_archived_complaint, folder) as database:
        made = Inspected(database, KEYS, folder / "desk" / "files").resumed()
        numbers = build(made)
        with listening(database, folder / "desk", SetClock(max(made.at, RECEIVED) + timedelta(hours=1))) as live:
            found = Scene(chromium, live, numbers, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R28_a_page_of_an_inspector_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))


def test_R28_a_record_is_scored_by_keys_its_draft_outlives_the_window_and_it_is_published(scene):
    page = scene.opens("S022", "zh_Hans", "/inspection/{keys}")
    page.locator("fieldset[data-item=rec_basic] input[type=radio]").first.focus()
    for percent in EXAMPLE.values():
        choices = page.evaluate(
            "document.activeElement.closest('fieldset').querySelectorAll('input[type=radio]').length"
        )
        page.keyboard.press(str({100: 1, 50: 2, 0: choices, None: choices}[percent]))
        if percent not in (100, None):  # a remark is asked for
            page.keyboard.press("r")
            page.keyboard.type("录音 02:40 处可查")
            page.keyboard.press("Shift+Tab")
            page.evaluate("document.activeElement.closest('fieldset').querySelector('input:checked').focus()")
        page.keyboard.press("n")
    expect(page.locator("[data-score]")).to_have_text("84.24")
    page.keyboard.press("s")
    expect(page.locator("#saved")).to_contain_text("草稿已存")
    page.reload()
    expect(page.locator("[data-score]")).to_have_text("84.24")
    expect(page.locator("#remark-tim_steps")).to_have_value("录音 02:40 处可查")
    page.locator("#summary-in").fill("总体规范")
    page.get_by_role("button", name="提交评分").click()
    expect(page.locator(".bigscore")).to_have_text("84.24")
    page.get_by_role("button", name="公布结果").click()
    expect(page.locator(".messages")).to_contain_text("已公布")
    page = scene.opens("S022", "zh_Hans", "/inspection/{keys}")
    expect(page.locator("aside")).to_contain_text("已公布")


def test_R28_the_script_says_when_another_window_was_quicker(scene):
    page = scene.opens("S022", "zh_Hans", "/inspection/{draft}")
    page.locator("input[name=revision]").first.evaluate("field => { field.form.elements.revision.value = '0'; }")
    page.locator("#summary-in").fill("甲窗口写的")
    page.locator("#save-draft").click()
    expect(page.locator("#saved")).to_contain_text("已在别处改动")
    expect(page.locator("#summary-in")).to_have_value("甲窗口写的")
