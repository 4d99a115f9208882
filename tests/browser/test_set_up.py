"""The first sign-in of a new office in a browser: the password is changed, the office says its name, work can begin."""

import pytest

from backoffice.services.set_up import first_administrator
from tests.browser.pages import check_page, speak, watch
from tests.support.databases import migrated
from tests.support.live import listening


@pytest.fixture
def new_office(templates, tmp_path, clock):
    with templates.copy("sqlite", migrated, tmp_path) as database:
        with database.writing() as session:
            login, password = first_administrator(session, clock.now())
        with listening(database, tmp_path / "desk", clock) as live:
            yield live, login, password


def test_the_first_administrator_changes_the_password_and_sets_the_office_up(chromium, new_office):
    live, login, password = new_office
    context = chromium.new_context(base_url=live.url, viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = watch(context.new_page())
    page.set_default_timeout(15_000)
    page.goto("/")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit].btn-primary")
    page.wait_for_selector("input[name=again]")
    page.fill("input[name=current]", password)
    page.fill("input[name=password]", "a-lantern-for-the-first-night")
    page.fill("input[name=again]", "a-lantern-for-the-first-night")
    page.click("main button[type=submit].btn-primary")
    page.wait_for_url("**/set-up")
    for language, heading in (("zh_Hans", "设置单位"), ("en", "Set up the office")):
        speak(page, language)
        check_page(page, heading)
    page.click("main button.btn-primary")  # without a name
    page.wait_for_selector("#problems")
    check_page(page, "Set up the office")
    page.fill("#name_en", "Jiangzhou Telecom")
    page.click("main button.btn-primary")
    page.wait_for_url("**/settings/")
    check_page(page, "Settings")
    page.goto("/settings/categories/")
    assert page.locator("table tbody tr").count() > 10
    context.close()
