"""What a browser test may ask for: a desk that listens, a browser, and pages that watch themselves.

``desk`` is a fresh office with the sample staff (password ``live.PASSWORD``); ``page`` a fresh browser window that
remembers every message of the content policy and every fault of a script; ``tests.browser.pages`` has the helpers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from backoffice.clock import SetClock
from tests.browser.pages import sign_in, watch
from tests.support.databases import Templates, with_default_office
from tests.support.live import Live, give_passwords, listening


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser for all tests of this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        expect.set_options(timeout=20_000)  # milliseconds; a page may be slow where everything runs at once
        yield browser
        browser.close()


@pytest.fixture
def desk(templates: Templates, tmp_path: Path, clock: SetClock) -> Iterator[Live]:
    """A desk of this test's own, on SQLite, at the time of ``clock``."""
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        give_passwords(database)
        with listening(database, tmp_path / "desk", clock) as live:
            yield live


@pytest.fixture
def window(chromium: Browser, desk: Live) -> Iterator[BrowserContext]:
    """A browser window with its own cookies, open at the desk's address."""
    context = chromium.new_context(base_url=desk.url, viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext) -> Page:
    """An empty page that is watched."""
    return watch(window.new_page())


@pytest.fixture
def opened(chromium: Browser, desk: Live) -> Iterator[Callable[[str], Page]]:
    """``opened(login)`` is a new browser in which this person is signed in; all are closed at the end."""
    windows = []

    def new(login: str) -> Page:
        window = chromium.new_context(base_url=desk.url, viewport={"width": 1280, "height": 900}, locale="zh-CN")
        window.set_default_timeout(20_000)
        windows.append(window)
        page = watch(window.new_page())
        sign_in(page, login)
        return page

    yield new
    for window in windows:
        window.close()
