"""R29 in a browser: a handler objects, another inspector decides, the score changes; and each page in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from backoffice.clock import SetClock
from backoffice.services import appeals
from policies.card import Mark
from policies.vocabulary_inspection import AppealResult
from tests.browser.pages import check_page
from tests.browser.test_screens import Scene
from tests.support.appealed import LEVELS, publish
from tests.support.databases import with_default_office
from tests.support.inspections import HANDLER, SECOND, Inspected
from tests.support.live import give_passwords, listening
from tests.support.played import RECEIVED

LANGUAGES = ("zh_Hans", "en")
LOGINS = {"S015": "s015", "S016": "s016", "S023": "s023", "S022": "inspector"}
REASON = "首次响应在时限内：10:35 已电话联系客户，见沟通记录。"
GROUND = "查沟通记录：首次响应 10:35，在时限内。"
SCREENS = [
    ("S016", "/my-inspections"), ("S015", "/my-inspections?list=department"), ("S016", "/my-inspections/{decided}"),
    ("S016", "/my-inspections/{open}/appeal"), ("S023", "/inspection/appeals"),
    ("S023", "/inspection/appeals?list=decided"), ("S023", "/inspection/appeals/{waiting}"),
    ("S022", "/inspection/appeals/{waiting}"), ("S023", "/inspection/appeals/{decided}"),
]  # fmt: skip


def build(database, keys, files):
    """One complaint with three published inspections: open to appeal, under appeal, decided; and when it is now."""
    made = Inspected(database, keys, files).archived()
    numbers = {"open": publish(made)}
    for name, plan in (("waiting", "spot_check"), ("decided", "focus_category")):
        numbers[name] = publish(made, plan=plan, levels={**LEVELS, "res_solved": 50})
        made.do(HANDLER, appeals.submit, numbers[name], ["tim_steps", "res_solved"], REASON)
    marks = {"tim_steps": Mark(Decimal(100)), "res_solved": Mark(Decimal(50), remark="客户回访仍说偶有掉线")}
    made.do(SECOND, appeals.decide, numbers["decided"], AppealResult.PARTLY_UPHELD, GROUND, marks)
    return numbers, made.at


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("appeals")
    clock = SetClock(RECEIVED)
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with listening(database, folder / "desk", clock) as live:
            numbers, clock.at = build(database, live.app.extensions["desk"].keys, folder / "desk" / "files")
            found = Scene(chromium, live, numbers, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R29_a_page_of_appeals_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))


def test_R29_a_handler_appeals_and_another_inspector_changes_the_score(scene):
    number = scene.numbers["open"]
    handler = scene.opens("S016", "zh_Hans", "/my-inspections")
    handler.get_by_role("link", name=number, exact=True).click()
    expect(handler.locator("#facts")).to_contain_text("84.24")
    handler.get_by_role("link", name="申诉", exact=True).click()
    handler.get_by_role("button", name="提交申诉").click()  # nothing filled in: told what is missing
    expect(handler.locator("#problems")).to_contain_text("至少勾选一个")
    handler.get_by_label("指派、答复、响应按时").check()
    handler.get_by_label("申诉理由").fill(REASON)
    handler.get_by_label("证明材料").set_input_files(
        {"name": "通话.txt", "mimeType": "text/plain", "buffer": "10:35 已回".encode()}
    )
    handler.get_by_role("button", name="提交申诉").click()
    expect(handler.locator("#appeal")).to_contain_text("通话.txt")
    decider = scene.opens("S023", "zh_Hans", "/inspection/appeals")
    decider.get_by_role("link", name=number, exact=True).click()
    expect(decider.locator("#appeal")).to_contain_text(REASON)
    decider.get_by_label("改判为").select_option(label="符合（100 %）")
    decider.get_by_label("改判", exact=True).check()
    decider.get_by_role("button", name="作出裁定").click()
    expect(decider.locator("#problems")).to_contain_text("裁定依据")
    decider.get_by_label("裁定依据").fill(GROUND)
    decider.get_by_role("button", name="作出裁定").click()
    expect(decider.locator("#appeal")).to_contain_text("89.13")
    after = scene.opens("S016", "zh_Hans", f"/my-inspections/{number}")
    expect(after.locator("#facts")).to_contain_text("89.13")
    expect(after.locator("#facts")).to_contain_text("申诉后定案：改判")
    expect(after.locator("#marks del")).to_contain_text("部分符合")
