"""R28: the screens of agreement, drift and calibration, in both languages and at both widths, keep what each page must."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backoffice.clock import SetClock
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.calibrations import all_states
from tests.support.inspections import KEYS, Inspected, put_keys, with_an_archived_complaint
from tests.support.live import listening
from tests.support.played import RECEIVED

LOGINS = {"S022": "inspector", "S023": "s023", "S024": "quality"}

# who, where ({state} is the number of the session that stands there)
SCREENS = (
    ("S024", "/inspection/agreement"), ("S024", "/inspection/agreement?from=2025-01-01&to=2025-12-31"),
    ("S024", "/inspection/drift"), ("S022", "/inspection/calibrations"),
    ("S024", "/inspection/calibrations/call"), ("S022", "/inspection/calibrations/call?source={source}"),
    ("S022", "/inspection/calibrations/{scoring}"), ("S024", "/inspection/calibrations/{scoring}"),
    ("S023", "/inspection/calibrations/{scoring}/score"), ("S024", "/inspection/calibrations/{discussing}/close"),
    ("S023", "/inspection/calibrations/{closed}"), ("S022", "/inspection/calibrations/{blind}"),
    ("S022", "/inspection/calibrations/{blind}/score"),
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("agreement")
    clock = SetClock(RECEIVED)
    with templates.copy("sqlite", with_an_archived_complaint, folder) as database:
        put_keys(folder / "desk")
        with listening(database, folder / "desk", clock) as live:
            made = Inspected(database, KEYS, folder / "desk" / "files").resumed()
            numbers = all_states(made)
            clock.at = made.later(hours=2)
            found = Scene(chromium, live, numbers, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R28_a_screen_of_agreement_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))


def test_R28_a_members_marks_are_kept_while_they_are_given(scene):
    page = scene.opens("S022", "en", "/inspection/calibrations/{blind}/score")
    page.locator("#mark-rec_basic label").nth(1).click()
    expect(page.locator("#saved")).to_contain_text("saved", timeout=20_000)
    page.reload()
    expect(page.locator("#mark-rec_basic input").nth(1)).to_be_checked()


def test_R28_marks_that_are_refused_lead_to_their_items(scene):
    page = scene.opens("S023", "en", "/inspection/calibrations/{scoring}/score")
    page.locator(".actionbar button.btn-primary").click()
    expect(page.locator("#problems")).to_be_focused()
    check_page(page)
