"""Takes pictures of pages: both languages and widths, light or dark.

    python -m tests.browser.shots OUT intake:/ admin:/settings/ :/sign-in

Each page is ``login:path`` (nothing before the colon: not signed in). The desk is a fresh one with the sample staff, or
with ``--url http://127.0.0.1:8000 --password …`` one that already listens. Files are ``OUT/<page>-<language>-<width>.png``.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from backoffice.clock import SetClock
from backoffice.database import Database
from tests.browser.pages import HEIGHT, WIDTHS, scan, sign_in, speak, watch
from tests.support.databases import with_default_office
from tests.support.live import PASSWORD, give_passwords, listening
from views.commands.parts import chromium

LANGUAGES = ("zh_Hans", "en")


def main() -> None:
    """Takes the pictures that the command line names, and says what axe finds on the way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", nargs="+", help="login:path")
    parser.add_argument("--url", help="a desk that already listens")
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with _desk(args.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for wanted in args.pages:
            login, _, path = wanted.partition(":")
            for language in LANGUAGES:
                _shoot(browser, url, args, login, path, language)
        browser.close()


@contextlib.contextmanager
def _desk(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="desk-shots-") as folder:
        database = Database(f"sqlite:///{folder}/desk.sqlite")
        with_default_office(database)
        give_passwords(database)
        with listening(database, Path(folder) / "desk", SetClock(datetime.now(UTC))) as live:
            yield live.url
        database.dispose()


def _shoot(browser: Browser, url: str, args: argparse.Namespace, login: str, path: str, language: str) -> None:
    context = browser.new_context(base_url=url, viewport={"width": WIDTHS[0], "height": HEIGHT})
    page = watch(context.new_page())
    if login:
        sign_in(page, login, args.password)
    cookies = [{"name": "language", "value": language}, {"name": "theme", "value": "dark" if args.dark else "light"}]
    context.add_cookies([{**cookie, "url": url} for cookie in cookies])
    page.goto(path)
    speak(page, language)
    page.goto(path)
    name = re.sub(r"\W+", "-", f"{path.strip('/') or 'home'}-{login}").strip("-")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.screenshot(path=args.out / f"{name}-{language}-{width}{'-dark' * args.dark}.png", full_page=True)
        for finding in [*scan(page), *page.faults]:  # type: ignore[attr-defined]
            print(f"{path} {language} {width}: {finding}")  # noqa: T201 (a command speaks to a terminal)
    context.close()


if __name__ == "__main__":
    main()
