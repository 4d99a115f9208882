"""R35: the manager's view, its lists and the statistics, in both languages and at both widths, keep what each page must."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backoffice.clock import SetClock
from tests.browser.pages import check_page
from tests.browser.test_screens import LANGUAGES, Scene
from tests.support.busy_office import fill
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening

NOW = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
SCREENS = (
    ("S002", "/overview?period=2026-09"), ("S003", "/overview?period=2026-Q3&map=satisfaction_score"),
    ("S015", "/overview"), ("S025", "/overview?period=2026"), ("S002", "/overview?period=2019-01"),
    ("S024", "/overview/records?what=on_time_rate&period=2026-09"),
    ("S024", "/overview/records?what=repeat_rate&period=2026-09&part=numerator"),
    ("S024", "/statistics?period=2026-Q3"), ("S024", "/statistics?rows=month&columns=channel&period=2026"),
)  # fmt: skip
LOGINS = {"S002": "s002", "S003": "manager", "S015": "s015", "S024": "quality", "S025": "hr"}


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("overview")
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with database.writing() as session:
            fill(session, 1500, NOW)
        with listening(database, folder / "desk", SetClock(NOW)) as live:
            found = Scene(chromium, live, {}, LOGINS)
            yield found
            for page in found.windows.values():
                page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R35_a_screen_of_the_managers_view_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))
