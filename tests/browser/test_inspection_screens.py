"""R28–R31: the lists, figures and papers of inspections in both languages and at both widths keep what each page must."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backoffice.clock import SetClock
from policies.vocabulary_inspection import AppealResult, InspectionStatus
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.databases import with_default_office
from tests.support.inspected_past import InspectedPast
from tests.support.live import give_passwords, listening

LOGINS = {"S015": "s015", "S022": "inspector", "S024": "quality"}
PERIOD = "from=2026-09-01&to=2026-09-30"
SCREENS = (
    ("S024", f"/inspection/statistics?{PERIOD}"), ("S015", f"/inspection/statistics?{PERIOD}"),
    ("S024", "/inspection/statistics?from=2026-01-01&to=2026-01-31"),
    ("S024", "/inspection/all"), ("S022", "/inspection/all"), ("S015", "/inspection/all?fatal=1"),
    ("S024", f"/inspection/fatal?{PERIOD}"),
    ("S024", "/inspection/report?month=2026-09"),
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    """September: thirteen of two departments, one forged, one changed by an appeal, one blind and not scored yet."""
    folder = tmp_path_factory.mktemp("inspections")
    clock = SetClock(datetime(2026, 10, 20, 1, 0, tzinfo=UTC))
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with database.writing() as session:
            past = InspectedPast(session)
            for number in range(11):
                past.inspection("90", {"rec_basic": (100, 50, 0)[number % 3], "rec_5w1h": 100})
            of = {"of": "technical_support", "subject": "S016"}
            past.inspection("0", {"rec_basic": 100}, fatal=("fat_false",), result="fail", **of)
            past.appeal(past.inspection("80", {"rec_basic": 50}, **of), AppealResult.UPHELD)
            past.inspection(None, status=InspectionStatus.DRAWN, blind=True, **of)
        with listening(database, folder / "desk", clock) as live:
            found = Scene(chromium, live, {}, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R31_a_screen_of_inspections_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))
