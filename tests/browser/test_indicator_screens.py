"""R31: the screens of indicators, in both languages and at both widths, keep what each page must."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from backoffice.clock import SetClock
from backoffice.models.appraisal import MonthlyFigure
from policies.vocabulary import Outcome
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.counted import RECEIVED, Counted
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening

LOGINS = {"S013": "handler", "S024": "quality", "S025": "hr"}
LIST = "/indicators/on_time_rate?month=2026-09&subject={handler}"

# who, where
SCREENS = (
    ("S013", "/indicators"), ("S024", "/indicators"), ("S024", "/indicators/on_time_rate?month=2026-09"),
    ("S024", LIST), ("S024", f"{LIST}&part=left_out"), ("S013", LIST), ("S025", "/indicators/satisfaction_score?month=2026-09&level=department"),
    ("S024", "/indicators/training_completion?month=2026-09"), ("S024", "/appraisal/figures?month=2026-09"),
    ("S024", "/appraisal/figures?month=2026-08"),
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("indicators")
    clock = SetClock(datetime(2026, 10, 20, 1, 0, tzinfo=UTC))
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with database.writing() as session:
            past = Counted(session)
            for number in range(70):
                past.whole(
                    received_at=RECEIVED + timedelta(hours=3 * number),
                    owner_id=past.staff(("S013", "S014")[number % 8 == 0]),
                    outcome=Outcome.WITHDRAWN if number % 20 == 3 else Outcome.RESOLVED,
                    missed=("resolve",) if number % 9 == 0 else (),
                )
            handler, desk = past.staff("S013"), past.department("front_desk")
            given = {
                "month": "2026-09",
                "indicator": "hotline_connection_rate",
                "department_id": desk,
                "denominator": "2000",
            }
            session.add(MonthlyFigure(**given, numerator="1900", entered_at=RECEIVED, superseded_at=clock.now()))
            session.add(MonthlyFigure(**given, numerator="1931", entered_at=clock.now(), note="话务平台 9 月报表"))
        with listening(database, folder / "desk", clock) as live:
            found = Scene(chromium, live, {"handler": handler}, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R31_a_screen_of_indicators_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))


@pytest.mark.parametrize("language", LANGUAGES)
def test_R31_a_figure_leads_to_its_records_and_these_to_their_complaints(scene, language):
    page = scene.opens("S024", language, "/indicators/on_time_rate?month=2026-09")
    page.locator("#figures tbody a").first.click()
    rows = page.locator("#behind tbody tr")
    expect(rows).to_have_count(50)
    page.locator("#behind a[rel=next]").click()
    expect(page.locator("#behind tbody tr").first).to_be_visible()
    page.locator("#behind tbody a").first.click()
    expect(page).to_have_url(page.url)
    assert "/complaints/TS" in page.url


def test_R31_a_figure_that_is_refused_comes_back_as_it_was_typed(scene):
    page = scene.opens("S024", "en", "/appraisal/figures?month=2026-09")
    page.fill("[name=numerator]", "many")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("#problems")).to_be_focused()
    assert page.input_value("[name=numerator]") == "many"
    check_page(page)
