"""R1: the pages of drafts that came in, in both languages and at both widths, keep what every page must."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from backoffice.clock import SetClock
from backoffice.models.office import Staff
from backoffice.queries.actor import load_actor
from backoffice.services import arrivals
from backoffice.services.core.work import Work
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.arrived import arrival
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening
from tests.support.played import RECEIVED

DISPATCHER = "S008"
SCREENS = (
    "/intake/drafts", "/intake/drafts/{waiting}", "/intake/drafts/{waiting}/discard",
    "/intake/drafts/{gone}/discarded",
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("arrived")
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with listening(database, folder / "desk", SetClock(RECEIVED)) as live:
            keys, numbers = live.app.extensions["desk"].keys, {}
            for name in ("waiting", "gone", "long"):
                with database.writing() as session:
                    door = arrivals.work_of_a_door(session, keys, RECEIVED)
                    numbers[name] = arrivals.arrive(door, arrival(key=name)).id
            with database.writing() as session:
                actor = load_actor(session, session.scalars(sa.select(Staff.id).where(Staff.code == DISPATCHER)).one())
                arrivals.discard(Work(session, keys, actor, RECEIVED, RECEIVED), numbers["gone"], "广告邮件")
            found = Scene(chromium, live, numbers, {DISPATCHER: "dispatcher"})
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", SCREENS)
def test_R1_a_page_of_what_came_in_keeps_what_every_page_must(scene, address, language):
    check_page(scene.opens(DISPATCHER, language, address))


def test_R1_a_draft_is_not_discarded_without_a_reason_and_the_page_says_so(scene):
    page = scene.opens(DISPATCHER, "zh_Hans", "/intake/drafts/{waiting}/discard")
    page.locator("main button[type=submit]").last.click()
    expect(page.locator("#problems")).to_be_visible()
    check_page(page)
