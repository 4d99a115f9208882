"""R1, R8, R9: importing, paper forms and notices in a browser, each through its whole course; what each page must keep,
in both languages and at both widths.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, LOGINS, RECEIVED
from tests.browser.test_screens import scene as scene  # noqa: PLC0414 (a fixture is found by its name)
from views.language import say

LOGINS.update({"S004": "s004", "S014": "s014"})
LEAD, EDITOR = "S004", "S014"
KINDS = 70
"""So many kinds of complaints stand in the file: more than are asked at once."""


def work(scene) -> None:
    """Do what waits, as the worker would."""
    desk = scene.live.app.extensions["desk"]
    folder = Path(desk.config["DATA_DIR"])
    work_off(Workshop(desk.database, desk.keys, desk.clock, folder, lambda message, to: say(message, to)), HANDLERS)


def table(language: str) -> bytes:
    """A file of its own for each language, with a row that is refused and a column of many kinds."""
    rows = [
        f"2026-11-20 09:{n % 60:02},139{n:08},第{n}位,宽带一到晚上就断线 {language},热线,类别{n % KINDS}"
        for n in range(KINDS + 10)
    ]
    rows.append("昨天,13900004174,郑丽,电视没有信号需要上门,热线,类别1")
    return ("受理时间,联系电话,客户姓名,投诉内容,渠道,业务类别\n" + "\n".join(rows) + "\n").encode("gb18030")


@pytest.mark.parametrize("language", LANGUAGES)
def test_R1_a_file_is_sent_mapped_tried_brought_in_and_its_refused_rows_are_shown(scene, language):
    page = scene.opens(LEAD, language, "/import/")
    check_page(page)
    page.locator("#send button[type=submit]").click()  # no file was chosen
    expect(page.locator("#problems")).to_be_visible()
    check_page(page)
    page.set_input_files(
        "#file", {"name": f"停机期间来电-{language}.csv", "mimeType": "text/csv", "buffer": table(language)}
    )
    page.locator("#send button[type=submit]").click()
    expect(page.locator("#columns table")).to_be_visible()
    check_page(page)
    page.select_option("[name=column-5]", "category")
    page.locator("#all button[type=submit]").first.click()
    expect(page.locator("#values-category tbody tr")).to_have_count(60)
    check_page(page)
    page.locator("button[name=part]").click()
    expect(page.locator("#values-category tbody tr")).to_have_count(KINDS - 60)
    check_page(page)
    page.select_option("[name=column-5]", "")
    page.select_option("[name=column-4]", "")
    page.locator("#all select[name=channel]").select_option("hotline")
    page.locator("#all select[name=category]").select_option("net_broadband_slow")
    page.fill("[name=save_as]", f"停机记录 {language}")
    page.locator("#all button[type=submit]").first.click()
    page.locator("form[action$=ask] button").first.click()
    expect(page.locator("[data-watch]")).to_be_visible()
    check_page(page)
    work(scene)
    page.reload()
    expect(page.locator("#refused tbody tr")).to_have_count(1)
    check_page(page)
    page.locator("form[action$=ask] button").last.click()
    expect(page.locator("[data-watch]")).to_be_visible()
    check_page(page)
    work(scene)
    page.reload()
    expect(page.locator("#progress-text")).to_contain_text(str(KINDS + 10))
    check_page(page)
    check_page(scene.opens(LEAD, language, "/import/"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_R9_numbers_are_reserved_for_paper_printed_entered_and_void(scene, language):
    page = scene.opens(LEAD, language, "/paper-forms/?which=void")
    check_page(page)
    scene.opens(LEAD, language, "/paper-forms/")
    page.fill("#count", "0")
    page.evaluate("document.getElementById('count').removeAttribute('min')")
    page.locator("#reserve button[type=submit]").click()
    expect(page.locator("#problems")).to_be_visible()
    check_page(page)
    page.fill("#count", "3")
    page.fill("#taken_by", "前台一号 (front desk one)")
    page.locator("#reserve button[type=submit]").click()
    expect(page.locator("#numbers tbody tr").first).to_be_visible()
    check_page(page)
    first = page.locator("#numbers tbody tr").first
    number = first.locator(".no").inner_text()
    first.locator("input[name=reason]").fill("写坏 (spoilt)")
    first.locator("form[action*=void] button").click()
    expect(page.locator("#numbers")).not_to_contain_text(number)
    for which in ("void", "all"):
        check_page(scene.opens(LEAD, language, f"/paper-forms/?which={which}"))
    scene.opens(LEAD, language, "/paper-forms/")
    page.locator("#numbers tbody tr a").first.click()
    expect(page.locator("[name=reserved]").first).to_have_value(page.url.partition("reserved=")[2])
    expect(page.locator("[name=received_at]")).to_have_value("")  # the time stands on the paper


@pytest.mark.parametrize(
    ("language", "kind"), [(language, kind) for language in LANGUAGES for kind in ("known_fault", "suggestion")]
)
def test_R8_a_notice_is_published_changed_lifted_and_everybody_linked_is_told(scene, language, kind):
    check_page(scene.opens(EDITOR, language, "/notices"))
    page = scene.opens(EDITOR, language, f"/notices/new?kind={kind}")
    check_page(page)
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".has-error").first).to_be_visible()
    check_page(page)
    page.fill("[name=title_zh]", "城东光缆抢修")
    page.fill("[name=title_en]", "Cable repair in the east of the city")
    page.fill("[name=area]", "云栖苑、和风里")
    page.fill("[name=tell_zh]", "光缆被挖断，正在抢修，预计今晚十点恢复")
    page.select_option("[name=categories]", "net_broadband_slow")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("#says")).to_be_visible()
    number = page.url.rpartition("/")[2]
    check_page(page)
    mine = scene.numbers["registered"]
    clerk = scene.opens("S005", language, f"/complaints/{mine}")
    form = clerk.locator("form[action$='notices/link']")
    if not form.is_visible():
        clerk.locator("details", has=form).locator("summary").click()
    form.locator("select").select_option(number)
    form.locator("button").click()
    expect(clerk.locator("main")).to_contain_text(number)
    check_page(clerk)
    check_page(scene.opens(EDITOR, language, f"/notices/{number}/change"))
    page = scene.opens(EDITOR, language, f"/notices/{number}/lift")
    check_page(page)
    page.fill("[name=happened]", "熔接完成，业务恢复")
    if kind == "suggestion":
        page.fill("[name=answer_zh]", "营业厅周末延长到晚八点")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("#counts")).to_be_visible()
    check_page(page)
    work(scene)
    check_page(scene.opens(EDITOR, language, f"/notices/{number}"))
    check_page(scene.opens(EDITOR, language, "/notices"))
    assert scene.live.clock.now() > RECEIVED
